/** @file Files of a drop or a picker: those that can be one material, and what they are called. */

import { counted } from "./words.js";

const FORBIDDEN = /[/\\:*?"<>|\p{Cc}]/gu;
const LONGEST = 100;

/**
 * Files that were given together.
 * @typedef {{name: string, files: File[], remark: string}} Folder
 */

/**
 * Return the files of a drop with their paths. To be called at once: a drop is gone when its event is over.
 * @param {DataTransfer} data
 * @returns {Promise<{path: string, file: File}[]>}
 */
export async function dropped(data) {
  const entries = Array.from(data.items, (item) => item.webkitGetAsEntry?.()).filter((entry) => entry !== null);
  if (!entries.length) return Array.from(data.files, (file) => ({ path: file.name, file }));
  const found = await Promise.all(entries.map((entry) => within(/** @type {FileSystemEntry} */ (entry), "")));
  return found.flat();
}

/**
 * Return the files of a picker with their paths.
 * @param {FileList} list
 * @returns {{path: string, file: File}[]}
 */
export function picked(list) {
  return Array.from(list, (file) => ({ path: file.webkitRelativePath || file.name, file }));
}

/**
 * Return the one folder of images among files.
 * @param {{path: string, file: File}[]} given
 * @param {string[]} endings of images
 * @returns {Folder}
 * @throws {Error} there is none, or more than one
 */
export function folderOf(given, endings) {
  const images = given.filter(({ path }) => endings.some((ending) => path.toLowerCase().endsWith(ending)));
  if (!images.length) throw new Error(`There are no images in that. A map is a file with one of these endings: ${endings.join(" ")}.`);
  /** @type {Map<string, File[]>} */
  const folders = new Map();
  for (const { path, file } of images) {
    const folder = path.split("/").slice(0, -1).join("/");
    folders.set(folder, [...(folders.get(folder) ?? []), file]);
  }
  const depth = Math.min(...Array.from(folders.keys(), depthOf));
  const top = Array.from(folders.keys()).filter((folder) => depthOf(folder) === depth);
  if (top.length > 1) {
    const names = top.sort().slice(0, 4).map((folder) => folder.split("/").pop());
    throw new Error(`There are maps in ${counted(top.length, "folder")} (${names.join(", ")}${top.length > 4 ? ", …" : ""}). Drop one of them.`);
  }
  const files = folders.get(top[0]) ?? [];
  const deeper = images.length - files.length;
  const remark = deeper ? `${counted(deeper, "image")} in folders inside that folder ${deeper === 1 ? "was" : "were"} left out.` : "";
  return { name: named(top[0], files), files, remark };
}

/** @param {string} folder */
function depthOf(folder) {
  return folder === "" ? 0 : folder.split("/").length;
}

/**
 * @param {string} folder
 * @param {File[]} files
 * @returns {string} what their material is called
 */
function named(folder, files) {
  const names = files.map((file) => file.name.replace(/\.[^.]*$/, ""));
  let common = names[0];
  while (!names.every((name) => name.startsWith(common))) common = common.slice(0, -1);
  const text = folder.split("/").pop() || (files.length > 1 ? common : "");
  const safe = text.replace(FORBIDDEN, "_").slice(0, LONGEST).replace(/^[\s~._-]+|[\s._-]+$/g, "");
  return safe || "material";
}

/**
 * @param {FileSystemEntry} entry
 * @param {string} folder
 * @returns {Promise<{path: string, file: File}[]>}
 */
async function within(entry, folder) {
  const path = folder + entry.name;
  if (entry.isFile) {
    const one = /** @type {FileSystemFileEntry} */ (entry);
    return [{ path, file: await new Promise((resolve, reject) => one.file(resolve, reject)) }];
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  const found = [];
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)); // at most 100 at a time
    if (!some.length) return (await Promise.all(found.map((inner) => within(inner, `${path}/`)))).flat();
    found.push(...some);
  }
}
