// What the passage page shows now. What a reload should keep stands in the address.

const asked = new URLSearchParams(location.search);

export const state = {
  passage: null, // as the server gives it
  chosen: {
    id: asked.get("id") ?? "",
    by: asked.get("by") ?? "kind",
    kind: asked.get("kind") ?? "",
    run: asked.get("run") ?? "",
    at: asked.get("at") ?? "", // key of the text that keys are about
    pair: asked.get("pair") === "1" && asked.getAll("two").length === 2, // whether two texts are shown at full width
  },
  two: [], // keys of the texts chosen for comparing
  compared: asked.getAll("two").slice(0, 2), // keys of the two texts at full width; "passage" is the passage
  view: null, // the two texts, as the server compares them
  noting: null, // key of the text whose note is being written
  goingOn: null, // key of the text that is edited, to go on from there
  heard: [], // woven essays of which the passage is a part, each with the sentences in which it is heard
  chunks: new Map(), // the texts with differences marked, by key
  awaited: null, // name of a run whose first text is to be shown
  live: new Map(), // texts being written, by place in the run
};

let draw = () => {};
let load = () => {};

/** `callback` asks for the passage's texts again. */
export function refreshBy(callback) {
  load = callback;
}

export const refresh = () => load();

const awaited = new Set(); // runs that were shown once

/** Show the text of a job as soon as it begins. */
export function await_({ run }) {
  if (!run || awaited.has(run)) return;
  awaited.add(run);
  state.awaited = run;
  refresh();
}

/** `callback` draws the page. */
export function whenChanged(callback) {
  draw = callback;
}

/** Keep the address up to date, and draw the page. */
export function changed() {
  const { pair, ...kept } = state.chosen;
  const values = Object.entries({ ...kept, by: kept.by === "kind" ? "" : kept.by, pair: pair ? "1" : "" }).filter(([, value]) => value);
  const search = new URLSearchParams([...values, ...(pair ? state.compared.map((key) => ["two", key]) : [])]);
  history.replaceState(null, "", `?${search}`);
  draw();
}

export const textOf = (key) => state.passage?.texts.find((text) => text.key === key);

/** The text that keys are about. */
export const current = () => textOf(state.chosen.at);
