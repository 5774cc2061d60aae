/**
 * @file A mask in full resolution. It is kept in tiles, made where something is painted, so that a stroke on a map of
 * 4096 x 4096 costs what it covers; undo keeps the tiles that an action changed.
 */

const TILE = 256;
const HALF = 128;
const STEPS = 60;
/** Paint as it lies on the map: nothing in nature looks like it. */
const INK = [255, 45, 160];
const STYLE = `rgb(${INK.join(" ")})`;

/** @typedef {{x: number, y: number}} Point */
/** @typedef {Map<number, Uint8ClampedArray | null>} Patch opacity of tiles by number; null is empty */

/** A mask: what is painted is the hole. Tells `change`. */
export class Mask extends EventTarget {
  /**
   * @param {number} width
   * @param {number} height
   */
  constructor(width, height) {
    super();
    this.width = width;
    this.height = height;
    this.columns = Math.ceil(width / TILE);
    this.rows = Math.ceil(height / TILE);
    /** @type {Map<number, CanvasRenderingContext2D>} */
    this._tiles = new Map();
    /** @type {Map<number, number>} */
    this._counts = new Map();
    /** @type {Patch[]} */
    this._undo = [];
    /** @type {Patch[]} */
    this._redo = [];
    /** @type {Patch | null} */
    this._before = null;
  }

  /** How much of the map is painted, 0 to 1. */
  get share() {
    let painted = 0;
    for (const count of this._counts.values()) painted += count;
    return painted / (this.width * this.height);
  }

  get canUndo() {
    return this._undo.length > 0;
  }

  get canRedo() {
    return this._redo.length > 0;
  }

  /** Begin an action, which is undone as one. */
  begin() {
    this._before = new Map();
  }

  /** End an action. */
  end() {
    if (this._before?.size) {
      this._undo.push(this._before);
      if (this._undo.length > STEPS) this._undo.shift();
      this._redo = [];
      for (const number of this._before.keys()) this._count(number);
      this.dispatchEvent(new Event("change"));
    }
    this._before = null;
  }

  /**
   * Paint, or erase, from one point to another.
   * @param {Point} from
   * @param {Point} to
   * @param {number} size diameter in pixels of the map
   * @param {boolean} erase
   */
  line(from, to, size, erase) {
    const half = size / 2 + 1;
    const [left, right] = [Math.min(from.x, to.x) - half, Math.max(from.x, to.x) + half];
    const [top, bottom] = [Math.min(from.y, to.y) - half, Math.max(from.y, to.y) + half];
    this._on(left, top, right, bottom, erase, (pen) => {
      pen.lineCap = "round";
      pen.lineWidth = size;
      pen.beginPath();
      pen.moveTo(from.x, from.y);
      pen.lineTo(to.x + (from.x === to.x && from.y === to.y ? 0.01 : 0), to.y);
      pen.stroke();
    });
  }

  /**
   * Paint, or erase, a rectangle.
   * @param {Point} from
   * @param {Point} to
   * @param {boolean} erase
   */
  rectangle(from, to, erase) {
    const [left, right] = [Math.floor(Math.min(from.x, to.x)), Math.ceil(Math.max(from.x, to.x))];
    const [top, bottom] = [Math.floor(Math.min(from.y, to.y)), Math.ceil(Math.max(from.y, to.y))];
    this._on(left, top, right, bottom, erase, (pen) => pen.fillRect(left, top, right - left, bottom - top));
  }

  /** Erase everything. */
  clear() {
    this.begin();
    for (const number of this._tiles.keys()) this._keep(number);
    this._tiles.clear();
    this.end();
  }

  /**
   * Paint what is white in a picture of the same size.
   * @param {ImageBitmap} picture
   */
  add(picture) {
    this.begin();
    const pen = surface(TILE, TILE);
    for (let number = 0; number < this.columns * this.rows; number += 1) {
      const { x, y } = this._corner(number);
      pen.clearRect(0, 0, TILE, TILE);
      pen.drawImage(picture, -x, -y);
      const seen = pen.getImageData(0, 0, TILE, TILE).data;
      const now = this._opacity(number) ?? new Uint8ClampedArray(TILE * TILE);
      let changed = false;
      for (let i = 0; i < now.length; i += 1) {
        const j = i * 4;
        if (seen[j + 3] < HALF || Math.max(seen[j], seen[j + 1], seen[j + 2]) < HALF || now[i] >= HALF) continue;
        now[i] = 255;
        changed = true;
      }
      if (!changed) continue;
      this._keep(number);
      this._restore(number, now);
    }
    this.end();
  }

  undo() {
    this._swap(this._undo, this._redo);
  }

  redo() {
    this._swap(this._redo, this._undo);
  }

