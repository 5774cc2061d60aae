/** @file Painting a mask over a map. */

import { byId, say } from "./dom.js";
import { CLOSE, LOOK, mapPicture } from "./pictures.js";
import { tried } from "./dialog.js";

const LARGEST = 9; // of the brush, as a power of 2
const OPACITY = 0.55;
const GREY = "#555";

/** @typedef {import("./mask.js").Mask} Mask */
/** @typedef {import("./pictures.js").Source} Source */
/** @typedef {{x: number, y: number}} Point */

/** A scene on the stage: a map with the mask over it, and tools. */
export class Painter {
  /** @param {import("./stage.js").Stage} stage */
  constructor(stage) {
    this.stage = stage;
    this.width = 1;
    this.height = 1;
    this.tool = "brush";
    this.size = 32;
    /** @type {Mask | null} */
    this.mask = null;
    /** @type {Source | null} */
    this._source = null;
    this._map = "";
    /** @type {ImageBitmap | null} */
    this._picture = null;
    this._close = false;
    /** @type {Point | null} */
    this._cursor = null;
    /** @type {Point | null} */
    this._from = null;
    /** @type {{from: Point, to: Point} | null} */
    this._box = null;
    this._erase = false;
    /** What the picture is extended to, while it is. @type {import("./frame.js").Frame | null} */
    this._frame = null;
    this._changed = () => this._update();
    this._prepare();
  }

  /**
   * Paint a mask.
   * @param {Mask} mask
   * @param {Source} source of the map below
   * @param {string} map
   */
  open(mask, source, map) {
    this.mask?.removeEventListener("change", this._changed);
    mask.addEventListener("change", this._changed);
    const size = JSON.stringify([source, map]);
    if (size !== JSON.stringify([this._source, this._map])) this._picture = null;
    if (mask !== this.mask) this._choose(this.tool, 2 ** Math.max(2, Math.round(Math.log2(mask.width / 24))));
    [this.mask, this._source, this._map] = [mask, source, map];
    [this.width, this.height] = [mask.width, mask.height];
    this._close = false;
    this._update();
    this._load(LOOK);
  }

  /**
   * Let the picture be extended to a frame, or not.
   * @param {import("./frame.js").Frame | null} frame
   */
  extend(frame) {
    if (frame === this._frame) return;
    this._frame = frame;
    this._hover(null);
    if (this.stage.scene === this) this.stage.refit();
  }

  /** What is to be seen round the picture. */
  get around() {
    return this._frame?.around(this.width, this.height);
  }

  /**
   * @param {CanvasRenderingContext2D} pen
   * @param {import("./stage.js").Stage} stage
   */
  draw(pen, stage) {
    const { view, canvas } = stage;
    this._frame?.draw(pen, view, this.width, this.height);
    if (this._picture) stage.picture(this._picture, this._picture.width);
    else {
      pen.fillStyle = GREY;
      pen.fillRect(view.x, view.y, this.width * view.scale, this.height * view.scale);
    }
    pen.globalAlpha = OPACITY;
    pen.imageSmoothingEnabled = view.scale < 2;
    this.mask?.draw(pen, view, canvas.width, canvas.height);
    pen.globalAlpha = 1;
    this._frame?.outline(pen, view, this.width, this.height);
    this._outline(pen, view);
    if (view.scale > 1 && Math.max(this.width, this.height) > LOOK && !this._close) {
      this._close = true;
      this._load(CLOSE);
    }
  }

  /**
   * @param {Point} point
   * @param {PointerEvent} event
   */
  press(point, event) {
    if (!this.mask) return false;
    if (this._frame?.press(point, this.stage.view.scale, this.width, this.height)) return true;
    if (this._frame && !this._inside(point)) return false;
    this._erase = (this.tool === "eraser") !== event.altKey;
    this.mask.begin();
    this._from = point;
    if (this.tool === "rectangle") this._box = { from: point, to: point };
    else this.mask.line(point, point, this.size, this._erase);
    this.stage.redraw();
    return true;
  }

  /** @param {Point} point */
  drag(point) {
    if (this._frame?.drag(point, this.width, this.height)) return this.stage.redraw();
    if (!this.mask || !this._from) return undefined;
    if (this._box) this._box.to = point;
    else {
      this.mask.line(this._from, point, this.size, this._erase);
      this._from = point;
    }
    return this.stage.redraw();
  }

  release() {
    if (this._frame?.release()) return this.stage.refit();
    if (this._box) this.mask?.rectangle(this._box.from, this._box.to, this._erase);
    this.mask?.end();
    this._from = this._box = null;
    return this.stage.redraw();
  }

  /** @param {Point | null} point */
  hover(point) {
    this._hover(point);
    this.stage.redraw();
  }

