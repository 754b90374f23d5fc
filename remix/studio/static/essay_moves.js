// Moving on the essay page: from sentence to sentence, along threads to passages and back.

import { counted } from "./dom.js";
import { focusSentence, focusSource, nameOfSource, reveal } from "./essay_places.js";
import { allSentences, changed, heardIn, isSame, lineageOf, state } from "./essay_state.js";
import { ESSAY } from "./essay_strings.js";
import { announce, tell } from "./notices.js";

/** Choose a sentence. A chosen passage is left, unless `keepsSource`. */
export function chooseSentence(at, keepsSource = false) {
  Object.assign(state, { at, hovered: null, source: keepsSource ? state.source : null });
  changed();
  reveal();
  const all = state.essay.parts[at[0]].sentences.length;
  const names = lineageOf(at).behind.map(({ passage, share }) => ESSAY.from(nameOfSource(passage), share)).join(", ");
  announce(ESSAY.spoken(at[1] + 1, all, names));
}

/** Choose a passage: the sentences in which it is heard are marked. */
export function chooseSource(source) {
  Object.assign(state, { source, hovered: null });
  const heard = heardIn(source);
  if (!heard.some(({ at }) => isSame(at, state.at))) state.at = heard[0]?.at ?? null;
  changed();
  reveal();
  announce(heard.length ? ESSAY.spokenPassage(nameOfSource(source), counted(heard.length, "sentence")) : ESSAY.spokenUnheard(nameOfSource(source)));
}

/** Leave the chosen passage, then the chosen sentence. */
export function goBack() {
  const { source, at } = state;
  Object.assign(state, { source: null, at: source === null ? null : at, hovered: null });
  changed();
  if (at) focusSentence(at);
}

/** To the next sentence, or the one before; while a passage is chosen, among those in which it is heard. */
export function move(by, wants = () => true, none = by > 0 ? ESSAY.last : ESSAY.first) {
  const all = state.source === null ? allSentences() : heardIn(state.source).map(({ at }) => at);
  const now = all.findIndex((each) => isSame(each, state.at));
  for (let at = now < 0 && by < 0 ? all.length - 1 : now + by; at >= 0 && at < all.length; at += by) {
    if (!wants(all[at])) continue;
    chooseSentence(all[at], true);
    return focusSentence(all[at]);
  }
  return tell(none);
}

export function toAdded() {
  state.source = null;
  const added = allSentences().filter((at) => lineageOf(at).added);
  // After the last one, the first again.
  const now = state.at && added.find(([part, sentence]) => part > state.at[0] || (part === state.at[0] && sentence > state.at[1]));
  const next = now || added[0];
  if (!next) return tell(ESSAY.noAdded);
  chooseSentence(next);
  return focusSentence(next);
}

export function toUnheard() {
  const unheard = state.essay.passages.map((_, source) => source).filter((source) => !heardIn(source).length);
  const next = unheard.find((source) => source > (state.source ?? -1)) ?? unheard[0];
  if (next === undefined) return tell(ESSAY.noUnheard);
  chooseSource(next);
  return focusSource(next);
}

/** From the chosen sentence to the first passage behind it; from a passage to the first of its sentences. */
export function follow() {
  if (state.source !== null) return state.at && focusSentence(state.at);
  if (!state.at) return move(1);
  const [first] = lineageOf(state.at).behind;
  return first ? focusSource(first.passage) : tell(ESSAY.noThread);
}
