/** @file A picture that can be moved and zoomed, on a canvas that fills its place on the page. */

const DEEPEST = 32;
const STEP = 1.25;
const MARGIN = 24;

const NONE = { left: 0, right: 0, top: 0, bottom: 0 };

/** @typedef {{x: number, y: number}} Point */
/** @typedef {{left: number, right: number, top: number, bottom: number}} Sides */
/**
 * What is shown: it draws itself, and takes the pointer.
 * @typedef {object} Scene
 * @property {number} width in its own pixels
 * @property {number} height
 * @property {Sides} [around] what is to be seen round it, in its own pixels
 * @property {(pen: CanvasRenderingContext2D, stage: Stage) => void} draw
 * @property {(point: Point, event: PointerEvent) => boolean} [press] whether the pointer is the scene's until it is let
 *     go; else it moves the picture
 * @property {(point: Point, event: PointerEvent) => void} [drag]
 * @property {() => void} [release]
 * @property {(point: Point | null, event: PointerEvent) => void} [hover]
 */

/** Shows one scene. */
export class Stage {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {(zoom: number) => void} onZoom
   */
  constructor(canvas, onZoom) {
    this.canvas = canvas;
    this.pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    this.onZoom = onZoom;
    /** @type {Scene | null} */
    this.scene = null;
    /** Where the scene lies on the canvas, in pixels of the screen. */
    this.view = { x: 0, y: 0, scale: 1 };
    this._shape = { width: 1, height: 1 };
    this._fitted = true;
    this._due = false;
    /** @type {{mine: boolean, at: Point} | null} */
    this._held = null;
    this._space = false;
    new ResizeObserver(() => this._resize()).observe(canvas);
    this._listen();
  }

  /**
   * Show a scene, as the one before was shown if it has the same shape.
   * @param {Scene} scene
   */
  show(scene) {
    const before = this._shape;
    this.scene = scene;
    this._shape = { width: scene.width, height: scene.height };
    if (this._fitted || before.width * scene.height !== before.height * scene.width) this.fit();
    else this.view.scale *= before.width / scene.width;
    this.redraw();
  }

  /** Draw, with the next picture of the screen. */
  redraw() {
    if (this._due) return;
    this._due = true;
    requestAnimationFrame(() => {
      this._due = false;
      this._draw();
    });
  }

  /** Show all. */
  fit() {
    const { width, height } = this.canvas;
    if (!this.scene || !width) return;
    const margin = MARGIN * devicePixelRatio;
    const around = this.scene.around ?? NONE;
    const [wide, high] = [this.scene.width + around.left + around.right, this.scene.height + around.top + around.bottom];
    const scale = Math.min((width - margin) / wide, (height - margin) / high);
    this._set(scale, (width - wide * scale) / 2 + around.left * scale, (height - high * scale) / 2 + around.top * scale);
    this._fitted = true;
  }

  /** Show all again, if all was shown. */
  refit() {
    if (this._fitted) this.fit();
    this.redraw();
  }

  /** @param {number} steps positive is nearer; about the middle */
  zoom(steps) {
    this._zoomAt(STEP ** steps, this.canvas.width / 2, this.canvas.height / 2);
  }

  /**
   * @param {number} x in pixels of the page
   * @param {number} y
   */
  pan(x, y) {
    this._set(this.view.scale, this.view.x + x * devicePixelRatio, this.view.y + y * devicePixelRatio);
  }

  /**
   * @param {{clientX: number, clientY: number}} event
   * @returns {Point} in pixels of the scene
   */
  pointOf(event) {
    const box = this.canvas.getBoundingClientRect();
    const x = ((event.clientX - box.left) * this.canvas.width) / box.width;
    const y = ((event.clientY - box.top) * this.canvas.height) / box.height;
    return { x: (x - this.view.x) / this.view.scale, y: (y - this.view.y) / this.view.scale };
  }

