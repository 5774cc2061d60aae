/** @file Uploads to the service of the files that it does not have yet, several at once. */

import { Problem, ask, put } from "./api.js";
import { digestOf } from "./sha256.js";

const AT_ONCE = 3;

/**
 * How far it is: what is done now, and how much of it.
 * @typedef {(doing: "Reading" | "Sending" | "Looking at the maps", part: number) => void} ReportProgress
 */

/**
 * Make a material of files.
 * @param {string} name what it is called
 * @param {File[]} files
 * @param {any} source how they are to be understood
 * @param {ReportProgress} report
 * @returns {Promise<any>} the material as the service sees it
 */
export async function uploadMaterial(name, files, source, report) {
  const total = files.reduce((sum, file) => sum + file.size, 0) || 1;
  let read = 0;
  /** @type {Map<string, File>} */
  const byDigest = new Map();
  const named = [];
  report("Reading", 0);
  for (const file of files) {
    const digest = await digestOf(file);
    byDigest.set(digest, file);
    named.push({ name: file.name, file: digest });
    read += file.size;
    report("Reading", read / total);
  }
  const wanted = { name, files: named, source };
  report("Looking at the maps", 0);
  try {
    return await ask("POST", "/v1/materials", wanted);
  } catch (error) {
    if (!(error instanceof Problem) || error.kind !== "missing") throw error;
    await sendAll(error.more.missing.map((/** @type {string} */ digest) => [digest, byDigest.get(digest)]), report);
  }
  report("Looking at the maps", 1);
  return ask("POST", "/v1/materials", wanted);
}

/**
 * Send one file.
 * @param {Blob} blob
 * @returns {Promise<string>} its digest, by which it may be named
 */
export async function uploadFile(blob) {
  const digest = await digestOf(blob);
  await put(`/v1/files/${digest}`, blob, () => {});
  return digest;
}

/**
 * @param {[string, File][]} files
 * @param {ReportProgress} report
 */
async function sendAll(files, report) {
  const total = files.reduce((sum, [, file]) => sum + file.size, 0) || 1;
  const sent = new Map();
  const waiting = [...files];
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [digest, file] = next;
      await put(`/v1/files/${digest}`, file, (bytes) => {
        sent.set(digest, Math.min(bytes, file.size));
        report("Sending", [...sent.values()].reduce((sum, part) => sum + part, 0) / total);
      });
    }
  };
  report("Sending", 0);
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
