/** @file How to fill: methods and their settings, drawn from what the service says about them. */

import { byId, make, say } from "./dom.js";
import { ModelField, Offers } from "./models.js";
import { uploadFile } from "./upload.js";
import { plain, title } from "./words.js";

const OWN = "own";

/**
 * A place for values of one settings class.
 * @typedef {{read: () => Record<string, any>, write: (values: Record<string, any>) => void}} Fields
 */

/**
 * Makes the field of a setting that takes models of some kinds, from what the settings beside it are.
 * @typedef {(kinds: string[], siblings: () => Record<string, any>) => ModelField} MakeModelField
 */

/** The form. Tells `change`. */
export class Form extends EventTarget {
  /** @param {any} info what the service says of itself */
  constructor(info) {
    super();
    this._methods = info.methods.filter((/** @type {any} */ method) => method.missing === null);
    this._select = byId("method");
    /** @type {Fields | null} */
    this._fields = null;
    /** Choosers of models. @type {ModelField[]} */
    this._models = [];
    this._offers = new Offers();
    this._drawing = new AbortController();
    const options = this._methods.map((/** @type {any} */ method) => make("option", { value: method.name }, plain(method.title)));
    this._select.replaceChildren(...options);
    byId("variations").max = info.limits.variations;
    byId("fill-form").addEventListener("input", () => this.dispatchEvent(new Event("change")));
    this._select.addEventListener("change", () => this._draw());
    byId("preset").addEventListener("change", () => this._preset());
    byId("settings").addEventListener("input", () => {
      byId("preset").value = OWN;
      this._remark();
    });
    window.addEventListener("focus", () => this._refresh()); // somebody may have put a model there meanwhile
    byId("dice").addEventListener("click", () => {
      byId("seed").value = String(crypto.getRandomValues(new Uint32Array(1))[0] % 1_000_000);
      this.dispatchEvent(new Event("change"));
    });
    this._draw();
  }

  /** Whether everything that was typed in can be used. */
  get valid() {
    return byId("fill-form").checkValidity();
  }

  /** How it fills, in words. */
  get words() {
    const seed = byId("seed").value === "" ? "" : `, seed ${byId("seed").value}`;
    return `${this._select.selectedOptions[0]?.textContent ?? "no method"}${seed}, settings ${byId("settings-said").textContent}`;
  }

  get variations() {
    return Number(byId("variations").value) || 1;
  }

  /**
   * Show the form for a new job, or for one that goes on from a result.
   * @param {boolean} part
   */
  purpose(part) {
    byId("new-only").hidden = part;
    byId("seed").placeholder = part ? "an unused one" : "0";
    byId("seed").value = part ? "" : byId("seed").value || "0";
  }

  /**
   * Tell which maps are to be filled: not every model knows all.
   * @param {string[]} maps
   */
  fit(maps) {
    this._offers.fit(maps);
  }

  /**
   * Return what a job is asked for with, but for its masks; files among the settings are sent.
   * @param {boolean} part whether it is to fill a part of a result again
   * @returns {Promise<any>}
   */
  async request(part) {
    const seed = byId("seed").value === "" ? {} : { seed: Number(byId("seed").value) };
    const method = { name: this._select.value, settings: await this._settings(part), variations: this.variations, ...seed };
    if (part) return { method };
    const tileable = { yes: true, no: false, find: null }[/** @type {"yes"} */ (byId("tileable").value)];
    const [grow, feather] = ["grow", "feather"].map((name) => Number(byId(name).value));
    return { method, hole: { tileable, grow, feather } };
  }

  /** What the chosen method is called if it follows no guides; else empty. */
  get without() {
    return this._method && !this._method.controlled ? plain(this._method.title) : "";
  }

  get _method() {
    return this._methods.find((/** @type {any} */ method) => method.name === this._select.value);
  }

  /**
   * @param {boolean} all whether those that are as by default count too, as they must where there are old ones
   * @returns {Promise<Record<string, any>>}
   */
  async _settings(all) {
    if (!this._fields) return {};
    const values = this._fields.read();
    return withUploads(all ? values : differing(values, this._method.defaults));
  }

