/** @file Painting over a map: the mask, or a guide. */

import { byId, make, say } from "./dom.js";
import { GRAIN, Palette, drawTicks } from "./inks.js";
import { CLOSE, LOOK, mapPicture } from "./pictures.js";
import { tried } from "./dialog.js";

const LARGEST = 9; // of the brush, as a power of 2
const OPACITY = 0.55;
const FAINT = 0.25;
const GREY = "#555";
const EVEN = 4; // of a brush: how far it must move before a stroke has a direction

/** @typedef {import("./layer.js").Layer} Layer */
/** @typedef {import("./pictures.js").Source} Source */
/** @typedef {{x: number, y: number}} Point */
/**
 * What is painted on.
 * @typedef {object} Ground
 * @property {Source} source of the map below
 * @property {string} map
 * @property {number} width of the picture
 * @property {number} height
 * @property {{width: number, height: number} | null} repeated size of the map, where it is only shown to tell the scale,
 *     over and over
 * @property {Layer | null} under another layer, shown faintly
 * @property {import("./frame.js").Frame | null} frame that the picture is extended to
 */

/** A scene on the stage: a map with a layer over it, and tools. */
export class Painter {
  /** @param {import("./stage.js").Stage} stage */
  constructor(stage) {
    this.stage = stage;
    this.width = 1;
    this.height = 1;
    this.tool = "brush";
    this.size = 32;
    /** @type {Layer | null} */
    this.layer = null;
    /** Which of the colours is painted with. */
    this._colour = 1;
    /** Which direction was painted last. */
    this._number = 1;
    /** @type {Ground | null} */
    this._ground = null;
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
    this._changed = () => this._update();
    this._prepare();
  }

  /**
   * Paint a layer.
   * @param {Layer} layer
   * @param {Ground} ground
   */
  open(layer, ground) {
    const [before, old] = [this.layer, this._ground];
    before?.removeEventListener("change", this._changed);
    layer.addEventListener("change", this._changed);
    const same = old && JSON.stringify([old.source, old.map]) === JSON.stringify([ground.source, ground.map]);
    if (!same) this._picture = null;
    const ratio = old ? ground.width / old.width : Infinity;
    if (Math.max(ratio, 1 / ratio) > 2) {
      this._choose(this.tool, 2 ** Math.max(2, Math.round(Math.log2(ground.width / 24))));
    }
    [this.layer, this._ground] = [layer, ground];
    [this.width, this.height] = [ground.width, ground.height];
    this._close = false;
    if (layer !== before) this._offer();
    this._hover(null);
    this._update();
    this._load(LOOK);
  }

  /** What is to be seen round the picture. */
  get around() {
    return this._ground?.frame?.around(this.width, this.height);
  }

  /**
   * @param {CanvasRenderingContext2D} pen
   * @param {import("./stage.js").Stage} stage
   */
  draw(pen, stage) {
    if (!this._ground || !this.layer) return;
    const { view, canvas } = stage;
    const { frame, under } = this._ground;
    frame?.draw(pen, view, this.width, this.height, under !== null);
    this._drawMap(pen, stage);
    pen.imageSmoothingEnabled = view.scale < 2;
    pen.globalAlpha = FAINT;
    under?.draw(pen, view, canvas.width, canvas.height);
    pen.globalAlpha = OPACITY;
    this.layer.draw(pen, view, canvas.width, canvas.height);
    pen.globalAlpha = 1;
    if (this.layer.ink === GRAIN) drawTicks(pen, view, this.layer);
    frame?.outline(pen, view, this.width, this.height);
    this._outline(pen, view);
    if (view.scale > 1 && Math.max(this.width, this.height) > LOOK && !this._close) {
      this._close = true;
      this._load(CLOSE);
    }
  }

  /**
   * @param {CanvasRenderingContext2D} pen
   * @param {import("./stage.js").Stage} stage
   */
  _drawMap(pen, stage) {
    const { view } = stage;
    const { repeated } = /** @type {Ground} */ (this._ground);
    if (this._picture && !repeated) return stage.picture(this._picture, this._picture.width);
    pen.fillStyle = GREY;
    pen.fillRect(view.x, view.y, this.width * view.scale, this.height * view.scale);
    if (!this._picture || !repeated) return undefined;
    pen.save();
    pen.beginPath();
    pen.rect(view.x, view.y, this.width * view.scale, this.height * view.scale);
    pen.clip();
    pen.globalAlpha = FAINT;
    for (let y = 0; y < this.height; y += repeated.height) {
      for (let x = 0; x < this.width; x += repeated.width) stage.picture(this._picture, this._picture.width, { x, y, ...repeated });
    }
    return pen.restore();
  }

  /**
   * @param {Point} point
   * @param {PointerEvent} event
   */
  press(point, event) {
    const { frame } = this._ground ?? {};
    if (!this.layer) return false;
    if (frame?.press(point, this.stage.view.scale, this.width, this.height)) return true;
    if (frame && !this._inside(point)) return false;
    this._erase = (this.tool === "eraser") !== event.altKey;
    this.layer.begin();
    this._from = point;
    if (this.tool === "rectangle") this._box = { from: point, to: point };
    else if (this._erase || !this.layer.ink.toward) this.layer.line(point, point, this.size, this._ink(point, point));
    this.stage.redraw();
    return true;
  }

