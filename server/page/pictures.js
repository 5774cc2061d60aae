/** @file Pictures of maps and renders, fetched once and kept for a while. */

import { send } from "./api.js";

const KEPT = 40;
/** Longest side of a picture to look at as a whole, and of one to look at closely. */
export const LOOK = 2048;
export const CLOSE = 4096;

/** @type {Map<string, Promise<ImageBitmap>>} */
const kept = new Map();

/**
 * What has maps: a material, or one result of a job.
 * @typedef {{material: string} | {job: string, variation: number}} Source
 */

/**
 * Return a picture of a map.
 * @param {Source} source
 * @param {string} map
 * @param {number} size longest side
 * @returns {Promise<ImageBitmap>}
 */
export function mapPicture(source, map, size) {
  const name = encodeURIComponent(map);
  const path =
    "job" in source
      ? `/v1/jobs/${source.job}/maps/${name}?variation=${source.variation}&size=${size}`
      : `/v1/materials/${source.material}/maps/${name}?size=${size}`;
  return remembered(path, () => send("GET", path));
}

/**
 * Return a picture of a material under a light.
 * @param {Source} source
 * @param {{light: string, shape: string, size: number, turn: number}} look
 * @returns {Promise<ImageBitmap>}
 */
export function render(source, look) {
  const wanted = { ...source, ...look };
  return remembered(JSON.stringify(wanted), () => send("POST", "/v1/render", { json: wanted }));
}

/**
 * Return the newest preview of a job.
 * @param {string} job
 * @param {number} number of the preview
 * @returns {Promise<ImageBitmap>}
 */
export function previewPicture(job, number) {
  return remembered(`preview ${job} ${number}`, () => send("GET", `/v1/jobs/${job}/preview`));
}

/**
 * @param {string} key
 * @param {() => Promise<Response>} fetched
 * @returns {Promise<ImageBitmap>}
 */
function remembered(key, fetched) {
  const known = kept.get(key);
  kept.delete(key);
  const made = known ?? fetched().then(async (answer) => createImageBitmap(await answer.blob()));
  kept.set(key, made); // the last that was asked for is the last to go
  if (kept.size > KEPT) kept.delete(/** @type {string} */ (kept.keys().next().value));
  made.catch(() => kept.delete(key));
  return made;
}
