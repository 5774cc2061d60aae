/** @file One batch: how far it is, its jobs with thumbnails, and what is done with all of them. */

import { Problem, ask, send } from "./api.js";
import { confirmed, tried } from "./dialog.js";
import { byId, make, say } from "./dom.js";
import { bestMap, materialOf } from "./materials.js";
import { mapPicture } from "./pictures.js";
import { STATES, counted, sentence, when } from "./words.js";

const THUMB = 104;
const PAGE = 60;
const ENDED = ["done", "failed", "cancelled", "interrupted"];

/** Tells `open` and `news` (a job), `change` (a batch) and `gone` (the id of one). */
export class Batch extends EventTarget {
  constructor() {
    super();
    /** @type {any} */
    this._batch = null;
    /** @type {Map<number, {root: any, update: (job: any) => void}>} */
    this._cells = new Map();
    /** What the jobs that are shown were asked for with. */
    this._asked = "";
    this._most = PAGE;
    const act = (/** @type {string} */ id, /** @type {() => Promise<void>} */ action) =>
      byId(id).addEventListener("click", async () => {
        byId(id).disabled = true; // what is done again is looked at again, which takes a while
        await tried(action);
        byId(id).disabled = false;
      });
    act("batch-cancel", () => this._do("cancel"));
    act("batch-retry", () => this._do("retry", {}));
    act("batch-resume", () => this._do("retry", { states: ["cancelled"] }));
    act("batch-delete", () => this._delete());
    act("batch-more", () => {
      this._most += PAGE;
      return this.poll();
    });
    byId("batch-states").addEventListener("change", () => {
      this._clear();
      tried(() => this.poll());
    });
    // A thumbnail costs the service a moment: it is asked for when it is to be seen.
    this._watch = new IntersectionObserver((entries) => {
      for (const { isIntersecting, target } of entries) if (isIntersecting) target.dispatchEvent(new Event("seen"));
    });
  }

  /** @param {any} batch */
  show(batch) {
    if (this._batch?.id !== batch.id) {
      byId("batch-states").value = "";
      this._clear();
    }
    this.update(batch);
  }

  /** @param {any} batch the one that is shown, as it is now */
  update(batch) {
    this._batch = batch;
    const { counts, ended } = batch;
    const failed = (counts.failed ?? 0) + (counts.interrupted ?? 0);
    const cancelled = counts.cancelled ?? 0;
    say(byId("batch-name"), batch.name);
    say(byId("batch-when"), when(batch.created));
    byId("batch-bar").value = endedOf(batch) / (rowsOf(batch) || 1);
    say(byId("batch-said"), standing(batch));
    byId("batch-cancel").hidden = ended;
    byId("batch-delete").hidden = !ended;
    byId("batch-retry").hidden = !failed;
    say(byId("batch-retry"), `Try ${counted(failed, "failed one")} again`);
    byId("batch-resume").hidden = !cancelled;
    say(byId("batch-resume"), `Go on with ${counted(cancelled, "cancelled one")}`);
  }

  /** Ask for the jobs: all that are shown if something has changed, else those that run. */
  async poll() {
    const batch = this._batch;
    if (!batch) return;
    const states = byId("batch-states").value;
    const asked = JSON.stringify([batch.id, batch.counts, states, this._most]);
    const whole = asked !== this._asked;
    const wanted = whole ? states.split(" ").filter(Boolean) : ["running", "cancelling"];
    if (!whole && batch.ended) return;
    const { jobs, more } = await listed(batch.id, wanted, whole ? this._most : PAGE);
    if (this._batch?.id !== batch.id || byId("batch-states").value !== states) return; // another is shown by now
    if (whole) {
      const rows = new Set(jobs.map((job) => job.row));
      for (const [row, cell] of this._cells) if (!rows.has(row)) this._forget(row, cell);
      byId("batch-more").hidden = !more;
      byId("batch-none").hidden = jobs.length > 0;
      this._asked = asked;
    }
    for (const job of jobs) {
      if (whole || this._cells.has(job.row)) this._put(job);
      this.dispatchEvent(new CustomEvent("news", { detail: job }));
    }
  }

  /**
   * @param {string} what
   * @param {any} [json]
   */
  async _do(what, json) {
    this._tell(await ask("POST", `/v1/batches/${this._batch.id}/${what}`, json));
    await this.poll();
  }

