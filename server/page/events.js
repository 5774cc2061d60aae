/** @file What happens to a job, as the service tells it: server-sent events over fetch, which can send the token. */

import { Problem, reportLost, send, whenBack } from "./api.js";

const SILENCE = 30_000;
const PAUSE = 500;

/**
 * Follow a job to its end. A broken connection is made anew and goes on behind the last event.
 * @param {string} job
 * @param {(kind: string, data: any) => void} onEvent
 * @param {AbortSignal} signal ends it early
 * @returns {Promise<void>} settled when the job has ended, is gone, or may not be followed
 */
export async function follow(job, onEvent, signal) {
  let last = 0;
  let ended = false;
  while (!signal.aborted && !ended) {
    try {
      await listen(job, last, signal, (event) => {
        last = Math.max(last, event.seq);
        onEvent(event.kind, event.data);
        if (event.kind === "state") ended = ["done", "failed", "cancelled", "interrupted"].includes(event.data.state);
      });
    } catch (error) {
      if (signal.aborted || (error instanceof Problem && error.status >= 400 && error.status < 500)) return;
      reportLost();
    }
    await whenBack();
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

/**
 * @param {string} job
 * @param {number} last
 * @param {AbortSignal} signal
 * @param {(event: {seq: number, kind: string, data: any}) => void} onEvent
 */
async function listen(job, last, signal, onEvent) {
  const silent = new AbortController();
  const stop = () => silent.abort();
  signal.addEventListener("abort", stop);
  let alarm = setTimeout(stop, SILENCE);
  try {
    const headers = { accept: "text/event-stream", "last-event-id": String(last) };
    const answer = await send("GET", `/v1/jobs/${job}/events`, { headers, signal: silent.signal });
    const reader = /** @type {ReadableStream<Uint8Array>} */ (answer.body).getReader();
    const decoder = new TextDecoder();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(alarm);
      alarm = setTimeout(stop, SILENCE);
      const parts = (rest + decoder.decode(value, { stream: true })).split("\n\n");
      rest = parts.pop() ?? "";
      for (const part of parts) {
        const event = parsed(part);
        if (event) onEvent(event);
      }
    }
  } finally {
    clearTimeout(alarm);
    signal.removeEventListener("abort", stop);
  }
}

/**
 * @param {string} text one event, or a comment
 * @returns {{seq: number, kind: string, data: any} | null}
 */
function parsed(text) {
  /** @type {Record<string, string>} */
  const fields = {};
  for (const line of text.split("\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) fields[line.slice(0, colon)] = line.slice(colon + 1).trimStart();
  }
  if (!fields.data) return null;
  return { seq: Number(fields.id ?? 0), kind: fields.event ?? "message", data: JSON.parse(fields.data) };
}
