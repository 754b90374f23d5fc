// What the page of a draft shows now: the pieces in order, the current one, and changes that can be undone.

export const state = {
  name: new URLSearchParams(location.search).get("name") ?? "",
  version: null, // of the file that the pieces are based on; null until the draft is loaded
  pieces: [], // id, text, source, is_edited; a changed piece is a new object
  at: null, // id of the piece that keys are about
  accepted: [], // accepted texts of all runs
  filter: "", // words that shown accepted texts have
  source: null, // the piece beside its source: id, and what the server gives
  saving: "stored", // or "waiting", "unreachable", "gone"
  conflict: null, // the draft as it is on the disk, while the reader has to choose
  drag: null, // what is dragged, and where to
  hasNotes: true, // whether exports have notes of origin
};

let draw = () => {};
let store = () => {};

/** `show` draws the page, `save` stores the pieces. */
export function whenChanged(show, save) {
  draw = show;
  store = save;
}

/** The page shows something else. */
export const changed = () => draw();

const undoing = []; // functions that take a change back; each gives whether there was anything to take back

/** The pieces are others. */
export function setPieces(pieces) {
  state.pieces = pieces;
  if (!pieces.some(({ id }) => id === state.at)) state.at = pieces[0]?.id ?? null;
  store();
  draw();
}

export const indexOf = (id) => state.pieces.findIndex((piece) => piece.id === id);
export const current = () => state.pieces[indexOf(state.at)];

export function freshId() {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function write(id, text) {
  setPieces(state.pieces.map((piece) => (piece.id === id ? { ...piece, text } : piece)));
}

function placed(pieces, index, piece) {
  const others = pieces.filter(({ id }) => id !== piece.id);
  return [...others.slice(0, index), piece, ...others.slice(index)];
}

/** Put a piece at a place, and make it the current one. */
export function insert(piece, index) {
  state.at = piece.id;
  setPieces(placed(state.pieces, index, piece));
  undoing.push(() => {
    const now = state.pieces[indexOf(piece.id)];
    // Words written since aren't taken away.
    if (!now || now.text !== piece.text) return false;
    setPieces(state.pieces.filter(({ id }) => id !== piece.id));
    return true;
  });
}

/** Move a piece; `index` is its place among the others. */
export function move(id, index) {
  const from = indexOf(id);
  const to = Math.max(0, Math.min(state.pieces.length - 1, index));
  if (from < 0 || from === to) return false;
  setPieces(placed(state.pieces, to, state.pieces[from]));
  undoing.push(() => {
    const now = state.pieces[indexOf(id)];
    if (now) setPieces(placed(state.pieces, from, now));
    return Boolean(now);
  });
  return true;
}

export function remove(id) {
  const from = indexOf(id);
  if (from < 0) return;
  const piece = state.pieces[from];
  if (state.at === id) state.at = (state.pieces[from + 1] ?? state.pieces[from - 1])?.id ?? null;
  setPieces(state.pieces.filter((each) => each !== piece));
  undoing.push(() => {
    state.at = id;
    setPieces(placed(state.pieces, from, piece));
    return true;
  });
}

/** Take back the last change of the order that is still there. Gives whether there was one. */
export function undo() {
  while (undoing.length) if (undoing.pop()()) return true;
  return false;
}

export const wordsOf = (pieces) => pieces.reduce((sum, { text }) => sum + (text.match(/\S+/g)?.length ?? 0), 0);
