/** @file A job that waits, runs, or has failed: its preview, and how far it is. */

import { byId, make, say } from "./dom.js";
import { LOOK, mapPicture, previewPicture } from "./pictures.js";
import { bestMap, materialOf } from "./materials.js";
import { STATES, kindOf, sentence, share, standing } from "./words.js";

const LINE = "#ff2da0";

/** A scene on the stage: the newest preview of a job; before there is one, its material with the place of the hole. */
export class Running {
  /** @param {import("./stage.js").Stage} stage */
  constructor(stage) {
    this.stage = stage;
    this.width = 1;
    this.height = 1;
    /** @type {any} */
    this.job = null;
    this._shown = "";
    /** @type {ImageBitmap | null} */
    this._picture = null;
    this._box = false;
  }

  /**
   * Show a job as it is now.
   * @param {any} job
   */
  async open(job) {
    this.job = job;
    this._say(job);
    const wanted = `${job.id} ${job.preview}`;
    if (this._shown === wanted) return;
    if (!this._shown.startsWith(job.id)) this._picture = null;
    this._shown = wanted;
    try {
      const material = await materialOf(job.material);
      const picture = job.preview ? await previewPicture(job.id, job.preview) : await mapPicture({ material: material.id }, bestMap(material), LOOK);
      if (this._shown !== wanted) return;
      this._picture = picture;
      this._box = !job.preview && ["hole", "tile"].includes(kindOf(job.request)); // else it lies on another canvas
      [this.width, this.height] = job.preview ? [picture.width, picture.height] : [material.width, material.height];
      if (this.stage.scene === this) this.stage.show(this);
    } catch {
      this._shown = `${job.id} `; // there will be another; that the service is away shows elsewhere
    }
  }

  /**
   * @param {CanvasRenderingContext2D} pen
   * @param {import("./stage.js").Stage} stage
   */
  draw(pen, stage) {
    if (!this._picture) return;
    stage.picture(this._picture, this._picture.width);
    if (!this._box) return;
    const { view } = stage;
    const [top, left, height, width] = this.job.hole.box;
    pen.strokeStyle = LINE;
    pen.lineWidth = 2 * devicePixelRatio;
    pen.strokeRect(view.x + left * view.scale, view.y + top * view.scale, width * view.scale, height * view.scale);
  }

  /** @param {any} job */
  _say(job) {
    const active = job.state === "running" || job.state === "cancelling";
    const part = job.state === "running" ? job.progress?.fraction : undefined;
    byId("running-state").dataset.state = job.state;
    say(byId("running-state"), STATES[/** @type {keyof typeof STATES} */ (job.state)]);
    say(byId("running-said"), standing(job));
    say(byId("running-part"), part === undefined ? "" : share(part));
    const bar = byId("running-bar");
    bar.hidden = !active;
    if (part === undefined) bar.removeAttribute("value");
    else bar.value = part;
    const notes = job.hole.notes.map((/** @type {any} */ said) => make("li", {}, sentence(said)));
    byId("running-notes").replaceChildren(...notes);
  }
}
