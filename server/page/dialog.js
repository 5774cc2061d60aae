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

/** Make the buttons of the question answer it. */
export function prepareDialogs() {
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
  byId("notes").append(note);
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
