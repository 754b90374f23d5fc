// What all pages made with Preact have in common: header, title, help page, keys.

import { $, h } from "./dom.js";
import { showHeader } from "./header.js";
import { fillHelp, listen } from "./keys.js";
import { KEYS } from "./strings.js";

/** `name` is the page's name in the header, or empty; `keys` as for `listen`; `help` is a paragraph. */
export function startPage({ name, title, help, keys }) {
  showHeader(name);
  titled(title);
  const all = [...keys, [["?"], KEYS.help, () => $("help").showModal()]];
  fillHelp($("help"), all, { before: help });
  listen(all);
  $("of-page").replaceChildren(h("button", { type: "button", id: "help-button", click: () => $("help").showModal() },
    KEYS.button, " ", h("kbd", { "aria-hidden": "true" }, "?")));
}

export function titled(title) {
  document.title = `${title} · remix`;
}

/** Focus the next link or button of the page, or the previous if `by` is -1. */
export function moveFocus(by) {
  const all = [...$("page").querySelectorAll("a, button, summary")].filter((each) => each.getClientRects().length);
  const at = all.indexOf(document.activeElement);
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.max(0, Math.min(all.length - 1, at + by))];
  next?.focus();
}

/** Call a function at most once in so many milliseconds, and at the end once more. */
export function atPace(milliseconds, work) {
  let timer = null;
  let isAsked = false;
  const run = async () => {
    isAsked = false;
    timer = setTimeout(() => {
      timer = null;
      if (isAsked) run();
    }, milliseconds);
    await work();
  };
  return () => {
    isAsked = true;
    if (timer === null) run();
  };
}
