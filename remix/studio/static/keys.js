// The keyboard: actions by key, and the help page.

import { h } from "./dom.js";
import { KEYS } from "./strings.js";

/** Whether keys are text here. */
export const isWriting = (target) => target.closest?.("textarea, input:not([type=checkbox]), select, [contenteditable]");

/** Whether Enter means the focused control itself. */
const isControl = (target) => target.closest?.("a, button, summary");

const MOVES = new Set(["j", "k", "ArrowDown", "ArrowUp"]);

/** `keys` is a list of [keys, description, action]; keys are values of `KeyboardEvent.key`. */
export function listen(keys) {
  const actions = new Map(keys.flatMap(([names, , action]) => names.map((name) => [name, action])));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (isWriting(event.target) || (event.key === "Enter" && isControl(event.target))) return;
    const action = actions.get(event.key);
    if (!action) return;
    event.preventDefault();
    // A key held down moves on and on, but gives a verdict only once.
    if (!event.repeat || MOVES.has(event.key)) action(event.key);
  });
}

const SIGNS = { ArrowDown: "↓", ArrowUp: "↑", Escape: "Esc" };

/** The help page: `before` and `after` are paragraphs around the list of keys. */
export function fillHelp(dialog, keys, { before, after = "" }) {
  dialog.replaceChildren(
    h("h2", { id: "help-title" }, KEYS.title),
    h("p", null, before),
    h("dl", null, [...keys, ...KEYS.everywhere].filter(([, about]) => about).map(([names, about]) =>
      h("div", null, h("dt", null, short(names).map((name) => h("kbd", null, SIGNS[name] ?? name))), h("dd", null, about)))),
    after && h("p", null, after),
    h("form", { method: "dialog" }, h("button", null, KEYS.close)));
}

const short = (names) => (names.length > 4 ? [`${names[0]} – ${names.at(-1)}`] : names);
