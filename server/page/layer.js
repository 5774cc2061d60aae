/**
 * @file What is painted over a picture, in full resolution: a number for each pixel, 0 for nothing. It is kept in tiles,
 * made where something is painted, so that a stroke on a map of 4096 x 4096 costs what it covers; undo keeps the tiles
 * that an action changed.
 */

const TILE = 256;
const STEPS = 60;
const MANY = 4096; // tiles in a row, of which half may lie left of the picture, or above it
/** Half a diameter at the least, at which a dab anywhere covers a pixel. */
const LEAST = 0.71;

/** @typedef {{x: number, y: number}} Point */
/** @typedef {{left: number, top: number, width: number, height: number}} Box in pixels of the picture */
/** @typedef {{data: Uint8Array, pen: CanvasRenderingContext2D, stale: boolean}} Tile */
/** @typedef {Map<number, Uint8Array | null>} Patch numbers of tiles by place; null is empty */
/** @typedef {import("./inks.js").Ink} Ink */

/** A layer: the mask, whose painted pixels are the hole, or a guide. Tells `change`. */
export class Layer extends EventTarget {
  /**
   * @param {Ink} ink that it is painted with
   * @param {Box} box what of the picture's plane can be painted
   */
  constructor(ink, box) {
    super();
    this.ink = ink;
    this._box = box;
    /** @type {Map<number, Tile>} */
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

  get box() {
    return this._box;
  }

  /** What lies outside is kept, but neither seen nor counted, until it is inside again. */
  set box(box) {
    if (JSON.stringify(box) === JSON.stringify(this._box)) return;
    this._box = box;
    for (const place of this._tiles.keys()) this._count(place);
    this.dispatchEvent(new Event("change"));
  }

  /** How much of the box is painted, 0 to 1. */
  get share() {
    let painted = 0;
    for (const count of this._counts.values()) painted += count;
    return painted / (this._box.width * this._box.height);
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
      for (const place of this._before.keys()) this._count(place);
      this.dispatchEvent(new Event("change"));
    }
    this._before = null;
  }

  /**
   * Paint from one point to another.
   * @param {Point} from
   * @param {Point} to
   * @param {number} size diameter in pixels of the picture
   * @param {number} number 0 erases
   */
  line(from, to, size, number) {
    const half = Math.max(LEAST, size / 2);
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    const square = dx * dx + dy * dy || 1;
    const box = {
      left: Math.floor(Math.min(from.x, to.x) - half),
      top: Math.floor(Math.min(from.y, to.y) - half),
      right: Math.ceil(Math.max(from.x, to.x) + half),
      bottom: Math.ceil(Math.max(from.y, to.y) + half),
    };
    this._paint(box, number, (column, row) => {
      const [x, y] = [column + 0.5 - from.x, row + 0.5 - from.y];
      const along = Math.min(1, Math.max(0, (x * dx + y * dy) / square));
      return (x - along * dx) ** 2 + (y - along * dy) ** 2 <= half * half;
    });
  }

  /**
   * Paint a rectangle.
   * @param {Point} from
   * @param {Point} to
   * @param {number} number 0 erases
   */
  rectangle(from, to, number) {
    const [left, right] = [Math.floor(Math.min(from.x, to.x)), Math.ceil(Math.max(from.x, to.x))];
    const [top, bottom] = [Math.floor(Math.min(from.y, to.y)), Math.ceil(Math.max(from.y, to.y))];
    this._paint({ left, top, right, bottom }, number, () => true);
  }

  /** Erase everything. */
  clear() {
    this.begin();
    this._empty();
    this.end();
  }

