// The essay page: starts it, loads the essay, takes in what is written meanwhile, and binds keys to actions.

import { get } from "./api.js";
import { $ } from "./dom.js";
import { deskOf, judge } from "./essay_actions.js";
import { follow, goBack, move, toAdded, toUnheard } from "./essay_moves.js";
import { reveal } from "./essay_places.js";
import { changed, chooseAsked, lineageOf, state, whenChanged } from "./essay_state.js";
import { ESSAY } from "./essay_strings.js";
import { drawThreads } from "./essay_threads.js";
import { Page } from "./essay_view.js";
import { listen, on } from "./events.js";
import { alarm, announce, guarded, reachable, tell } from "./notices.js";
import { atPace, startPage, titled } from "./page.js";
import { PASSAGE } from "./strings.js";
import { html, render } from "./vendor/preact.js";

const PACE = 500; // milliseconds between requests while texts are written

function draw() {
  if (!state.essay) return;
  render(html`<${Page} essay=${state.essay} />`, $("page"));
  titled(state.essay.title || ESSAY.title);
  drawThreads();
}

async function load() {
  const { run, by } = state;
  state.essay = await get(`api/essay?${new URLSearchParams(by ? { run, by } : { run })}`);
  for (const { task, is_written } of state.essay.parts) if (is_written) state.live.delete(task);
  // A text that was changed meanwhile may have fewer sentences.
  if (state.at && !lineageOf(state.at)) state.at = null;
  reachable();
}

/** The paragraph of the chosen sentence, or nothing and a message. */
const current = () => (state.at ? state.essay.parts[state.at[0]] : tell(ESSAY.noSentence));

const ofCurrent = (act) => () => {
  const part = current();
  if (part) act(part);
};

startPage({
  name: "", title: ESSAY.title, help: ESSAY.help, keys: [
    [["j", "ArrowDown"], ESSAY.keys.next, () => move(1)],
    [["k", "ArrowUp"], ESSAY.keys.previous, () => move(-1)],
    [["Enter"], ESSAY.keys.follow, follow],
    [["Escape"], ESSAY.keys.back, goBack],
    [["n"], ESSAY.keys.added, toAdded],
    [["p"], ESSAY.keys.unheard, toUnheard],
    [["a"], ESSAY.keys.accept, ofCurrent((part) => judge("accept", part))],
    [["r"], ESSAY.keys.reject, ofCurrent((part) => judge("reject", part))],
    [["s"], ESSAY.keys.star, ofCurrent((part) => judge("star", part))],
    [["o"], ESSAY.keys.desk, ofCurrent((part) => location.assign(deskOf(part)))],
    [["m"], ESSAY.keys.marks, () => tell(document.body.classList.toggle("plain") ? PASSAGE.marksOff : PASSAGE.marksOn)],
  ],
});
whenChanged(draw);
const isHere = await guarded(async () => {
  // With the page's query, as the browser has asked for the essay already.
  state.essay = await get(`api/essay${location.search}`);
  chooseAsked();
  return true;
});
if (isHere) {
  draw();
  reveal();
}
const refresh = atPace(PACE, () => load().then(changed).catch(alarm));
on("output", ({ run, ...text }) => {
  if (run !== state.run) return;
  refresh();
  announce(PASSAGE.text(text));
});
on("runs", () => state.essay && refresh());
on("text", ({ run, place, kind, step, variant, candidate, at, piece }) => {
  const part = run === state.run && candidate === 1 && variant === 1 && state.essay?.parts.find(({ task }) => task === `${place}/${kind}.${step}`);
  if (!part) return;
  state.live.set(part.task, [...(state.live.get(part.task) ?? "")].slice(0, at).join("") + piece);
  requestAnimationFrame(draw);
});
listen();
document.body.dataset.ready = "yes";