  /**
   * Draw a picture over the whole of the scene, or over a box in its pixels.
   * @param {CanvasImageSource} picture
   * @param {number} width of it
   * @param {{x: number, y: number, width: number, height: number}} [box]
   */
  picture(picture, width, box) {
    const { x, y, scale } = this.view;
    const { width: w, height: h } = box ?? /** @type {Scene} */ (this.scene);
    this.pen.imageSmoothingEnabled = (w * scale) / width < 2;
    this.pen.imageSmoothingQuality = "high";
    if (!box) return this.pen.drawImage(picture, x, y, w * scale, h * scale);
    // Whole pixels of the canvas, so that there is neither a gap nor an overlap between two that touch.
    const [left, right] = [box.x, box.x + w].map((at) => Math.round(x + at * scale));
    const [top, bottom] = [box.y, box.y + h].map((at) => Math.round(y + at * scale));
    return this.pen.drawImage(picture, left, top, right - left, bottom - top);
  }

  _draw() {
    const { width, height } = this.canvas;
    this.canvas.dataset.view = [this.view.x, this.view.y, this.view.scale].map((one) => (one / devicePixelRatio).toFixed(3)).join(" ");
    this.pen.setTransform(1, 0, 0, 1, 0, 0);
    this.pen.clearRect(0, 0, width, height);
    this.scene?.draw(this.pen, this);
  }

  _resize() {
    const box = this.canvas.getBoundingClientRect();
    const [width, height] = [box.width, box.height].map((side) => Math.round(side * devicePixelRatio));
    if (!width || (width === this.canvas.width && height === this.canvas.height)) return;
    this.canvas.width = width;
    this.canvas.height = height;
    if (this._fitted) this.fit();
    this._draw();
  }

  /**
   * @param {number} factor
   * @param {number} x in pixels of the canvas
   * @param {number} y
   */
  _zoomAt(factor, x, y) {
    if (!this.scene) return;
    const least = Math.min(this.canvas.width / this.scene.width, this.canvas.height / this.scene.height, 1) / 2;
    const scale = Math.min(DEEPEST, Math.max(least, this.view.scale * factor));
    const by = scale / this.view.scale;
    this._set(scale, x - (x - this.view.x) * by, y - (y - this.view.y) * by);
  }

  /**
   * @param {number} scale
   * @param {number} x
   * @param {number} y
   */
  _set(scale, x, y) {
    this._fitted = false;
    this.view.scale = scale;
    if (this.scene) {
      const { width, height } = this.canvas;
      const rim = MARGIN * devicePixelRatio; // some of it is always in sight
      this.view.x = Math.min(width - rim, Math.max(rim - this.scene.width * scale, x));
      this.view.y = Math.min(height - rim, Math.max(rim - this.scene.height * scale, y));
    }
    this.onZoom(scale / devicePixelRatio);
    this.redraw();
  }

  _listen() {
    const { canvas } = this;
    canvas.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        const box = canvas.getBoundingClientRect();
        const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 40 : 1;
        const x = (event.clientX - box.left) * devicePixelRatio;
        const y = (event.clientY - box.top) * devicePixelRatio;
        this._zoomAt(1.0015 ** (-event.deltaY * lines), x, y);
      },
      { passive: false },
    );
    canvas.addEventListener("pointerdown", (event) => {
      if (!this.scene || this._held) return;
      canvas.setPointerCapture(event.pointerId);
      const moves = event.button === 1 || this._space;
      const mine = !moves && event.button === 0 && Boolean(this.scene.press?.(this.pointOf(event), event));
      this._held = { mine, at: { x: event.clientX, y: event.clientY } };
      if (event.button === 1) event.preventDefault();
    });
    canvas.addEventListener("pointermove", (event) => {
      const point = this.pointOf(event);
      if (this._held?.mine) {
        for (const one of event.getCoalescedEvents?.() ?? []) this.scene?.drag?.(this.pointOf(one), event);
        this.scene?.drag?.(point, event);
      } else if (this._held) {
        this.pan(event.clientX - this._held.at.x, event.clientY - this._held.at.y);
        this._held.at = { x: event.clientX, y: event.clientY };
      }
      this.scene?.hover?.(point, event);
    });
    for (const kind of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(kind, () => {
        if (this._held?.mine) this.scene?.release?.();
        this._held = null;
      });
    }
    canvas.addEventListener("pointerleave", (event) => this.scene?.hover?.(null, event));
    canvas.addEventListener("keydown", (event) => {
      if (event.key === " ") {
        this._space = true;
        event.preventDefault();
      }
    });
    canvas.addEventListener("keyup", (event) => {
      if (event.key === " ") this._space = false;
    });
    canvas.addEventListener("blur", () => {
      this._space = false;
    });
  }
}
