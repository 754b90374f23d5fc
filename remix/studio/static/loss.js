// The question whether a text's loss was worth it: asked in the bar, and stored only once it is answered.

import { DESK } from "./desk_strings.js";
import { $, h } from "./dom.js";
import { tell } from "./notices.js";
import { opened, show } from "./open_output.js";
import { row, state } from "./page_state.js";
import { review } from "./reviewing.js";

export const LOSSES = DESK.lossButtons;

/** Ask; if the bar asks already, go to the next answer. */
export async function askLoss() {
  await opened();
  if (!row()) return tell(DESK.noText);
  const answers = [...$("bar").querySelectorAll("[data-loss]")];
  const at = answers.indexOf(document.activeElement);
  if (state.isAskingLoss && at >= 0) return answers[(at + 1) % answers.length].focus();
  state.isAskingLoss = true;
  show();
  return ($("bar").querySelector("[aria-pressed=true]") ?? $("bar").querySelector("[data-loss]")).focus();
}

/** Ask no longer; nothing is stored. */
export function leaveLoss() {
  if (!state.isAskingLoss) return;
  state.isAskingLoss = false;
  show();
}

function answer(loss) {
  leaveLoss();
  return review({ loss }, () => DESK.lossKept[loss]);
}

/** The question in place of the bar's buttons. */
export function showLosses({ loss }) {
  const focused = document.activeElement?.dataset.loss;
  $("bar").hidden = false;
  $("bar").replaceChildren(
    h("span", { class: "question" }, DESK.loss),
    ...Object.entries(DESK.losses).map(([name, label]) =>
      h("button", { type: "button", "data-loss": name, "aria-pressed": String(name === loss), click: () => answer(name) }, label)),
    h("button", { type: "button", click: leaveLoss }, DESK.cancel, " ", h("kbd", { "aria-hidden": "true" }, "Esc")));
  if (focused) $("bar").querySelector(`[data-loss="${focused}"]`)?.focus();
}
