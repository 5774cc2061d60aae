/** @file What the service knows of materials, asked once each: a material never changes. */

import { ask } from "./api.js";

/** @type {Map<string, Promise<any>>} */
const known = new Map();

/**
 * @param {string} id
 * @returns {Promise<any>}
 */
export function materialOf(id) {
  const found = known.get(id) ?? ask("GET", `/v1/materials/${id}`);
  known.set(id, found);
  found.catch(() => known.delete(id));
  return found;
}

/**
 * @param {any} material
 * @returns {string} the map that shows most
 */
export function bestMap(material) {
  return ["basecolor", "diffuse"].find((name) => name in material.maps) ?? Object.keys(material.maps)[0];
}
