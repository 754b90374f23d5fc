// The desk: starts the page, and binds keys and buttons to actions.

import { addToDraft } from "./add_to_draft.js";
import * as api from "./api.js";
import { poll, reload } from "./changes.js";
import { passageAddress } from "./comparison.js";
import { redo } from "./desk_roads.js";
import { DESK } from "./desk_strings.js";
import { $, counted, h } from "./dom.js";
import { choose, clearFilters, search, setBlind } from "./filtering.js";
import { showHeader } from "./header.js";
import { fillHelp, listen } from "./keys.js";
import { LOSSES, askLoss, leaveLoss, showLosses } from "./loss.js";
import { announce, guarded, tell } from "./notices.js";
import { alternatives, begin, go, move, moveToNextToDo, nextView, opened, road, whenShown } from "./open_output.js";
import { refilter, showFacets, showList } from "./output_list.js";
import { state } from "./page_state.js";
import { judge, judgeAndGoOn, pick, undo } from "./reviewing.js";
import { shownRuns } from "./store.js";
import { ROADS } from "./road_strings.js";
import { PASSAGE } from "./strings.js";
import { annotate, edit } from "./writing.js";

const KEYS = [
  [["j", "ArrowDown"], "next text", () => move(1)],
  [["k", "ArrowUp"], "previous text", () => move(-1)],
  [["a"], "accept", () => judge("accept")],
  [["r"], "reject", () => judge("reject")],
  [["s"], "star: accept with distinction", () => judge("star")],
  [["A", "R", "S"], "accept, reject or star, then the next text to do", (key) => judgeAndGoOn({ A: "accept", R: "reject", S: "star" }[key])],
  [["x"], "next text to do", moveToNextToDo],
  [["1", "2", "3", "4", "5", "6", "7", "8", "9"], "accept the variant of this number, and reject the others", pick],
  [["l"], "was the loss worth it? Asks; earned, not earned, or neither", askLoss],
  [["n"], "write a note", annotate],
  [["e"], "edit: your own version, kept beside the original, or for the model to go on from", edit],
  [["t"], ROADS.actionAbout, road],
  [["w"], PASSAGE.redoAbout, () => (state.selected ? redo(state.selected) : tell(DESK.noText))],
  [["d"], "add the text to the draft that was changed last", () => addToDraft(state.selected)],
  [["u"], "undo: withdraw your last verdict, note or edit", undo],
  [["v"], "next view: passage, sentences (if measured), previous step, your version, reading (if a model read it)", nextView],
  [["m"], "marks on or off", () => tell(document.body.classList.toggle("plain") ? "Marks off." : "Marks on.")],
  [["o", "O"], "next or previous uncertain word", async (key) => { await opened(); announce(alternatives.step(key === "o" ? 1 : -1)); }],
  [["p"], "all texts of this passage, side by side", () => state.detail && !state.chosen.blind && location.assign(passageAddress(state.detail, state.selected))],
  [["b"], "judge blind: model, step and variant hidden, the order shuffled", () => setBlind(!state.chosen.blind)],
  [["/"], "search the texts", () => { showList(true); $("search").focus(); }],
  [["?"], "this page", () => $("help").showModal()],
  [["Escape"], "", () => { alternatives.hide(); showList(false); leaveLoss(); }],
];

function showBar(standing) {
  if (state.isAskingLoss) return showLosses(standing);
  const button = (key, label, action, pressed) => h("button", { type: "button", "aria-pressed": pressed == null ? null : String(pressed), click: action, "aria-keyshortcuts": key },
    label, " ", h("kbd", { "aria-hidden": "true" }, key));
  const focused = [...$("bar").children].indexOf(document.activeElement);
  $("bar").hidden = false;
  $("bar").replaceChildren(
    button("a", "Accept", () => judge("accept"), standing.verdict === "accept"),
    button("r", "Reject", () => judge("reject"), standing.verdict === "reject"),
    button("s", "Star", () => judge("star"), standing.verdict === "star"),
    button("n", "Note", annotate),
    button("e", "Edit", edit),
    button("l", LOSSES[standing.loss] ?? "Loss?", askLoss),
    button("u", "Undo", undo),
    button("k", wideOrNarrow("Previous", "‹"), () => move(-1)),
    button("j", wideOrNarrow("Next", "›"), () => move(1)));
  $("bar").children[focused]?.focus();
}

/** A word, and a sign for it where there is little room. */
const wideOrNarrow = (word, sign) => [h("span", { class: "word-of-button" }, word), h("span", { class: "sign-of-button", "aria-hidden": "true" }, sign)];

async function start() {
  await reload();
  const { chosen } = state;
  const runs = shownRuns();
  $("about").textContent = runs.length === 1 ? runs[0].about : counted(runs.length, "run");
  $("search").value = chosen.q ?? "";
  $("blind").checked = chosen.blind;
  document.body.classList.toggle("blind", chosen.blind);
  if (chosen.q) state.found = new Set(await api.search(chosen.q));
  showFacets();
  refilter();
  await begin();
}

whenShown(showBar);
showHeader("desk");
fillHelp($("help"), KEYS, { before: DESK.help, after: DESK.shades });
listen(KEYS);
$("help-button").addEventListener("click", () => $("help").showModal());
$("blind").addEventListener("change", (event) => setBlind(event.target.checked));
$("outputs-button").addEventListener("click", () => showList(!document.body.classList.contains("list-open")));
$("list").addEventListener("click", (event) => {
  const option = event.target.closest("[data-key]");
  if (option) go(option.dataset.key);
});
$("facets").addEventListener("change", (event) => choose(event.target.name, event.target.value));
$("counts").addEventListener("click", (event) => event.target.closest("button") && clearFilters());
$("filters").addEventListener("submit", (event) => event.preventDefault());
$("search").addEventListener("input", (event) => guarded(() => search(event.target.value)));
$("search").addEventListener("keydown", (event) => {
  if (event.key === "Enter" || event.key === "Escape") $("list").focus();
});
document.addEventListener("visibilitychange", poll);
await guarded(start);
document.body.dataset.ready = "yes";
poll();
