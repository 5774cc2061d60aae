/** @file The result of a job beside what was there before: a divider to be moved, the difference, renders, files. */

import { send } from "./api.js";
import { tell, tried } from "./dialog.js";
import { byId, make, say } from "./dom.js";
import { CLOSE, LOOK, mapPicture, render } from "./pictures.js";
import { duration, kindOf, sentence, title } from "./words.js";
import { zipped } from "./zip.js";

const NEAR = 24;
const RENDERED = 1024;
const STILL = 250;

/** @typedef {{x: number, y: number}} Point */

/** A scene on the stage. */
export class Result {
  /**
   * @param {import("./stage.js").Stage} stage
   * @param {string[]} lights that renders may have; none if the service cannot render
   */
  constructor(stage, lights) {
    this.stage = stage;
    this.width = 1;
    this.height = 1;
    /** @type {any} */
    this.job = null;
    /** @type {any} */
    this._material = null;
    this._map = "";
    /** @type {{before: ImageBitmap, after: ImageBitmap} | null} */
    this._pair = null;
    /** @type {HTMLCanvasElement | null} */
    this._apart = null;
    this._close = false;
    this._turn = 0;
    this._prepare(lights);
  }

  /** Which of the variations is shown; 1 is the best. */
  get variation() {
    return Number(byId("variation").value) || 1;
  }

  /**
   * Show a job that is done.
   * @param {any} job
   * @param {any} material
   * @param {string} map
   */
  open(job, material, map) {
    if (this.job?.id !== job.id) {
      this.job = job;
      this._pair = null;
      [this.width, this.height] = job.result.size;
      this._material = material;
      this._describe(job);
      this._offer(job.result.tiling ? "tiled" : "slider");
    } else if (this._map === map) return;
    else if (this._lit()) {
      this._light(false); // who asks for a map wants to see it
      this._offer("slider");
    }
    [this._material, this._map] = [material, map];
    this._load();
  }

  /** What is to be seen round the result: itself again, to see how it tiles. */
  get around() {
    if (this._look() !== "tiled") return undefined;
    return { left: this.width, right: this.width, top: this.height, bottom: this.height };
  }

  /**
   * @param {CanvasRenderingContext2D} pen
   * @param {import("./stage.js").Stage} stage
   */
  draw(pen, stage) {
    if (!this._pair) return;
    const { before, after } = this._pair;
    const { view, canvas } = stage;
    const look = this._look();
    if (look === "difference") {
      this._apart ??= this._difference(before, after);
      stage.picture(this._apart, this._apart.width);
    } else if (look === "before") stage.picture(before, before.width, this._before());
    else if (look === "tiled") {
      for (const x of [-this.width, 0, this.width]) {
        for (const y of [-this.height, 0, this.height]) stage.picture(after, after.width, { x, y, width: this.width, height: this.height });
      }
    } else {
      stage.picture(after, after.width);
      if (look === "slider") this._divided(pen, stage);
    }
    canvas.dataset.job = String(this.job.number);
    canvas.dataset.shown = `${this._lit() ? "lit" : this._map} ${look} ${this.variation}`;
    if (!this._lit() && !this._close && view.scale > 1 && Math.max(this.width, this.height) > LOOK) {
      this._close = true;
      this._load();
    }
  }

  /**
   * @param {Point} point
   * @param {PointerEvent} event
   */
  press(point, event) {
    const near = Math.abs(point.x - this._divide()) * this.stage.view.scale < NEAR * devicePixelRatio;
    if (this._look() !== "slider" || !(near || event.pointerType === "touch")) return false;
    this.drag(point);
    return true;
  }

  /** @param {Point} point */
  drag(point) {
    byId("split").value = String((100 * point.x) / this.width);
    this.stage.redraw();
  }

  /** @param {Point | null} point */
  hover(point) {
    const near = point && this._look() === "slider" && Math.abs(point.x - this._divide()) * this.stage.view.scale < NEAR * devicePixelRatio;
    this.stage.canvas.classList.toggle("divides", Boolean(near));
  }

  /**
   * @param {KeyboardEvent} event
   * @returns {boolean} whether the key meant something
   */
  key(event) {
    const by = { ArrowLeft: -2, ArrowRight: 2 }[event.key];
    if (!by || this._look() !== "slider") return false;
    byId("split").value = String(Number(byId("split").value) + by);
    this.stage.redraw();
    return true;
  }

  _look() {
    return document.querySelector("input[name=look]:checked")?.getAttribute("value") ?? "slider";
  }

  _lit() {
    return byId("lit").checked;
  }

  /** @param {boolean} on */
  _light(on) {
    byId("lit").checked = on;
    byId("lit-fields").hidden = !on;
  }

  /** Where the divider is, in pixels of the scene. */
  _divide() {
    return (this.width * Number(byId("split").value)) / 100;
  }