  /**
   * Draw what is painted.
   * @param {CanvasRenderingContext2D} pen
   * @param {{x: number, y: number, scale: number}} view of the map on the canvas
   * @param {number} width of the canvas
   * @param {number} height
   */
  draw(pen, view, width, height) {
    for (const [number, tile] of this._tiles) {
      const { x, y } = this._corner(number);
      // Whole pixels of the canvas, so that there is neither a gap nor an overlap between tiles.
      const [left, right] = [x, x + TILE].map((at) => Math.round(view.x + at * view.scale));
      const [top, bottom] = [y, y + TILE].map((at) => Math.round(view.y + at * view.scale));
      if (right <= 0 || bottom <= 0 || left >= width || top >= height) continue;
      pen.drawImage(tile.canvas, left, top, right - left, bottom - top);
    }
  }

  /** @returns {Promise<Blob>} a PNG, white where it is painted */
  picture() {
    const pen = surface(this.width, this.height);
    pen.fillStyle = "#000";
    pen.fillRect(0, 0, this.width, this.height);
    for (const number of this._tiles.keys()) {
      const opacity = /** @type {Uint8ClampedArray} */ (this._opacity(number));
      const { x, y } = this._corner(number);
      pen.putImageData(pixels(opacity, (alpha) => (alpha >= HALF ? [255, 255, 255, 255] : [0, 0, 0, 255])), x, y);
    }
    return new Promise((resolve, reject) => {
      pen.canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The mask is too large for this browser."))));
    });
  }

  /**
   * @param {number} left
   * @param {number} top
   * @param {number} right
   * @param {number} bottom
   * @param {boolean} erase
   * @param {(pen: CanvasRenderingContext2D) => void} paint
   */
  _on(left, top, right, bottom, erase, paint) {
    const first = { x: Math.max(0, Math.floor(left / TILE)), y: Math.max(0, Math.floor(top / TILE)) };
    const last = { x: Math.min(this.columns - 1, Math.floor(right / TILE)), y: Math.min(this.rows - 1, Math.floor(bottom / TILE)) };
    for (let row = first.y; row <= last.y; row += 1) {
      for (let column = first.x; column <= last.x; column += 1) {
        const number = row * this.columns + column;
        if (erase && !this._tiles.has(number)) continue;
        this._keep(number);
        const pen = this._tile(number);
        pen.save();
        pen.translate(-column * TILE, -row * TILE);
        pen.beginPath();
        pen.rect(0, 0, this.width, this.height); // nothing outside the map
        pen.clip();
        pen.globalCompositeOperation = erase ? "destination-out" : "source-over";
        pen.fillStyle = pen.strokeStyle = STYLE;
        paint(pen);
        pen.restore();
      }
    }
  }

  /** @param {number} number */
  _tile(number) {
    let tile = this._tiles.get(number);
    if (!tile) {
      tile = surface(TILE, TILE);
      this._tiles.set(number, tile);
    }
    return tile;
  }

  /** @param {number} number */
  _corner(number) {
    return { x: (number % this.columns) * TILE, y: Math.floor(number / this.columns) * TILE };
  }

  /**
   * @param {number} number
   * @returns {Uint8ClampedArray | null}
   */
  _opacity(number) {
    const tile = this._tiles.get(number);
    if (!tile) return null;
    const data = tile.getImageData(0, 0, TILE, TILE).data;
    const made = new Uint8ClampedArray(TILE * TILE);
    for (let i = 0; i < made.length; i += 1) made[i] = data[i * 4 + 3];
    return made;
  }

  /**
   * Remember a tile as it is before the action that goes on.
   * @param {number} number
   */
  _keep(number) {
    if (this._before && !this._before.has(number)) this._before.set(number, this._opacity(number));
  }

  /**
   * @param {number} number
   * @param {Uint8ClampedArray | null} opacity
   */
  _restore(number, opacity) {
    if (opacity) this._tile(number).putImageData(pixels(opacity, (alpha) => [...INK, alpha]), 0, 0);
    else this._tiles.delete(number);
  }

  /** @param {number} number */
  _count(number) {
    let count = 0;
    for (const alpha of this._opacity(number) ?? []) count += alpha >= HALF ? 1 : 0;
    this._counts.set(number, count);
  }

  /**
   * @param {Patch[]} from
   * @param {Patch[]} to
   */
  _swap(from, to) {
    const patch = from.pop();
    if (!patch) return;
    const now = new Map(Array.from(patch.keys(), (number) => [number, this._opacity(number)]));
    to.push(now);
    for (const [number, opacity] of patch) {
      this._restore(number, opacity);
      this._count(number);
    }
    this.dispatchEvent(new Event("change"));
  }
}

/**
 * @param {number} width
 * @param {number} height
 * @returns {CanvasRenderingContext2D}
 */
function surface(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
}

/**
 * @param {Uint8ClampedArray} opacity of a tile
 * @param {(alpha: number) => number[]} colour
 * @returns {ImageData}
 */
function pixels(opacity, colour) {
  const made = new ImageData(TILE, TILE);
  const known = Array.from({ length: 256 }, (_, alpha) => colour(alpha));
  for (let i = 0; i < opacity.length; i += 1) made.data.set(known[opacity[i]], i * 4);
  return made;
}
