/** @file The page put together: which material, mask and job are shown, and what is done with them. */

import { Problem, ask, connection, send, submit } from "./api.js";
import { Batches } from "./batches.js";
import { confirmed, prepareDialogs, tell, tried } from "./dialog.js";
import { byId, say } from "./dom.js";
import { dropped, folderOf, picked } from "./drop.js";
import { Form } from "./form.js";
import { Guides } from "./guides.js";
import { History } from "./history.js";
import { HOLE, Palette } from "./inks.js";
import { Jobs } from "./jobs.js";
import { Layer } from "./layer.js";
import { logIn } from "./login.js";
import { Maps } from "./maps.js";
import { bestMap, materialOf } from "./materials.js";
import { Painter } from "./painter.js";
import { Result } from "./result.js";
import { Running } from "./running.js";
import { Stage } from "./stage.js";
import { Task } from "./task.js";
import { uploadFile, uploadMaterial } from "./upload.js";
import { Variety } from "./variety.js";
import { isGuided, share } from "./words.js";

const PLACE = "svbrdf-place";
const SETTLED = 100;
const PICTURES = /\.(png|jpe?g|webp|bmp)$/i;

/**
 * What is filled or changed: a material, or a result to go on from.
 * @typedef {{key: string, material: any, job: string | null, variation: number, width: number, height: number}} Target
 */

class App {
  /** @param {any} info what the service says of itself */
  constructor(info) {
    this.info = info;
    this.jobs = new Jobs();
    this.maps = new Maps();
    this.form = new Form(info);
    this.batches = new Batches(info, this.form);
    this.task = new Task();
    this.guides = new Guides();
    this.history = new History(this.jobs);
    this.stage = new Stage(byId("stage"), (zoom) => say(byId("zoom"), `${Math.round(zoom * 100)} %`));
    this.painter = new Painter(this.stage);
    this.running = new Running(this.stage);
    this.variety = new Variety(info.methods);
    this.result = new Result(this.stage, info.versions.torch ? info.lights : []);
    /** @type {Target | null} */
    this.target = null;
    /** Masks are kept while the page is open, so that looking at something else loses none. @type {Map<string, Layer>} */
    this.masks = new Map();
    /** Masks and guides that no job was given yet. @type {Set<Layer>} */
    this.unused = new Set();
    this.map = "";
    /** The material whose maps are listed: that of what is shown. @type {any} */
    this.material = null;
    this._turn = 0;
    this._news = 0;
    /** The job that is shown, or empty while a mask is painted. */
    this.job = "";
    this.lastJob = "";
    /** @type {import("./drop.js").Folder | null} */
    this.folder = null;
    this.listen();
    this.restore();
  }

