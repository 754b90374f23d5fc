// The desk: what is open, what is said of it, and what the page shows of both.

import * as api from "./api.js";
import { $, amount, counted, h } from "./dom.js";
import { NAMES, facets, filtered, isRead } from "./filters.js";
import { fillHelp, listen } from "./keys.js";
import { LongList } from "./list.js";
import { composer, middle, record, spoken, viewsOf } from "./sheet.js";
import { Turns } from "./text.js";

const POLL = 2000; // milliseconds between looks at what others say
const READING = 400; // the same while texts are still being read
const MARKS = { accept: "✓", reject: "✗", star: "★" };
const DONE = { accept: "Accepted", reject: "Rejected", star: "Starred" };
const NOTHING = { verdict: null, loss: null, note: null, edit: null, reviewers: [] };

let listing = { outputs: [], passages: [], runs: [], changes: {} };
let version = "";
let broken = {};
let unread = 0; // outputs that are listed by their names, and still being read
let shown = []; // the outputs that are listed, in order
let found = null; // keys of those whose texts hold what is searched for, if anything is
let selected = null; // key
let sheet = null;
let writing = null; // what is being written, if anything is
let view = null; // name of the view, while one was chosen for this output
const rows = new Map(); // by key
const standings = new Map(); // by record id
const sheets = new Map(); // by key: those seen last
const said = []; // what can be taken back: ids of reviews, the last said last

const chosen = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
chosen.blind = Boolean(chosen.blind);

const standingOf = (row) => standings.get(row.output) ?? NOTHING;
const row = () => rows.get(selected);
const wanted = () => filtered(listing, standingOf, chosen, found);

// -- the list ------------------------------------------------------------------------------------------------

const list = new LongList($("list"), {
  height: (item) => (item.row ? 3.1 : item.essay ? 2.6 : 1.9),
  draw: (item) => (item.row ? option(item) : h("div", { class: item.essay ? "essay" : "passage", role: "presentation", dir: "auto" }, item.essay ?? item.passage)),
});

function option({ row, number }) {
  const standing = standingOf(row);
  const flags = [...(row.flags ?? []), row.output === null || broken[row.key] ? "broken" : null].filter(Boolean);
  return h("div", {
    id: `row-${row.key}`, role: "option", class: `row ${standing.verdict ?? "todo"}`, "aria-selected": String(row.key === selected),
    "aria-setsize": shown.length, "aria-posinset": number + 1, click: () => open(row.key),
  },
    h("span", { class: "mark", "aria-hidden": "true" }, MARKS[standing.verdict] ?? ""),
    h("span", { class: "name" }, title(row), h("span", { class: "unseen" }, `, ${DONE[standing.verdict]?.toLowerCase() ?? "to do"},`)),
    h("span", { class: "flag" }, [standing.edit && "edited", standing.note && "noted", ...flags].filter(Boolean).join(" ")),
    h("span", { class: "opening", dir: "auto" }, row.opening ?? "…"));
}

function title(row) {
  if (chosen.blind) return `${row.kind}, no. ${row.number}`;
  return `${row.kind} ${row.step}${row.variant > 1 ? `, variant ${row.variant}` : ""}`;
}

/** The outputs in the order of the desk, or shuffled within each passage: keys are hashes, so that is a fair shuffle. */
function ordered() {
  if (!chosen.blind) return listing.outputs;
  const order = [...listing.outputs];
  order.sort((one, other) => one.passage - other.passage || one.kind.localeCompare(other.kind) || (one.key < other.key ? -1 : 1));
  const counts = new Map();
  for (const row of order) {
    const place = `${row.passage} ${row.kind}`;
    counts.set(place, (counts.get(place) ?? 0) + 1);
    row.number = counts.get(place);
  }
  return order;
}