  async _delete() {
    const { id, name, counts } = this._batch;
    const loses = counts.done ? `, and the maps that its ${counted(counts.done, "job")} made` : "";
    if (!(await confirmed(`Delete batch ${name}${loses}? It cannot be brought back.`, "Delete"))) return;
    try {
      await send("DELETE", `/v1/batches/${id}`); // which answers without a body
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 404) throw error;
    }
    this._batch = null;
    this.dispatchEvent(new CustomEvent("gone", { detail: id }));
  }

  /** @param {any} batch */
  _tell(batch) {
    this.dispatchEvent(new CustomEvent("change", { detail: batch }));
  }

  _clear() {
    for (const [row, cell] of this._cells) this._forget(row, cell);
    this._most = PAGE;
    this._asked = "";
    byId("batch-none").hidden = byId("batch-more").hidden = true;
  }

  /**
   * @param {number} row
   * @param {{root: any}} cell
   */
  _forget(row, cell) {
    this._watch.unobserve(cell.root);
    cell.root.remove();
    this._cells.delete(row);
  }

  /** @param {any} job */
  _put(job) {
    let cell = this._cells.get(job.row);
    if (!cell) {
      cell = this._cell(job);
      this._cells.set(job.row, cell);
      const next = [...byId("batch-jobs").children].find((/** @type {any} */ one) => Number(one.dataset.row) > job.row);
      byId("batch-jobs").insertBefore(cell.root, next ?? null);
      this._watch.observe(cell.root);
    }
    cell.update(job);
  }

  /** @param {any} first */
  _cell(first) {
    let job = first;
    let drawn = "";
    let seen = false;
    const canvas = make("canvas", { width: THUMB, height: THUMB, "aria-hidden": "true" });
    const name = make("span", { class: "name" });
    const state = make("span", { class: "state" });
    const bar = make("progress", { max: 1, "aria-label": `Progress of row ${first.row}` });
    const said = make("span", { class: "said" });
    const open = make("button", { type: "button", class: "cell", onclick: () => this.dispatchEvent(new CustomEvent("open", { detail: job })) }, canvas, name, state, bar, said);
    const root = make("li", {}, open);
    root.dataset.row = String(first.row);
    const draw = async () => {
      const wanted = `${job.id} ${job.state === "done"}`;
      if (!seen || drawn === wanted) return;
      drawn = wanted;
      const material = await materialOf(job.material);
      const source = job.state === "done" ? { job: job.id, variation: 1 } : { material: job.material };
      const picture = await mapPicture(source, bestMap(material), THUMB);
      const scale = THUMB / Math.max(picture.width, picture.height);
      const [width, height] = [picture.width * scale, picture.height * scale];
      canvas.getContext("2d").drawImage(picture, (THUMB - width) / 2, (THUMB - height) / 2, width, height);
      canvas.dataset.drawn = job.state;
    };
    const redraw = () => draw().catch(() => (drawn = "")); // the name alone will do
    root.addEventListener("seen", () => {
      seen = true;
      redraw();
    });
    materialOf(first.material).then((material) => {
      say(name, material.name);
      name.title = material.name;
    }, () => say(name, `Row ${first.row}`));
    const update = (/** @type {any} */ now) => {
      job = now;
      root.dataset.state = job.state;
      say(state, STATES[/** @type {keyof typeof STATES} */ (job.state)]);
      bar.hidden = job.state !== "running";
      if (job.progress) bar.value = job.progress.fraction;
      else bar.removeAttribute("value");
      say(said, ["failed", "interrupted"].includes(job.state) && job.reason ? sentence(job.reason) : "");
      redraw();
    };
    return { root, update };
  }
}

/**
 * @param {string} batch
 * @param {string[]} states that are wanted; none for all
 * @param {number} most
 * @returns {Promise<{jobs: any[], more: boolean}>} the first jobs in those states
 */
async function listed(batch, states, most) {
  const jobs = [];
  let next = 0;
  while (next !== null && jobs.length < most) {
    const query = [`count=${PAGE}`, `after=${next}`, ...states.map((state) => `state=${state}`)].join("&");
    const page = await ask("GET", `/v1/batches/${batch}/jobs?${query}`);
    jobs.push(...page.jobs);
    ({ next } = page);
  }
  return { jobs, more: next !== null };
}

/**
 * @param {any} batch
 * @returns {number} how many of its jobs have ended
 */
export function endedOf(batch) {
  return ENDED.reduce((sum, state) => sum + (batch.counts[state] ?? 0), 0);
}

/**
 * @param {any} batch
 * @returns {number} how many jobs it has now
 */
export function rowsOf(batch) {
  return /** @type {number[]} */ (Object.values(batch.counts)).reduce((sum, count) => sum + count, 0);
}

/**
 * @param {any} batch
 * @returns {string} how far it is, in a sentence
 */
export function standing(batch) {
  const words = { done: "done", failed: "failed", interrupted: "interrupted", cancelled: "cancelled", running: "running", cancelling: "being cancelled", queued: "waiting" };
  const parts = Object.entries(words).filter(([state]) => batch.counts[state]).map(([state, word]) => `${batch.counts[state]} ${word}`);
  const gone = batch.size - rowsOf(batch);
  return `${parts.join(", ") || "Nothing is left"}${gone > 0 ? ` (${counted(gone, "job")} removed)` : ""}.`;
}
