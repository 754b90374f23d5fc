// The keyboard: actions by key, and the help page.

import { h } from "./dom.js";

/** Whether keys are text here. */
const isWriting = (target) => target.closest?.("textarea, input:not([type=checkbox]), select, [contenteditable]");

const MOVES = new Set(["j", "k", "ArrowDown", "ArrowUp"]);

/** `keys` is a list of [keys, description, action]; keys are values of `KeyboardEvent.key`. */
export function listen(keys) {
  const actions = new Map(keys.flatMap(([names, , action]) => names.map((name) => [name, action])));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (isWriting(event.target)) return;
    const action = actions.get(event.key);
    if (!action) return;
    event.preventDefault();
    // A key held down moves on and on, but gives a verdict only once.
    if (!event.repeat || MOVES.has(event.key)) action(event.key);
  });
}

const SIGNS = { ArrowDown: "↓", ArrowUp: "↑", Escape: "Esc" };

export function fillHelp(dialog, keys) {
  dialog.replaceChildren(
    h("h2", { id: "help-title" }, "Keys"),
    h("p", null, "Read each text beside its passage, and decide whether to keep the text. Every verdict, note and edit is stored at once in the run’s folder. Nothing is ever deleted, and you can withdraw each verdict, note and edit."),
    h("dl", null, keys.filter(([, about]) => about).map(([names, about]) =>
      h("div", null, h("dt", null, short(names).map((name) => h("kbd", null, SIGNS[name] ?? name))), h("dd", null, about)))),
    h("p", null, "Words on a shaded ground were uncertain, like a choice among 20, 50 or 150 equally likely tokens. Hover over a word to see the alternatives for each token."),
    h("form", { method: "dialog" }, h("button", null, "Close")));
}

const short = (names) => (names.length > 4 ? [`${names[0]} – ${names.at(-1)}`] : names);
