/** @file What is done with a material: a hole is filled, it is made to tile or extended, or a new sheet is made of it. */

import { byId, make, say } from "./dom.js";
import { Frame } from "./frame.js";
import { materialOf } from "./materials.js";
import { counted } from "./words.js";

const LONGEST = 65_536; // pixels of a side

/** @typedef {"hole" | "tile" | "extend" | "sheet"} Kind */

/** The choice, and its fields in the form. Tells `change`, and `frame` when the frame was pulled or typed. */
export class Task extends EventTarget {
  constructor() {
    super();
    this.frame = new Frame();
    /** Materials to copy from, as the service sees them. @type {any[]} */
    this._examples = [];
    this._width = 1;
    this._height = 1;
    /** Pixels, across and down, of which a canvas has multiples, so that smaller maps have whole pixels. */
    this._units = { across: 1, down: 1 };
    byId("tasks").addEventListener("change", () => this._update());
    this.frame.addEventListener("change", () => this._update());
    for (const kind of ["tile", "extend", "sheet"]) byId(`task-${kind}`).addEventListener("input", () => this._update());
    this._draw();
  }

  /** @returns {Kind} */
  get kind() {
    return /** @type {Kind} */ (document.querySelector("input[name=task]:checked")?.getAttribute("value") ?? "hole");
  }

  /** Whether it can be done without anything painted. */
  get whole() {
    const { left, right, top, bottom } = this.frame.sides;
    return this.kind === "extend" ? left + right + top + bottom > 0 : this.kind !== "hole";
  }

  /** How the picture changes, as a request has it; null if only a hole is filled. */
  get canvas() {
    const number = (/** @type {string} */ id) => Number(byId(id).value);
    if (this.kind === "tile") return { axis: byId("axis").value, band: number("band"), flatten: byId("flatten").checked };
    if (this.kind === "extend") return this.frame.sides;
    return this.kind === "sheet" ? { size: [number("sheet-width"), number("sheet-height")] } : null;
  }

  /** Materials to copy from. */
  get examples() {
    return this._examples;
  }

  /** All of the result: of a sheet in its own pixels, else in those of the picture, which may lie in the middle. */
  get box() {
    const { across, down } = this._units;
    if (this.kind === "sheet") {
      const [width, height] = ["width", "height"].map((side) => Math.max(1, Math.min(LONGEST, Math.round(Number(byId(`sheet-${side}`).value) || 1))));
      return { left: 0, top: 0, width: raised(width, across), height: raised(height, down) };
    }
    if (this.kind !== "extend") return { left: 0, top: 0, width: this._width, height: this._height };
    const { left, right, top, bottom } = this.frame.sides;
    return {
      left: -raised(left, across),
      top: -raised(top, down),
      width: this._width + raised(left, across) + raised(right, across),
      height: this._height + raised(top, down) + raised(bottom, down),
    };
  }

  /**
   * Begin anew, with a picture of a size.
   * @param {number} width
   * @param {number} height
   * @param {any} material that has its maps
   * @param {string[]} examples ids of materials to copy from
   */
  async begin(width, height, material, examples) {
    [this._width, this._height, this._examples] = [width, height, examples.map((id) => ({ id, name: "material", width: 1, height: 1, maps: {} }))];
    const maps = /** @type {any[]} */ (Object.values(material.maps));
    this._units = { across: unitOf(maps.map((map) => map.width), material.width), down: unitOf(maps.map((map) => map.height), material.height) };
    for (const radio of byId("tasks").querySelectorAll("input")) radio.checked = radio.value === "hole";
    this.frame.sides = { left: 0, right: 0, top: 0, bottom: 0 };
    byId("sheet-width").value = String(Math.max(16, width * 2));
    byId("sheet-height").value = String(Math.max(16, height * 2));
    this._update();
    const mine = this._examples;
    const named = await Promise.all(examples.map(materialOf));
    if (this._examples === mine && named.length) this._put(named);
  }

  /**
   * Copy from another material too.
   * @param {any} material
   */
  add(material) {
    this._put([...this._examples.filter(({ id }) => id !== material.id), material]);
    byId("examples-box").open = true;
  }

  /**
   * @param {number} maps how many there are
   * @param {string} painted how much is painted, in words; empty for nothing
   * @param {boolean} again whether it goes on from a result
   * @returns {string} what it would do, in words
   */
  words(maps, painted, again) {
    const what = counted(maps, "map");
    if (this.kind === "hole") return painted ? `Fill ${painted} of ${what}${again ? " again" : ""}` : "Paint what is to be filled";
    if (this.kind === "tile") return `Make ${what} tileable`;
    const { width, height } = this.box;
    if (this.kind === "sheet") return `Make a sheet of ${width} × ${height}`;
    if (this.whole) return `Extend ${what} to ${width} × ${height}`;
    return painted ? `Fill ${painted} of ${what}` : "Drag an edge of the picture outwards";
  }

  /** @param {any[]} examples */
  _put(examples) {
    this._examples = examples;
    this._update();
  }

  _update() {
    this._draw();
    this.dispatchEvent(new Event("change"));
  }

  _draw() {
    for (const kind of ["tile", "extend", "sheet"]) {
      const field = byId(`task-${kind}`);
      field.hidden = field.disabled = kind !== this.kind;
    }
    const { width, height } = this.box;
    say(
      byId("task-said"),
      {
        hole: "",
        tile: "Bands along the edges are filled anew, no wider than they must be. What the mask covers is filled along with them.",
        extend: `${this._width} × ${this._height} becomes ${width} × ${height}. Drag an edge or a corner of the picture outwards, or type how many pixels. What the mask covers is filled too.`,
        sheet: "The material is the example, at its own scale. What the mask covers is left out of it.",
      }[this.kind],
    );
    const items = this._examples.map((example) => {
      const remove = () => this._put(this._examples.filter((one) => one !== example));
      return make("li", {}, make("span", {}, example.name), make("button", { type: "button", class: "plain", "aria-label": `Do not copy from ${example.name}`, onclick: remove }, "×"));
    });
    byId("examples").replaceChildren(...items);
    say(byId("examples-said"), items.length ? String(items.length) : "");
    const instead = this.kind === "sheet" ? "besides this material" : "instead of this one, brought to its scale and colours";
    say(byId("examples-hint"), items.length ? `It is copied from, ${instead}.` : `Choose a folder of the same maps: it is copied from, ${instead}.`);
  }
}

/**
 * @param {number} length
 * @param {number} unit
 * @returns {number} the next multiple
 */
function raised(length, unit) {
  return Math.ceil(length / unit) * unit;
}

/**
 * @param {number[]} lengths of maps
 * @param {number} whole of their material
 * @returns {number} the least number of its pixels that is a whole number of every map's
 */
function unitOf(lengths, whole) {
  const divisor = (/** @type {number} */ one, /** @type {number} */ other) => (other ? divisor(other, one % other) : one);
  return lengths.reduce((unit, length) => {
    const own = whole / divisor(whole, length);
    return (unit * own) / divisor(unit, own);
  }, 1);
}
