// The home page: essays, tags and passages on the left; runs, accepted texts, drafts and models on the right.

import { get } from "./api.js";
import { $ } from "./dom.js";
import { listen, on } from "./events.js";
import { Accepted, Drafts, Models, Runs } from "./home_runs.js";
import { Fresh, Garden } from "./home_garden.js";
import { alarm, guarded, reachable } from "./notices.js";
import { atPace, moveFocus, startPage } from "./page.js";
import { HOME } from "./strings.js";
import { html, render } from "./vendor/preact.js";

const PACE = 1000; // milliseconds between requests while something changes
const READING = 500; // milliseconds until the page asks again, while the server is still reading texts
const CHOICES = ["tag", "essay", "where"];

const state = {
  home: null, // as the server gives it
  chosen: chosenOf(location.search), // name and value of what chooses passages, or null
  passages: null, // passages chosen
};

function chosenOf(search) {
  const [name, value] = [...new URLSearchParams(search)].find(([name, value]) => CHOICES.includes(name) && value) ?? [];
  return name ? { name, value } : null;
}

const show = () => render(html`<${Home} ...${state} />`, $("page"));

function Home({ home, chosen, passages }) {
  if (!home) return null;
  return html`
    <h1 class="unseen">${HOME.title}</h1>
    <div class="halves">
      <div>
        ${home.essays.length ? html`<${Garden} home=${home} chosen=${chosen} passages=${passages} choose=${choose} />` : html`<${Fresh} problem=${home.problem} />`}
        ${home.left_out.length > 0 && html`<section class="part"><h2>${HOME.leftOut}</h2><ul class="plain-list">${home.left_out.map((each) => html`<li class="about">${each}</li>`)}</ul></section>`}
      </div>
      <div>
        <${Runs} runs=${home.runs} reload=${reload} />
        <${Accepted} home=${home} />
        <${Drafts} drafts=${home.drafts} />
        <${Models} models=${home.models} />
      </div>
    </div>`;
}

/** Choose passages by tag, essay or query; null shows all essays again. */
async function choose(chosen, isBack = false) {
  state.chosen = chosen;
  state.passages = null;
  if (!isBack) history.pushState(null, "", chosen ? `?${new URLSearchParams({ [chosen.name]: chosen.value })}` : "./");
  await guarded(findPassages);
  show();
}

async function findPassages() {
  const { chosen } = state;
  if (!chosen) return;
  const found = await get(`api/passages?${new URLSearchParams({ [chosen.name]: chosen.value })}`);
  if (chosen === state.chosen) state.passages = found;
}

async function reload() {
  [state.home] = await Promise.all([get(`api/home${location.search}`), findPassages()]);
  reachable();
  show();
  if (state.home.unread) setTimeout(refresh, READING);
}

const refresh = atPace(PACE, () => reload().catch(alarm));

startPage({
  name: "home", title: HOME.title, help: HOME.help, keys: [
    [["j", "ArrowDown"], HOME.keys.next, () => moveFocus(1)],
    [["k", "ArrowUp"], HOME.keys.previous, () => moveFocus(-1)],
    [["/"], HOME.keys.query, () => $("query")?.focus()],
    [["Escape"], HOME.keys.clear, () => state.chosen && choose(null)],
  ],
});
addEventListener("popstate", () => choose(chosenOf(location.search), true));
await guarded(reload);
for (const name of ["runs", "output", "job", "drafts"]) on(name, refresh);
listen();
document.body.dataset.ready = "yes";
