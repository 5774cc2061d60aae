/** @file Questions before something is thrown away, and sentences about what went wrong. */

import { byId, make } from "./dom.js";

const SHOWN = 12_000;

/**
 * Ask before doing something that cannot be undone.
 * @param {string} question
 * @param {string} yes what the button that does it says
 * @returns {Promise<boolean>}
 */
export function confirmed(question, yes) {
  const dialog = byId("question");
  byId("question-text").textContent = question;
  byId("question-yes").textContent = yes;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

/** Make the buttons of the question answer it, and let nothing be lost that is said over a dialog. */
export function prepareDialogs() {
  for (const dialog of document.querySelectorAll("dialog")) {
    dialog.addEventListener("close", () => document.body.append(byId("notes")));
  }
  for (const button of byId("question").querySelectorAll("button")) {
    button.addEventListener("click", () => byId("question").close(button.value));
  }
}

/**
 * Say something in the corner: what went wrong, or what was done.
 * @param {string} text
 * @param {"error" | "done"} [kind]
 */
export function tell(text, kind = "error") {
  const note = make("div", { class: `note ${kind}`, role: kind === "error" ? "alert" : "status" }, make("p", {}, text));
  note.append(make("button", { class: "plain", "aria-label": "Close", onclick: () => note.remove() }, "×"));
  const notes = byId("notes");
  [...document.querySelectorAll("dialog[open]")].at(-1)?.append(notes); // what is outside of it cannot be reached
  notes.append(note);
  setTimeout(() => note.remove(), SHOWN);
}

/**
 * Do something that a person asked for, and say so if it fails.
 * @param {() => Promise<void>} action
 */
export async function tried(action) {
  try {
    await action();
  } catch (error) {
    tell(error instanceof Error ? error.message : String(error));
  }
}
