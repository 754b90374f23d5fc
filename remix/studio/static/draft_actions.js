// What a reader does with the pieces of a draft: move, insert, remove, add accepted texts, look at a source.

import * as api from "./draft_api.js";
import { announce, guarded, tell } from "./notices.js";
import { isUnsaved, send } from "./draft_saving.js";
import { changed, current, freshId, indexOf, insert, move, remove, state, undo } from "./draft_state.js";
import { DRAFT } from "./strings.js";

const cardOf = (id) => document.getElementById(`piece-${id}`);
const areaOf = (id) => cardOf(id)?.querySelector("textarea");

/** Put the focus on a piece, or into its words. */
export function focus(id, isWords = false) {
  (isWords ? areaOf(id) : cardOf(id))?.focus({ preventScroll: true });
  cardOf(id)?.scrollIntoView({ block: "nearest" });
}

export function moveBy(id, by) {
  const isInWords = document.activeElement === areaOf(id);
  const active = document.activeElement;
  if (!move(id, indexOf(id) + by)) return announce(by < 0 ? DRAFT.isFirst : DRAFT.isLast);
  announce(DRAFT.moved(indexOf(id) + 1, state.pieces.length));
  // The browser takes the focus away from an element that is moved.
  if (isInWords) focus(id, true);
  else if (active?.isConnected && cardOf(id)?.contains(active)) active.focus({ preventScroll: true });
  return cardOf(id)?.scrollIntoView({ block: "nearest" });
}

/** Insert an empty piece below a piece, or at the end, and write into it. */
export function insertWords(below = null) {
  const piece = { id: `own-${freshId()}`, text: "", source: null, is_edited: false };
  insert(piece, below === null ? state.pieces.length : indexOf(below) + 1);
  focus(piece.id, true);
}

export function removePiece(id) {
  if (indexOf(id) < 0) return;
  remove(id);
  if (state.source?.id === id) state.source = null;
  tell(DRAFT.removed);
  focus(state.at);
}

export function undoLast() {
  tell(undo() ? DRAFT.undone : DRAFT.nothingToUndo);
  focus(state.at);
}

let last = Promise.resolve();

/** Add an accepted text at a place; without a place below the current piece. One text after the other. */
export function addText(key, index = null) {
  last = last.catch(() => {}).then(() => guarded(() => addNow(key, index)));
  return last;
}

async function addNow(key, index) {
  const piece = await api.textOf(key);
  const at = index ?? (current() ? indexOf(state.at) + 1 : state.pieces.length);
  insert({ ...piece, id: `${piece.source.record.slice(0, 12)}-${freshId()}` }, at);
  tell(DRAFT.addedAt(at + 1));
  cardOf(state.at)?.scrollIntoView({ block: "nearest" });
}

/** Show a piece beside its source, or no longer. */
export async function toggleSource(id) {
  if (state.source?.id === id) state.source = null;
  else if (state.pieces[indexOf(id)]?.source) await showSource(id);
  else tell(DRAFT.noSource);
  changed();
}

/** The source of a piece as stored; what isn't stored yet is stored first. */
export const showSource = (id) => guarded(async () => {
  while (isUnsaved() && !state.conflict && state.saving !== "unreachable") await send();
  state.source = { id, ...(await api.compare(state.name, id)) };
  changed();
});
