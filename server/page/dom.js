/** @file Elements, found and made. Text that comes from elsewhere is only ever set as text. */

/**
 * Return the element of an id, which is in the page.
 * @param {string} id
 * @returns {any}
 */
export function byId(id) {
  return document.getElementById(id);
}

/**
 * Make an element.
 * @param {string} tag
 * @param {Record<string, any>} [with_] properties; those with a hyphen, and `role` and `for`, are attributes; an `on…`
 *     is listened for.
 * @param {...(Node | string | null | undefined)} inside
 * @returns {any}
 */
export function make(tag, with_ = {}, ...inside) {
  /** @type {any} */
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(with_)) {
    if (value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name.includes("-") || name === "role" || name === "for") element.setAttribute(name, String(value));
    else if (name === "class") element.className = value;
    else element[name] = value;
  }
  element.append(...inside.filter((part) => part !== null && part !== undefined));
  return element;
}

/**
 * Put text into an element, but only if it is another: what is read aloud should not be repeated.
 * @param {Element} element
 * @param {string} text
 */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
