// Saving: each change is kept in the browser at once, and sent to the server until the server has stored it.

import { Refused } from "./api.js";
import * as api from "./draft_api.js";
import { nameOfDraft } from "./kept_words.js";
import { alarm, reachable } from "./notices.js";
import { titled } from "./page.js";
import { changed, setPieces, state } from "./draft_state.js";

const PACE = 250; // milliseconds from a change until it is sent
const AGAIN = 2000; // milliseconds until the page tries again, if the server can't be reached

let timer = null;
let sending = null; // the request under way
let isDirty = false; // whether there are changes that haven't been sent
let stored = new Map(); // texts of the version that the pieces are based on, by id

/** The texts of the version that the pieces here and on the disk are based on, by id. */
export const before = () => stored;

function basedOn(draft) {
  state.version = draft.version;
  stored = new Map(draft.pieces.map(({ id, text }) => [id, text]));
}

const nameInBrowser = () => nameOfDraft(state.name);

/** The draft has another name now; what is kept of it in the browser gets the name, too. */
export function named(name) {
  if (name === state.name) return;
  const kept = localStorage.getItem(nameInBrowser());
  localStorage.removeItem(nameInBrowser());
  state.name = name;
  if (kept !== null) localStorage.setItem(nameInBrowser(), kept);
  history.replaceState(null, "", api.pageOf(name));
  titled(name);
}

/** The draft was renamed elsewhere: go on under its new name, also where its file seemed to be gone. */
export function follow(name) {
  named(name);
  if (state.saving === "gone") {
    state.saving = "waiting";
    schedule(0);
  }
  changed();
}

/** Whether there are changes that the server hasn't stored. */
export const isUnsaved = () => isDirty || sending !== null || state.conflict !== null;

/** The pieces have changed: keep them, and send them soon. */
export function store() {
  isDirty = true;
  if (state.saving === "stored") state.saving = "waiting";
  keep();
  // Typing on and on doesn't put the next request off.
  if (timer === null) schedule(PACE);
}

function keep() {
  const pieces = state.pieces.map(({ id, text, source, is_edited }) => ({ id, text, source, is_edited }));
  try {
    localStorage.setItem(nameInBrowser(), JSON.stringify({ version: state.version, before: [...stored], pieces }));
  } catch {
    // The browser has no room: the server's copy alone counts.
  }
}

function schedule(milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(() => {
    timer = null;
    send();
  }, milliseconds);
}

const asSent = ({ id, text, source }) => ({ id, text: text.toWellFormed?.() ?? text, source: source && { record: source.record, key: source.key } });

/** Send what hasn't been sent. Resolves when the server has answered. */
export async function send() {
  if (sending) return sending;
  if (!isDirty || state.conflict || state.saving === "gone") return null;
  clearTimeout(timer);
  timer = null;
  isDirty = false;
  sending = api.save(state.name, state.version, state.pieces.map(asSent)).then(acknowledged, failed);
  await sending;
  changed();
  return null;
}

function acknowledged(draft) {
  sending = null;
  named(draft.name);
  basedOn(draft);
  takeMarks(draft);
  reachable();
  if (isDirty) {
    keep();
    schedule(0);
  } else {
    state.saving = "stored";
    localStorage.removeItem(nameInBrowser());
  }
}

/** Which pieces differ from their sources, as the server says. */
function takeMarks(draft) {
  const marks = new Map(draft.pieces.map(({ id, is_edited }) => [id, is_edited]));
  state.pieces = state.pieces.map((piece) =>
    marks.has(piece.id) && marks.get(piece.id) !== piece.is_edited ? { ...piece, is_edited: marks.get(piece.id) } : piece);
}

function failed(error) {
  sending = null;
  isDirty = true;
  if (!(error instanceof Refused)) throw error;
  if (error.answer?.draft) {
    state.conflict = error.answer.draft;
    return;
  }
  state.saving = error.status === 404 ? "gone" : "unreachable";
  alarm(error);
  if (state.saving === "unreachable") schedule(AGAIN);
}

/** The file is gone: make it again, with what is here. */
export async function makeAgain() {
  const made = await api.create(state.name);
  localStorage.removeItem(nameInBrowser());
  named(made.name);
  basedOn(made);
  state.saving = "waiting";
  await send();
}

// -- the draft on the disk ----------------------------------------------------------------------------------

const asText = (pieces) => pieces.map(({ text }) => text).filter(Boolean).join("\n\n");

/** Show the draft as it is on the disk, and take up changes that were kept in the browser and never stored. */
export async function load() {
  const draft = await api.draft(state.name);
  named(draft.name);
  const kept = JSON.parse(localStorage.getItem(nameInBrowser()) ?? "null");
  reachable();
  basedOn(draft);
  state.pieces = draft.pieces;
  state.at = draft.pieces[0]?.id ?? null;
  if (!kept || asText(kept.pieces) === asText(draft.pieces)) return localStorage.removeItem(nameInBrowser());
  state.pieces = kept.pieces;
  isDirty = true;
  if (kept.version === draft.version) {
    state.saving = "waiting";
    schedule(0);
  } else {
    state.conflict = draft;
    stored = new Map(kept.before);
  }
  return null;
}

/** The draft may have been changed elsewhere: show the change, unless there are unsaved changes here. Gives whether anything changed. */
export async function refresh(version) {
  if (isUnsaved() || version === state.version) return false;
  const before = state.version;
  const draft = await api.draft(state.name);
  named(draft.name);
  // Words that were stored meanwhile are newer than the answer.
  if (isUnsaved() || state.version !== before || draft.version === before) return false;
  const known = new Map(state.pieces.map((piece) => [JSON.stringify(piece), piece]));
  basedOn(draft);
  state.pieces = draft.pieces.map((piece) => known.get(JSON.stringify(piece)) ?? piece);
  if (!state.pieces.some(({ id }) => id === state.at)) state.at = state.pieces[0]?.id ?? null;
  changed();
  return true;
}

/** After a conflict: go on with these pieces, over the version that the reader has seen. */
export function settle(pieces) {
  basedOn(state.conflict);
  state.conflict = null;
  setPieces(pieces);
}
