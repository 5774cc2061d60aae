/** @file The material and its maps, with thumbnails; one map is chosen to be looked at. */

import { byId, make, say } from "./dom.js";
import { mapPicture } from "./pictures.js";
import { sentence, title } from "./words.js";

const THUMB = 128;

/** Tells `choose`. */
export class Maps extends EventTarget {
  constructor() {
    super();
    this.chosen = "";
    this._list = byId("maps");
    this._shown = "";
    this._list.addEventListener("change", (/** @type {any} */ event) => {
      this.chosen = event.target.value;
      this.dispatchEvent(new Event("choose"));
    });
  }

  /**
   * Show the maps of a material.
   * @param {any} material
   * @param {string} chosen
   */
  show(material, chosen) {
    this.chosen = chosen;
    if (this._shown !== material.id) this._build(material);
    for (const input of this._list.querySelectorAll("input")) input.checked = input.value === chosen;
  }

  /** @param {any} material */
  _build(material) {
    this._shown = material.id;
    say(byId("material-name"), material.name);
    say(byId("material-size"), `${material.width} × ${material.height}`);
    const items = Object.entries(material.maps).map(([name, map]) => this._item(material, name, map));
    this._list.replaceChildren(...items);
    const remarks = [...material.warnings, ...material.notes].map((said) => make("li", {}, sentence(said)));
    byId("material-remarks").replaceChildren(...remarks);
    byId("material").hidden = false;
  }

  /**
   * @param {any} material
   * @param {string} name
   * @param {any} map
   */
  _item(material, name, map) {
    const canvas = make("canvas", { width: THUMB, height: THUMB, "aria-hidden": "true" });
    const facts = `${map.channels === 1 ? "grey" : `${map.channels} channels`}, ${map.bits} bits${map.width === material.width ? "" : `, ${map.width} × ${map.height}`}`;
    const words = make("span", { class: "words" }, make("b", {}, title(name)), make("small", {}, facts), make("small", { class: "file" }, map.files.join(", ")));
    const tooltip = `${map.files.join(", ")}: ${facts}`;
    mapPicture({ material: material.id }, name, THUMB).then(
      (picture) => {
        const scale = THUMB / Math.max(picture.width, picture.height);
        const [width, height] = [picture.width * scale, picture.height * scale];
        canvas.getContext("2d").drawImage(picture, (THUMB - width) / 2, (THUMB - height) / 2, width, height);
        canvas.dataset.drawn = "yes";
      },
      () => {}, // the name alone will do; what is wrong with the service shows elsewhere
    );
    return make("label", { class: "map", title: tooltip }, make("input", { type: "radio", name: "map", value: name }), canvas, words);
  }
}
