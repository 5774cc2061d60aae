/** @file A ZIP archive of files as they are (stored, not packed: pictures are packed already). */

const TABLE = new Uint32Array(256);
for (let n = 0; n < 256; n += 1) {
  let c = n;
  for (let k = 0; k < 8; k += 1) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  TABLE[n] = c;
}
const UTF8 = 0x0800;
const MOST = 0xffffffff;

/**
 * Return an archive.
 * @param {{name: string, blob: Blob}[]} files
 * @returns {Promise<Blob>}
 * @throws {RangeError} together they are more than 4 GB, which the format cannot hold
 */
export async function zipped(files) {
  const parts = [];
  const index = [];
  let offset = 0;
  for (const { name, blob } of files) {
    const title = new TextEncoder().encode(name);
    const check = crc(new Uint8Array(await blob.arrayBuffer()));
    // version 2.0, names in UTF-8, stored, 1 January 1980
    const common = [[2, 20], [2, UTF8], [2, 0], [2, 0], [2, 0x21], [4, check], [4, blob.size], [4, blob.size], [2, title.length], [2, 0]];
    parts.push(record([[4, 0x04034b50], ...common]), title, blob);
    index.push(record([[4, 0x02014b50], [2, 20], ...common, [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]]), title);
    offset += 30 + title.length + blob.size;
  }
  const indexed = index.reduce((sum, part) => sum + part.length, 0);
  if (offset + indexed > MOST) throw new RangeError("The files are too large for one archive; fetch them one by one.");
  const end = record([[4, 0x06054b50], [2, 0], [2, 0], [2, files.length], [2, files.length], [4, indexed], [4, offset], [2, 0]]);
  return new Blob([...parts, ...index, end], { type: "application/zip" });
}

/**
 * @param {number[][]} fields bytes and value of each
 * @returns {Uint8Array<ArrayBuffer>}
 */
function record(fields) {
  const made = new DataView(new ArrayBuffer(fields.reduce((sum, [width]) => sum + width, 0)));
  let at = 0;
  for (const [width, value] of fields) {
    if (width === 2) made.setUint16(at, value, true);
    else made.setUint32(at, value, true);
    at += width;
  }
  return new Uint8Array(made.buffer);
}

/**
 * @param {Uint8Array} bytes
 * @returns {number}
 */
function crc(bytes) {
  let c = 0xffffffff;
  for (let i = 0; i < bytes.length; i += 1) c = TABLE[(c ^ bytes[i]) & 255] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}