function refilter() {
  // The one that is open stays listed until one goes on, even if it isn't “to do” any more.
  const isWanted = wanted();
  shown = ordered().filter((row) => row.key === selected || isWanted(row));
  const items = [];
  let [essay, passage] = [null, -1];
  shown.forEach((row, number) => {
    const place = listing.passages[row.passage];
    if (row.passage !== passage && place.essay !== essay) items.push({ essay: (essay = place.essay) });
    if (row.passage !== passage) items.push({ passage: `${place.id.split("/").at(-1)}${place.section ? `  ${place.section}` : ""}` });
    passage = row.passage;
    items.push({ row, number });
  });
  list.set(items, placeOf(items));
  count();
}

const placeOf = (items) => items.findIndex((item) => item.row?.key === selected);

function count() {
  const all = listing.outputs.length;
  const todo = listing.outputs.filter((row) => !standingOf(row).verdict).length;
  $("reading").textContent = unread ? `Reading: ${amount(all - unread)} of ${counted(all, "text")}` : "";
  $("todo").hidden = unread > 0;
  const listed = shown.filter(wanted());
  $("todo").textContent = todo ? `${amount(todo)} of ${counted(all, "text")} to do` : `All ${counted(all, "text")} judged`;
  $("progress").max = Math.max(1, all);
  $("progress").value = all - todo;
  const isAll = listed.length === all;
  $("counts").replaceChildren(
    isAll ? "" : `${counted(listed.length, "text")} listed, ${amount(listed.filter((row) => !standingOf(row).verdict).length)} to do `,
    isAll ? "" : h("button", { type: "button", click: clearFilters }, "All"));
  document.title = `${todo ? `(${todo}) ` : ""}${$("about").textContent} · remix`;
}

function showFacets() {
  const focused = document.activeElement?.closest("#facets select")?.name;
  $("facets").replaceChildren(...facets(listing, standingOf, chosen, (name, value) => choose(name, value)));
  if (focused) document.querySelector(`select[name="${CSS.escape(focused)}"]`)?.focus();
}

// -- choosing what is listed ---------------------------------------------------------------------------------

function remember() {
  const state = new URLSearchParams(Object.entries({ ...chosen, blind: chosen.blind ? "1" : "", at: selected ?? "" }).filter(([, value]) => value));
  history.replaceState(null, "", `#${state}`);
}

function choose(name, value) {
  chosen[name] = value;
  showFacets();
  relist();
}

/** List anew after the filters changed, and open the first that is listed if the open one isn't. */
function relist() {
  const here = row();
  if (here && !wanted()(here)) selected = null;
  refilter();
  if (!selected && shown.length) open(shown[0].key);
  else if (!selected) showNothing();
  else list.reveal(list.kept);
  remember();
}

function clearFilters() {
  for (const name of [...NAMES, "q"]) delete chosen[name];
  $("search").value = "";
  found = null;
  showFacets();
  relist();
}

let searching = 0;
async function search(words) {
  chosen.q = words.trim();
  const turn = ++searching;
  const keys = chosen.q ? new Set(await api.search(chosen.q)) : null;
  if (turn !== searching) return;
  found = keys;
  relist();
}

function setBlind(blind) {
  chosen.blind = blind;
  $("blind").checked = blind;
  document.body.classList.toggle("blind", blind);
  view = null;
  showFacets();
  refilter();
  if (list.kept >= 0) list.reveal(list.kept);
  showSheet();
  remember();
}

// -- opening -------------------------------------------------------------------------------------------------

const turns = new Turns($("turn"));

let opening = Promise.resolve(); // until what is selected is shown

function open(key) {
  opening = openNow(key);
  return opening;
}

/** What is gone to is shown, or was said not to be. */
const opened = () => opening.catch(() => {});

/** What one begins with: what was open before a reload, or the first to do, as soon as it is known which that is. */
function begin() {
  const isToDo = (each) => (isRead(each) ? !standingOf(each).verdict : standings.size === 0);
  const first = rows.get(chosen.at) ?? shown.find(isToDo) ?? (unread && !chosen.verdict ? null : shown[0]);
  delete chosen.at;
  return first ? open(first.key) : showNothing();
}

