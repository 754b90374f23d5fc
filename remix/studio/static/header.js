// The header of all pages: links to the other pages, also by `g` and a key.

import { $, h } from "./dom.js";
import { isWriting } from "./keys.js";
import { HEADER } from "./strings.js";

/** Name, address and key. */
const PAGES = [["home", "./", "h"], ["write", "write", "w"], ["desk", "desk", "d"], ["drafts", "drafts", "r"], ["templates", "templates", "t"]];
const PATIENCE = 1500; // milliseconds between `g` and the next key

/** Show the links; `current` is the name of the page. */
export function showHeader(current) {
  $("pages").setAttribute("aria-label", HEADER.label);
  $("pages").replaceChildren(...PAGES.map(([name, address, key]) =>
    h("a", { href: address, "aria-current": name === current ? "page" : null, "aria-keyshortcuts": `g ${key}` }, HEADER[name])));
}

let began = -Infinity; // when `g` was pressed

// Before the page's own keys: the key after `g` means a page and nothing else.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target) || document.querySelector("dialog[open]")) return;
  const page = event.timeStamp - began < PATIENCE && PAGES.find(([, , key]) => key === event.key);
  began = event.key === "g" ? event.timeStamp : -Infinity;
  if (page) location.assign(page[1]);
  if (page || event.key === "g") {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}, { capture: true });
