// The left of the page: filters, counts, and the list of outputs.

import { DESK, LIST } from "./desk_strings.js";
import { $, amount, counted, h } from "./dom.js";
import { facets } from "./filters.js";
import { MARKS, VERDICTS } from "./labels.js";
import { LongList } from "./long_list.js";
import { fits, row as openRow, state, title } from "./page_state.js";
import { ordered, shownRuns, standingOf, store } from "./store.js";
import { FLAGS } from "./strings.js";

let listed = []; // rows

const list = new LongList($("list"), {
  height: (item) => (item.row ? 3.1 : item.essay ? 2.6 : 1.9),
  draw: (item) => (item.row ? option(item) : h("div", { class: item.essay ? "essay" : "passage", role: "presentation", dir: "auto" }, item.essay ?? item.passage)),
});

/** The listed rows, in order. */
export const listedRows = () => listed;

function option({ row, number }) {
  const standing = standingOf(row);
  // Flags tell what was measured: a blind judge finds that out alone.
  const measured = state.chosen.blind ? [] : row.flags ?? [];
  const flags = [...measured, row.output === null || store.broken[row.key] ? LIST.broken : null].filter(Boolean);
  return h("div", {
    id: `row-${row.key}`, role: "option", class: `row ${standing.verdict ?? "todo"}`, "aria-selected": String(row.key === state.selected),
    "aria-setsize": listed.length, "aria-posinset": number + 1, "data-key": row.key,
  },
    h("span", { class: "mark", "aria-hidden": "true" }, MARKS[standing.verdict] ?? ""),
    h("span", { class: "name" }, title(row), h("span", { class: "unseen" }, `, ${VERDICTS[standing.verdict] ?? LIST.todo},`)),
    h("span", { class: "flag", title: measured.filter((name) => FLAGS[name]).map((name) => `${name}: ${FLAGS[name]}`).join("\n") || null }, [standing.edit && LIST.edited, standing.note && LIST.noted, ...flags].filter(Boolean).join(" ")),
    h("span", { class: "opening", dir: "auto" }, row.opening ?? "…"));
}

/** List the outputs that fit the filters. The open output stays listed, even if it doesn’t fit any more. */
export function refilter() {
  const isFitting = fits();
  listed = ordered(state.chosen.blind).filter((row) => row.key === state.selected || isFitting(row));
  const items = [];
  let [essay, passage] = [null, -1];
  listed.forEach((row, number) => {
    const place = store.listing.passages[row.passage];
    if (row.passage !== passage && place.essay !== essay) items.push({ essay: (essay = place.essay) || LIST.several });
    if (row.passage !== passage) items.push({ passage: nameOf(place) });
    passage = row.passage;
    items.push({ row, number });
  });
  list.set(items, indexOfOpen(items));
  count();
}

/** A passage by its number and heading; a group by its passages. */
const nameOf = ({ id, section, group, more }) => (group.length ? LIST.group(group, more) : [id.split("/").at(-1), section].filter(Boolean).join("  "));

const indexOfOpen = (items) => items.findIndex((item) => item.row?.key === state.selected);

function count() {
  const all = store.listing.outputs.length;
  const todo = (rows) => rows.filter((row) => !standingOf(row).verdict).length;
  const left = todo(store.listing.outputs);
  $("reading").textContent = store.unread ? LIST.reading(amount(all - store.unread), counted(all, "text")) : "";
  $("todo").hidden = store.unread > 0;
  const { planned, finished } = progressOf(shownRuns());
  const isWhole = finished >= planned;
  const judged = left || !all ? DESK.todo(amount(left), counted(all, "text")) : DESK.allJudged(counted(all, "text"));
  $("todo").textContent = isWhole ? judged : [DESK.written(amount(finished), counted(planned, "text")), left > 0 && DESK.todo(amount(left), amount(all))].filter(Boolean).join(", ");
  $("progress").max = Math.max(1, isWhole ? all : planned);
  $("progress").value = all - left;
  const fitting = listed.filter(fits());
  $("counts").replaceChildren(...(fitting.length === all ? [] : [
    LIST.listed(counted(fitting.length, "text"), amount(todo(fitting))),
    h("button", { type: "button" }, LIST.allButton),
  ]));
  document.title = `${left ? `(${left}) ` : ""}${$("about").textContent} · remix`;
}

/** Texts planned and finished in the runs that the page shows. */
function progressOf(runs) {
  const sum = (name) => runs.reduce((all, run) => all + run[name], 0);
  return { planned: sum("total"), finished: sum("done") };
}

export function showFacets() {
  const focused = document.activeElement?.closest("#facets select")?.name;
  $("facets").replaceChildren(...facets(store.listing, standingOf, state.chosen));
  if (focused) document.querySelector(`select[name="${CSS.escape(focused)}"]`)?.focus();
}

/** Mark the open output, and scroll to it. */
export function revealOpen() {
  list.reveal(indexOfOpen(list.items));
  if (openRow()) $("list").setAttribute("aria-activedescendant", `row-${state.selected}`);
}

/** Scroll to the open output again, if there is one. */
export function revealAgain() {
  if (list.kept >= 0) list.reveal(list.kept);
}

/** Show or hide the list on narrow screens. */
export function showList(isOpen) {
  document.body.classList.toggle("list-open", isOpen);
  $("outputs-button").setAttribute("aria-expanded", String(isOpen));
  if (isOpen) list.measure();
}
