/** @file Choosing a model: one that the service offers, or a file. */

import { ask } from "./api.js";
import { make, say } from "./dom.js";
import { counted, title } from "./words.js";

const NONE = "";
const OWN = "own";
const MATERIALS_SHOWN = 4;

/** The models that the service offers, and the maps that are to be filled. Tells `change`. */
export class Offers extends EventTarget {
  constructor() {
    super();
    /** @type {any[]} */
    this.models = [];
    /** Files that are not offered. @type {{name: string, why: string}[]} */
    this.refused = [];
    /** Why the list is not what it should be. */
    this.trouble = "";
    /** @type {string[]} */
    this.maps = [];
  }

  /** Ask the service what lies in its folders now. */
  async refresh() {
    try {
      const { models, refused } = await ask("GET", "/v1/models");
      Object.assign(this, { models, refused, trouble: "" });
    } catch (error) {
      this.trouble = `The models of the service are not known: ${/** @type {Error} */ (error).message}`;
    }
    this.dispatchEvent(new Event("change"));
  }

  /** @param {string[]} maps of what is to be filled */
  fit(maps) {
    this.maps = maps;
    this.dispatchEvent(new Event("change"));
  }
}

/** The field of a setting that takes a model: a list, and a file chooser that is shown where the list says so. */
export class ModelField {
  /**
   * @param {string[]} kinds of models that the setting takes
   * @param {Offers} offers
   * @param {() => Record<string, any>} siblings what the settings beside it are
   * @param {AbortSignal} signal ends it
   */
  constructor(kinds, offers, siblings, signal) {
    this._kinds = kinds;
    this._offers = offers;
    this._siblings = siblings;
    this._drawn = "";
    this.input = make("select", { oninput: () => this.update() });
    this._file = make("input", { type: "file", "aria-label": "A file of yours" });
    this._hint = make("p", { class: "hint" });
    this.holder = make("div", { class: "model" }, this.input, this._file, this._hint);
    offers.addEventListener("change", () => this.update(), { signal });
    this.update();
  }

  /** @returns {File | {file: string, name: string} | null} */
  read() {
    if (this.input.value === OWN) return this._file.files[0] ?? null;
    const chosen = this._chosen;
    return chosen ? { file: chosen.file, name: chosen.name } : null;
  }

  /** Choose none: no program can put a file in, and no setting comes with a model. */
  write() {
    this.input.value = NONE;
    this._file.value = "";
    this.update();
  }

  /** Show what is offered now, and what of it fits. */
  update() {
    const models = this._models.map((one) => ({ one, why: this._misfit(one) }));
    const known = JSON.stringify(models.map(({ one, why }) => [one.file, one.name, why]));
    if (known !== this._drawn) {
      this._drawn = known;
      const { value } = this.input;
      const options = models.map(({ one, why }) =>
        make("option", { value: one.file, disabled: why !== "", title: about(one) }, why ? `${one.name}: ${why}` : one.name),
      );
      this.input.replaceChildren(make("option", { value: NONE }, "None"), ...options, make("option", { value: OWN }, "A file of yours…"));
      this.input.value = value;
      if (this.input.selectedIndex < 0) {
        this.input.value = NONE; // it is gone
        this.input.dispatchEvent(new Event("input", { bubbles: true }));
      }
    }
    this._file.hidden = this.input.value !== OWN;
    say(this._hint, this._said());
    this._hint.title = this._offers.refused.map(({ name, why }) => `${name}: ${why}`).join("\n");
  }

  get _models() {
    return this._offers.models.filter((one) => this._kinds.includes(one.kind));
  }

  get _chosen() {
    return this._models.find((one) => one.file === this.input.value) ?? null;
  }

  _said() {
    const { trouble, refused } = this._offers;
    const chosen = this._chosen;
    if (chosen) {
      const why = this._misfit(chosen);
      return why ? `It ${why}. ${about(chosen)}` : about(chosen);
    }
    if (trouble) return trouble;
    const none = this._models.length || this.input.value === OWN ? "" : "The folder of the service has none for this.";
    const bad = refused.length ? `${counted(refused.length, "file")} in it cannot be offered.` : "";
    return [none, bad].filter(Boolean).join(" ");
  }

  /**
   * @param {any} model
   * @returns {string} why it cannot be chosen now; empty if it can
   */
  _misfit(model) {
    const unknown = this._offers.maps.filter((name) => !model.maps.includes(name));
    if (unknown.length) return `does not know ${unknown.map(title).join(", ")}`;
    const values = this._siblings();
    for (const [path, wanted] of Object.entries(/** @type {Record<string, string[]>} */ (model.fits))) {
      const names = path.split(".");
      const value = names.reduce((inner, name) => inner?.[name], /** @type {any} */ (values));
      if (value !== undefined && !wanted.includes(value)) return `does not go with ${title(names.at(-1) ?? "")} ${value}`;
    }
    return "";
  }
}

/**
 * @param {any} model
 * @returns {string} what it knows, and of which materials
 */
function about(model) {
  const size = model.scale > 1 ? `, at 1/${model.scale} of their size` : "";
  const shown = model.materials.slice(0, MATERIALS_SHOWN).map((/** @type {any} */ one) => (one.licence ? `${one.name} (${one.licence})` : one.name));
  const more = model.materials_seen - shown.length;
  const taught = shown.length ? ` Trained on ${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}.` : "";
  return `Knows ${model.maps.map(title).join(", ")}${size}.${taught}`;
}
