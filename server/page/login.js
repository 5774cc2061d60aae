/** @file The token, taken from the fragment of the address or from a field. */

import { Problem, ask, connection, hasToken, setToken } from "./api.js";
import { byId, say } from "./dom.js";

/** @returns {boolean} whether the address brought a token, which is then no longer part of it */
function fromAddress() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given === null) return false;
  history.replaceState(null, "", location.pathname);
  setToken(given);
  return true;
}

/**
 * Have a token that the service knows.
 * @param {() => void} onIn called each time when the page is let in
 */
export function logIn(onIn) {
  const dialog = byId("login");
  const field = byId("token");

  const locked = (/** @type {string} */ text) => {
    say(byId("login-said"), text);
    if (!dialog.open) dialog.showModal();
    field.focus();
  };
  const check = async () => {
    if (!hasToken()) return locked("");
    try {
      await ask("GET", "/v1/jobs?count=1");
    } catch (error) {
      // 401 has said so already; no answer shows in the head of the page, and is tried again when there is one
      if (!(error instanceof Problem) || (error.status !== 401 && error.status !== 0)) locked(String(error));
      return undefined;
    }
    field.value = "";
    dialog.close();
    onIn();
    return undefined;
  };

  connection.addEventListener("locked", () => {
    const wrong = hasToken();
    setToken(null);
    if (wrong) locked("That is not the token of this service. It has a new one each time it starts.");
    else if (!dialog.open) locked("");
  });
  connection.addEventListener("back", check);
  dialog.addEventListener("cancel", (/** @type {Event} */ event) => event.preventDefault());
  byId("login-form").addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    const token = field.value.trim().replace(/^.*#token=/, ""); // the whole address will do
    if (!/^[!-~]+$/.test(token)) return locked("A token has only letters, digits and signs; svbrdf serve prints it.");
    setToken(token);
    return check();
  });
  byId("leave").addEventListener("click", () => {
    setToken(null);
    location.reload();
  });
  window.addEventListener("hashchange", () => fromAddress() && check());
  fromAddress();
  check();
}
