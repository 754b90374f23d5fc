// Judging on the passage page: verdicts, notes, undo. The same requests as on the desk.

import * as api from "./api.js";
import { VERDICTS, capital } from "./labels.js";
import { guarded, tell } from "./notices.js";
import { changed, current, refresh, state } from "./passage_state.js";
import { PASSAGE } from "./strings.js";

const stored = []; // ids of this page's reviews, the latest last
let last = Promise.resolve();

/** One request after the other: undo must know the latest review. Gives whether the server has stored it. */
function send(ask, words) {
  const now = last.then(async () => {
    const done = await guarded(ask);
    if (!done) return false;
    if (done.reviews.length) stored.push(done.reviews);
    takeStandings(done.changes.standings);
    tell(words);
    return true;
  });
  last = now.catch(() => {});
  return now;
}

function takeStandings(standings) {
  state.passage.texts = state.passage.texts.map((text) =>
    standings[text.output] ? { ...text, standing: standings[text.output], verdict: standings[text.output].verdict } : text);
  changed();
}

function review(text, values, words) {
  if (!text) return tell(PASSAGE.noText);
  if (!text.output) return tell(PASSAGE.broken);
  return send(() => api.review(text.key, { output: text.output, ...values }), words);
}

export const judge = (verdict, text = current()) =>
  review(text, { verdict }, text && PASSAGE.judged(capital(VERDICTS[verdict]), PASSAGE.text(text)));

/** Keep an edited version; gives whether it is stored. */
export async function edit(text, words) {
  if (!words.trim()) return tell(PASSAGE.noWords);
  const isStored = await send(() => api.edit(text.key, text.output, words), PASSAGE.editKept);
  refresh();
  return isStored;
}

/** Store a note; gives whether it is stored. */
export const note = (text, words) => review(text, { note: words }, words ? PASSAGE.noteKept : PASSAGE.noteGone);

export const undo = () => send(async () => {
  if (!stored.length) throw new api.Refused(409, PASSAGE.nothingToUndo);
  try {
    const done = await api.undo(stored.at(-1));
    stored.pop();
    return done;
  } catch (error) {
    // The review was withdrawn elsewhere: the next undo withdraws the review before.
    if (error.status === 409) stored.pop();
    throw error;
  }
}, PASSAGE.undone);
