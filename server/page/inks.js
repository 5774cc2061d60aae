/** @file What a layer is painted with: how its numbers are shown, and how they are written to and read from pictures. */

const HALF = 128;
const MOST = 16; // colours that the engine tells apart
const NUMBERS = 255;
const TICKS = 18;
const NOTHING = [0, 0, 0, 0];
/** Mark of the hole: nothing in nature looks like it. */
const PINK = [255, 45, 160];
const BLUE = [0, 190, 255];
const FIRST = [[229, 72, 77], [255, 200, 60], [70, 167, 88], [62, 120, 255], [150, 80, 215], [238, 238, 238]];

/** @typedef {{x: number, y: number}} Point */
/**
 * Colours of numbers from 0 (nothing) to 255.
 * @typedef {object} Ink
 * @property {(number: number) => number[]} shown red, green, blue and opacity as it lies on the picture
 * @property {(number: number) => number[]} written the same in the picture that is sent
 * @property {(samples: Uint8ClampedArray) => Uint8Array} read numbers of the pixels of a picture, red, green, blue and
 *     opacity of each
 * @property {boolean} adds whether what is read is added to what is painted, or comes in its place
 * @property {string} without what a picture lacks of which nothing can be read
 * @property {(from: Point, to: Point) => number} [toward] the number of a direction, if strokes have theirs
 */

/**
 * @param {number[]} colour
 * @param {string} meaning of what is white
 * @returns {Ink} for what is either painted or not
 */
function mark(colour, meaning) {
  return {
    shown: (number) => (number ? [...colour, 255] : NOTHING),
    written: (number) => (number ? [255, 255, 255, 255] : [0, 0, 0, 255]),
    read: (samples) => numbersOf(samples, (red, green, blue) => (Math.max(red, green, blue) < HALF ? 0 : 1)),
    adds: true,
    without: `nothing white in it; white is ${meaning}`,
  };
}

/** For the hole. */
export const HOLE = mark(PINK, "what will be filled");
/** For structure that is to go on. */
export const STRUCTURE = mark(BLUE, "structure");

/**
 * For how the grain runs: 1 to 255 are angles up to half a turn, counter-clockwise from left to right.
 * @type {Ink & {toward: (from: Point, to: Point) => number}}
 */
export const GRAIN = {
  shown: (number) => (number ? [...hue(number / NUMBERS), 255] : NOTHING),
  written: (number) => (number ? [number, number, number, 255] : NOTHING),
  read: (samples) => numbersOf(samples, (red, green, blue) => Math.round((red + green + blue) / 3) || NUMBERS),
  adds: false,
  without: "nothing but transparency in it; black to white are 0 to 180 degrees",
  toward: (from, to) => {
    const turns = Math.atan2(from.y - to.y, to.x - from.x) / Math.PI; // rows count downwards
    return Math.round((turns < 0 ? turns + 1 : turns) * NUMBERS) || NUMBERS;
  },
};

/** Colours that say which part becomes like which; those of a picture that was read come to them. */
export class Palette {
  constructor() {
    this.colours = [...FIRST];
    /** How many colours the picture had that was read last. */
    this.found = 0;
    this.adds = false;
    this.without = "nothing but black in it; black is what has no colour";
    this.shown = (/** @type {number} */ number) => (number ? [...(this.colours[number - 1] ?? [0, 0, 0]), 255] : NOTHING);
    this.written = (/** @type {number} */ number) => [...(this.colours[number - 1] ?? [0, 0, 0]), 255];
    this.read = (/** @type {Uint8ClampedArray} */ samples) => this._read(samples);
  }

  /** How many colours of a picture are kept. */
  get most() {
    return MOST;
  }

  /**
   * @param {Uint8ClampedArray} samples
   * @returns {Uint8Array}
   */
  _read(samples) {
    /** @type {Map<number, number>} */
    const counts = new Map();
    const pixels = samples.length / 4;
    for (let i = 0; i < pixels; i += 1) {
      if (samples[i * 4 + 3] < HALF) continue;
      const key = (samples[i * 4] << 16) | (samples[i * 4 + 1] << 8) | samples[i * 4 + 2];
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    this.found = counts.size;
    const often = [...counts].sort((one, other) => other[1] - one[1]).slice(0, MOST).map(([key]) => split(key));
    const numbers = often.map((colour) => this._number(colour));
    /** @type {Map<number, number>} */
    const known = new Map(Array.from(counts.keys(), (key) => [key, numbers[nearest(split(key), often)]]));
    return numbersOf(samples, (red, green, blue) => known.get((red << 16) | (green << 8) | blue) ?? 0);
  }

  /** @param {number[]} colour */
  _number(colour) {
    if (!Math.max(...colour)) return 0;
    const known = this.colours.findIndex((one) => one.every((value, i) => value === colour[i]));
    if (known >= 0) return known + 1;
    if (this.colours.length >= NUMBERS) return nearest(colour, this.colours) + 1;
    return this.colours.push(colour);
  }
}

/**
 * Draw which way the grain runs.
 * @param {CanvasRenderingContext2D} pen
 * @param {{x: number, y: number, scale: number}} view of the picture on the canvas
 * @param {import("./layer.js").Layer} layer
 */
export function drawTicks(pen, view, layer) {
  const step = TICKS * devicePixelRatio;
  const { width, height } = pen.canvas;
  for (const [colour, thick] of /** @type {[string, number][]} */ ([["rgb(0 0 0 / 0.6)", 4], ["#fff", 1.6]])) {
    pen.strokeStyle = colour;
    pen.lineWidth = thick * devicePixelRatio;
    pen.lineCap = "round";
    pen.beginPath();
    for (let y = (view.y % step) - step / 2; y < height; y += step) {
      for (let x = (view.x % step) - step / 2; x < width; x += step) {
        const number = layer.at({ x: (x - view.x) / view.scale, y: (y - view.y) / view.scale });
        if (!number) continue;
        const angle = (number / NUMBERS) * Math.PI;
        const [dx, dy] = [Math.cos(angle) * step * 0.32, -Math.sin(angle) * step * 0.32];
        pen.moveTo(x - dx, y - dy);
        pen.lineTo(x + dx, y + dy);
      }
    }
    pen.stroke();
  }
}

/**
 * @param {Uint8ClampedArray} samples
 * @param {(red: number, green: number, blue: number) => number} number of what is not transparent
 * @returns {Uint8Array}
 */
function numbersOf(samples, number) {
  const made = new Uint8Array(samples.length / 4);
  for (let i = 0, j = 0; i < made.length; i += 1, j += 4) {
    if (samples[j + 3] >= HALF) made[i] = number(samples[j], samples[j + 1], samples[j + 2]);
  }
  return made;
}

/** @param {number} key */
function split(key) {
  return [key >> 16, (key >> 8) & 255, key & 255];
}

/**
 * @param {number[]} colour
 * @param {number[][]} colours
 * @returns {number} which of them is nearest
 */
function nearest(colour, colours) {
  const distances = colours.map((one) => one.reduce((sum, value, i) => sum + (value - colour[i]) ** 2, 0));
  return distances.indexOf(Math.min(...distances));
}

/**
 * @param {number} turn 0 to 1
 * @returns {number[]} a colour of the wheel
 */
function hue(turn) {
  return [0, 1, 2].map((third) => Math.round(255 * (0.55 + 0.45 * Math.cos(2 * Math.PI * (turn - third / 3)))));
}
