// At the desk: roads, redoing, and what is written beside an output that way.

import { get, post } from "./api.js";
import { h } from "./dom.js";
import { listen, on } from "./events.js";
import { follow } from "./followed_jobs.js";
import { guarded, tell } from "./notices.js";
import { ROADS } from "./road_strings.js";
import { openRoads, openRoadsAt } from "./roads.js";
import { PASSAGE } from "./strings.js";

const beside = new Map(); // by the key of an output, an element with all that is written beside
const written = new Map(); // by job, the elements of its text

/** What is written beside an output; nothing if nothing is. */
export const besideOf = (key) => beside.get(key) ?? "";

const roadsOf = (key) => ({ key, whenTaken: (job) => show(key, job) });

/** Open the roads of the output with a key, which an element shows. */
export const takeRoad = (key, element) => openRoads({ ...roadsOf(key), element });

/** Open the roads at the word under a click. */
export const takeRoadAt = (click, key) => openRoadsAt(click, roadsOf(key));

export const redo = (key) => guarded(async () => {
  const { output } = await get(`api/outputs/${key}/roads`);
  const job = await post("api/jobs/redo", { output });
  listen();
  tell(PASSAGE.redoing);
  follow(job);
  show(key, job);
});

/** Show a job's text beside an output, as it is written. */
export function show(key, job) {
  if (written.has(job.id)) return;
  const text = h("p", { class: "text", dir: "auto" });
  const about = h("p", { class: "about" }, PASSAGE.waiting);
  written.set(job.id, { text, about, words: [] });
  if (!beside.has(key)) {
    const element = h("section", { class: "beside", "aria-label": ROADS.beside }, h("h3", null, ROADS.beside));
    beside.set(key, element);
    document.getElementById("comparison").append(element);
  }
  beside.get(key).append(h("article", { class: "output" }, about, text));
}

on("text", ({ job, at, piece, candidate }) => {
  const each = written.get(job);
  if (!each || candidate > 1) return;
  each.words = [...each.words.slice(0, at), ...piece];
  each.text.textContent = each.words.join("");
  each.about.textContent = PASSAGE.beingWritten;
});

on("output", ({ job, key, place }) => {
  written.get(job)?.about.replaceChildren(h("a", { href: `passage?${new URLSearchParams({ id: place, at: key })}` }, ROADS.written));
});

on("job", ({ id, state, error }) => {
  if (["failed", "stopped"].includes(state)) written.get(id)?.about.replaceChildren(error || ROADS.stopped);
});
