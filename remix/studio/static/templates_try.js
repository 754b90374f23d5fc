// Trying a template on a passage: the text streams in, and nothing is kept.

import { guarded } from "./notices.js";
import * as api from "./job_api.js";
import { amount } from "./dom.js";
import { TEMPLATES } from "./template_strings.js";
import { FLAGS, WRITE } from "./strings.js";
import { changed, choosePassage, chooseEssay, state } from "./templates_state.js";
import { html } from "./vendor/preact.js";

const OVER = ["stopped", "finished", "failed"];
const isOver = () => !state.tried || OVER.includes(state.tried.job.state);

/** Try the source as it stands. */
export async function tryNow() {
  if (!state.passage || !isOver()) return;
  const job = await guarded(() => api.tryTemplate({ kind: state.name || state.kind, source: state.source, passage: state.passage, options: { steps: 1 } }));
  if (!job) return;
  state.tried = { job, texts: new Map() };
  changed();
}

export const stopTry = () => !isOver() && guarded(() => api.stop(state.tried.job.id));

const isOurs = (id) => state.tried?.job.id === id;
const stepOf = ({ kind, step }) => `${kind} ${step}`;

export function takeJob(job) {
  if (!isOurs(job.id)) return;
  state.tried.job = job;
  changed();
}

export function takeWords({ job, at, piece, ...text }) {
  if (!isOurs(job)) return;
  const before = state.tried.texts.get(stepOf(text))?.words ?? "";
  state.tried.texts.set(stepOf(text), { words: [...before].slice(0, at).join("") + piece });
  changed();
}

export function takeTried({ job, ...tried }) {
  if (!isOurs(job)) return;
  state.tried.texts.set(stepOf(tried), { ...tried, words: tried.text });
  changed();
}

export function Try() {
  const field = (label, value, choose, options) => html`<label>${label}
    <select value=${value} onChange=${(event) => choose(event.target.value)}>${options.map(([id, name]) => html`<option value=${id}>${name}</option>`)}</select></label>`;
  const { tried } = state;
  return html`<section class="try" aria-labelledby="try-title"><h2 id="try-title">${TEMPLATES.tryTitle}</h2>
    ${state.essays.length > 0 && field(TEMPLATES.essay, state.essay, (id) => guarded(() => chooseEssay(id)), state.essays.map(({ id, title }) => [id, title]))}
    ${state.passages.length > 0 && field(TEMPLATES.passage, state.passage, choosePassage, state.passages.map(({ id, first_words }) => [id, first_words]))}
    <p class="row-of"><button type="button" class="main" disabled=${!isOver() || !state.passage} onClick=${tryNow}>${TEMPLATES.try} <kbd aria-hidden="true">t</kbd></button>
      ${!isOver() && html`<button type="button" onClick=${stopTry}>${TEMPLATES.stop} <kbd aria-hidden="true">x</kbd></button>`}</p>
    ${!tried && html`<p class="about">${TEMPLATES.tryAbout}</p>`}
    ${tried && html`<${Tried} job=${tried.job} texts=${[...tried.texts]} />`}</section>`;
}

const Tried = ({ job, texts }) => html`<div>
  <p class="about" role="status">${[job.state === "loading" && texts.length ? WRITE.states.writing : WRITE.states[job.state], texts.length ? "" : job.stage].filter(Boolean).join(", ")}</p>
  ${job.error && html`<p class="wrong">${job.error} ${job.hint}</p>`}
  ${job.notes.map((note) => html`<p class="about">${note}</p>`)}
  ${texts.map(([step, text]) => html`<article class="tried" key=${step} aria-label=${step}>
    <h3>${step} ${text.flags?.map((name) => html`<span class="flag" title=${FLAGS[name]}>${name}</span>${" "}`)}</h3>
    <p class="text" dir="auto">${text.words}</p>
    ${text.prompt && html`<details><summary>${TEMPLATES.prompt(amount(text.prompt.reduce((sum, { content }) => sum + content.length, 0)))}</summary>
      ${text.prompt.map(({ role, content }) => html`<h4>${role}</h4><pre tabindex="0">${content}</pre>`)}</details>`}</article>`)}</div>`;