async function openNow(key) {
  const left = row();
  selected = key;
  view = null;
  // What stayed only while it was open goes, and what isn't among those chosen comes while it is open.
  if ((left && !wanted()(left)) || !shown.includes(row())) refilter();
  list.reveal(placeOf(list.items));
  $("list").setAttribute("aria-activedescendant", `row-${key}`);
  document.body.classList.remove("list-open");
  $("outputs-button").setAttribute("aria-expanded", "false");
  remember();
  if (!sheets.has(key)) sheet = null;
  const got = sheets.get(key) ?? (await api.sheet(key));
  if (selected !== key) return;
  keep(key, got);
  sheet = got;
  showSheet();
  $("sheet").scrollTop = 0;
  $("leaf").scrollTop = 0;
  prefetch();
}

function keep(key, got) {
  const here = rows.get(key);
  if (!here) return;
  here.output = got.output;
  sheets.delete(key);
  sheets.set(key, got);
  if (sheets.size > 60) sheets.delete(sheets.keys().next().value);
}

/** The next one is fetched while this one is read. */
async function prefetch() {
  const next = shown[shown.findIndex((row) => row.key === selected) + 1];
  if (next && !sheets.has(next.key)) await api.sheet(next.key).then((got) => keep(next.key, got), () => {});
}

function showNothing() {
  sheet = null;
  turns.hide();
  $("bar").hidden = true;
  $("list").removeAttribute("aria-activedescendant");
  $("record").replaceChildren();
  const why = unread ? "Nothing yet: the texts are still being read." : listing.outputs.length ? "Nothing is like that. “All” lists everything again." : "Nothing is finished yet: `remix resume` goes on with the run.";
  $("sheet").replaceChildren(h("p", { class: "welcome" }, why));
}

function showSheet() {
  const here = row();
  if (!sheet || !here) return;
  // Whatever was half written is a draft now.
  writing = null;
  const views = viewsOf(sheet, chosen.blind);
  const wanted = views.find(({ name }) => name === view) ?? views.find(({ name }) => name === "edited") ?? views[0];
  view = wanted.name;
  const standing = standingOf(here);
  const shownSheet = { sheet, title: title(here), standing, blind: chosen.blind, view: wanted, finding: broken[here.key], variants: variants(here) };
  const { elements, text } = middle(shownSheet, { view: setView, open: go });
  $("sheet").replaceChildren(...elements);
  $("record").replaceChildren(...record({ sheet, chain: chain(here), standing, blind: chosen.blind }, { open: go, raw: showRaw }));
  turns.watch(text, wanted.name === "edited" ? [] : sheet.words);
  showBar(standing);
}

function setView(name) {
  const wasFocused = document.activeElement?.name === "view";
  view = name;
  showSheet();
  if (wasFocused) document.querySelector(`input[name="view"][value="${name}"]`)?.focus();
}

const variants = (here) => ordered()
  .filter((each) => each.passage === here.passage && each.kind === here.kind && each.step === here.step)
  .map((each) => ({ key: each.key, opening: each.opening, standing: standingOf(each), selected: each === here }));

const chain = (here) => listing.outputs
  .filter((each) => each.passage === here.passage && each.run === here.run && each.kind === here.kind && each.variant === here.variant)
  .map((each) => ({ key: each.key, step: each.step, opening: each.opening, verdict: standingOf(each).verdict, selected: each === here }));

/** Open what may not be among those listed. */
function go(key) {
  guarded(() => open(key));
}

function move(by, wants = () => true) {
  const here = shown.findIndex((each) => each.key === selected);
  for (let at = here + by; at >= 0 && at < shown.length; at += by) {
    if (wants(shown[at])) return go(shown[at].key);
  }
  return tell(by > 0 ? "That was the last." : "That was the first.");
}

