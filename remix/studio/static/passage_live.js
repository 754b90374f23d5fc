// Texts of the passage that are being written: their words so far.

import { changed, state } from "./passage_state.js";

const placeOf = ({ run, place, kind, step, variant, candidate = 1 }) => [run, place, kind, step, variant, candidate].join(" ");

let isAsked = false; // whether the next frame draws the page

/** Take in new words of a text. */
export function takeWords({ at, piece, ...words }) {
  const place = placeOf(words);
  const before = state.live.get(place)?.text ?? "";
  state.live.set(place, { ...state.live.get(place), ...words, text: [...before].slice(0, at).join("") + piece });
  redraw();
}

/** Forget what a job that has ended didn't finish: those words aren't kept anywhere. */
export function dropUnfinished(job) {
  for (const [place, text] of state.live) if (text.job === job) state.live.delete(place);
  redraw();
}

function redraw() {
  if (isAsked) return;
  isAsked = true;
  requestAnimationFrame(() => {
    isAsked = false;
    changed();
  });
}

/** The texts to be written, each with the words known before. */
export function waiting(passage, before) {
  const finished = new Set(passage.texts.map((text) => [text.run, text.place, text.kind, text.step, text.variant].join(" ")));
  const live = new Map(passage.writing.map((text) => [placeOf(text), { ...text, text: "" }]));
  for (const [place, text] of before) if (!finished.has(place.replace(/ \d+$/, "")) && text.text) live.set(place, { ...live.get(place), ...text });
  return live;
}