  async _load() {
    const mine = (this._turn += 1);
    const [before, after] = [{ material: this._material.id }, { job: this.job.id, variation: this.variation }];
    byId("busy").hidden = false;
    await tried(async () => {
      const pictures = await Promise.all([before, after].map((source) => this._picture(source)));
      if (mine !== this._turn) return;
      this._pair = { before: pictures[0], after: pictures[1] };
      this._apart = null;
      [this.width, this.height] = this._lit() ? [pictures[1].width, pictures[1].height] : this.job.result.size;
      if (this.stage.scene === this) this.stage.show(this);
    });
    if (mine === this._turn) byId("busy").hidden = true;
  }

  /** @param {import("./pictures.js").Source} source */
  _picture(source) {
    if (this._lit()) {
      const look = { light: byId("light").value, shape: byId("shape").value, size: RENDERED, turn: Number(byId("turn").value) };
      return render(source, look);
    }
    const longest = Math.max(this.width, this.height, this._material.width, this._material.height, 16);
    return mapPicture(source, this._map, Math.min(longest, this._close ? CLOSE : LOOK));
  }

  /**
   * @param {CanvasRenderingContext2D} pen
   * @param {import("./stage.js").Stage} stage
   */
  _divided(pen, stage) {
    const { view, canvas } = stage;
    const at = view.x + this._divide() * view.scale;
    const before = /** @type {ImageBitmap} */ (this._pair?.before);
    pen.save();
    pen.beginPath();
    pen.rect(0, 0, at, canvas.height);
    pen.clip();
    pen.fillStyle = getComputedStyle(canvas).backgroundColor;
    pen.fillRect(0, 0, at, canvas.height);
    stage.picture(before, before.width, this._before());
    pen.restore();
    const top = Math.max(0, view.y);
    const bottom = Math.min(canvas.height, view.y + this.height * view.scale);
    handle(pen, at, top, bottom);
    tag(pen, "Before", at - 14 * devicePixelRatio, top, "right");
    tag(pen, "After", at + 14 * devicePixelRatio, top, "left");
  }

  /** Where the material lies in the result, in pixels of the scene. */
  _before() {
    if (this._lit()) return { x: 0, y: 0, width: this.width, height: this.height };
    const [x, y, width, height] = this.job.result.placed ?? [0, 0, this.width, this.height];
    return { x, y, width, height };
  }

  /**
   * Offer the looks that this result can have.
   * @param {string} first the one to begin with
   */
  _offer(first) {
    const kind = kindOf(this.job.request);
    const same = this._material.width === this.width && this._material.height === this.height;
    const compared = kind !== "sheet" && (same || !this._lit());
    for (const radio of byId("looks").querySelectorAll("input")) {
      radio.closest("label").hidden = radio.value === "tiled" ? this._lit() || !this.job.result.tileable : radio.value !== "after" && !compared;
    }
    byId("looks").hidden = byId("looks").querySelectorAll("label:not([hidden])").length < 2;
    const now = document.querySelector("input[name=look]:checked");
    const gone = now?.closest("label")?.hidden ?? true;
    const wanted = first === "tiled" || gone || now?.getAttribute("value") === "tiled" ? (compared || first === "tiled" ? first : "after") : "";
    for (const radio of byId("looks").querySelectorAll("input")) if (radio.value === wanted) radio.checked = true;
    this._looked();
  }

  /** Show what belongs to the look. */
  _looked() {
    const look = this._look();
    byId("split").disabled = look !== "slider";
    byId("split-field").hidden = byId("looks").querySelector("[value=slider]").closest("label").hidden;
    byId("gain-field").hidden = look !== "difference";
  }

  /**
   * @param {ImageBitmap} before
   * @param {ImageBitmap} after
   */
  _difference(before, after) {
    const box = this._before();
    const scale = after.width / this.width;
    const [x, y, width, height] = [box.x, box.y, box.width, box.height].map((one) => Math.round(one * scale));
    return difference(before, after, { x, y, width, height }, Number(byId("gain").value));
  }

  /** @param {any} job */
  _describe(job) {
    const { variations } = job.result;
    const options = variations.map((/** @type {any} */ row, /** @type {number} */ index) => {
      return make("option", { value: String(index + 1), title: `seed ${row.seed}` }, index ? String(index + 1) : "1, the best");
    });
    byId("variation").replaceChildren(...options);
    byId("variation-field").hidden = variations.length < 2;
    const notes = [...job.result.warnings, ...job.result.notes].map((said) => make("li", {}, sentence(said)));
    byId("result-notes").replaceChildren(...notes);
    this._files();
  }

  _files() {
    const row = this.job.result.variations[this.variation - 1];
    say(byId("result-said"), `${title(this.job.request.method.name)}, seed ${row.seed}, ${duration(row.seconds)}`);
    const list = byId("files");
    list.replaceChildren();
    for (const path of this._paths()) {
      const fetched = () => tried(async () => save(await this._file(path), path.split("/").pop() ?? path));
      list.append(make("li", {}, make("button", { type: "button", class: "plain", onclick: fetched }, path.split("/").pop())));
    }
  }

