/** @file Guides: what is painted besides the hole, for a fill to follow; where, of which size, and how it is sent. */

import { byId, make, say } from "./dom.js";
import { GRAIN, Palette, STRUCTURE } from "./inks.js";
import { Layer } from "./layer.js";
import { uploadFile } from "./upload.js";
import { share } from "./words.js";

/** @typedef {import("./layer.js").Box} Box */
/** @typedef {"structure" | "colours" | "example" | "grain"} Kind */
/**
 * What is copied from where that is another picture than the one that is filled.
 * @typedef {{key: string, name: string, width: number, height: number, source: import("./pictures.js").Source, material: any}} Example
 */
/**
 * What guides are for.
 * @typedef {object} Place
 * @property {string} key of what is filled
 * @property {Box} box all of the result, in pixels of the picture that is filled, or of the sheet
 * @property {boolean} sheet whether the result is a new sheet, on which that picture does not lie
 * @property {Example[]} examples pictures to copy from, if they are others
 * @property {string} without the method that follows no guides; empty if it follows them
 * @property {number | null} earlier the job whose result is gone on from, if its guides fit what is filled
 */

const NAMES = { structure: "Structure", colours: "Colours", example: "Colours of the example", grain: "Grain" };
const KINDS = /** @type {Kind[]} */ (Object.keys(NAMES));
const HOW = {
  structure: "Paint a vine, a joint or a row of bricks where it is, and on through what is filled: it goes on from structure alone, and all else from the rest.",
  colours: "Give each kind of surface a colour, in what is filled and around it: what has one colour becomes alike.",
  sheet: "Paint where on the sheet which kind of surface is to be. Then paint with the same colours what is copied from.",
  example: "Paint with the same colours which kind of surface is where in what is copied from.",
  grain: "Stroke the way the grain is to run in what is filled. Between strokes it goes on as it runs around.",
};
const NONE = { colours: null, source_colours: null, protect: [], grain: null };

/** Guides of all pictures that were painted on while the page is open. Tells `choose`, and `change` with a layer. */
export class Guides extends EventTarget {
  constructor() {
    super();
    this.palette = new Palette();
    /** Which is painted; empty while the mask is. @type {Kind | ""} */
    this.chosen = "";
    /** @type {Map<string, Layer>} */
    this._layers = new Map();
    /** Pictures whose grain is to go on. @type {Set<string>} */
    this._going = new Set();
    /** @type {Place} */
    this._place = { key: "", box: { left: 0, top: 0, width: 1, height: 1 }, sheet: false, examples: [], without: "", earlier: null };
    for (const kind of KINDS) byId(`guide-${kind}`).addEventListener("click", () => this.choose(this.chosen === kind ? "" : kind));
    byId("earlier").addEventListener("input", () => this._say());
    byId("grain-goes").addEventListener("input", () => {
      this._going[byId("grain-goes").checked ? "add" : "delete"](this._place.key);
      this._say();
    });
    this._say();
  }

  /**
   * Paint another guide, or the mask.
   * @param {Kind | ""} kind
   */
  choose(kind) {
    this.chosen = kind;
    this._say();
    this.dispatchEvent(new Event("choose"));
  }

  /**
   * Take what guides are for now.
   * @param {Place} place
   */
  arrange(place) {
    const other = place.key !== this._place.key;
    this._place = place;
    if (other) byId("earlier").checked = true;
    if (other || (this.chosen && this._hindrance(this.chosen) !== "")) this.chosen = "";
    for (const kind of KINDS) {
      const layer = this._layers.get(this._keyOf(kind));
      if (layer) layer.box = this._boxOf(kind);
    }
    this._say();
  }

  /** What is painted now, of which `chosen` is not empty. */
  get layer() {
    return this._layerOf(/** @type {Kind} */ (this.chosen));
  }

  /** What that is called, and how it is painted. */
  get words() {
    const kind = /** @type {Kind} */ (this.chosen);
    const about = kind === "example" ? this._place.examples[0].name : this._place.sheet ? "the sheet" : "the result";
    return { name: this._label(kind), how: HOW[kind === "colours" && this._place.examples.length ? "sheet" : kind], about };
  }

  /** What the chosen one is painted over if that is not what is filled: a sheet (null), or another picture. */
  get apart() {
    if (this.chosen === "example") return { example: this._place.examples[0] };
    return this.chosen && this._place.sheet ? { example: null } : null;
  }

  /** @returns {Layer[]} what is painted for what is filled now */
  get layers() {
    return KINDS.map((kind) => this._layers.get(this._keyOf(kind))).filter((layer) => layer !== undefined);
  }