  listen() {
    this.maps.addEventListener("choose", () => this.show(this.maps.chosen));
    this.form.addEventListener("change", () => {
      this.arrange();
      this.offer();
    });
    this.guides.addEventListener("choose", () => {
      this.paint();
      byId("tabs").scrollIntoView({ block: "nearest" }); // on a narrow screen the picture lies far above
    });
    this.guides.addEventListener("change", (event) => this.unused.add(/** @type {CustomEvent} */ (event).detail));
    this.task.addEventListener("change", () => this.change());
    this.history.addEventListener("go", (event) => tried(() => this.go(/** @type {CustomEvent} */ (event).detail)));
    this.batches.addEventListener("open", (event) => tried(() => this.visit(/** @type {CustomEvent} */ (event).detail)));
    this.batches.addEventListener("news", (event) => {
      const job = /** @type {CustomEvent} */ (event).detail;
      if (this.jobs.get(job.id)) this.jobs.take(job);
    });
    this.jobs.addEventListener("change", (event) => this.heard(/** @type {CustomEvent} */ (event).detail));
    this.jobs.addEventListener("open", (event) => tried(() => this.open(/** @type {CustomEvent} */ (event).detail)));
    this.jobs.addEventListener("again", (event) => tried(() => this.again(/** @type {CustomEvent} */ (event).detail)));
    this.jobs.addEventListener("remove", (event) => tried(() => this.remove(/** @type {CustomEvent} */ (event).detail)));
    byId("fill-form").addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      this.fill();
    });
    byId("to-mask").addEventListener("click", () => this.guides.choose(""));
    byId("to-guide").addEventListener("click", () => this.paint());
    byId("to-job").addEventListener("click", () => tried(() => this.open(this.lastJob)));
    byId("part").addEventListener("click", () => this.part());
    byId("another").addEventListener("click", () => tried(() => this.another()));
    byId("whole").addEventListener("click", () => this.target && this.aim(this.target.material, null, 1));
    byId("zoom-in").addEventListener("click", () => this.stage.zoom(2));
    byId("zoom-out").addEventListener("click", () => this.stage.zoom(-2));
    byId("fit").addEventListener("click", () => this.stage.fit());
    byId("stage").addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.key(event));
    for (const name of ["pick-folder", "pick-files"]) {
      byId(name).addEventListener("change", (/** @type {any} */ event) => {
        const files = picked(event.target.files);
        event.target.value = "";
        this.take(files);
      });
    }
    byId("pick-mask").addEventListener("change", (/** @type {any} */ event) => {
      const [file] = event.target.files;
      event.target.value = "";
      this.takePicture(file);
    });
    byId("pick-example").addEventListener("change", (/** @type {any} */ event) => {
      const files = picked(event.target.files);
      event.target.value = "";
      this.takeExample(files);
    });
    byId("reading").addEventListener("change", () => tried(() => this.upload()));
    this.listenToDrops();
    window.addEventListener("beforeunload", (event) => {
      if ([...this.unused].some((mask) => mask.share > 0)) event.preventDefault();
    });
  }

  listenToDrops() {
    const curtain = byId("drop");
    const over = (/** @type {DragEvent} */ event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      curtain.hidden = false;
      byId("drop-mask").hidden = !this.target;
      for (const zone of curtain.children) zone.classList.toggle("over", zone.contains(/** @type {Node} */ (event.target)));
    };
    window.addEventListener("dragenter", over);
    window.addEventListener("dragover", over);
    window.addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) curtain.hidden = true;
    });
    window.addEventListener("drop", (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      curtain.hidden = true;
      const forLayer = byId("drop-mask").contains(/** @type {Node} */ (event.target)) && this.target;
      const found = dropped(event.dataTransfer);
      tried(async () => (forLayer ? this.takePicture((await found)[0].file) : this.take(await found)));
    });
  }

  /** Show what was shown before the page was loaded again. */
  async restore() {
    this.offer();
    await this.jobs.poll();
    const place = JSON.parse(sessionStorage.getItem(PLACE) ?? "{}");
    this.history.tip = place.tip ?? "";
    try {
      if (place.job && this.jobs.get(place.job)) await this.open(place.job, place.map);
      else if (place.from && this.jobs.get(place.from)) this.aim(await materialOf(place.material), place.from, place.variation, place.map);
      else if (place.material) this.aim(await materialOf(place.material), null, 1, place.map);
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 404) throw error; // else it was removed meanwhile
    }
  }

  remember() {
    const { material, job, variation } = this.target ?? { material: null, job: null, variation: 1 };
    const place = { material: material?.id, job: this.job, map: this.map, from: job, variation, tip: this.history.tip };
    sessionStorage.setItem(PLACE, JSON.stringify(place));
  }

  /**
   * Take files that are to be a material.
   * @param {{path: string, file: File}[]} given
   */
  async take(given) {
    await tried(async () => {
      this.folder = folderOf(given, this.info.endings);
      byId("set").value = "";
      byId("normal").value = "auto";
      if (this.folder.remark) tell(this.folder.remark, "done");
      await this.upload();
    });
  }

  /** Send the folder that was given, to be read as the form says. */
  async upload() {
    if (!this.folder) return;
    byId("reading").hidden = true;
    try {
      const set = byId("set").value.trim();
      const source = { normal: byId("normal").value, ...(set ? { set_name: set } : {}) };
      this.aim(await this.send(this.folder, source), null, 1);
    } finally {
      byId("reading").hidden = false;
    }
  }

  /**
   * Take files that are a material to copy from.
   * @param {{path: string, file: File}[]} given
   */
  async takeExample(given) {
    await tried(async () => this.task.add(await this.send(folderOf(given, this.info.endings), {})));
  }

  /**
   * Send a folder, and say how far it is.
   * @param {import("./drop.js").Folder} folder
   * @param {any} source how its files are read
   * @returns {Promise<any>} the material that it is
   */
  async send(folder, source) {
    const bar = byId("upload-bar");
    byId("upload").hidden = false;
    try {
      return await uploadMaterial(folder.name, folder.files, source, (doing, part) => {
        say(byId("upload-said"), `${doing}…`);
        bar.value = part;
      });
    } finally {
      byId("upload").hidden = true;
    }
  }

  /**
   * Take a picture that is the mask, or the guide that is painted.
   * @param {File} file
   */
  async takePicture(file) {
    await tried(async () => {
      if (!this.target) return;
      const { layer } = this;
      const { name, about } = this.guides.chosen ? { ...this.guides.words, name: "picture" } : { name: "mask", about: "the material" };
      const wrong = `${file.name} cannot be read by this browser; give the ${name} as PNG, JPEG or WebP.`;
      if (!PICTURES.test(file.name)) throw new Error(wrong);
      const picture = await createImageBitmap(file, { premultiplyAlpha: "none", colorSpaceConversion: "none" }).catch(() => Promise.reject(new Error(wrong)));
      const { width, height } = layer.box;
      if (picture.width !== width || picture.height !== height) {
        throw new Error(`The ${name} is ${picture.width} × ${picture.height}, ${about} ${width} × ${height}; give a ${name} of the same size.`);
      }
      this.paint();
      const numbers = layer.ink.read(samplesOf(picture));
      if (!numbers.some(Boolean)) throw new Error(`There is ${layer.ink.without}: ${file.name}.`);
      layer.put(numbers);
      const { ink } = layer;
      if (ink instanceof Palette && ink.found > ink.most) {
        tell(`${file.name} has ${ink.found} colours; each became the nearest of the ${ink.most} that are most frequent.`, "done");
      }
    });
  }

  /**
   * Paint for a material, or for a part of a result.
   * @param {any} material
   * @param {string | null} job
   * @param {number} variation
   * @param {string} [map]
   */
  aim(material, job, variation, map) {
    const key = keyOf(material.id, job, variation);
    const from = job ? this.jobs.get(job) : null;
    const [width, height] = from ? from.result.size : [material.width, material.height];
    const other = this.target?.key !== key;
    this.target = { key, material, job, variation, width, height };
    if (!this.masks.has(key)) {
      const mask = new Layer(HOLE, { left: 0, top: 0, width, height });
      mask.addEventListener("change", () => {
        this.unused.add(mask);
        this.offer();
      });
      this.masks.set(key, mask);
    }
    if (!(this.map in material.maps)) this.map = bestMap(material);
    if (map && map in material.maps) this.map = map;
    if (other) tried(() => this.task.begin(width, height, material, from ? from.request.examples : []));
    this.form.purpose(job !== null);
    this.form.fit(Object.keys(material.maps));
    this.arrange();
    this.paint();
  }

  /** Tell the guides what they are for. */
  arrange() {
    if (!this.target) return;
    const { key, material, job, width, height } = this.target;
    const { kind } = this.task;
    const sheet = kind === "sheet";
    const from = job ? this.jobs.get(job) : null;
    const earlier = from && isGuided(from.request) && (kind === "hole" || kind === "tile") ? from.number : null; // else another size
    const own = { key: "itself", name: material.name, width, height, source: this.source, material };
    const others = this.task.examples.map((one) => ({ key: one.id, name: one.name, width: one.width, height: one.height, source: { material: one.id }, material: one }));
    const examples = sheet ? [own, ...others] : others;
    this.guides.arrange({ key, box: this.task.box, sheet, examples, without: this.form.without, earlier });
  }

  /** What is filled, as something that has maps. */
  get source() {
    const { material, job, variation } = /** @type {Target} */ (this.target);
    return job ? { job, variation } : { material: material.id };
  }

  /** What is painted: the mask, or a guide. */
  get layer() {
    return this.guides.chosen ? this.guides.layer : /** @type {Layer} */ (this.masks.get(/** @type {Target} */ (this.target).key));
  }

  /** Lay what is painted under the brush. */
  lay() {
    const { key, width, height } = /** @type {Target} */ (this.target);
    const { layer, source, map, guides } = this;
    const { apart } = guides;
    const ground = { source, map, width, height, repeated: null, under: null, frame: null };
    if (apart?.example) {
      const { material, ...example } = apart.example;
      this.painter.open(layer, { ...ground, ...example, map: map in material.maps ? map : bestMap(material) });
    } else if (apart) this.painter.open(layer, { ...ground, ...layer.box, repeated: { width, height } });
    else {
      const under = guides.chosen ? /** @type {Layer} */ (this.masks.get(key)) : null;
      this.painter.open(layer, { ...ground, under, frame: this.task.kind === "extend" ? this.task.frame : null });
    }
  }

  /** Show what is painted. */
  paint() {
    if (!this.target) return;
    this._turn += 1;
    this.job = "";
    this.material = this.target.material;
    this.jobs.choose("");
    this.show(this.map);
  }

  /**
   * Show a job.
   * @param {string} id
   * @param {string} [map]
   */
  async open(id, map) {
    const mine = (this._turn += 1);
    const job = this.jobs.get(id);
    const material = await materialOf(job.material);
    const start = this.history.startOf(job);
    const from = start && this.jobs.get(start.job);
    const under = from ? await materialOf(from.material) : material;
    if (mine !== this._turn) return;
    if (!this.isNear(job)) {
      if (from) this.aim(under, from.id, start.variation, map);
      else this.aim(material, null, 1, map);
    }
    this._turn = mine; // `aim` has shown the mask
    [this.job, this.lastJob, this.material] = [id, id, material];
    this.jobs.choose(id);
    this.show(map && map in material.maps ? map : this.map);
  }

  /**
   * Go back, or forth, to a step of the history.
   * @param {string} id of a job; empty for the material that it began with
   */
  async go(id) {
    if (!id) {
      const first = await this.history.first();
      return first && this.aim(await materialOf(first.material), null, 1);
    }
    const job = await this.jobs.find(id);
    if (!job) return undefined; // it was deleted elsewhere
    return this.visit(job);
  }

  /**
   * Show a job that may not be in the list.
   * @param {any} job
   */
  async visit(job) {
    this.jobs.take(job);
    await this.open(job.id);
  }

  /**
   * @param {any} job
   * @returns {boolean} whether what is aimed at is what a job began with, or is a part of its result
   */
  isNear(job) {
    if (!this.target) return false;
    const start = this.history.startOf(job);
    const begun = start && this.jobs.get(start.job) ? keyOf("", start.job, start.variation) : job.material;
    return this.target.key === begun || this.target.job === job.id;
  }

  /**
   * Show a map in what is shown.
   * @param {string} map
   */
  show(map) {
    if (!this.target) return;
    const { material } = this;
    this.map = map;
    this.maps.show(material, map);
    const job = this.jobs.get(this.job);
    const shown = !job ? "mask" : job.state === "done" ? "result" : "running";
    document.body.dataset.shown = shown;
    for (const [name, id] of [["mask", "tools"], ["result", "result-tools"], ["result", "result-actions"], ["running", "running"]]) {
      byId(id).hidden = shown !== name;
    }
    byId("zooms").hidden = false;
    byId("lit-tools").hidden = shown !== "result" || !this.result.lights;
    byId("busy").hidden = true;
    if (shown === "mask") {
      this.lay();
      this.stage.show(this.painter);
    } else if (shown === "result") {
      this.result.open(job, material, map);
      this.variety.open(job);
      this.stage.show(this.result);
    } else {
      this.running.open(job);
      this.stage.show(this.running);
    }
    this.tabs();
    this.offer();
    this.walk();
    this.remember();
  }

  /** Show the steps that led here. */
  async walk() {
    if (!this.target) return;
    const here = this.job || this.target?.job || "";
    const first = await this.history.first();
    const before = !here && first !== null && first.material === this.target?.material.id;
    await this.history.show(here, before, this.map);
    this.remember();
  }

  /** Take what is to be done now. */
  change() {
    this.arrange();
    if (this.target && this.stage.scene === this.painter) {
      if (!this.task.frame.held) this.lay();
      if (this.task.frame.held) this.stage.redraw();
      else this.stage.show(this.painter);
      this.tabs();
    }
    byId("new-only").hidden = this.target?.job !== null || this.task.kind !== "hole";
    this.offer();
  }

  tabs() {
    const last = this.jobs.get(this.lastJob);
    byId("tabs").hidden = false;
    const { chosen } = this.guides;
    byId("to-mask").setAttribute("aria-pressed", String(!this.job && !chosen));
    byId("to-guide").hidden = !chosen;
    byId("to-guide").setAttribute("aria-pressed", String(!this.job));
    const words = chosen ? this.guides.words : null;
    say(byId("to-guide"), words?.name ?? "");
    say(byId("guide-how"), words?.how ?? "");
    byId("guide-how").hidden = !words || Boolean(this.job);
    say(byId("load-words"), words ? "Load picture…" : "Load mask…");
    say(byId("drop-what"), words ? `A picture for ${words.name.toLowerCase()}` : "A mask for this material");
    say(byId("drop-how"), `a picture of the same size${words ? "" : ", white where it is to be filled"}`);
    byId("to-job").setAttribute("aria-pressed", String(Boolean(this.job)));
    byId("to-job").hidden = !last || (last.id !== this.job && !this.isNear(last) && last.material !== this.target?.material.id);
    if (last) say(byId("to-job"), `Job ${last.number}`);
    const part = this.target?.job ? this.jobs.get(this.target.job) : null;
    byId("part-said").hidden = !part || Boolean(this.job);
    if (part) say(byId("part-words"), `This goes on from the result of job ${part.number}.`);
  }

  /** Say on the button what it would do now. */
  offer() {
    const button = byId("fill");
    const mask = this.target && this.masks.get(this.target.key);
    const something = Boolean(mask?.share) || this.task.whole;
    button.disabled = !this.target || !something || !this.form.valid || button.dataset.busy === "yes";
    if (!this.target) say(button, "Give it a material first");
    else if (something && !this.form.valid) say(button, "A setting is not a number it can be");
    else {
      const count = this.form.variations;
      const maps = Object.keys(this.target.material.maps).length;
      const words = this.task.words(maps, mask?.share ? share(mask.share) : "", this.target.job !== null);
      say(button, `${words}${something && count > 1 ? `, ${count} times` : ""}`);
    }
  }

  async fill() {
    const button = byId("fill");
    if (!this.target || button.disabled) return;
    const { material, key, job: part, variation } = this.target;
    const mask = /** @type {Layer} */ (this.masks.get(key));
    button.dataset.busy = "yes";
    button.disabled = true;
    await tried(async () => {
      const wanted = await this.form.request(part !== null);
      const masks = mask.share ? [{ file: await uploadFile(await mask.picture()), name: "mask.png" }] : [];
      const { canvas } = this.task;
      const given = { ...wanted, examples: this.task.examples.map(({ id }) => id), guides: await this.guides.request() };
      const job = part
        ? await submit(`/v1/jobs/${part}/retry`, { ...given, hole: { masks }, variation, ...(canvas ? { canvas } : {}) })
        : await submit("/v1/jobs", { ...given, hole: { ...wanted.hole, masks }, canvas, material: material.id });
      for (const layer of [mask, ...this.guides.layers]) this.unused.delete(layer);
      await this.shown(job);
    });
    button.dataset.busy = "";
    this.offer();
  }

  /**
   * Show a job that was just accepted.
   * @param {any} job
   */
  async shown(job) {
    this.jobs.take(job);
    this.jobs.poll();
    await this.open(job.id);
  }

  /**
   * Do a job again with a seed that was not used.
   * @param {string} id
   */
  async again(id) {
    await this.shown(await submit(`/v1/jobs/${id}/retry`, {}));
  }

  /** Do the job that is shown again: with a seed that was not used, or so that its result is varied. */
  async another() {
    await this.shown(await submit(`/v1/jobs/${this.job}/retry`, this.variety.changed(this.result.variation)));
  }

  /** Begin to paint a part of the result that is to be filled again. */
  part() {
    const job = this.jobs.get(this.job);
    if (this.target && job) this.aim(this.target.material, job.id, this.result.variation);
  }

  /**
   * Delete a job, if that is meant.
   * @param {string} id
   */
  async remove(id) {
    const job = this.jobs.get(id);
    const loses = job.state === "done" ? ", and the maps it has made" : "";
    if (!(await confirmed(`Delete job ${job.number}${loses}? It cannot be brought back.`, "Delete"))) return;
    try {
      await send("DELETE", `/v1/jobs/${id}`); // which answers without a body
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 404) throw error;
    }
    this.jobs.drop(id);
    if (this.lastJob === id) this.lastJob = "";
    if (this.target?.job === id) this.aim(this.target.material, null, 1);
    else if (this.job === id) this.paint();
    else if (this.target) this.tabs();
  }

  /** @param {string} id of a job of which there is news */
  heard(id) {
    clearTimeout(this._news);
    this._news = setTimeout(() => this.walk(), SETTLED);
    if (id !== this.job) return;
    const job = this.jobs.get(id);
    if (document.body.dataset.shown !== "running") return;
    if (job.state === "done") this.show(this.map);
    else this.running.open(job);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const scene = /** @type {any} */ (this.stage.scene);
    if (scene?.key?.(event)) event.preventDefault();
    else if (event.key === "+" || event.key === "=") this.stage.zoom(2);
    else if (event.key === "-") this.stage.zoom(-2);
    else if (event.key === "0") this.stage.fit();
  }
}