  _draw() {
    const method = this._method;
    if (!method) return say(byId("method-said"), "The service has no method that can be used.");
    const presets = Object.keys(method.presets);
    byId("preset-field").hidden = !presets.length;
    const names = [...presets, OWN].map((name) => make("option", { value: name }, name === OWN ? "My own" : title(name)));
    byId("preset").replaceChildren(...names);
    const place = byId("settings");
    place.replaceChildren();
    this._drawing.abort();
    this._drawing = new AbortController();
    this._models = [];
    /** @type {MakeModelField} */
    const ofModels = (kinds, siblings) => {
      const made = new ModelField(kinds, this._offers, siblings, this._drawing.signal);
      this._models.push(made);
      return made;
    };
    this._fields = drawn(place, method.schema, method.schema.$defs ?? {}, "set", ofModels);
    this._fields.write(method.defaults);
    this._refresh();
    byId("preset").value = presets.find((name) => !Object.keys(differing(method.presets[name], method.defaults)).length) ?? OWN;
    byId("settings-box").hidden = !place.childElementCount;
    say(byId("method-said"), method.is_random ? "" : "This method always gives the same; seed and variations change nothing.");
    this._remark();
    return undefined;
  }

  /** Look which models there are, if any can be chosen. */
  _refresh() {
    if (this._models.length) this._offers.refresh();
  }

  _preset() {
    const values = this._method.presets[byId("preset").value];
    if (values) this._fields?.write(values);
    this._remark();
  }

  _remark() {
    for (const one of this._models) one.update(); // whether it fits depends on other settings
    const changed = countOf(differing(this._fields?.read() ?? {}, this._method.defaults));
    say(byId("settings-said"), changed ? `${changed} changed` : "as they come");
  }
}

/**
 * Draw fields for the properties of a schema.
 * @param {HTMLElement} place
 * @param {any} schema
 * @param {Record<string, any>} definitions
 * @param {string} prefix of ids
 * @param {MakeModelField} ofModels
 * @returns {Fields}
 */
function drawn(place, schema, definitions, prefix, ofModels) {
  /** @type {Record<string, Fields | {read: () => any, write: (value: any) => void}>} */
  const fields = {};
  /** @param {string} own @returns {Record<string, any>} what the settings beside one are */
  const beside = (own) => Object.fromEntries(Object.entries(fields).flatMap(([name, one]) => (name === own ? [] : [[name, one.read()]])));
  for (const [name, property] of Object.entries(/** @type {Record<string, any>} */ (schema.properties ?? {}))) {
    const id = `${prefix}-${name}`;
    const words = plain(property.description ?? "");
    const [kinds, optional] = alternatives(property, definitions);
    if (kinds.length === 1 && kinds[0].properties && kinds[0].format !== "file" && !optional) {
      const inner = make("fieldset", {}, make("legend", { title: words }, title(name)));
      place.append(inner);
      fields[name] = drawn(inner, kinds[0], definitions, id, ofModels);
    } else if (property.models) {
      const one = ofModels(property.models, () => beside(name));
      one.input.id = id;
      place.append(make("div", { class: "row", title: words }, make("label", { for: id }, title(name)), one.holder));
      fields[name] = { read: () => one.read(), write: () => one.write() };
    } else {
      const { input, read, write } = field(kinds, optional);
      input.id = id;
      if (words) input.setAttribute("aria-description", words);
      place.append(make("div", { class: `row ${input.type}`, title: words }, make("label", { for: id }, title(name)), input));
      fields[name] = { read, write };
    }
  }
  return {
    read: () => Object.fromEntries(Object.entries(fields).map(([name, one]) => [name, one.read()])),
    write: (values) => Object.entries(fields).forEach(([name, one]) => one.write(values[name])),
  };
}

/**
 * @param {any} property of a schema
 * @param {Record<string, any>} definitions
 * @returns {[any[], boolean]} what it may be, and whether it may be null
 */
function alternatives(property, definitions) {
  const known = (/** @type {any} */ one) => (one.$ref ? { ...definitions[one.$ref.split("/").pop()] } : one);
  const kinds = (property.anyOf ?? [property]).map(known);
  return [kinds.filter((/** @type {any} */ kind) => kind.type !== "null"), kinds.some((/** @type {any} */ kind) => kind.type === "null")];
}

