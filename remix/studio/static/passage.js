// The passage page: starts it, loads the passage, takes in what is written meanwhile, and binds keys to actions.

import { get } from "./api.js";
import { $ } from "./dom.js";
import { listen, on } from "./events.js";
import { alarm, announce, guarded, reachable, tell } from "./notices.js";
import { atPace, startPage, titled } from "./page.js";
import { ACTIONS } from "./passage_actions.js";
import { toMap } from "./passage_branches.js";
import { dropUnfinished, takeWords, waiting } from "./passage_live.js";
import { judge, undo } from "./passage_review.js";
import { changed, current, refreshBy, state, whenChanged } from "./passage_state.js";
import { deskOf, select, startNote, toggle } from "./passage_text.js";
import { Page, groups, leavePair } from "./passage_view.js";
import { ROADS } from "./road_strings.js";
import { PASSAGE } from "./strings.js";
import { html, render } from "./vendor/preact.js";

const PACE = 500; // milliseconds between requests while texts are written
const MOST_KEYS = 60; // texts in a request for differences

/** What became of the passage in woven essays. */
async function hear() {
  state.heard = (await get(`api/heard?${new URLSearchParams({ id: state.chosen.id })}`)).essays;
  changed();
}

const shownTexts = () => groups().flatMap(({ texts }) => texts);

function draw() {
  if (!state.passage) return;
  render(html`<${Page} passage=${state.passage} />`, $("page"));
  titled(`${state.passage.title}, ${state.passage.id}`);
  mark();
  showAwaited();
}

/** Bring the text that was asked for into view, as soon as there is one. */
function showAwaited() {
  const card = state.awaited && [...document.querySelectorAll(".card[data-run]")].find(({ dataset }) => dataset.run === state.awaited);
  if (!card) return;
  state.awaited = null;
  card.scrollIntoView({ block: "nearest", inline: "nearest" });
}

async function load(search = `?${new URLSearchParams({ id: state.chosen.id })}`) {
  const passage = await get(`api/passage${search}`);
  // A text that is the same stays the same object: its column isn't drawn anew.
  const known = new Map(state.passage?.texts.map((text) => [text.key, text]));
  passage.texts = passage.texts.map((text) => (JSON.stringify(known.get(text.key)) === JSON.stringify(text) ? known.get(text.key) : text));
  state.passage = passage;
  state.live = waiting(passage, state.live);
  reachable();
  if (!current() && passage.texts.length) state.chosen.at = shownTexts()[0]?.key ?? "";
  changed();
}

const marked = new Map(); // for each group the order for which differences were asked

/** Ask for the differences of the groups whose texts or order have changed. */
async function mark() {
  for (const { name, texts } of groups()) {
    const order = texts.map(({ key, text }) => `${key} ${text.length}`).join(" ");
    if (marked.get(name) === order) continue;
    marked.set(name, order);
    for (let at = 0; at < texts.length; at += MOST_KEYS) await markSome(texts.slice(Math.max(0, at - 1), at + MOST_KEYS), at > 0);
  }
}

/** Mark texts that stand in a row; the first is left as it is if it was marked before. */
async function markSome(texts, isFirstMarked) {
  const keys = texts.map(({ key }) => ["key", key]);
  const { differences } = await get(`api/differences?${new URLSearchParams([["id", state.chosen.id], ...keys])}`);
  for (const { key, chunks, is_marked } of isFirstMarked ? differences.slice(1) : differences)
    state.chunks.set(key, is_marked ? chunks : null);
  changed();
}

// -- moving and comparing -----------------------------------------------------------------------------------

function move(by, wants = () => true, none = by > 0 ? PASSAGE.last : PASSAGE.firstText) {
  const texts = shownTexts();
  for (let at = texts.findIndex(({ key }) => key === state.chosen.at) + by; at >= 0 && at < texts.length; at += by) {
    if (!wants(texts[at])) continue;
    select(texts[at].key);
    const card = $(`text-${texts[at].key}`);
    card?.focus({ preventScroll: true });
    return card?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
  return tell(none);
}

async function compare() {
  if (state.chosen.pair) return leavePair();
  const at = current()?.key;
  if (!at) return tell(PASSAGE.noText);
  // With fewer than two chosen: the text beside the one chosen, or beside the passage.
  state.compared = state.two.length === 2 ? [...state.two] : [state.two.find((key) => key !== at) ?? "passage", at];
  state.chosen.pair = true;
  await showPair();
}

async function showPair() {
  const [left, right] = state.compared;
  state.view = await get(`api/comparison?${new URLSearchParams({ left, right })}`);
  changed();
}

const go = (id) => id && location.assign(`passage?${new URLSearchParams({ id })}`);

startPage({
  name: "", title: PASSAGE.title, help: PASSAGE.help, keys: [
    [["j", "ArrowRight"], PASSAGE.keys.next, () => move(1)],
    [["k", "ArrowLeft"], PASSAGE.keys.previous, () => move(-1)],
    [["a"], PASSAGE.keys.accept, () => judge("accept")],
    [["r"], PASSAGE.keys.reject, () => judge("reject")],
    [["s"], PASSAGE.keys.star, () => judge("star")],
    [["x"], PASSAGE.keys.todo, () => move(1, ({ verdict }) => !verdict, PASSAGE.noneToDo)],
    [["n"], PASSAGE.keys.note, () => startNote(current())],
    [["u"], PASSAGE.keys.undo, undo],
    [["c"], PASSAGE.keys.choose, () => (current() ? toggle(current().key) : tell(PASSAGE.noText))],
    [["v"], PASSAGE.keys.compare, () => guarded(compare)],
    [["m"], PASSAGE.keys.marks, () => tell(document.body.classList.toggle("plain") ? PASSAGE.marksOff : PASSAGE.marksOn)],
    ...ACTIONS.map(([key, , about, act]) => [[key], about, () => (current() ? act(current()) : tell(PASSAGE.noText))]),
    [["Enter"], PASSAGE.keys.desk, () => current() && location.assign(deskOf(current()))],
    [["b"], ROADS.mapAbout, toMap],
    [["["], PASSAGE.keys.before, () => go(state.passage?.before)],
    [["]"], PASSAGE.keys.after, () => go(state.passage?.after)],
    [["Escape"], PASSAGE.keys.back, () => state.chosen.pair && leavePair()],
  ],
});
whenChanged(draw);
await guarded(() => load(location.search));
if (state.passage) guarded(hear);
if (state.chosen.pair && state.passage) await guarded(showPair);
$(`text-${state.chosen.at}`)?.scrollIntoView({ block: "nearest", inline: "nearest" });
const refresh = atPace(PACE, () => load().catch(alarm));
const hearAgain = atPace(PACE, () => hear().catch(alarm));
refreshBy(refresh);
const isHere = ({ place }) => place === state.chosen.id || state.passage?.texts.some((text) => text.place === place);
on("output", (output) => isHere(output) && (refresh(), announce(PASSAGE.text(output))));
on("output", ({ place }) => place.startsWith("_") && hearAgain());
on("runs", refresh);
on("text", (words) => words.run && isHere(words) && takeWords(words));
on("job", (job) => {
  if (["redo", "branch"].includes(job.does) && job.run) refresh();
  if (["stopped", "failed"].includes(job.state)) dropUnfinished(job.id);
});
listen();
document.body.dataset.ready = "yes";
