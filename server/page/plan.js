/** @file A new batch: a library below a folder of the service, its masks, and what would be filled. */

import { Problem, ask, submit } from "./api.js";
import { tried } from "./dialog.js";
import { byId, make, say } from "./dom.js";
import { counted, sentence } from "./words.js";

const SETTLED = 250;

/** The form. Tells `begun`, with the batch as its detail. */
export class Plan extends EventTarget {
  /**
   * @param {any} info what the service says of itself
   * @param {import("./form.js").Form} form how materials are filled
   */
  constructor(info, form) {
    super();
    this._form = form;
    /** @type {{name: string, mask: string | null, why: string | null, job: any}[]} */
    this._rows = [];
    this._most = Math.min(info.limits.batch, info.limits.queue);
    this._turn = 0;
    this._timer = 0;
    byId("plan-root").replaceChildren(...info.roots.map((/** @type {string} */ root) => make("option", {}, root)));
    byId("plan-rootless").hidden = info.roots.length > 0;
    byId("plan-fields").hidden = byId("plan-look").hidden = byId("plan-how").hidden = !info.roots.length;
    byId("plan-fields").addEventListener("input", (/** @type {any} */ event) => {
      byId("plan-masks-field").hidden = byId("plan-from").value !== "masks";
      this._forget();
      clearTimeout(this._timer);
      if (event.target.list) this._timer = setTimeout(() => this._offer(event.target.value), SETTLED);
    });
    for (const id of ["plan-library", "plan-masks"]) byId(id).addEventListener("focus", () => this._offer(byId(id).value));
    byId("plan").addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      tried(() => this._look());
    });
    byId("plan-start").addEventListener("click", () => tried(() => this._start()));
  }

  /** Say what would be done by the form as it is now. */
  show() {
    say(byId("plan-how"), `Each is filled as the form of the page says: ${this._form.words}.`);
  }

  /** What the folders are, and how the holes are found. */
  get _wanted() {
    const from = byId("plan-from").value;
    const masks = from === "masks" ? { masks: trimmed(byId("plan-masks").value) } : { shape: from };
    return { root: byId("plan-root").value, library: trimmed(byId("plan-library").value), ...masks };
  }

  /** @param {string} text what is typed: the folders in it, or round it, are offered */
  async _offer(text) {
    const mine = (this._turn += 1);
    const above = text.includes("/") ? text.slice(0, text.lastIndexOf("/")) : "";
    try {
      const root = encodeURIComponent(byId("plan-root").value);
      const { folders } = await ask("GET", `/v1/roots/${root}/folders?folder=${encodeURIComponent(above)}`);
      if (mine !== this._turn) return;
      const options = folders.map((/** @type {string} */ name) => make("option", { value: above ? `${above}/${name}` : name }));
      byId("plan-folders").replaceChildren(...options);
    } catch {
      // the plan says what is wrong with it
    }
  }

  _forget() {
    this._rows = [];
    this._draw();
    say(byId("plan-said"), "");
  }

  async _look() {
    this._forget();
    const wanted = this._wanted;
    if (wanted.masks === "") throw new Error("Give the folder of masks; it has a mask with the name of each material.");
    const { rows } = await ask("POST", "/v1/batches/plan", wanted);
    if (JSON.stringify(this._wanted) !== JSON.stringify(wanted)) return; // it was changed meanwhile
    this._rows = rows;
    this._draw();
  }

  async _start() {
    if (!this._form.valid) throw new Error("A setting in the form of the page is not a number it can be.");
    const ready = this._rows.filter((row) => row.job);
    const { library, root } = this._wanted;
    byId("plan-start").disabled = true;
    byId("plan-bar").hidden = false;
    try {
      const how = await this._form.request(false);
      const jobs = ready.map(({ job }) => ({ ...how, ...job, hole: { ...how.hole, ...job.hole }, previews: false }));
      const batch = await submit("/v1/batches", { name: (library || root).slice(-200), jobs });
      this._forget();
      this.dispatchEvent(new CustomEvent("begun", { detail: batch }));
    } catch (error) {
      if (!(error instanceof Problem) || error.kind !== "rows") throw error;
      for (const fault of error.more.rows) Object.assign(ready[fault.row - 1], { job: null, why: sentence(fault.sentence) });
      this._draw();
      const count = counted(error.more.rows.length, "material");
      say(byId("plan-said"), `Nothing was begun: ${count} cannot be filled. ${byId("plan-said").textContent}`);
    } finally {
      byId("plan-start").disabled = false;
      byId("plan-bar").hidden = true;
    }
  }

  _draw() {
    const ready = this._rows.filter((row) => row.job).length;
    const left = this._rows.length - ready;
    const wrongFirst = [...this._rows].sort((one, other) => Number(Boolean(one.job)) - Number(Boolean(other.job)));
    const items = wrongFirst.map(({ name, mask, why }) => make("li", { class: why ? "wrong" : "" }, make("span", { class: "name", title: name }, name), make("span", { class: "quiet" }, why ?? mask ?? "")));
    byId("plan-rows").replaceChildren(...items);
    const out = left ? ` ${counted(left, "material")} ${left === 1 ? "is" : "are"} left out.` : "";
    say(byId("plan-said"), this._rows.length ? `${counted(ready, "material")} would be filled.${out}` : "");
    byId("plan-start").hidden = !ready || ready > this._most;
    say(byId("plan-start"), `Fill ${counted(ready, "material")}`);
  }
}

/**
 * @param {string} text
 * @returns {string} a folder without what surrounds it
 */
function trimmed(text) {
  return text.trim().replace(/^\/+|\/+$/g, "");
}
