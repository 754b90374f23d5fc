// A text area for a note or an edited version. Ctrl+Enter keeps the text, Ctrl+Shift+Enter goes on, Escape cancels.

import { EDITOR } from "./desk_strings.js";
import { h } from "./dom.js";
import { ROADS } from "./road_strings.js";

/** `goOn` is called with the text area, if the model can go on from its cursor. */
export function editor({ label, text, rows }, { save, cancel, change, goOn }) {
  const area = h("textarea", { rows, dir: "auto", "aria-label": label, input: () => change(area.value) });
  area.value = text;
  const keep = () => save(area.value);
  area.addEventListener("keydown", (event) => {
    if (event.key === "Escape") cancel();
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) (event.shiftKey && goOn ? () => goOn(area) : keep)();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  const box = h("div", { class: "editor" },
    h("h3", null, label), area,
    h("p", null,
      h("button", { type: "button", class: "main", click: keep }, EDITOR.keep, " ", h("kbd", null, "Ctrl ⏎")), " ",
      goOn && h("button", { type: "button", click: () => goOn(area) }, ROADS.fromCursor, " ", h("kbd", null, "Ctrl ⇧ ⏎")), " ",
      h("button", { type: "button", click: cancel }, EDITOR.cancel, " ", h("kbd", null, "Esc"))));
  return { box, area };
}