const onward = () => move(1, (each) => !standingOf(each).verdict);

// -- saying --------------------------------------------------------------------------------------------------

/** Do what may be refused, and say so then. */
async function guarded(action) {
  try {
    const done = await action();
    $("alarm").hidden = true;
    return done;
  } catch (error) {
    return alarm(error);
  }
}

let isGone = false; // whether the desk doesn't answer

function alarm(error) {
  if (!(error instanceof api.Refused)) throw error;
  isGone = error.status === 0;
  $("alarm").replaceChildren(h("b", null, error.message), " ", error.hint);
  $("alarm").hidden = false;
  return null;
}

function tell(words) {
  $("said").textContent = words;
  $("said").classList.add("fresh");
  clearTimeout(tell.timer);
  tell.timer = setTimeout(() => $("said").classList.remove("fresh"), 4000);
}

/** Note what is new; gives the rows of which something else holds now. */
function learn(changes) {
  const touched = [...rows.values()].filter(({ key, output }) => key in changes.contents || output in changes.standings || changes.broken[key] !== broken[key]);
  for (const each of touched) {
    const content = changes.contents[each.key];
    // Its edited version, or the text itself, may be another now.
    if (each.output in changes.standings || (content && content.output !== each.output)) sheets.delete(each.key);
    Object.assign(each, content);
  }
  for (const [output, standing] of Object.entries(changes.standings)) standings.set(output, standing);
  const twins = new Set(changes.twins);
  listing.outputs = [...rows.values()].filter(({ key }) => !twins.has(key));
  ({ version, broken, unread } = changes);
  if (changes.findings.length && !learn.told) {
    learn.told = true;
    tell("Not all here is as it was written: `remix verify` tells what.");
  }
  return touched;
}

/** Take in what holds now, and list it. */
function take(changes) {
  const touched = learn(changes);
  if (touched.length) {
    showFacets();
    refilter();
  }
  return touched;
}

/** Show what holds of the open output; its edited version may be another now. */
async function refresh() {
  if (!selected || writing) return;
  if (!sheets.has(selected)) {
    const key = selected;
    const got = await api.sheet(key);
    if (key !== selected || writing) return;
    keep(key, got);
    sheet = got;
  }
  // What one had unfolded stays so.
  const unfolded = [...$("record").querySelectorAll("details")].map(({ open }) => open);
  showSheet();
  $("record").querySelectorAll("details").forEach((each, number) => (each.open = unfolded[number] ?? each.open));
}

let before = Promise.resolve();

/** One after the other, however fast the keys come: undo must know what was said last. */
function saying(ask, words) {
  const now = before.then(() => sayNow(ask, words));
  before = now.catch(() => {});
  return now;
}

async function sayNow(ask, words) {
  const done = await guarded(ask);
  if (!done) return null;
  if (done.reviews.length) said.push(done.reviews);
  // The version stays: what others said before this comes with the next look.
  take({ ...done.changes, version });
  tell(words(done));
  await guarded(refresh);
  return done;
}

const output = () => row()?.output;

/** The record of a text that is to be judged: what was listed may not be read yet. */
async function recordOf(here) {
  if (here.output === undefined) keep(here.key, await api.sheet(here.key));
  if (!here.output) throw new api.Refused(409, "This output isn’t what was written: it can’t be judged.");
  return here.output;
}

function say(words, spoken) {
  const here = row();
  if (!here) return tell("No text is open.");
  return saying(async () => api.say(here.key, { output: await recordOf(here), ...words }), () => spoken(here));
}

const judge = (verdict) => say({ verdict }, (here) => `${DONE[verdict]}: ${title(here)}.`);

/** On at once: whoever judges by the dozen doesn't wait for the disk. */
function judgeAndGoOn(verdict) {
  judge(verdict);
  onward();
}