  /**
   * Send what is painted.
   * @returns {Promise<any>} guides as a request has them; undefined if they are those of the job that is gone on from
   * @throws {Error} what is copied from has no colours
   */
  async request() {
    if (this._place.without) return NONE;
    if (this._follows) return undefined;
    const [structure, colours, example, grain] = KINDS.map((kind) => this._painted(kind));
    if (Boolean(colours) !== Boolean(example) && this._hindrance("example") === "") {
      const [has, lacks] = colours ? ["colours", "example"] : ["example", "colours"];
      throw new Error(`${this._label(/** @type {Kind} */ (has))} are painted, ${this._label(/** @type {Kind} */ (lacks)).toLowerCase()} are not; paint both with the same colours, or neither.`);
    }
    return {
      colours: colours && (await sent(colours, "colours.png")),
      source_colours: example && (await sent(example, "colours-of-example.png")),
      protect: structure ? [await sent(structure, "structure.png")] : [],
      grain: grain ? await sent(grain, "grain.png") : this._going.has(this._place.key) ? "auto" : null,
    };
  }

  /** Whether those of the job that is gone on from are followed: as long as nothing is painted in their place. */
  get _follows() {
    const own = KINDS.some((kind) => this._painted(kind)) || this._going.has(this._place.key);
    return this._place.earlier !== null && !own && byId("earlier").checked;
  }

  /** @param {Kind} kind */
  _painted(kind) {
    const layer = this._hindrance(kind) ? undefined : this._layers.get(this._keyOf(kind));
    return layer?.share ? layer : null;
  }

  /**
   * @param {Kind} kind
   * @returns {string} why there is no such guide here; empty if there is
   */
  _hindrance(kind) {
    const { examples } = this._place;
    if (kind === "grain") return "";
    if (kind === "structure") return examples.length ? "Not where another picture is copied from; colours say it for both." : "";
    if (examples.length > 1) return "Only where one material is copied from.";
    return kind === "example" && !examples.length ? "It is the same picture." : "";
  }

  /** @param {Kind} kind */
  _keyOf(kind) {
    const { key, sheet, examples } = this._place;
    if (kind === "example") return `${key} of ${examples[0]?.key}`;
    return `${key} ${kind}${sheet ? " of a sheet" : ""}`;
  }

  /** @param {Kind} kind */
  _boxOf(kind) {
    const [example] = this._place.examples;
    return kind === "example" && example ? { left: 0, top: 0, width: example.width, height: example.height } : this._place.box;
  }

  /** @param {Kind} kind */
  _layerOf(kind) {
    const key = this._keyOf(kind);
    let layer = this._layers.get(key);
    if (!layer) {
      const made = new Layer({ structure: STRUCTURE, grain: GRAIN, colours: this.palette, example: this.palette }[kind], this._boxOf(kind));
      made.addEventListener("change", () => {
        this._say();
        this.dispatchEvent(new CustomEvent("change", { detail: made }));
      });
      this._layers.set(key, made);
      layer = made;
    }
    return layer;
  }

  /** @param {Kind} kind */
  _label(kind) {
    const { sheet, examples } = this._place;
    if (kind === "example") return `Colours of ${examples[0]?.name ?? "the example"}`;
    return kind === "colours" && examples.length ? `Colours of the ${sheet ? "sheet" : "result"}` : NAMES[kind];
  }

  _say() {
    const { key, without, earlier } = this._place;
    const used = KINDS.filter((kind) => this._painted(kind));
    const going = this._going.has(key);
    for (const kind of KINDS) {
      const button = byId(`guide-${kind}`);
      const hindrance = this._hindrance(kind);
      button.setAttribute("aria-pressed", String(kind === this.chosen));
      button.disabled = !key || hindrance !== "";
      button.hidden = kind === "example" && hindrance !== "";
      button.title = hindrance;
      const layer = this._painted(kind);
      const amount = make("span", { class: "quiet" }, layer ? share(layer.share) : kind === "grain" && going ? "goes on" : "");
      button.replaceChildren(make("span", {}, this._label(kind)), amount);
    }
    byId("grain-goes").checked = going;
    byId("earlier-field").hidden = earlier === null;
    say(byId("earlier-words"), `Those of job ${earlier}`);
    if (used.length || going) byId("earlier").checked = false;
    const words = new Set([...(this._follows ? [`of job ${earlier}`] : []), ...used.map((kind) => (kind === "example" ? "colours" : kind)), ...(going ? ["grain"] : [])]);
    say(byId("guides-said"), words.size && without ? "left out" : [...words].join(", "));
    say(byId("guides-hint"), without ? `${without} follows no guides; choose a method of patches.` : "Choose one and paint it on the picture.");
  }
}

/**
 * @param {Layer} layer
 * @param {string} name
 * @returns {Promise<any>} how a request names its picture, which the service then has
 */
async function sent(layer, name) {
  return { file: await uploadFile(await layer.picture()), name };
}
