// Reviews: verdicts, losses, a choice among variants, undo.

import * as api from "./api.js";
import { take } from "./changes.js";
import { SAID } from "./desk_strings.js";
import { counted } from "./dom.js";
import { VERDICTS, capital } from "./labels.js";
import { guarded, tell } from "./notices.js";
import { go, moveToNextToDo, refresh, variants } from "./open_output.js";
import { row, state, title } from "./page_state.js";
import { detailOf, store } from "./store.js";

const stored = []; // ids of this page's reviews, the latest last, for undo
let last = Promise.resolve();

/** Send one request after the other, however fast the keys are pressed: undo must know the latest review. */
export function send(ask, words) {
  const now = last.then(() => sendNow(ask, words));
  last = now.catch(() => {});
  return now;
}

async function sendNow(ask, words) {
  const done = await guarded(ask);
  if (!done) return null;
  if (done.reviews.length) stored.push(done.reviews);
  // The version stays as it is: earlier reviews by others come with the next request for changes.
  take({ ...done.changes, version: store.version });
  tell(words(done));
  await guarded(refresh);
  return done;
}

/** The record id of an output to be judged. A listed output may not be read yet. */
async function recordOf(here) {
  if (here.output === undefined) await detailOf(here.key);
  if (!here.output) throw new api.Refused(409, SAID.broken);
  return here.output;
}

export function review(values, words) {
  const here = row();
  if (!here) return tell(SAID.noText);
  return send(async () => api.review(here.key, { output: await recordOf(here), ...values }), () => words(here));
}

export const judge = (verdict) => review({ verdict }, (here) => SAID.judged(capital(VERDICTS[verdict]), title(here)));

/** Go on at once, without waiting for the server. */
export function judgeAndGoOn(verdict) {
  judge(verdict);
  moveToNextToDo();
}

export function pick(digit) {
  const all = row() ? variants(row()) : [];
  const one = all[Number(digit) - 1];
  if (all.length < 2 || !one) return tell(all.length < 2 ? SAID.noVariants : SAID.variants(all.length));
  return send(async () => api.choose(one.key, await recordOf(store.rows.get(one.key))), () => SAID.picked(digit, counted(all.length - 1, "other")));
}

export async function undo() {
  const done = await send(withdraw, () => SAID.withdrawn);
  if (done && !done.keys.includes(state.selected) && store.rows.has(done.keys[0])) go(done.keys[0]);
}

async function withdraw() {
  try {
    const done = await api.undo(stored.at(-1) ?? []);
    stored.pop();
    return done;
  } catch (error) {
    // The review was withdrawn elsewhere: the next undo withdraws the review before.
    if (error.status === 409) stored.pop();
    throw error;
  }
}