function nextLoss() {
  const losses = ["earned", "lost", "neither"];
  const loss = losses[(losses.indexOf(row() ? standingOf(row()).loss : null) + 1) % 3];
  return say({ loss }, () => ({ earned: "What was lost was worth losing.", lost: "What was lost wasn’t worth losing.", neither: "Nothing was lost or earned." })[loss]);
}

function pick(digit) {
  const all = row() ? variants(row()) : [];
  const one = all[Number(digit) - 1];
  if (all.length < 2 || !one) return tell(all.length < 2 ? "This text has no variants." : `There are ${all.length} variants.`);
  return saying(async () => api.choose(one.key, await recordOf(rows.get(one.key))), () => `Number ${digit} accepted, ${counted(all.length - 1, "other")} rejected.`);
}

async function undo() {
  const done = await saying(takeBack, () => "Taken back.");
  if (done && !done.keys.includes(selected) && rows.has(done.keys[0])) go(done.keys[0]);
}

async function takeBack() {
  try {
    const done = await api.undo(said.at(-1) ?? []);
    said.pop();
    return done;
  } catch (error) {
    // It was taken back elsewhere: the next time it is the turn of what was said before.
    if (error.status === 409) said.pop();
    throw error;
  }
}

// -- writing -------------------------------------------------------------------------------------------------

/** What is half written survives a reload. */
const draft = (what) => `draft ${what} ${output()}`;

async function write(what, label, text, save) {
  if (!output() || writing) return;
  writing = what;
  const name = draft(what);
  const close = () => {
    writing = null;
    showSheet();
    $("sheet").focus();
  };
  const leave = () => {
    sessionStorage.removeItem(name);
    close();
  };
  const { box, area } = composer({ label, text: sessionStorage.getItem(name) ?? text, rows: what === "edit" ? 14 : 4 }, {
    change: (words) => sessionStorage.setItem(name, words),
    cancel: leave,
    save: async (words) => {
      if (words.trim() === text.trim()) return leave();
      // The keys are keys again at once. What can't be kept is still here when one writes again.
      close();
      if (await save(words)) sessionStorage.removeItem(name);
    },
  });
  const place = $("output");
  if (what === "edit") place.replaceChildren(box);
  else place.append(box);
  area.focus();
}

async function edit() {
  await opened();
  const key = selected;
  if (!row()) return tell("No text is open.");
  if (!output()) return tell("This output isn’t what was written: it can’t be edited.");
  const text = await guarded(() => api.text(key));
  if (text === null || key !== selected) return;
  await write("edit", "Your version", text, (words) =>
    words.trim() ? saying(() => { view = null; return api.edit(key, rows.get(key).output, words); }, () => "Your version is kept.") : tell("A version without words is none: reject the text instead."));
}

async function annotate() {
  await opened();
  if (!row()) return tell("No text is open.");
  await write("note", "Your note", standingOf(row()).note ?? "", (words) => say({ note: words.trim() }, () => (words.trim() ? "Your note is kept." : "The note is taken back.")));
}

// -- the rest ------------------------------------------------------------------------------------------------

async function showRaw() {
  const text = await guarded(() => api.record(selected));
  if (text === null) return;
  $("raw").replaceChildren(
    h("h2", { id: "raw-title" }, "The record"),
    h("pre", { tabindex: "0" }, text),
    h("form", { method: "dialog" }, h("button", null, "Close")));
  $("raw").showModal();
}

async function nextView(by = 1) {
  await opened();
  if (!sheet) return;
  const names = viewsOf(sheet, chosen.blind).map(({ name }) => name);
  setView(names[(names.indexOf(view) + by) % names.length]);
  tell(spoken(view));
}

function showList(isOpen) {
  document.body.classList.toggle("list-open", isOpen);
  $("outputs-button").setAttribute("aria-expanded", String(isOpen));
  if (isOpen) list.measure();
}