  /** @param {Point} point */
  drag(point) {
    if (this._ground?.frame?.drag(point, this.width, this.height)) return this.stage.redraw();
    if (!this.layer || !this._from) return undefined;
    if (this._box) this._box.to = point;
    else {
      const far = Math.hypot(point.x - this._from.x, point.y - this._from.y);
      if (!this._erase && this.layer.ink.toward && far < Math.max(this.size / EVEN, EVEN)) return undefined;
      this.layer.line(this._from, point, this.size, this._ink(this._from, point));
      this._from = point;
    }
    return this.stage.redraw();
  }

  release() {
    if (this._ground?.frame?.release()) return this.stage.refit();
    if (this._box) this.layer?.rectangle(this._box.from, this._box.to, this._ink(this._box.from, this._box.to));
    this.layer?.end();
    this._from = this._box = null;
    return this.stage.redraw();
  }

  /**
   * @param {Point} from
   * @param {Point} to
   * @returns {number} what a stroke paints
   */
  _ink(from, to) {
    if (this._erase || !this.layer) return 0;
    const { ink } = this.layer;
    if (ink instanceof Palette) return this._colour;
    if (!ink.toward) return 1;
    if (from !== to) this._number = ink.toward(from, to);
    return this._number;
  }

  /** @param {Point | null} point */
  hover(point) {
    this._hover(point);
    this.stage.redraw();
  }

  /** @param {Point | null} point */
  _hover(point) {
    const { frame } = this._ground ?? {};
    const grip = point && frame ? frame.cursor(point, this.stage.view.scale, this.width, this.height) : "";
    this.stage.canvas.style.cursor = grip || (point && frame && !this._inside(point) ? "grab" : "");
    this._cursor = grip || (point && frame && !this._inside(point)) ? null : point;
  }

  /** @param {Point} point */
  _inside(point) {
    const { left, top, width, height } = /** @type {Layer} */ (this.layer).box;
    return point.x >= left && point.y >= top && point.x <= left + width && point.y <= top + height;
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
      const { left, top, width, height } = this.layer?.box ?? { left: 0, top: 0, width: this.width, height: this.height };
      const to = {
        x: Math.min(left + width, Math.max(left, at.x + move[0] * step)),
        y: Math.min(top + height, Math.max(top, at.y + move[1] * step)),
      };
      if (this.layer?.ink.toward) this._number = this.layer.ink.toward(at, to);
      this._cursor = to;
    } else if (event.key === "Enter" && this._cursor && this.layer) {
      this._erase = this.tool === "eraser";
      this.layer.begin();
      this.layer.line(this._cursor, this._cursor, this.size, this._ink(this._cursor, this._cursor));
      this.layer.end();
    } else return false;
    this.stage.redraw();
    return true;
  }

  /** @param {number} size */
  async _load(size) {
    const { source, map, repeated, width, height } = /** @type {Ground} */ (this._ground);
    const longest = repeated ? Math.max(repeated.width, repeated.height) : Math.max(width, height);
    await tried(async () => {
      const picture = await mapPicture(source, map, Math.min(size, Math.max(longest, 16)));
      if (source !== this._ground?.source || map !== this._ground.map) return;
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

  /** @param {number} colour to paint with */
  _take(colour) {
    const radio = byId("palette").querySelector(`[value="${colour}"]`);
    if (!radio) return;
    radio.checked = true;
    this._colour = colour;
    if (this.tool === "eraser") this._choose("brush", this.size);
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
    byId("undo").disabled = !this.layer?.canUndo;
    byId("redo").disabled = !this.layer?.canRedo;
    byId("clear").disabled = !this.layer?.share;
    const ink = this.layer?.ink;
    if (ink instanceof Palette && byId("palette").childElementCount !== ink.colours.length) this._offer();
    this.stage.redraw();
  }

  /** Offer the colours of the layer, if it has any. */
  _offer() {
    const ink = this.layer?.ink;
    byId("palette").hidden = !(ink instanceof Palette);
    if (!(ink instanceof Palette)) return;
    const swatches = ink.colours.map((colour, i) => {
      const radio = make("input", { type: "radio", name: "colour", value: String(i + 1), checked: i + 1 === this._colour, "aria-label": `Colour ${i + 1}` });
      const swatch = make("span", {}, String(i + 1));
      swatch.style.background = `rgb(${colour.join(" ")})`;
      return make("label", { class: "swatch", title: `Colour ${i + 1} (${i + 1})` }, radio, swatch);
    });
    byId("palette").replaceChildren(...swatches);
  }

  _prepare() {
    const tools = byId("tools");
    tools.addEventListener("change", (/** @type {any} */ event) => {
      if (event.target.name === "tool") this._choose(event.target.value, this.size);
    });
    byId("brush").addEventListener("input", (/** @type {any} */ event) => this._choose(this.tool, 2 ** Number(event.target.value)));
    byId("palette").addEventListener("change", (/** @type {any} */ event) => this._take(Number(event.target.value)));
    byId("undo").addEventListener("click", () => this.layer?.undo());
    byId("redo").addEventListener("click", () => this.layer?.redo());
    byId("clear").addEventListener("click", () => this.layer?.clear()); // which undo brings back
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
      if (key === "z" && event.shiftKey) this.layer?.redo();
      else if (key === "z") this.layer?.undo();
      else if (key === "y") this.layer?.redo();
      else return false;
      return true;
    }
    if (event.altKey) return false;
    const tool = { b: "brush", e: "eraser", r: "rectangle" }[key];
    if (tool) this._choose(tool, this.size);
    else if (key >= "1" && key <= "9" && !byId("palette").hidden) this._take(Number(key));
    else if (key === "[") this._choose(this.tool, this.size / 1.25);
    else if (key === "]") this._choose(this.tool, this.size * 1.25);
    else return false;
    return true;
  }
}
