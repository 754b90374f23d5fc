// The form's part for essays: texts of each passage or an essay, what is asked of the essay, and its plan.

import { amount, counted } from "./dom.js";
import { WEAVE } from "./essay_strings.js";
import { html } from "./vendor/preact.js";
import { choose, state } from "./write_state.js";

/** Whether each passage gets texts of its own, or an essay is woven from all. */
export function What({ form }) {
  const field = (isWoven, label) => html`<label class="kind"><input type="radio" name="what" checked=${form.weave === isWoven}
    onChange=${() => choose({ weave: isWoven })} /><span>${label}</span></label>`;
  return html`<fieldset class="what"><legend>${WEAVE.what}</legend>${field(false, WEAVE.texts)}${field(true, WEAVE.essay)}</fieldset>`;
}

export function Weaving({ form }) {
  const check = (name) => html`<label class="kind"><input type="checkbox" name=${name} checked=${form[name]}
    onChange=${(event) => choose({ [name]: event.target.checked })} /><span>${WEAVE[name]}</span></label>`;
  return html`<fieldset class="numbers weaving"><legend>${WEAVE.legend}</legend>
    <label>${WEAVE.length}<input type="number" name="length" min="50" max="99999" value=${form.length ?? 600}
      onInput=${(event) => choose({ length: event.target.valueAsNumber >= 1 ? event.target.valueAsNumber : null })} /></label>
    <label class="order">${WEAVE.order}<select name="order" value=${form.order} onChange=${(event) => choose({ order: event.target.value })}>
      ${Object.entries(WEAVE.orders).map(([order, label]) => html`<option value=${order}>${label}</option>`)}</select></label>
    ${check("dialectic")}${check("accepted")}</fieldset>`;
}

/** The paragraphs to be written, each with its passages; folded up while texts are shown. */
export const Plan = ({ paragraphs }) => html`<details class="plan" open=${!state.shown}><summary>${WEAVE.plan(counted(paragraphs.length, "paragraph"))}</summary>
  <ol>${paragraphs.map(({ words, passages }) => html`<li>${WEAVE.words(amount(words))}
    <ul>${passages.map(({ id, title, first_words }) => html`<li><a href=${`passage?${new URLSearchParams({ id })}`} dir="auto">${WEAVE.passage(title, id)}</a>${" "}
      <span class="about" dir="auto">${first_words} …</span></li>`)}</ul></li>`)}</ol></details>`;
