// The page for writing: starts it, and binds keys to actions.

import * as events from "./events.js";
import * as api from "./job_api.js";
import { alarm, guarded } from "./notices.js";
import { startPage } from "./page.js";
import { ROADS } from "./road_strings.js";
import { PASSAGE, WRITE } from "./strings.js";
import { html, render } from "./vendor/preact.js";
import { watchElsewhere } from "./write_elsewhere.js";
import { Form, begin, focusForm } from "./write_form.js";
import { Jobs, goOn, stop } from "./write_jobs.js";
import { drawBy, changed, estimate, shown, state, takeJob, takeOutput, takeWords } from "./write_state.js";
import { Texts, judge, move, redo, road, toDraft } from "./write_texts.js";
import { Plan } from "./write_weave.js";

const App = () => html`
  <h1 class="unseen">${WRITE.title}</h1>
  <${Form} form=${state.form} estimate=${state.estimate} />
  <div class="work">
    ${state.form.weave && state.estimate?.paragraphs?.length > 0 && html`<${Plan} paragraphs=${state.estimate.paragraphs} />`}
    <${Jobs} />
    <${Texts} />
  </div>`;

const KEYS = [
  [["j", "ArrowDown"], WRITE.keys.next, () => move(1)],
  [["k", "ArrowUp"], WRITE.keys.previous, () => move(-1)],
  [["a"], WRITE.keys.accept, () => judge("accept")],
  [["r"], WRITE.keys.reject, () => judge("reject")],
  [["s"], WRITE.keys.star, () => judge("star")],
  [["w"], WRITE.keys.redo, () => redo()],
  [["d"], PASSAGE.toDraftAbout, () => toDraft()],
  [["t"], ROADS.actionAbout, () => road()],
  [["x"], WRITE.keys.stop, () => stop(shown())],
  [["o"], WRITE.keys.goOn, () => goOn(shown())],
  [["n"], WRITE.keys.form, () => focusForm()],
  [["b"], WRITE.keys.begin, () => begin()],
];

async function start() {
  startPage({ name: "write", title: WRITE.title, help: WRITE.help, keys: KEYS });
  drawBy(() => render(html`<${App} />`, document.getElementById("page")));
  state.choices = await guarded(() => api.choices());
  events.on("job", takeJob);
  events.on("text", takeWords);
  events.on("output", takeOutput);
  events.on("model", ({ loaded }) => {
    state.loaded = loaded;
    changed();
  });
  events.on("pull", (pull) => {
    state.pull = pull;
    if (pull.state === "finished") readModels();
    changed();
  });
  watchElsewhere();
  events.listen();
  await readModels();
  estimate();
  changed();
  requestAnimationFrame(() => {
    // On a phone the tags scroll: one that another page has chosen may be out of sight.
    document.querySelector(".chips [aria-pressed=true]")?.scrollIntoView({ block: "nearest" });
    document.body.dataset.ready = "yes";
  });
}

async function readModels() {
  const found = await guarded(() => api.models());
  if (!found) return;
  state.models = found;
  state.pull = found.pull;
  changed();
}

start().catch(alarm);
