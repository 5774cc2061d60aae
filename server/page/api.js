/** @file Requests to the service: the token, errors as sentences, and whether the service can be reached. */

import { sentence } from "./words.js";

const KEY = "svbrdf-token";
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 4000;

/** What the service, or its absence, says is wrong. */
export class Problem extends Error {
  /**
   * @param {string} detail a sentence for people
   * @param {number} status of HTTP, 0 if there was no answer
   * @param {string} kind a short name
   * @param {any} more the whole problem
   */
  constructor(detail, status, kind, more = {}) {
    super(detail);
    this.status = status;
    this.kind = kind;
    this.more = more;
  }
}

/**
 * Tells `lost` (the service does not answer), `back` (it does again) and `locked` (it asks for another token).
 */
export const connection = new EventTarget();
let lost = false;

/** @returns {boolean} whether there is a token to try */
export function hasToken() {
  return sessionStorage.getItem(KEY) !== null;
}

/** @param {string | null} token kept until the tab is closed; null forgets it */
export function setToken(token) {
  if (token === null) sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, token);
}

/** @returns {Record<string, string>} the header that lets a request in */
export function authorization() {
  return { authorization: `Bearer ${sessionStorage.getItem(KEY) ?? ""}` };
}

/**
 * Send a request.
 * @param {string} method
 * @param {string} path
 * @param {{json?: any, headers?: Record<string, string>, signal?: AbortSignal}} [options]
 * @returns {Promise<Response>} of a success
 * @throws {Problem}
 */
export async function send(method, path, { json, headers = {}, signal } = {}) {
  const body = json === undefined ? undefined : JSON.stringify(json);
  /** @type {Record<string, string>} */
  const kind = body === undefined ? {} : { "content-type": "application/json" };
  /** @type {Response} */
  let answer;
  try {
    answer = await fetch(path, { method, body, signal, headers: { ...authorization(), ...kind, ...headers } });
  } catch (error) {
    if (signal?.aborted) throw error;
    reportLost();
    throw noAnswer();
  }
  if (answer.ok) return answer;
  throw await problemOf(answer);
}

/**
 * Send a request and return the JSON that comes back.
 * @param {string} method
 * @param {string} path
 * @param {any} [json]
 * @param {Record<string, string>} [headers]
 * @returns {Promise<any>}
 */
export async function ask(method, path, json, headers) {
  return (await send(method, path, { json, headers })).json();
}

/**
 * Send what makes something new. Under its key it may be sent again when the answer is lost.
 * @param {string} path
 * @param {any} json
 * @returns {Promise<any>}
 */
export async function submit(path, json) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const key = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  try {
    return await ask("POST", path, json, { "idempotency-key": key });
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 0) throw error;
    await whenBack();
    return ask("POST", path, json, { "idempotency-key": key });
  }
}

/**
 * Send a file.
 * @param {string} path
 * @param {Blob} blob
 * @param {(bytes: number) => void} onSent told how many bytes have left
 * @returns {Promise<void>}
 */
export function put(path, blob, onSent) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch cannot tell how far an upload is
    request.open("PUT", path);
    request.setRequestHeader("authorization", authorization().authorization);
    request.setRequestHeader("content-type", "application/octet-stream");
    request.upload.onprogress = (event) => onSent(event.loaded);
    request.onload = () => {
      if (request.status < 300) resolve();
      else reject(problemIn(request.status, request.responseText));
    };
    request.onerror = () => {
      reportLost();
      reject(noAnswer());
    };
    request.send(blob);
  });
}

/** @returns {Promise<void>} settled when the service answers */
export function whenBack() {
  if (!lost) return Promise.resolve();
  return new Promise((resolve) => connection.addEventListener("back", () => resolve(), { once: true }));
}

/** Say that the service did not answer, and ask until it does. */
export function reportLost() {
  if (lost) return;
  lost = true;
  connection.dispatchEvent(new Event("lost"));
  heal(FIRST_PAUSE);
}

/**
 * @param {Response} answer
 * @returns {Promise<Problem>}
 */
export async function problemOf(answer) {
  return problemIn(answer.status, await answer.text());
}

/**
 * @param {number} status
 * @param {string} text
 * @returns {Problem}
 */
function problemIn(status, text) {
  if (status === 401) connection.dispatchEvent(new Event("locked"));
  try {
    const found = JSON.parse(text);
    return new Problem(found.sentence ? sentence(found.sentence) : String(found.detail), status, String(found.type).split(":").pop() ?? "", found);
  } catch {
    return new Problem(`The service answered in a way that this page does not understand (${status}).`, status, "");
  }
}

function noAnswer() {
  return new Problem("The service does not answer.", 0, "no-answer");
}

/** @param {number} pause until the service is asked again, in milliseconds */
function heal(pause) {
  setTimeout(async () => {
    try {
      if ((await fetch("/v1/health")).ok) {
        lost = false;
        connection.dispatchEvent(new Event("back"));
        return;
      }
    } catch {
      // it is still away
    }
    heal(Math.min(LONGEST_PAUSE, pause * 1.5));
  }, pause);
}
