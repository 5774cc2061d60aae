/** @file How different the next fill of a hole is to be: a fill of its own, or the result that is shown with changes. */

import { byId, say } from "./dom.js";
import { kindOf } from "./words.js";

/** The slider beside the button for another fill. */
export class Variety {
  /** @param {any[]} methods what the service says of its methods */
  constructor(methods) {
    this._varying = new Set(methods.filter((method) => method.varies).map((method) => method.name));
    this._job = "";
    byId("different").addEventListener("input", () => this._say());
  }

  /** The share of the steps that are gone through anew; 1 for a fill of its own. */
  get _share() {
    return byId("different-field").hidden ? 1 : Number(byId("different").value) / 100;
  }

  /**
   * Offer what can be done with a job that is done.
   * @param {any} job
   */
  open(job) {
    if (this._job === job.id) return;
    this._job = job.id;
    // A new sheet begins with another piece of the material each time.
    byId("different-field").hidden = !this._varying.has(job.request.method.name) || kindOf(job.request) === "sheet";
    byId("different").value = String(Math.round(100 * (job.request.method.from_step ?? 1)));
    this._say();
  }

  /**
   * Return what a retry changes.
   * @param {number} variation the one that is shown
   * @returns {any}
   */
  changed(variation) {
    if (byId("different-field").hidden) return {};
    const method = { from_step: this._share };
    return this._share < 1 ? { method, variation } : { method };
  }

  _say() {
    const share = this._share;
    const words = share === 1 ? "entirely" : share > 0.6 ? "much" : share > 0.3 ? "somewhat" : "in detail";
    say(byId("different-said"), words);
    say(byId("another"), share === 1 ? "Another seed" : "Vary this");
  }
}
