// Branches on the passage page: what is written beside which text, and the map of all.

import { sharedPart } from "./branch_words.js";
import { marked } from "./labels.js";
import { changed, state } from "./passage_state.js";
import { ROADS } from "./road_strings.js";
import { PASSAGE } from "./strings.js";
import { html } from "./vendor/preact.js";

const BEGINNING = 60; // characters of a branch's own words on the map

/** Texts being written, by the key of the text beside which each is shown: the original, or the last of the same kind and step. */
export function besides(texts, live) {
  const of = new Map();
  const places = new Set();
  for (const [place, each] of live) {
    const text = each.branch
      ? texts.find(({ output }) => output === each.branch.original)
      : texts.findLast(({ kind, step, branch }) => kind === each.kind && step === each.step && !branch);
    if (!text) continue;
    of.set(text.key, [...(of.get(text.key) ?? []), [place, each]]);
    places.add(place);
  }
  return { of, places };
}

// -- the map ----------------------------------------------------------------------------------------------------

/** All texts with branches, and these, as rows from the top down: `{ text, level, title, from, to }`. */
export function rowsOf(texts, live) {
  const branches = [...texts, ...live.values()].filter(({ branch }) => branch);
  const byOriginal = Map.groupBy(branches, ({ branch }) => branch.original);
  const known = new Map(texts.filter(({ output }) => output).map((text) => [text.output, text]));
  const rows = [];
  const add = (text, level) => {
    rows.push({ text, level });
    for (const each of inOrder(byOriginal.get(text.output) ?? [])) add(each, level + 1);
  };
  for (const text of texts) if (!text.branch && byOriginal.has(text.output)) add(text, 1);
  for (const [original, each] of byOriginal) {
    if (known.has(original)) continue;
    rows.push({ text: null, level: 1 });
    for (const branch of inOrder(each)) add(branch, 2);
  }
  return rows;
}

const inOrder = (branches) => branches.toSorted((one, other) => one.branch.character - other.branch.character);

const placeOf = ({ key, run, kind, step, variant }) => key ?? [run, kind, step, variant].join(" ");

/** The map: a line for each text, as long as the text, from where it leaves its original. */
export function BranchMap() {
  const rows = rowsOf(state.passage.texts, state.live);
  if (!rows.length) return null;
  const longest = Math.max(...rows.map(({ text }) => text?.text.length ?? 0), 1);
  const count = rows.filter(({ text }) => text?.branch).length;
  const current = rows.findIndex(({ text }) => text?.key === state.chosen.at && text.key);
  return html`<section class="map" aria-labelledby="map-title"><h2 id="map-title">${ROADS.map} <kbd aria-hidden="true">b</kbd></h2>
    <ul id="map" role="tree" aria-label=${ROADS.mapLabel(count)}>${rows.map(({ text, level }, at) => {
      const isCurrent = at === current;
      return html`<li role="treeitem" key=${text ? placeOf(text) : `gone ${at}`} aria-level=${level} aria-selected=${String(isCurrent)}
        tabindex=${at === Math.max(0, current) ? "0" : "-1"} data-key=${text?.key} data-level=${level} onClick=${() => text && go(text)} onKeyDown=${press}>
        <${Line} text=${text} longest=${longest} /> <span class="named" dir="auto">${nameOf(text)}</span>${" "}
        ${text && html`<span class="about" dir="auto">${[marked(text.verdict), beginningOf(text)].filter(Boolean).join(" ")}</span>`}</li>`;
    })}</ul></section>`;
}

const nameOf = (text) => (!text ? ROADS.originalGone : text.branch ? PASSAGE.branch(text.branch) : ROADS.original(PASSAGE.text(text), text.run));

function beginningOf(text) {
  const words = text.branch ? sharedPart(text.text, text.branch)[2] : text.text;
  return words.length > BEGINNING ? `${words.slice(0, BEGINNING)}…` : words;
}

function Line({ text, longest }) {
  const from = text?.branch ? Math.min(text.branch.character - 1, longest) : 0;
  const share = (place) => `${(100 * place) / longest}%`;
  return html`<svg class="line-of" aria-hidden="true">
    ${text?.branch && html`<line class="fork" x1=${share(from)} x2=${share(from)} y1="0" y2="50%" />`}
    <line x1=${share(from)} x2=${share(Math.max(text?.text.length ?? 0, from + longest / 50))} y1="50%" y2="50%" /></svg>`;
}

function go(text) {
  if (!text.key || !state.passage.texts.some(({ key }) => key === text.key)) return;
  state.chosen.at = text.key;
  changed();
  document.getElementById(`text-${text.key}`)?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function press(event) {
  const items = [...event.currentTarget.parentElement.children];
  const at = items.indexOf(event.currentTarget);
  const level = Number(event.currentTarget.dataset.level);
  const to = {
    ArrowDown: items[at + 1], ArrowUp: items[at - 1], Home: items[0], End: items.at(-1),
    ArrowLeft: items.slice(0, at).findLast((each) => Number(each.dataset.level) < level),
    ArrowRight: Number(items[at + 1]?.dataset.level) > level ? items[at + 1] : null,
  };
  if (event.key === "Enter" || event.key === " ") document.getElementById(`text-${event.currentTarget.dataset.key}`)?.focus();
  else if (!(event.key in to)) return;
  event.preventDefault();
  event.stopPropagation();
  const item = to[event.key];
  if (!item) return;
  const text = state.passage.texts.find(({ key }) => key === item.dataset.key);
  if (text) go(text);
  item.focus();
}

/** Focus the current text on the map. */
export function toMap() {
  (document.querySelector("#map [tabindex='0']"))?.focus();
}
