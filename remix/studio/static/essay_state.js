// What the essay page shows now: the essay, the chosen sentence or passage. What a reload should keep is in the address.

const asked = new URLSearchParams(location.search);

export const state = {
  essay: null, // as the server gives it
  run: asked.get("run") ?? "",
  by: asked.get("by") ?? "", // method of the lineage; empty for the best one
  at: null, // the chosen sentence as [part, sentence], numbers from 0
  source: null, // number of the chosen passage
  hovered: null, // the sentence under the mouse, while nothing is chosen
  live: new Map(), // texts being written, by task
};

let draw = () => {};

/** `callback` draws the page. */
export function whenChanged(callback) {
  draw = callback;
}

/** Keep the address up to date, and draw the page. */
export function changed() {
  const { essay, at, source, run, by } = state;
  const values = {
    run, by, at: at ? essay.parts[at[0]].task : "", sentence: at ? String(at[1] + 1) : "",
    passage: source === null ? "" : essay.passages[source].id,
  };
  history.replaceState(null, "", `?${new URLSearchParams(Object.entries(values).filter(([, value]) => value))}`);
  draw();
}

/** Choose what the address names, once the essay is here. */
export function chooseAsked() {
  const part = state.essay.parts.findIndex(({ task }) => task === asked.get("at"));
  const sentence = Number(asked.get("sentence") ?? 1) - 1;
  if (state.essay.parts[part]?.sentences[sentence]) state.at = [part, sentence];
  const source = state.essay.passages.findIndex(({ id }) => id === asked.get("passage"));
  if (source < 0) return;
  state.source = source;
  state.at ??= heardIn(source)[0]?.at ?? null;
}

export const isSame = (one, other) => Boolean(one && other) && one[0] === other[0] && one[1] === other[1];

/** The lineage of a sentence. */
export const lineageOf = ([part, sentence]) => state.essay.parts[part].sentences[sentence];

/** The sentence whose passages are shown: the chosen one, or the one under the mouse; null while a passage is chosen. */
export const shownSentence = () => (state.source === null ? state.at ?? state.hovered : null);

const indexes = new WeakMap(); // by essay: its sentences, and the sentences of each passage

function index() {
  const known = indexes.get(state.essay);
  if (known) return known;
  const sentences = state.essay.parts.flatMap((part, number) => part.sentences.map((_, sentence) => [number, sentence]));
  const heard = state.essay.passages.map(() => []);
  for (const at of sentences) for (const behind of lineageOf(at).behind) heard[behind.passage].push({ at, ...behind });
  indexes.set(state.essay, { sentences, heard });
  return { sentences, heard };
}

/** All sentences in reading order. */
export const allSentences = () => index().sentences;

/** The sentences in which a passage is heard, each with the passage's share and closest sentence. */
export const heardIn = (source) => index().heard[source];