  /** @returns {string[]} files of the variation that is shown, as the report names them */
  _paths() {
    const { result } = this.job;
    return [...result.variations[this.variation - 1].files, ...[result.preview, result.source_map].filter(Boolean)];
  }

  /** @param {string} path */
  async _file(path) {
    return (await send("GET", `/v1/jobs/${this.job.id}/files/${path.split("/").map(encodeURIComponent).join("/")}`)).blob();
  }

  async _archive() {
    const files = [];
    for (const path of this._paths()) files.push({ name: path.split("/").pop() ?? path, blob: await this._file(path) });
    const several = this.job.result.variations.length > 1 ? `-${this.variation}` : "";
    const what = { hole: "filled", tile: "tileable", extend: "extended", sheet: "sheet" }[kindOf(this.job.request)];
    save(await zipped(files), `${this._material.name}-${what}${several}.zip`);
    tell(`${files.length} files were saved in one archive.`, "done");
  }

  /** @param {string[]} lights */
  _prepare(lights) {
    byId("light").replaceChildren(...lights.map((name) => make("option", { value: name, selected: name === "studio" }, title(name))));
    this.lights = lights.length > 0;
    const again = () => this._load();
    let timer = 0;
    byId("variation").addEventListener("change", () => {
      this._files();
      again();
    });
    byId("lit").addEventListener("change", () => {
      this._light(this._lit());
      this._offer("slider");
      again();
    });
    for (const name of ["light", "shape"]) byId(name).addEventListener("change", again);
    byId("turn").addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(again, STILL);
    });
    byId("gain").addEventListener("change", () => {
      this._apart = null;
      this.stage.redraw();
    });
    byId("split").addEventListener("input", () => this.stage.redraw());
    byId("looks").addEventListener("change", () => {
      this._looked();
      this.stage.refit();
    });
    byId("save-all").addEventListener("click", async () => {
      byId("save-all").disabled = true;
      await tried(() => this._archive());
      byId("save-all").disabled = false;
    });
  }
}

/**
 * @param {ImageBitmap} before
 * @param {ImageBitmap} after
 * @param {{x: number, y: number, width: number, height: number}} box where it was before, in pixels of the picture after
 * @param {number} gain a power of 2
 * @returns {HTMLCanvasElement} black where they are equal, and where there was nothing before
 */
function difference(before, after, box, gain) {
  const canvas = make("canvas", { width: after.width, height: after.height });
  const pen = canvas.getContext("2d");
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.beginPath();
  pen.rect(box.x, box.y, box.width, box.height);
  pen.clip();
  pen.drawImage(before, box.x, box.y, box.width, box.height);
  pen.globalCompositeOperation = "difference";
  pen.drawImage(after, 0, 0);
  pen.globalCompositeOperation = "lighter";
  for (let reached = 1; reached < gain; reached *= 2) pen.drawImage(canvas, 0, 0);
  return canvas;
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {number} x
 * @param {number} top
 * @param {number} bottom
 */
function handle(pen, x, top, bottom) {
  const unit = devicePixelRatio;
  const middle = (top + bottom) / 2;
  for (const [colour, width] of /** @type {[string, number][]} */ ([["rgb(0 0 0 / 0.5)", 4], ["#fff", 2]])) {
    pen.strokeStyle = pen.fillStyle = colour;
    pen.lineWidth = width * unit;
    pen.beginPath();
    pen.moveTo(x, top);
    pen.lineTo(x, bottom);
    pen.stroke();
    pen.beginPath();
    pen.arc(x, middle, (11 + width) * unit, 0, 7);
    pen.fill();
  }
  pen.strokeStyle = "#333";
  pen.lineWidth = 1.8 * unit;
  for (const side of [-1, 1]) {
    pen.beginPath();
    pen.moveTo(x + side * 3.5 * unit, middle - 4 * unit);
    pen.lineTo(x + side * 7.5 * unit, middle);
    pen.lineTo(x + side * 3.5 * unit, middle + 4 * unit);
    pen.stroke();
  }
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {string} text
 * @param {number} x
 * @param {number} top
 * @param {"left" | "right"} align
 */
function tag(pen, text, x, top, align) {
  const unit = devicePixelRatio;
  pen.font = `600 ${12 * unit}px system-ui, sans-serif`;
  const width = pen.measureText(text).width + 14 * unit;
  const left = align === "left" ? x : x - width;
  pen.fillStyle = "rgb(20 20 20 / 0.75)";
  pen.beginPath();
  pen.roundRect(left, top + 10 * unit, width, 22 * unit, 4 * unit);
  pen.fill();
  pen.fillStyle = "#fff";
  pen.textBaseline = "middle";
  pen.fillText(text, left + 7 * unit, top + 21.5 * unit);
}

/**
 * Have the browser save a file.
 * @param {Blob} blob
 * @param {string} name
 */
function save(blob, name) {
  const address = URL.createObjectURL(blob);
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
