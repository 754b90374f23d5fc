// The keyboard: which key does what, and the page that says so.

import { h } from "./dom.js";

/** Where letters are letters. */
const isWriting = (target) => target.closest?.("textarea, input:not([type=checkbox]), select, [contenteditable]");

const MOVES = new Set(["j", "k", "ArrowDown", "ArrowUp"]);

/** `keys` is a list of [keys, what they do in words, what is done]; the keys are as `KeyboardEvent.key` has them. */
export function listen(keys) {
  const actions = new Map(keys.flatMap(([names, , action]) => names.map((name) => [name, action])));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (isWriting(event.target)) return;
    const action = actions.get(event.key);
    if (!action) return;
    event.preventDefault();
    // A key that is held down goes on and on, but says nothing twice.
    if (!event.repeat || MOVES.has(event.key)) action(event.key);
  });
}

const SIGNS = { ArrowDown: "↓", ArrowUp: "↑", Escape: "Esc" };

export function fillHelp(dialog, keys) {
  dialog.replaceChildren(
    h("h2", { id: "help-title" }, "At the desk"),
    h("p", null, "Read each text beside its passage, and say whether to keep it. What you say is kept at once, in the run’s folder; nothing is ever lost, and everything can be taken back."),
    h("dl", null, keys.filter(([, about]) => about).map(([names, about]) =>
      h("div", null, h("dt", null, short(names).map((name) => h("kbd", null, SIGNS[name] ?? name))), h("dd", null, about)))),
    h("p", null, "Words on a shaded ground stood at an open turn: others were nearly as likely. Hover over one to see them."),
    h("form", { method: "dialog" }, h("button", null, "Close")));
}

const short = (names) => (names.length > 4 ? [`${names[0]} – ${names.at(-1)}`] : names);
