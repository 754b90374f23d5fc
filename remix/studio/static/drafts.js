// The page of all drafts: a list, and a form for a new one.

import { $, amount, counted } from "./dom.js";
import * as api from "./draft_api.js";
import { listen, on } from "./events.js";
import { nameOfDraft } from "./kept_words.js";
import { alarm, guarded, reachable } from "./notices.js";
import { atPace, moveFocus, startPage } from "./page.js";
import { DRAFTS } from "./strings.js";
import { html, render } from "./vendor/preact.js";

const PACE = 1000; // milliseconds between requests while drafts change
const WHEN = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

/** The draft that was just thrown away, and where it is now. */
const [gone, place] = ["gone", "place"].map((name) => new URLSearchParams(location.search).get(name));

async function begin(event) {
  event.preventDefault();
  const title = event.target.elements.title.value.trim();
  const made = await guarded(() => api.create(title || DRAFTS.untitled));
  if (made) location.assign(api.pageOf(made.name));
}

const Page = ({ drafts }) => html`<div class="list-of-drafts">
  <h1 class="unseen">${DRAFTS.title}</h1>
  <form class="row-of" onSubmit=${begin}>
    <label class="grow"><span class="unseen">${DRAFTS.name}</span>
      <input type="text" id="title" name="title" maxlength="200" placeholder=${DRAFTS.name} autocomplete="off" dir="auto" /></label>
    <button class="main">${DRAFTS.begin}</button></form>
  ${gone && html`<p class="alarm" role="status">${DRAFTS.gone(gone, place)}</p>`}
  ${!drafts.length && html`<p class="about">${DRAFTS.none}</p>`}
  <ul class="lines">${drafts.map((draft) => html`<li key=${draft.name}>
    <a class="line" href=${api.pageOf(draft.name)}><b dir="auto">${draft.name}</b>
      <span class="about">${DRAFTS.about(counted(draft.words, "word"), counted(draft.sources, "accepted text"))}, ${WHEN.format(draft.changed * 1000)}</span></a>
    ${localStorage.getItem(nameOfDraft(draft.name)) !== null && html`<p class="about"><span class="problem">${DRAFTS.notStored}</span></p>`}
    <p class="about" dir="auto">${draft.problem ? html`<span class="problem">${draft.problem}</span>` : draft.opening || DRAFTS.empty}</p></li>`)}</ul>
  ${drafts.length > 0 && html`<p class="about">${DRAFTS.where(amount(drafts.length))}</p>`}
</div>`;

async function reload() {
  const { drafts } = await api.drafts();
  reachable();
  render(html`<${Page} drafts=${drafts} />`, $("page"));
}

startPage({
  name: "drafts", title: DRAFTS.title, help: DRAFTS.help, keys: [
    [["j", "ArrowDown"], DRAFTS.keys.next, () => moveFocus(1)],
    [["k", "ArrowUp"], DRAFTS.keys.previous, () => moveFocus(-1)],
    [["n"], DRAFTS.keys.begin, () => $("title")?.focus()],
  ],
});
await guarded(reload);
on("drafts", atPace(PACE, () => reload().catch(alarm)));
listen();
document.body.dataset.ready = "yes";
