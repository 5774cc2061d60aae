/** @file How to fill: methods and their settings, drawn from what the service says about them. */

import { byId, make, say } from "./dom.js";
import { uploadFile } from "./upload.js";
import { plain, title } from "./words.js";

const OWN = "own";

/**
 * A place for values of one settings class.
 * @typedef {{read: () => Record<string, any>, write: (values: Record<string, any>) => void}} Fields
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

  get variations() {
    return Number(byId("variations").value) || 1;
  }

  /**
   * Show the form for a new job, or for filling a part of a result again.
   * @param {boolean} part
   */
  purpose(part) {
    byId("new-only").hidden = part;
    byId("seed").placeholder = part ? "an unused one" : "0";
    byId("seed").value = part ? "" : byId("seed").value || "0";
  }

  /**
   * Return what a job is asked for with, but for its mask; files among the settings are sent.
   * @param {boolean} part whether it is to fill a part of a result again
   * @returns {Promise<any>}
   */
  async wish(part) {
    const seed = byId("seed").value === "" ? null : Number(byId("seed").value);
    const common = { method: this._select.value, settings: await this._settings(), variations: this.variations };
    if (part) return { ...common, seed };
    const tileable = { yes: true, no: false, find: null }[/** @type {"yes"} */ (byId("tileable").value)];
    const [grow, feather] = ["grow", "feather"].map((name) => Number(byId(name).value));
    return { ...common, seed: seed ?? 0, tileable, grow, feather };
  }

  get _method() {
    return this._methods.find((/** @type {any} */ method) => method.name === this._select.value);
  }

  /** @returns {Promise<Record<string, any>>} those that differ from the defaults */
  async _settings() {
    return this._fields ? differing(await sent(this._fields.read()), this._method.defaults) : {};
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
    this._fields = drawn(place, method.schema, method.schema.$defs ?? {}, "set");
    this._fields.write(method.defaults);
    byId("preset").value = presets.find((name) => !Object.keys(differing(method.presets[name], method.defaults)).length) ?? OWN;
    byId("settings-box").hidden = !place.childElementCount;
    say(byId("method-said"), method.is_random ? "" : "This method always gives the same; seed and variations change nothing.");
    this._remark();
    return undefined;
  }

  _preset() {
    const values = this._method.presets[byId("preset").value];
    if (values) this._fields?.write(values);
    this._remark();
  }

  _remark() {
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
 * @returns {Fields}
 */
function drawn(place, schema, definitions, prefix) {
  /** @type {Record<string, Fields | {read: () => any, write: (value: any) => void}>} */
  const fields = {};
  for (const [name, property] of Object.entries(/** @type {Record<string, any>} */ (schema.properties ?? {}))) {
    const id = `${prefix}-${name}`;
    if (property.$ref) {
      const inner = make("fieldset", {}, make("legend", { title: plain(property.description ?? "") }, title(name)));
      place.append(inner);
      fields[name] = drawn(inner, definitions[property.$ref.split("/").pop()], definitions, id);
    } else {
      const { input, read, write } = field(name, property);
      input.id = id;
      const words = plain(property.description ?? "");
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
 * @param {string} name
 * @param {any} property
 * @returns {{input: any, read: () => any, write: (value: any) => void}}
 */
function field(name, property) {
  const kinds = [property.type, ...(property.anyOf ?? []).map((/** @type {any} */ kind) => kind.type)];
  if (property.enum) {
    const options = property.enum.map((/** @type {string} */ value) => make("option", { value }, title(value)));
    return simple(make("select", {}, ...options));
  }
  if (kinds.includes("boolean")) {
    const input = make("input", { type: "checkbox" });
    return { input, read: () => input.checked, write: (value) => (input.checked = value) };
  }
  if (kinds.includes("integer") || kinds.includes("number")) {
    const optional = kinds.includes("null");
    const step = kinds.includes("integer") ? "1" : "any";
    const input = make("input", { type: "number", step, required: !optional, placeholder: optional ? "none" : "" });
    const read = () => (input.value === "" ? null : Number(input.value));
    return { input, read, write: (value) => (input.value = value === null ? "" : String(value)) };
  }
  if (name === "model") {
    const input = make("input", { type: "file", accept: ".safetensors" });
    const clear = () => (input.value = "");
    return { input, read: () => input.files[0] ?? "", write: clear }; // a file cannot be put in by a program
  }
  return simple(make("input", { type: "text" }));
}

/** @param {any} input */
function simple(input) {
  return { input, read: () => input.value, write: (/** @type {string} */ value) => (input.value = value) };
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
    if (value !== null && typeof value === "object" && !(value instanceof File)) {
      const inner = differing(value, usual ?? {});
      if (Object.keys(inner).length) found[name] = inner;
    } else if (value !== usual) found[name] = value;
  }
  return found;
}

/**
 * @param {Record<string, any>} values
 * @returns {number}
 */
function countOf(values) {
  return Object.values(values).reduce((sum, value) => sum + (value?.constructor === Object ? countOf(value) : 1), 0);
}

/**
 * @param {Record<string, any>} values
 * @returns {Promise<Record<string, any>>} the same with digests of files for files, which the service then has
 */
async function sent(values) {
  const pairs = Object.entries(values).map(async ([name, value]) => {
    if (value instanceof File) return [name, await uploadFile(value)];
    return [name, value?.constructor === Object ? await sent(value) : value];
  });
  return Object.fromEntries(await Promise.all(pairs));
}
