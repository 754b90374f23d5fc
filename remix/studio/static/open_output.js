// The open output: opened, shown in the middle and on the right, and left for the next.

import * as api from "./api.js";
import { Alternatives } from "./alternatives.js";
import { comparison, spoken, viewsOf } from "./comparison.js";
import { besideOf, takeRoad, takeRoadAt } from "./desk_roads.js";
import { DESK } from "./desk_strings.js";
import { $, h } from "./dom.js";
import { isRead } from "./filters.js";
import { guarded, tell } from "./notices.js";
import { listedRows, refilter, revealOpen, showList } from "./output_list.js";
import { fits, remember, row, state, title } from "./page_state.js";
import { provenance } from "./provenance.js";
import { detailOf, ordered, shownRuns, standingOf, store } from "./store.js";

export const alternatives = new Alternatives($("alternatives"));

let opening = Promise.resolve(); // settled once the selected output is shown
let onShown = () => {};

/** `callback(standing)` is called whenever an output is shown. */
export function whenShown(callback) {
  onShown = callback;
}

export function open(key) {
  opening = openNow(key);
  return opening;
}

/** Settled once the selected output is shown, or an error was shown instead. */
export const opened = () => opening.catch(() => {});

/** Open the output that was open before a reload, or else the first one to do, as soon as it is known. */
export function begin() {
  const isToDo = (each) => (isRead(each) ? !standingOf(each).verdict : store.standings.size === 0);
  const first = store.rows.get(state.chosen.at) ?? listedRows().find(isToDo) ?? (store.unread && !state.chosen.verdict ? null : listedRows()[0]);
  delete state.chosen.at;
  return first ? open(first.key) : showNothing();
}

async function openNow(key) {
  const left = row();
  state.selected = key;
  state.view = null;
  state.isAskingLoss = false;
  // Only the open output may be listed without fitting the filters.
  if ((left && !fits()(left)) || !listedRows().includes(row())) refilter();
  revealOpen();
  showList(false);
  remember();
  if (!store.details.has(key)) state.detail = null;
  const detail = await detailOf(key);
  if (state.selected !== key) return;
  state.detail = detail;
  show();
  $("comparison").scrollTop = 0;
  $("output-area").scrollTop = 0;
  prefetch();
}

/** Fetch the next output while this one is read. */
async function prefetch() {
  const next = listedRows()[indexOfOpen() + 1];
  if (next && !store.details.has(next.key)) await detailOf(next.key).catch(() => {});
}

const indexOfOpen = () => listedRows().findIndex((each) => each.key === state.selected);

/** Why no text is shown, and what to do. */
function whyNothing() {
  if (store.unread) return DESK.stillReading;
  if (!shownRuns().length && api.RUNS.length) return [DESK.noRun, " ", h("a", { href: "desk" }, DESK.allRuns)];
  if (!shownRuns().length) return [DESK.noRuns, " ", h("a", { href: "write" }, DESK.writeFirst)];
  if (store.listing.outputs.length) return DESK.noneFits;
  return [DESK.noneFinished, " ", h("a", { href: "./" }, DESK.home)];
}

export function showNothing() {
  state.detail = null;
  alternatives.hide();
  $("bar").hidden = true;
  $("list").removeAttribute("aria-activedescendant");
  $("provenance").replaceChildren();
  $("comparison").replaceChildren(h("p", { class: "welcome" }, whyNothing()));
}

export function show() {
  const here = row();
  if (!state.detail || !here) return;
  // A text being written is kept as a draft.
  state.writing = null;
  const { detail, chosen: { blind } } = state;
  const views = viewsOf(detail, blind);
  const view = views.find(({ name }) => name === state.view) ?? views.find(({ name }) => name === "edited") ?? views[0];
  state.view = view.name;
  const standing = standingOf(here);
  const { elements, text } = comparison(
    { detail, title: title(here), standing, blind, view, finding: store.broken[here.key], variants: variants(here) },
    { view: setView, open: go });
  $("comparison").replaceChildren(...elements, besideOf(here.key));
  $("provenance").replaceChildren(...provenance({ detail, chain: chain(here), standing, blind }, { open: go, raw: showRecord }));
  alternatives.watch(text, ["edited", "reading"].includes(view.name) ? [] : detail.words, view.name === "reading" ? detail.reading.sentences : []);
  if (view.name !== "edited") {
    text.addEventListener("click", (event) => {
      alternatives.hide();
      takeRoadAt(event, here.key);
    });
  }
  shown = { key: here.key, element: text, view: view.name };
  onShown(standing);
}

let shown = null; // the text in the middle

/** Open the roads of the open output. */
export async function road() {
  await opened();
  if (!shown || shown.key !== state.selected) return tell(DESK.noText);
  if (shown.view === "edited") setView("passage");
  return takeRoad(shown.key, shown.element);
}

/** Show the open output's new reviews and edited version. */
export async function refresh() {
  const key = state.selected;
  if (!key) return;
  if (!store.details.has(key)) {
    const detail = await detailOf(key);
    if (key !== state.selected) return;
    state.detail = detail;
  }
  // While something is written, the details wait for its end.
  if (state.writing) return;
  // Unfolded parts stay unfolded.
  const unfolded = [...$("provenance").querySelectorAll("details")].map((each) => each.open);
  show();
  $("provenance").querySelectorAll("details").forEach((each, number) => (each.open = unfolded[number] ?? each.open));
}

function setView(name) {
  const wasFocused = document.activeElement?.name === "view";
  state.view = name;
  show();
  if (wasFocused) document.querySelector(`input[name="view"][value="${name}"]`)?.focus();
}

export async function nextView() {
  await opened();
  if (!state.detail) return;
  const names = viewsOf(state.detail, state.chosen.blind).map(({ name }) => name);
  setView(names[(names.indexOf(state.view) + 1) % names.length]);
  tell(spoken(state.view));
}

export const variants = (here) => ordered(state.chosen.blind)
  .filter((each) => each.passage === here.passage && each.kind === here.kind && each.step === here.step)
  .map((each) => ({ key: each.key, opening: each.opening, standing: standingOf(each), selected: each === here }));

const chain = (here) => store.listing.outputs
  .filter((each) => each.passage === here.passage && each.run === here.run && each.kind === here.kind && each.variant === here.variant)
  .map((each) => ({ key: each.key, step: each.step, opening: each.opening, verdict: standingOf(each).verdict, selected: each === here }));

/** Open any output, listed or not. */
export function go(key) {
  guarded(() => open(key));
}

export function move(by, wants = () => true) {
  const rows = listedRows();
  for (let at = indexOfOpen() + by; at >= 0 && at < rows.length; at += by) {
    if (wants(rows[at])) return go(rows[at].key);
  }
  return tell(by > 0 ? "This is the last text." : "This is the first text.");
}

export const moveToNextToDo = () => move(1, (each) => !standingOf(each).verdict);

async function showRecord() {
  const text = await guarded(() => api.record(state.selected));
  if (text === null) return;
  $("raw").replaceChildren(
    h("h2", { id: "raw-title" }, "The record"),
    h("pre", { tabindex: "0" }, text),
    h("form", { method: "dialog" }, h("button", null, "Close")));
  $("raw").showModal();
}
