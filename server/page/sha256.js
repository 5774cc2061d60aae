/**
 * @file SHA-256 of files. Browsers offer it only to pages that come from this machine or over TLS; for a service in the
 * next room it is computed here (FIPS 180-4).
 */

const PIECE = 4 * 2 ** 20;
const WHOLE = 256 * 2 ** 20;
const K = new Uint32Array(64);
const START = new Uint32Array(8);

/** The constants are the first 32 bits of the fractional parts of roots of the first primes. */
{
  const exact = (/** @type {number} */ prime, /** @type {bigint} */ power) => {
    const wanted = BigInt(prime) << (32n * power);
    let low = 0n;
    let high = 1n << 40n;
    while (high - low > 1n) {
      const middle = (low + high) >> 1n;
      if (middle ** power <= wanted) low = middle;
      else high = middle;
    }
    return Number(low & 0xffffffffn);
  };
  for (let number = 2, count = 0; count < 64; number += 1) {
    let prime = true;
    for (let other = 2; other * other <= number; other += 1) prime &&= number % other !== 0;
    if (!prime) continue;
    K[count] = exact(number, 3n);
    if (count < 8) START[count] = exact(number, 2n);
    count += 1;
  }
}

/** A digest in the making. */
export class Sha256 {
  constructor() {
    this._state = START.slice();
    this._block = new Uint8Array(64);
    this._words = new Uint32Array(64);
    this._held = 0;
    this._length = 0;
  }

  /** @param {Uint8Array} bytes */
  update(bytes) {
    this._length += bytes.length;
    let at = 0;
    if (this._held) {
      at = Math.min(64 - this._held, bytes.length);
      this._block.set(bytes.subarray(0, at), this._held);
      this._held += at;
      if (this._held < 64) return;
      this._take(this._block, 0);
      this._held = 0;
    }
    for (; at + 64 <= bytes.length; at += 64) this._take(bytes, at);
    this._block.set(bytes.subarray(at));
    this._held = bytes.length - at;
  }

  /** @returns {string} the digest in small hexadecimal digits; nothing may be added after it */
  digest() {
    const length = this._length;
    const end = new Uint8Array(((this._held + 8) >> 6 ? 128 : 64) - this._held);
    end[0] = 0x80;
    const view = new DataView(end.buffer);
    view.setUint32(end.length - 8, Math.floor(length / 2 ** 29));
    view.setUint32(end.length - 4, (length * 8) % 2 ** 32);
    this.update(end);
    return Array.from(this._state, (word) => word.toString(16).padStart(8, "0")).join("");
  }

  /**
   * @param {Uint8Array} bytes
   * @param {number} at
   */
  _take(bytes, at) {
    const w = this._words;
    for (let i = 0, j = at; i < 16; i += 1, j += 4) {
      w[i] = (bytes[j] << 24) | (bytes[j + 1] << 16) | (bytes[j + 2] << 8) | bytes[j + 3];
    }
    for (let i = 16; i < 64; i += 1) {
      const a = w[i - 15];
      const b = w[i - 2];
      const s0 = ((a >>> 7) | (a << 25)) ^ ((a >>> 18) | (a << 14)) ^ (a >>> 3);
      const s1 = ((b >>> 17) | (b << 15)) ^ ((b >>> 19) | (b << 13)) ^ (b >>> 10);
      w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
    }
    let [a, b, c, d, e, f, g, h] = this._state;
    for (let i = 0; i < 64; i += 1) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const one = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const two = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + one) | 0;
      d = c;
      c = b;
      b = a;
      a = (one + two) | 0;
    }
    [a, b, c, d, e, f, g, h].forEach((word, i) => {
      this._state[i] += word;
    });
  }
}

/**
 * Return the SHA-256 of a file.
 * @param {Blob} blob
 * @returns {Promise<string>} in small hexadecimal digits
 */
export async function digestOf(blob) {
  if (globalThis.crypto?.subtle && blob.size <= WHOLE) {
    const found = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
    return Array.from(new Uint8Array(found), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
  const made = new Sha256();
  for (let at = 0; at < blob.size; at += PIECE) {
    made.update(new Uint8Array(await blob.slice(at, at + PIECE).arrayBuffer()));
  }
  return made.digest();
}
