// Sentences and passages as elements of the essay page: their names, brought into view, focused.

import { lineageOf, state } from "./essay_state.js";
import { ESSAY } from "./essay_strings.js";

export const idOf = ([part, sentence]) => `sentence-${part}-${sentence}`;

export const nameOfSource = (source) => {
  const { title, id } = state.essay.passages[source];
  return ESSAY.name(title, Number(id.split("/").at(-1)));
};

export const focusSentence = (at) => document.getElementById(idOf(at))?.focus({ preventScroll: true });
export const focusSource = (source) => document.querySelector(`#source-${source} button`)?.focus({ preventScroll: true });

/** Bring the chosen sentence and its passages, or the chosen passage and its sentences, into view. */
export function reveal() {
  const first = state.source ?? (state.at && lineageOf(state.at).behind[0]?.passage) ?? null;
  if (first !== null) document.getElementById(`source-${first}`)?.scrollIntoView({ block: "nearest" });
  // The sentence comes last: passages are in a column of their own, or in a sheet over the essay.
  if (state.at) document.getElementById(idOf(state.at))?.scrollIntoView({ block: "nearest" });
}
