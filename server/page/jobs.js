/** @file The list of jobs: asked for now and then, the running ones followed as they go, each a card. */

import { Problem, ask, connection, hasToken } from "./api.js";
import { tried } from "./dialog.js";
import { byId, make, say } from "./dom.js";
import { follow } from "./events.js";
import { materialOf } from "./materials.js";
import { STATES, isGuided, standing, when } from "./words.js";

const BUSY = 2000;
const QUIET = 8000;
const FOLLOWED = 2; // a browser opens six connections to one host at most

export const ENDED = ["done", "failed", "cancelled", "interrupted"];

/**
 * Tells `change` (with the id of a job as its detail) and, for what a person wants done with one, `open`, `again`
 * and `remove`.
 */
export class Jobs extends EventTarget {
  constructor() {
    super();
    /** @type {Map<string, any>} */
    this._jobs = new Map();
    /** @type {Map<string, {root: any, update: (job: any) => void}>} */
    this._cards = new Map();
    /** @type {Map<string, AbortController>} */
    this._followed = new Map();
    /** Jobs that others began with, which are not in the list. @type {Map<string, any>} */
    this._found = new Map();
    /** @type {Set<string>} */
    this._gone = new Set();
    /** @type {number | null} */
    this._older = null;
    this._chosen = "";
    this._timer = 0;
    byId("older").addEventListener("click", () => tried(() => this._more()));
    connection.addEventListener("back", () => this.poll());
    document.addEventListener("visibilitychange", () => document.hidden || this.poll());
  }

  /**
   * @param {string} id
   * @returns {any}
   */
  get(id) {
    return this._jobs.get(id);
  }

  /** @returns {any[]} all that are known */
  all() {
    return [...this._jobs.values()];
  }

  /**
   * Return a job that may be older than those of the list.
   * @param {string} id
   * @returns {Promise<any>} null if there is none any more
   */
  async find(id) {
    const known = this._jobs.get(id) ?? this._found.get(id);
    if (known || this._gone.has(id)) return known ?? null;
    try {
      const job = await ask("GET", `/v1/jobs/${id}`);
      this._found.set(id, job);
      return job;
    } catch (error) {
      if (error instanceof Problem && error.status === 404) this._gone.add(id);
      return null;
    }
  }

  /**
   * Mark the card of a job as the one that is shown.
   * @param {string} id
   */
  choose(id) {
    this._chosen = id;
    for (const [each, card] of this._cards) card.root.classList.toggle("chosen", each === id);
  }

  /**
   * Take what the service said about a job.
   * @param {any} job
   */
  take(job) {
    const before = this._jobs.get(job.id);
    if (this._gone.has(job.id)) return; // a list that was on its way when it was deleted
    // A list that was on its way when the end was told is older than what is known.
    if (before && before.finished && !job.finished && before.state !== "interrupted") return;
    this._jobs.set(job.id, job);
    if (before && before.state !== job.state && ENDED.includes(job.state)) {
      say(byId("said"), `Job ${job.number}: ${STATES[/** @type {keyof typeof STATES} */ (job.state)]}.`);
    }
    this._show(job);
    this._follow();
    this.dispatchEvent(new CustomEvent("change", { detail: job.id }));
  }

  /**
   * Forget a job that the service has forgotten.
   * @param {string} id
   */
  drop(id) {
    this._gone.add(id);
    this._jobs.delete(id);
    this._found.delete(id);
    this._cards.get(id)?.root.remove();
    this._cards.delete(id);
    this._followed.get(id)?.abort();
    this._count();
  }

  /** Ask for the newest jobs, now and again later. */
  async poll() {
    clearTimeout(this._timer);
    if (!hasToken()) return;
    const known = [...this._jobs]; // one that is added while the list is on its way is not in it
    try {
      const page = await ask("GET", "/v1/jobs?count=50&alone=true");
      const ids = new Set(page.jobs.map((/** @type {any} */ job) => job.id));
      const oldest = page.next === null ? 0 : page.next;
      for (const [id, job] of known) if (!job.batch && job.number >= oldest && !ids.has(id)) this.drop(id);
      for (const job of page.jobs) this.take(job);
      for (const [, job] of known) if (job.batch) await this._look(job);
      this._older ??= page.next;
      this._count();
    } catch {
      return; // it goes on when the service is back, or has let the page in again
    } finally {
      clearTimeout(this._timer);
    }
    const active = [...this._jobs.values()].some((job) => !ENDED.includes(job.state));
    this._timer = setTimeout(() => this.poll(), active && !document.hidden ? BUSY : QUIET);
  }