  /**
   * Paint what a picture of the size of the box says.
   * @param {Uint8Array} numbers of its pixels
   */
  put(numbers) {
    const { left, top, width, height } = this._box;
    this.begin();
    if (!this.ink.adds) this._empty();
    for (const [place, x, y] of placesIn({ left, top, right: left + width, bottom: top + height })) {
      /** @type {Tile | undefined} */
      let tile;
      for (let row = Math.max(0, top - y); row < Math.min(TILE, top + height - y); row += 1) {
        for (let column = Math.max(0, left - x); column < Math.min(TILE, left + width - x); column += 1) {
          const number = numbers[(y + row - top) * width + x + column - left];
          if (!number) continue;
          tile ??= this._open(place);
          tile.data[row * TILE + column] = number;
        }
      }
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
   * @param {Point} point
   * @returns {number} what is painted there
   */
  at(point) {
    const [column, row] = [Math.floor(point.x / TILE), Math.floor(point.y / TILE)];
    const tile = this._inside(point) ? this._tiles.get(placeOf(column, row)) : undefined;
    return tile ? tile.data[(Math.floor(point.y) - row * TILE) * TILE + Math.floor(point.x) - column * TILE] : 0;
  }

  /**
   * Draw what is painted.
   * @param {CanvasRenderingContext2D} pen
   * @param {{x: number, y: number, scale: number}} view of the picture on the canvas
   * @param {number} width of the canvas
   * @param {number} height
   */
  draw(pen, view, width, height) {
    const { left, top, width: wide, height: high } = this._box;
    pen.save();
    pen.beginPath();
    pen.rect(view.x + left * view.scale, view.y + top * view.scale, wide * view.scale, high * view.scale);
    pen.clip();
    for (const [place, tile] of this._tiles) {
      const { x, y } = cornerOf(place);
      // Whole pixels of the canvas, so that there is neither a gap nor an overlap between tiles.
      const [from, to] = [x, x + TILE].map((at) => Math.round(view.x + at * view.scale));
      const [above, below] = [y, y + TILE].map((at) => Math.round(view.y + at * view.scale));
      if (to <= 0 || below <= 0 || from >= width || above >= height) continue;
      if (tile.stale) tile.pen.putImageData(coloured(tile.data, this.ink.shown), 0, 0);
      tile.stale = false;
      pen.drawImage(tile.pen.canvas, from, above, to - from, below - above);
    }
    pen.restore();
  }

  /** @returns {Promise<Blob>} a PNG of the box, as the service reads it */
  picture() {
    const { left, top, width, height } = this._box;
    const pen = surface(width, height);
    const [red, green, blue, alpha] = this.ink.written(0);
    if (alpha) {
      pen.fillStyle = `rgb(${red} ${green} ${blue})`;
      pen.fillRect(0, 0, width, height);
    }
    for (const [place, tile] of this._tiles) {
      const { x, y } = cornerOf(place);
      pen.putImageData(coloured(tile.data, this.ink.written), x - left, y - top);
    }
    return new Promise((resolve, reject) => {
      pen.canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The picture is too large for this browser."))));
    });
  }

  /**
   * @param {{left: number, top: number, right: number, bottom: number}} area
   * @param {number} number
   * @param {(column: number, row: number) => boolean} covers
   */
  _paint(area, number, covers) {
    const { box } = this;
    const inside = {
      left: Math.max(area.left, box.left),
      top: Math.max(area.top, box.top),
      right: Math.min(area.right, box.left + box.width),
      bottom: Math.min(area.bottom, box.top + box.height),
    };
    if (inside.right <= inside.left || inside.bottom <= inside.top) return;
    for (const [place, x, y] of placesIn(inside)) {
      if (!number && !this._tiles.has(place)) continue;
      const { data } = this._open(place);
      const [from, to] = [Math.max(inside.left, x), Math.min(inside.right, x + TILE)];
      for (let row = Math.max(inside.top, y); row < Math.min(inside.bottom, y + TILE); row += 1) {
        const start = (row - y) * TILE - x;
        for (let column = from; column < to; column += 1) if (covers(column, row)) data[start + column] = number;
      }
    }
  }

  _empty() {
    for (const place of this._tiles.keys()) this._keep(place);
    this._tiles.clear();
  }

  /**
   * Return a tile that is going to be changed by the action that goes on.
   * @param {number} place
   * @returns {Tile}
   */
  _open(place) {
    this._keep(place);
    let tile = this._tiles.get(place);
    if (!tile) {
      tile = { data: new Uint8Array(TILE * TILE), pen: surface(TILE, TILE), stale: true };
      this._tiles.set(place, tile);
    }
    tile.stale = true;
    return tile;
  }

  /** @param {number} place of a tile, which is remembered as it is before the action that goes on */
  _keep(place) {
    if (this._before && !this._before.has(place)) this._before.set(place, this._tiles.get(place)?.data.slice() ?? null);
  }

  /** @param {number} place */
  _count(place) {
    let count = 0;
    const data = this._tiles.get(place)?.data ?? [];
    const { x, y } = cornerOf(place);
    const { left, top, width, height } = this._box;
    const whole = x >= left && y >= top && x + TILE <= left + width && y + TILE <= top + height;
    for (let i = 0; i < data.length; i += 1) {
      if (data[i] && (whole || this._inside({ x: x + (i % TILE), y: y + Math.floor(i / TILE) }))) count += 1;
    }
    this._counts.set(place, count);
  }

  /** @param {Point} point */
  _inside({ x, y }) {
    const { left, top, width, height } = this._box;
    return x >= left && y >= top && x < left + width && y < top + height;
  }

  /**
   * @param {Patch[]} from
   * @param {Patch[]} to
   */
  _swap(from, to) {
    const patch = from.pop();
    if (!patch) return;
    to.push(new Map(Array.from(patch.keys(), (place) => [place, this._tiles.get(place)?.data.slice() ?? null])));
    for (const [place, data] of patch) {
      if (data) this._open(place).data.set(data);
      else this._tiles.delete(place);
      this._count(place);
    }
    this.dispatchEvent(new Event("change"));
  }
}

/**
 * @param {number} column of tiles
 * @param {number} row
 */
function placeOf(column, row) {
  return (row + MANY / 2) * MANY + column + MANY / 2;
}

/** @param {number} place of a tile */
function cornerOf(place) {
  return { x: ((place % MANY) - MANY / 2) * TILE, y: (Math.floor(place / MANY) - MANY / 2) * TILE };
}

/**
 * @param {{left: number, top: number, right: number, bottom: number}} area
 * @returns {Generator<[number, number, number]>} each tile that it touches, with its corner
 */
function* placesIn({ left, top, right, bottom }) {
  for (let row = Math.floor(top / TILE); row * TILE < bottom; row += 1) {
    for (let column = Math.floor(left / TILE); column * TILE < right; column += 1) {
      yield [placeOf(column, row), column * TILE, row * TILE];
    }
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
 * @param {Uint8Array} data of a tile
 * @param {(number: number) => number[]} colour
 * @returns {ImageData}
 */
function coloured(data, colour) {
  const made = new ImageData(TILE, TILE);
  const table = new Uint32Array(new Uint8Array(Array.from({ length: 256 }, (_, number) => colour(number)).flat()).buffer);
  const pixels = new Uint32Array(made.data.buffer);
  for (let i = 0; i < data.length; i += 1) pixels[i] = table[data[i]];
  return made;
}