const KEYS = [
  [["j", "ArrowDown"], "the next text", () => move(1)],
  [["k", "ArrowUp"], "the one before", () => move(-1)],
  [["a"], "accept", () => judge("accept")],
  [["r"], "reject", () => judge("reject")],
  [["s"], "star: accept, and more", () => judge("star")],
  [["A", "R", "S"], "the same, and on to the next to do", (key) => judgeAndGoOn({ A: "accept", R: "reject", S: "star" }[key])],
  [["x"], "on to the next to do", onward],
  [["1", "2", "3", "4", "5", "6", "7", "8", "9"], "accept this one of the variants, and reject the others", pick],
  [["l"], "was the loss worth it? Earned, lost, neither", nextLoss],
  [["n"], "write a note", annotate],
  [["e"], "edit: your own version, beside the one that was written", edit],
  [["u"], "undo: take back what you said last", undo],
  [["v"], "beside the passage, by sentences if they were measured, the step before, or your version", () => nextView()],
  [["m"], "marks off, and on again", () => tell(document.body.classList.toggle("plain") ? "Marks off." : "Marks on.")],
  [["o", "O"], "the next open turn, and the one before", async (key) => { await opened(); tell(turns.step(key === "o" ? 1 : -1)); }],
  [["b"], "judge blind: model, step and variant hidden, the order shuffled", () => setBlind(!chosen.blind)],
  [["/"], "search the texts", () => { showList(true); $("search").focus(); }],
  [["?"], "this page", () => $("help").showModal()],
  [["Escape"], "", () => { turns.hide(); showList(false); }],
];

function showBar(standing) {
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
    button("l", standing.loss ? { earned: "Loss earned", lost: "Loss not earned", neither: "No loss" }[standing.loss] : "Loss?", nextLoss),
    button("u", "Undo", undo),
    button("k", "Before", () => move(-1)),
    button("j", "Next", () => move(1)));
  $("bar").children[focused]?.focus();
}

/** Hear what was read, and what others said. */
async function hear() {
  const changes = await api.changes(version);
  if (changes.listed !== listing.changes.listed) {
    await layOut();
    showFacets();
    refilter();
  }
  if (isGone) $("alarm").hidden = true;
  isGone = false;
  const touched = take(changes);
  if (chosen.q && Object.keys(changes.contents).length) await search(chosen.q);
  if (!selected) await begin();
  else if (touched.some(({ passage }) => passage === row()?.passage)) await refresh();
}

let next; // timer

async function poll() {
  if (!document.hidden) await hear().catch(alarm);
  clearTimeout(next);
  next = setTimeout(poll, unread ? READING : POLL);
}

/** Take what there is, and what is known of it. */
async function layOut() {
  listing = await api.listing();
  const known = new Map(rows);
  rows.clear();
  for (const row of listing.outputs) rows.set(row.key, Object.assign(known.get(row.key) ?? {}, row));
  if (!rows.has(selected)) selected = null;
  learn(listing.changes);
}

async function start() {
  await layOut();
  const runs = listing.runs;
  $("about").textContent = runs.length === 1 ? runs[0].about : counted(runs.length, "run");
  $("search").value = chosen.q ?? "";
  $("blind").checked = chosen.blind;
  document.body.classList.toggle("blind", chosen.blind);
  if (chosen.q) found = new Set(await api.search(chosen.q));
  showFacets();
  refilter();
  await begin();
}

fillHelp($("help"), KEYS);
listen(KEYS);
$("help-button").addEventListener("click", () => $("help").showModal());
$("blind").addEventListener("change", (event) => setBlind(event.target.checked));
$("outputs-button").addEventListener("click", () => showList(!document.body.classList.contains("list-open")));
$("filters").addEventListener("submit", (event) => event.preventDefault());
$("search").addEventListener("input", (event) => guarded(() => search(event.target.value)));
$("search").addEventListener("keydown", (event) => {
  if (event.key === "Enter" || event.key === "Escape") $("list").focus();
});
document.addEventListener("visibilitychange", poll);
await guarded(start);
document.body.dataset.ready = "yes";
poll();