/**
 * @param {any[]} kinds what the value may be
 * @param {boolean} optional whether it may be null
 * @returns {{input: any, read: () => any, write: (value: any) => void}}
 */
function field(kinds, optional) {
  const [kind] = kinds;
  if (kinds.length > 1) return json(optional);
  const values = kind.enum ?? ("const" in kind ? [kind.const] : kind.type === "boolean" && optional ? [true, false] : null);
  if (values) return choice(optional ? [null, ...values] : values);
  if (kind.type === "boolean") {
    const input = make("input", { type: "checkbox" });
    return { input, read: () => input.checked, write: (value) => (input.checked = value) };
  }
  if (kind.type === "integer" || kind.type === "number") {
    const bounds = { min: kind.minimum ?? "", max: kind.maximum ?? "", step: kind.type === "integer" ? "1" : "any" };
    const input = make("input", { type: "number", ...bounds, required: !optional, placeholder: optional ? "none" : "" });
    const read = () => (input.value === "" ? null : Number(input.value));
    return { input, read, write: (value) => (input.value = value === null ? "" : String(value)) };
  }
  if (kind.format === "file") {
    const input = make("input", { type: "file", required: !optional });
    return { input, read: () => input.files[0] ?? null, write: () => (input.value = "") }; // no program can put one in
  }
  if (kind.type === "string" && !optional) {
    const input = make("input", { type: "text" });
    return { input, read: () => input.value, write: (value) => (input.value = value) };
  }
  return json(optional);
}

/**
 * @param {any[]} values to choose from
 * @returns {{input: any, read: () => any, write: (value: any) => void}}
 */
function choice(values) {
  const words = (/** @type {any} */ value) => (value === null ? "none" : title(String(value)));
  const input = make("select", {}, ...values.map((value) => make("option", { value: String(value) }, words(value))));
  const read = () => values.find((value) => String(value) === input.value);
  return { input, read, write: (value) => (input.value = String(value)) };
}

/**
 * A field for what has no form of its own: JSON.
 * @param {boolean} optional whether it may be null
 * @returns {{input: any, read: () => any, write: (value: any) => void}}
 */
function json(optional) {
  const input = make("input", { type: "text", spellcheck: false, placeholder: optional ? "none" : "" });
  const read = () => {
    try {
      input.setCustomValidity("");
      return input.value.trim() === "" ? null : JSON.parse(input.value);
    } catch {
      input.setCustomValidity("Give it as JSON: a text in quotes, a list in brackets.");
      return input.value;
    }
  };
  input.addEventListener("input", read);
  return { input, read, write: (value) => (input.value = value === null ? "" : JSON.stringify(value)) };
}

/**
 * @param {Record<string, any>} values
 * @param {Record<string, any>} defaults
 * @returns {Record<string, any>} those that are not as the defaults
 */
function differing(values, defaults) {
  /** @type {Record<string, any>} */
  const found = {};
  for (const [name, value] of Object.entries(values)) {
    const usual = defaults[name];
    if (value?.constructor === Object && usual?.constructor === Object) {
      const inner = differing(value, usual);
      if (Object.keys(inner).length) found[name] = inner;
    } else if (value instanceof File || JSON.stringify(value) !== JSON.stringify(usual)) found[name] = value;
  }
  return found;
}

/**
 * @param {Record<string, any>} values
 * @returns {number}
 */
function countOf(values) {
  return Object.values(values).reduce((sum, value) => sum + (value?.constructor === Object && !("file" in value) ? countOf(value) : 1), 0);
}

/**
 * @param {Record<string, any>} values
 * @returns {Promise<Record<string, any>>} the same with what the service calls its files for files, which it then has
 */
async function withUploads(values) {
  const pairs = Object.entries(values).map(async ([name, value]) => {
    if (value instanceof File) return [name, { file: await uploadFile(value), name: value.name }];
    return [name, value?.constructor === Object ? await withUploads(value) : value];
  });
  return Object.fromEntries(await Promise.all(pairs));
}