  /**
   * Cancel a job.
   * @param {string} id
   */
  async cancel(id) {
    const job = this._jobs.get(id);
    if (job.state === "running") this.take({ ...job, state: "cancelling" });
    this.take(await ask("POST", `/v1/jobs/${id}/cancel`));
  }

  /** @param {any} job of a batch, which no list has that is asked for here */
  async _look(job) {
    if (ENDED.includes(job.state)) return;
    try {
      this.take(await ask("GET", `/v1/jobs/${job.id}`));
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 404) throw error;
      this.drop(job.id);
    }
  }

  async _more() {
    const page = await ask("GET", `/v1/jobs?count=50&alone=true&before=${this._older}`);
    this._older = page.next ?? 0;
    for (const job of page.jobs) this.take(job);
    this._count();
  }

  _count() {
    byId("no-jobs").hidden = this._jobs.size > 0;
    byId("older").hidden = !this._older;
  }

  /** Follow what runs. */
  _follow() {
    for (const job of this._jobs.values()) {
      const active = job.state === "running" || job.state === "cancelling";
      if (!active || this._followed.has(job.id) || this._followed.size >= FOLLOWED) continue;
      const leash = new AbortController();
      this._followed.set(job.id, leash);
      follow(job.id, (kind, data) => this._heard(job.id, kind, data), leash.signal).finally(() => this._followed.delete(job.id));
    }
  }

  /**
   * @param {string} id
   * @param {string} kind
   * @param {any} data
   */
  async _heard(id, kind, data) {
    const job = this._jobs.get(id);
    if (!job) return;
    if (kind === "job") this.take(data);
    else if (kind === "progress" && job.state === "running") this.take({ ...job, progress: data });
    else if (kind === "preview") this.take({ ...job, preview: data.number });
    else if (kind === "state" && data.state !== job.state) {
      // What is told again after a reload may be long past: ask for what is true now.
      await ask("GET", `/v1/jobs/${id}`).then((now) => this.take(now), () => {});
    }
  }

  /** @param {any} job */
  _show(job) {
    let card = this._cards.get(job.id);
    if (!card) {
      card = this._card(job);
      this._cards.set(job.id, card);
      const after = [...this._cards].find(([id]) => (this._jobs.get(id)?.number ?? 0) < job.number);
      const next = [...byId("jobs").children].find((/** @type {any} */ one) => Number(one.dataset.number) < job.number);
      byId("jobs").insertBefore(card.root, after && next ? next : null);
      this._count();
    }
    card.update(job);
  }

  /** @param {any} first */
  _card(first) {
    const { id } = first;
    const tell = (/** @type {string} */ kind) => () => this.dispatchEvent(new CustomEvent(kind, { detail: id }));
    const name = make("span", { class: "name" });
    const state = make("span", { class: "state" });
    const said = make("p", { class: "said" });
    const bar = make("progress", { max: 1, "aria-label": `Progress of job ${first.number}` });
    const open = make("button", { type: "button", class: "open", onclick: tell("open") }, make("b", {}, `${first.number}`), name, state);
    const cancel = make("button", { type: "button", class: "small", onclick: () => tried(() => this.cancel(id)) });
    const again = make("button", { type: "button", class: "small", onclick: tell("again") });
    const remove = make("button", { type: "button", class: "small", onclick: tell("remove") }, "Delete");
    const actions = make("div", { class: "actions" }, cancel, again, remove);
    const root = make("li", { class: "job" }, open, bar, said, actions);
    root.dataset.number = String(first.number);
    root.classList.toggle("chosen", id === this._chosen);
    materialOf(first.material).then((material) => say(name, material.name), () => say(name, "material"));
    const update = (/** @type {any} */ job) => {
      const ended = ENDED.includes(job.state);
      const active = job.state === "running" || job.state === "cancelling";
      root.dataset.state = job.state;
      say(state, STATES[/** @type {keyof typeof STATES} */ (job.state)]);
      say(said, standing(job));
      const { method } = job.request;
      open.title = `${method.name}, seed ${method.seed}${isGuided(job.request) ? ", by guides" : ""}, asked for at ${when(job.created)}`;
      bar.hidden = !active;
      if (job.state === "running" && job.progress) bar.value = job.progress.fraction;
      else bar.removeAttribute("value");
      cancel.hidden = ended;
      cancel.disabled = job.state === "cancelling";
      say(cancel, job.state === "cancelling" ? "Cancelling…" : "Cancel");
      again.hidden = !ended;
      say(again, job.state === "done" ? "Another seed" : "Try again");
      remove.hidden = !ended;
    };
    return { root, update };
  }
}
