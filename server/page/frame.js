/** @file The frame that a picture is extended to: its edges and corners are pulled outwards. */

import { byId } from "./dom.js";

const NEAR = 12;
const ROOM = 0.12;
const FILL = "rgb(255 45 160 / 0.3)";
const PAPER = "#555";

/** @typedef {{x: number, y: number}} Point */
/** @typedef {{x: number, y: number, scale: number}} View */
/** @typedef {import("./stage.js").Sides} Sides */
/** @typedef {{x: "left" | "right" | "", y: "top" | "bottom" | ""}} Grip which sides are pulled */

export const SIDES = /** @type {const} */ (["left", "right", "top", "bottom"]);

/** Pixels that are added on each side, as the numbers in the form say. Tells `change` when they were pulled. */
export class Frame extends EventTarget {
  constructor() {
    super();
    /** @type {Grip | null} */
    this._held = null;
  }

  /** Whether an edge or a corner is held. */
  get held() {
    return this._held !== null;
  }

  /** @returns {Sides} */
  get sides() {
    const number = (/** @type {string} */ side) => Math.max(0, Math.round(Number(byId(`side-${side}`).value) || 0));
    return { left: number("left"), right: number("right"), top: number("top"), bottom: number("bottom") };
  }

  set sides(sides) {
    for (const side of SIDES) byId(`side-${side}`).value = String(sides[side]);
  }

  /**
   * Return what is to be seen round the picture: the frame, with some room to pull it.
   * @param {number} width of the picture
   * @param {number} height
   * @returns {Sides}
   */
  around(width, height) {
    const { left, right, top, bottom } = this.sides;
    const room = ROOM * Math.max(width + left + right, height + top + bottom);
    return { left: left + room, right: right + room, top: top + room, bottom: bottom + room };
  }

  /**
   * Draw what is added.
   * @param {CanvasRenderingContext2D} pen
   * @param {View} view
   * @param {number} width of the picture
   * @param {number} height
   * @param {boolean} plain as something to paint on
   */
  draw(pen, view, width, height, plain) {
    const [x, y, w, h] = this._box(view, width, height);
    pen.fillStyle = plain ? PAPER : FILL;
    pen.beginPath();
    pen.rect(x, y, w, h);
    pen.rect(view.x, view.y, width * view.scale, height * view.scale);
    pen.fill("evenodd");
  }

  /**
   * Draw the edges, with grips on them.
   * @param {CanvasRenderingContext2D} pen
   * @param {View} view
   * @param {number} width of the picture
   * @param {number} height
   */
  outline(pen, view, width, height) {
    const [x, y, w, h] = this._box(view, width, height);
    const unit = devicePixelRatio;
    for (const [colour, thick] of /** @type {[string, number][]} */ ([["#000", 3], ["#fff", 1.5]])) {
      pen.strokeStyle = colour;
      pen.lineWidth = thick * unit;
      pen.strokeRect(x, y, w, h);
    }
    for (const across of [0, 0.5, 1]) {
      for (const down of [0, 0.5, 1]) {
        if (across === 0.5 && down === 0.5) continue;
        const [long, short] = [13 * unit, 9 * unit];
        const [wide, high] = across !== 0.5 && down !== 0.5 ? [short, short] : across === 0.5 ? [long * 2, short * 0.7] : [short * 0.7, long * 2];
        pen.beginPath();
        pen.roundRect(x + across * w - wide / 2, y + down * h - high / 2, wide, high, 3 * unit);
        pen.fillStyle = "#fff";
        pen.strokeStyle = "#000";
        pen.lineWidth = unit;
        pen.fill();
        pen.stroke();
      }
    }
  }

  /**
   * @param {Point} point in pixels of the picture
   * @param {number} scale
   * @param {number} width of the picture
   * @param {number} height
   * @returns {boolean} whether an edge or a corner is held now
   */
  press(point, scale, width, height) {
    this._held = this._grip(point, scale, width, height);
    return this._held !== null;
  }

  /**
   * @param {Point} point
   * @param {number} width of the picture
   * @param {number} height
   * @returns {boolean} whether it was pulled
   */
  drag(point, width, height) {
    if (!this._held) return false;
    const far = { left: -point.x, right: point.x - width, top: -point.y, bottom: point.y - height };
    const sides = this.sides;
    for (const side of [this._held.x, this._held.y]) if (side) sides[side] = Math.max(0, Math.round(far[side]));
    this.sides = sides;
    this.dispatchEvent(new Event("change"));
    return true;
  }

  /** @returns {boolean} whether something was held, and is not any more */
  release() {
    const held = this._held !== null;
    this._held = null;
    return held;
  }

  /**
   * @param {Point} point
   * @param {number} scale
   * @param {number} width of the picture
   * @param {number} height
   * @returns {string} the cursor over an edge or a corner, else empty
   */
  cursor(point, scale, width, height) {
    const grip = this._held ?? this._grip(point, scale, width, height);
    if (!grip) return "";
    if (!grip.x) return "ns-resize";
    if (!grip.y) return "ew-resize";
    return (grip.x === "left") === (grip.y === "top") ? "nwse-resize" : "nesw-resize";
  }

  /**
   * @param {Point} point
   * @param {number} scale
   * @param {number} width
   * @param {number} height
   * @returns {Grip | null}
   */
  _grip(point, scale, width, height) {
    const { left, right, top, bottom } = this.sides;
    const near = (NEAR * devicePixelRatio) / scale;
    if (point.x < -left - near || point.x > width + right + near || point.y < -top - near || point.y > height + bottom + near) return null;
    const x = Math.abs(point.x + left) < near ? "left" : Math.abs(point.x - width - right) < near ? "right" : "";
    const y = Math.abs(point.y + top) < near ? "top" : Math.abs(point.y - height - bottom) < near ? "bottom" : "";
    return x || y ? { x, y } : null;
  }

  /**
   * @param {View} view
   * @param {number} width
   * @param {number} height
   * @returns {[number, number, number, number]} left, top, width and height on the canvas
   */
  _box(view, width, height) {
    const { left, right, top, bottom } = this.sides;
    const { scale } = view;
    return [view.x - left * scale, view.y - top * scale, (width + left + right) * scale, (height + top + bottom) * scale];
  }
}
