/** @file The list of batches, asked for now and then, in a window of its own. */

import { ask, connection, hasToken } from "./api.js";
import { Batch, endedOf, rowsOf, standing } from "./batch.js";
import { tried } from "./dialog.js";
import { byId, make, say } from "./dom.js";
import { Plan } from "./plan.js";
import { when } from "./words.js";

const BUSY = 2000;
const QUIET = 10_000;

/** Tells `open` and `news`, with a job as the detail: one that a person wants to see, and one that was asked for. */
export class Batches extends EventTarget {
  /**
   * @param {any} info what the service says of itself
   * @param {import("./form.js").Form} form how materials are filled
   */
  constructor(info, form) {
    super();
    this._dialog = byId("batches");
    /** @type {Map<string, any>} */
    this._batches = new Map();
    /** @type {Map<string, {root: any, update: (batch: any) => void}>} */
    this._cards = new Map();
    /** @type {number | null} */
    this._older = null;
    this._timer = 0;
    this._chosen = "";
    this._batch = new Batch();
    this._plan = new Plan(info, form);
    for (const kind of ["open", "news"]) {
      this._batch.addEventListener(kind, (event) => {
        if (kind === "open") this._dialog.close();
        this.dispatchEvent(new CustomEvent(kind, { detail: /** @type {CustomEvent} */ (event).detail }));
      });
    }
    this._batch.addEventListener("change", (event) => this._take(/** @type {CustomEvent} */ (event).detail));
    this._batch.addEventListener("gone", (event) => this._drop(/** @type {CustomEvent} */ (event).detail));
    this._plan.addEventListener("begun", (event) => {
      const batch = /** @type {CustomEvent} */ (event).detail;
      this._take(batch);
      this._choose(batch.id);
      this.poll();
    });
    byId("to-batches").addEventListener("click", () => {
      this._dialog.showModal();
      this._choose(this._chosen);
      this.poll();
    });
    byId("batches-close").addEventListener("click", () => this._dialog.close());
    byId("batch-new").addEventListener("click", () => this._choose(""));
    byId("older-batches").addEventListener("click", () => tried(() => this._more()));
    connection.addEventListener("back", () => this.poll());
    document.addEventListener("visibilitychange", () => document.hidden || this.poll());
    this.poll();
  }

  /** Ask for the newest batches, now and again later. */
  async poll() {
    clearTimeout(this._timer);
    if (!hasToken()) return;
    const known = [...this._batches.values()];
    try {
      const page = await ask("GET", "/v1/batches?count=20");
      const ids = new Set(page.batches.map((/** @type {any} */ batch) => batch.id));
      for (const { id, number } of known) if (number >= (page.next ?? 0) && !ids.has(id)) this._drop(id);
      for (const batch of page.batches) this._take(batch);
      this._older ??= page.next;
      this._count();
      if (this._dialog.open && this._chosen) await this._batch.poll();
    } catch {
      return; // it goes on when the service is back, or has let the page in again
    } finally {
      clearTimeout(this._timer);
    }
    const active = [...this._batches.values()].some((batch) => !batch.ended);
    this._timer = setTimeout(() => this.poll(), active && this._dialog.open && !document.hidden ? BUSY : QUIET);
  }

  /** @param {string} id of the batch that is shown; empty for a new one */
  _choose(id) {
    this._chosen = id;
    for (const [each, card] of this._cards) {
      if (each === id) card.root.setAttribute("aria-current", "true");
      else card.root.removeAttribute("aria-current");
    }
    byId("batch").hidden = !id;
    byId("plan").hidden = Boolean(id);
    if (id) this._batch.show(this._batches.get(id));
    else this._plan.show();
  }

  /** @param {any} batch */
  _take(batch) {
    const before = this._batches.get(batch.id);
    this._batches.set(batch.id, batch);
    if (before && !before.ended && batch.ended) say(byId("said"), `Batch ${batch.name}: ${standing(batch)}`);
    let card = this._cards.get(batch.id);
    if (!card) {
      card = this._card(batch);
      this._cards.set(batch.id, card);
      const next = [...byId("batch-list").children].find((/** @type {any} */ one) => Number(one.dataset.number) < batch.number);
      byId("batch-list").insertBefore(card.root.parentElement, next ?? null);
    }
    card.update(batch);
    if (batch.id === this._chosen) this._batch.update(batch);
    this._count();
  }

  /** @param {string} id */
  _drop(id) {
    this._batches.delete(id);
    this._cards.get(id)?.root.parentElement.remove();
    this._cards.delete(id);
    if (this._chosen === id) this._choose("");
    this._count();
  }

  async _more() {
    const page = await ask("GET", `/v1/batches?count=20&before=${this._older}`);
    this._older = page.next ?? 0;
    for (const batch of page.batches) this._take(batch);
    this._count();
  }

  _count() {
    byId("no-batches").hidden = this._batches.size > 0;
    byId("older-batches").hidden = !this._older;
    const active = [...this._batches.values()].filter((batch) => !batch.ended);
    const [left, all] = active.reduce(([ended, size], batch) => [ended + endedOf(batch), size + rowsOf(batch)], [0, 0]);
    say(byId("to-batches"), active.length ? `Batches: ${left} of ${all}` : "Batches");
  }

  /** @param {any} first */
  _card(first) {
    const name = make("span", { class: "name", title: first.name }, first.name);
    const said = make("span", { class: "said" });
    const bar = make("progress", { max: 1, "aria-label": `Progress of batch ${first.name}` });
    const choose = () => {
      this._choose(first.id);
      tried(() => this._batch.poll());
    };
    const root = make("button", { type: "button", class: "batch", onclick: choose }, name, make("span", { class: "quiet" }, when(first.created)), bar, said);
    const place = make("li", {}, root);
    place.dataset.number = String(first.number);
    const update = (/** @type {any} */ batch) => {
      bar.hidden = batch.ended;
      bar.value = endedOf(batch) / (rowsOf(batch) || 1);
      say(said, standing(batch));
    };
    return { root, update };
  }
}
