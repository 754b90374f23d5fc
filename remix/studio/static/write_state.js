// What the page for writing knows: the form, the estimate, jobs, and the texts of the job that is shown.

import { announce, guarded } from "./notices.js";
import * as api from "./job_api.js";
import { WRITE } from "./strings.js";
import { fromAddress, isChosen, request, toAddress } from "./write_options.js";

export const state = {
  choices: null,
  models: null,
  form: fromAddress(location.search),
  estimate: null, // null, { words: … }, or { error, hint }
  jobs: new Map(), // by id
  elsewhere: [], // runs that another process writes, as the home page has them
  loaded: null, // the model in memory
  pull: null,
  shown: new URLSearchParams(location.search).get("job"), // id of the job whose texts are shown
  cards: new Map(), // passages with their texts, by id
  before: 0,
  after: 0,
  selected: null, // name of the selected text
};

let draw = () => {};
let isDue = false;

/** Draw the page by a function whenever something has changed, once a frame. */
export const drawBy = (function_) => { draw = function_; };

export function changed() {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    draw();
  });
}

// -- the form ---------------------------------------------------------------------------------------------------

const PAUSE = 350; // milliseconds without a change before an estimate is asked for
let asked = 0; // number of the last estimate
let timer;

/** Change the form; the address follows, and an estimate is asked for. */
export function choose(values) {
  Object.assign(state.form, values);
  keep();
  estimate();
  changed();
}

function keep() {
  history.replaceState(null, "", `?${toAddress(state.form, state.shown)}`);
}

export function estimate() {
  clearTimeout(timer);
  asked += 1;
  if (!isChosen(state.form)) {
    state.estimate = null;
    return;
  }
  const own = asked;
  state.estimate = { ...state.estimate, isOld: true };
  timer = setTimeout(async () => {
    const found = await api.estimate(request(state.form)).catch((error) => ({ error: error.message, hint: error.hint }));
    if (own !== asked) return;
    state.estimate = found;
    changed();
  }, PAUSE);
}

// -- jobs -------------------------------------------------------------------------------------------------------

export const isOver = (job) => ["stopped", "finished", "failed"].includes(job.state);

/** The job that is shown. */
export const shown = () => state.jobs.get(state.shown);

/** The job at work, or the last one that waits. */
export const active = () => [...state.jobs.values()].find((job) => !isOver(job));

export function takeJob(job) {
  // Tries of templates have a page of their own.
  if (job.does === "try") return;
  const before = state.jobs.get(job.id);
  state.jobs.set(job.id, job);
  if (!state.shown || !state.jobs.has(state.shown)) state.shown = job.id;
  if (before && !isOver(before) && isOver(job)) announce(WRITE.announceEnd(job.about, WRITE.states[job.state], job.finished, job.planned));
  if (job.id === state.shown && job.run && (!before?.run || isOver(job))) load();
  if (isOver(job)) dropUnfinished(job.id);
  changed();
}

/** Forget the words of texts that a job that has ended didn't finish: they aren't kept anywhere. */
function dropUnfinished(job) {
  for (const [id, each] of state.cards) {
    const left = [...each.texts].filter(([, text]) => !(text.isWriting && text.job === job));
    if (left.length < each.texts.size) state.cards.set(id, { ...each, texts: new Map(left) });
  }
}

/** Show a job's texts. */
export function show(id) {
  state.shown = id;
  state.cards = new Map();
  [state.before, state.after, state.selected] = [0, 0, null];
  keep();
  if (shown()?.run) load();
  changed();
}

/** Queue a job by a request. If `isShown`, its texts are shown, unless it waits for texts that are shown now; those of a
 * redo come into the card. */
export async function add(request, isShown) {
  const job = await guarded(request);
  if (!job) return null;
  takeJob(job);
  if (isShown && (job.state !== "queued" || isOver(shown() ?? job))) show(job.id);
  return job;
}

// -- texts ------------------------------------------------------------------------------------------------------

export const nameOf = ({ run, place, kind, step, variant }) => `${run}:${place}/${kind}.${step}${variant > 1 ? `.v${variant}` : ""}`;

let said = 0; // number of verdicts given on this page

/** Read the texts of the job that is shown. */
async function load() {
  const [job, before] = [state.shown, said];
  const found = await guarded(() => api.texts(job));
  if (!found || job !== state.shown) return;
  // The answer may be older than a verdict given meanwhile.
  if (before !== said) return load();
  [state.before, state.after] = [found.before, found.after];
  const cards = state.cards;
  state.cards = new Map(found.passages.map((passage) => [passage.id, card(passage, found.run, cards.get(passage.id))]));
  changed();
}

/** A passage with its texts by name; texts of other runs, and words that are just being written, stay. */
function card(passage, run, before) {
  const texts = new Map(before?.texts);
  for (const text of passage.texts) {
    const name = nameOf({ run, ...text });
    const known = texts.get(name);
    const isWriting = text.text === null && Boolean(known?.isWriting);
    texts.set(name, { ...known, ...text, run, name, words: text.text ?? (isWriting ? known.words : ""), isWriting });
  }
  return { ...passage, texts: inOrder(texts) };
}

const inOrder = (texts) => new Map([...texts].sort(([, a], [, b]) =>
  a.kind.localeCompare(b.kind) || a.variant - b.variant || a.step - b.step || a.run.localeCompare(b.run)));

/** Take new words of a text: `at` is the number of characters before them. */
export function takeWords(event) {
  const of = state.cards.get(event.place);
  if (!of || (event.job !== state.shown && !isBeside(event.job))) return;
  const name = nameOf(event);
  const known = of.texts.get(name);
  // Of several candidates the first is shown while they are written.
  if (event.candidate > 1) return;
  const text = { ...(known ?? event), job: event.job, name, words: [...(known?.words ?? "")].slice(0, event.at).join("") + event.piece, isWriting: true };
  const texts = new Map(of.texts).set(name, text);
  state.cards.set(event.place, { ...of, texts: known ? texts : inOrder(texts) });
  changed();
}

/** Whether a job's texts belong beside those that are shown: another variant, or a branch. */
const isBeside = (id) => ["redo", "branch"].includes(state.jobs.get(id)?.does);

/** Take the news of a finished text. */
export async function takeOutput(event) {
  if (!event.job || (event.job !== state.shown && !isBeside(event.job))) return;
  if (!state.cards.has(event.place)) {
    // A passage that wasn't shown so far, or a text made from a group of passages.
    if (event.job === state.shown) await load();
    return;
  }
  const before = said;
  const found = await api.texts(event.job, event.place).catch(() => null);
  if (!found) return;
  if (before !== said) return takeOutput(event);
  for (const passage of found.passages) state.cards.set(passage.id, card(passage, found.run, state.cards.get(passage.id)));
  changed();
}

/** All texts that are shown, in order. */
export const allTexts = () => [...state.cards.values()].flatMap((each) => [...each.texts.values()]);

/** Note a verdict. */
export function judged(text, verdict) {
  said += 1;
  for (const [id, each] of state.cards) {
    const own = each.texts.get(text.name);
    if (own) state.cards.set(id, { ...each, texts: new Map(each.texts).set(text.name, { ...own, verdict }) });
  }
  changed();
}