/**
 * @param {string} material
 * @param {string | null} job
 * @param {number} variation
 * @returns {string} what tells one target from others
 */
function keyOf(material, job, variation) {
  return job ? `${job} ${variation}` : material;
}

/**
 * @param {ImageBitmap} picture
 * @returns {Uint8ClampedArray} red, green, blue and opacity of each pixel
 */
function samplesOf(picture) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [picture.width, picture.height];
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  pen.drawImage(picture, 0, 0);
  return pen.getImageData(0, 0, picture.width, picture.height).data;
}

/** @type {App | null} */
let app = null;

async function start() {
  if (app) return app.jobs.poll();
  byId("wait").hidden = false;
  const info = await ask("GET", "/v1/info"); // takes seconds when the service has just started
  const [device] = info.devices;
  say(byId("device"), info.device === "auto" ? (device.name === "cpu" ? "on the CPU" : `on ${device.title}`) : `on ${info.device}`);
  byId("wait").hidden = true;
  byId("page").hidden = false;
  app ??= new App(info);
  return undefined;
}

connection.addEventListener("lost", () => {
  document.body.dataset.connection = "lost";
  say(byId("connection"), "The service does not answer. This page goes on by itself as soon as it does; svbrdf serve starts it.");
});
connection.addEventListener("back", () => {
  document.body.dataset.connection = "";
  say(byId("connection"), "");
});
window.addEventListener("unhandledrejection", (event) => {
  if (event.reason instanceof Problem) event.preventDefault(); // the head of the page has said so
});
prepareDialogs();
logIn(() => tried(start));
