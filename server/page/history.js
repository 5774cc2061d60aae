/** @file The steps that led to a result, and those that came after: any of them can be gone back to. */

import { byId, make } from "./dom.js";
import { mapPicture } from "./pictures.js";
import { done, STATES, title } from "./words.js";

const THUMB = 88;

/** A row of steps. Tells `go`, with the id of a job, or an empty text for the material that all began with. */
export class History extends EventTarget {
  /** @param {import("./jobs.js").Jobs} jobs */
  constructor(jobs) {
    super();
    this._jobs = jobs;
    this._place = byId("history");
    /** The last job of the line that is shown: it stays when one goes back in it. */
    this.tip = "";
    this._turn = 0;
    this._shown = "";
  }

  /**
   * Show the line of a job.
   * @param {string} id of the job that is shown or painted on; empty for none
   * @param {boolean} before whether it is at the material that the line began with
   * @param {string} map
   */
  async show(id, before, map) {
    const mine = (this._turn += 1);
    let line = await this._line(this.tip);
    const here = before || line.some((job) => job.id === id);
    if (!here) {
      this.tip = this._last(id);
      line = await this._line(this.tip);
    }
    if (mine !== this._turn) return;
    const steps = line.filter((job) => job.id === id || !["failed", "cancelled", "interrupted"].includes(job.state));
    this._place.hidden = steps.length < 2 || (!id && !before);
    const wanted = JSON.stringify([steps.map((job) => [job.id, job.state]), id, before, map]);
    if (this._place.hidden || wanted === this._shown) return;
    this._shown = wanted;
    const first = this._button("", "Start", "The material as it was given", { material: line[0].material }, map, before);
    const rest = steps.map((job, number) => {
      const source = job.state === "done" ? { job: job.id, variation: this._variation(line, job) } : null;
      const words = job.state === "done" ? done(job) : STATES[/** @type {keyof typeof STATES} */ (job.state)];
      const said = `Job ${job.number}: ${title(job.request.method.name)}, seed ${job.request.method.seed}. ${words}`;
      return this._button(job.id, String(number + 1), said, source, map, !before && job.id === id);
    });
    this._place.replaceChildren(first, ...rest);
    this._place.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** @returns {Promise<any>} the first job of the line that is shown; null if there is none */
  async first() {
    return (await this._line(this.tip))[0] ?? null;
  }

  /**
   * @param {any} job
   * @returns {{job: string, variation: number} | null} the result that a job starts from, as far as it is known
   */
  startOf(job) {
    for (let now = job; now?.parent; now = this._jobs.get(now.parent.job)) {
      if (now.parent.variation !== null) return now.parent; // else it was done again from where that one began
    }
    return null;
  }

  /**
   * @param {string} id
   * @returns {Promise<any[]>} jobs of which each starts from the result of the one before, down to this one
   */
  async _line(id) {
    const line = [];
    const met = new Set();
    for (let job = id ? await this._jobs.find(id) : null; job && !met.has(job.id); ) {
      met.add(job.id);
      line.unshift(job);
      let parent = job.parent;
      while (parent && parent.variation === null) parent = (await this._jobs.find(parent.job))?.parent ?? null;
      job = parent ? await this._jobs.find(parent.job) : null;
    }
    return line;
  }

  /**
   * @param {string} id
   * @returns {string} the newest job that goes on from this one, from its result and so on; itself if there is none
   */
  _last(id) {
    const next = this._jobs.all().filter((job) => this.startOf(job)?.job === id && job.state !== "failed");
    const newest = next.reduce((best, job) => (job.number > (best?.number ?? 0) ? job : best), null);
    return newest ? this._last(newest.id) : id;
  }

  /**
   * @param {any[]} line
   * @param {any} job
   * @returns {number} the variation that the next step starts from
   */
  _variation(line, job) {
    const next = line[line.indexOf(job) + 1];
    return (next && this.startOf(next)?.variation) || 1;
  }

  /**
   * @param {string} id
   * @param {string} label
   * @param {string} said
   * @param {import("./pictures.js").Source | null} source
   * @param {string} map
   * @param {boolean} current
   */
  _button(id, label, said, source, map, current) {
    const canvas = make("canvas", { width: THUMB, height: THUMB, "aria-hidden": "true" });
    const go = () => this.dispatchEvent(new CustomEvent("go", { detail: id }));
    const button = make("button", { type: "button", class: "step", title: said, "aria-current": current ? "step" : null, onclick: go }, canvas, make("span", {}, label));
    button.setAttribute("aria-label", `Step ${label}`);
    if (source) {
      mapPicture(source, map, THUMB).then(
        (picture) => {
          const scale = THUMB / Math.max(picture.width, picture.height);
          const [width, height] = [picture.width * scale, picture.height * scale];
          canvas.getContext("2d").drawImage(picture, (THUMB - width) / 2, (THUMB - height) / 2, width, height);
          canvas.dataset.drawn = "yes";
        },
        () => {}, // the number alone will do
      );
    }
    return button;
  }
}