  /** @param {Point | null} point */
  _hover(point) {
    const grip = point && this._frame ? this._frame.cursor(point, this.stage.view.scale, this.width, this.height) : "";
    this.stage.canvas.style.cursor = grip || (point && this._frame && !this._inside(point) ? "grab" : "");
    this._cursor = grip || (point && this._frame && !this._inside(point)) ? null : point;
  }

  /** @param {Point} point */
  _inside(point) {
    return point.x >= 0 && point.y >= 0 && point.x <= this.width && point.y <= this.height;
  }

  /**
   * Do what a key means while the canvas has the focus.
   * @param {KeyboardEvent} event
   */
  key(event) {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const move = moves[/** @type {keyof typeof moves} */ (event.key)];
    if (move) {
      const step = event.shiftKey ? 1 : Math.max(1, this.size / 4);
      const at = this._cursor ?? { x: this.width / 2, y: this.height / 2 };
      this._cursor = {
        x: Math.min(this.width, Math.max(0, at.x + move[0] * step)),
        y: Math.min(this.height, Math.max(0, at.y + move[1] * step)),
      };
    } else if (event.key === "Enter" && this._cursor && this.mask) {
      this.mask.begin();
      this.mask.line(this._cursor, this._cursor, this.size, this.tool === "eraser");
      this.mask.end();
    } else return false;
    this.stage.redraw();
    return true;
  }

  /** @param {number} size */
  async _load(size) {
    const [source, map] = [/** @type {Source} */ (this._source), this._map];
    await tried(async () => {
      const picture = await mapPicture(source, map, Math.min(size, Math.max(this.width, this.height, 16)));
      if (source !== this._source || map !== this._map) return;
      this._picture = picture;
      this.stage.redraw();
    });
  }

  /**
   * @param {CanvasRenderingContext2D} pen
   * @param {{x: number, y: number, scale: number}} view
   */
  _outline(pen, view) {
    if (!this._box && (!this._cursor || this.tool === "rectangle")) return;
    for (const [colour, width] of /** @type {[string, number][]} */ ([["#000", 3], ["#fff", 1]])) {
      pen.strokeStyle = colour;
      pen.lineWidth = width * devicePixelRatio;
      pen.beginPath();
      if (this._box) {
        const { from, to } = this._box;
        pen.rect(view.x + from.x * view.scale, view.y + from.y * view.scale, (to.x - from.x) * view.scale, (to.y - from.y) * view.scale);
      } else {
        const at = /** @type {Point} */ (this._cursor);
        pen.arc(view.x + at.x * view.scale, view.y + at.y * view.scale, Math.max(1, (this.size / 2) * view.scale), 0, 7);
      }
      pen.stroke();
    }
  }

  /**
   * @param {string} tool
   * @param {number} size
   */
  _choose(tool, size) {
    this.tool = tool;
    this.size = Math.min(2 ** LARGEST, Math.max(1, size));
    for (const input of byId("tools").querySelectorAll("input[name=tool]")) input.checked = input.value === tool;
    byId("brush").value = String(Math.log2(this.size));
    say(byId("brush-said"), `${Math.round(this.size)} px`);
    this.stage.redraw();
  }

  _update() {
    byId("undo").disabled = !this.mask?.canUndo;
    byId("redo").disabled = !this.mask?.canRedo;
    byId("clear").disabled = !this.mask?.share;
    this.stage.redraw();
  }

  _prepare() {
    const tools = byId("tools");
    tools.addEventListener("change", (/** @type {any} */ event) => {
      if (event.target.name === "tool") this._choose(event.target.value, this.size);
    });
    byId("brush").addEventListener("input", (/** @type {any} */ event) => this._choose(this.tool, 2 ** Number(event.target.value)));
    byId("undo").addEventListener("click", () => this.mask?.undo());
    byId("redo").addEventListener("click", () => this.mask?.redo());
    byId("clear").addEventListener("click", () => this.mask?.clear()); // which undo brings back
    window.addEventListener("keydown", (event) => {
      if (tools.hidden || document.querySelector("dialog[open]")) return;
      const target = /** @type {HTMLElement} */ (event.target);
      if (target.matches("input:not([type=radio], [type=range], [type=checkbox]), select, textarea")) return;
      if (this._shortcut(event)) event.preventDefault();
    });
  }

  /** @param {KeyboardEvent} event */
  _shortcut(event) {
    const key = event.key.toLowerCase();
    if (event.ctrlKey || event.metaKey) {
      if (key === "z" && event.shiftKey) this.mask?.redo();
      else if (key === "z") this.mask?.undo();
      else if (key === "y") this.mask?.redo();
      else return false;
      return true;
    }
    if (event.altKey) return false;
    const tool = { b: "brush", e: "eraser", r: "rectangle" }[key];
    if (tool) this._choose(tool, this.size);
    else if (key === "[") this._choose(this.tool, this.size / 1.25);
    else if (key === "]") this._choose(this.tool, this.size * 1.25);
    else return false;
    return true;
  }
}
