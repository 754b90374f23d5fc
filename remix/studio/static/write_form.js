// The form for a new run: passages, kinds, steps, model; and how large the run will be.

import { $, amount, counted } from "./dom.js";
import * as api from "./job_api.js";
import { tell } from "./notices.js";
import { WRITE } from "./strings.js";
import { html, useState } from "./vendor/preact.js";
import { ByHand } from "./write_by_hand.js";
import { Models } from "./write_models.js";
import { isChosen, request } from "./write_options.js";
import { add, choose, state } from "./write_state.js";
import { Weaving, What } from "./write_weave.js";

const FEW_TAGS = 12; // tags shown at first: with more, kinds and steps would be out of sight on a small screen

/** Begin a run of what the form holds. */
export async function begin() {
  if (!isChosen(state.form)) return tell(WRITE.chooseFirst);
  const job = await add(() => api.write(request(state.form)), true);
  if (!job) return;
  tell(WRITE.begun);
  requestAnimationFrame(showWork);
}

/** Where the form fills the window, as on a phone, bring the run into view. */
function showWork() {
  const work = document.querySelector(".work");
  if (work.getBoundingClientRect().top > innerHeight / 2) work.scrollIntoView({ block: "start" });
}

export const focusForm = () => $("form").querySelector("input, select, button").focus();

const toggled = (list, value) => (list.includes(value) ? list.filter((each) => each !== value) : [...list, value]);

export function Form({ form, estimate }) {
  if (!state.choices) return null;
  const { kinds, steps, variants, best_of } = state.choices;
  const submit = (event) => {
    event.preventDefault();
    begin();
  };
  return html`<form id="form" aria-label=${WRITE.formLabel} onSubmit=${submit}>
    <fieldset class=${form.passage.length ? "passages overruled" : "passages"}>
      <legend>${WRITE.passages}</legend>
      <${Tags} chosen=${form.tag} />
    </fieldset>
    <${OtherWays} form=${form} />
    <${What} form=${form} />
    ${form.weave ? html`<${Weaving} form=${form} />` : html`<fieldset>
      <legend>${WRITE.kinds}</legend>
      ${kinds.map((each) => html`<label key=${each.kind} class="kind">
        <input type="checkbox" checked=${form.kind.length ? form.kind.includes(each.kind) : each.is_usual}
          onChange=${() => choose({ kind: toggled(form.kind.length ? form.kind : kinds.filter((kind) => kind.is_usual).map((kind) => kind.kind), each.kind) })} />
        <span><b>${each.kind}</b> ${each.description}</span></label>`)}
    </fieldset>
    <fieldset class="numbers">
      <${Count} name="steps" label=${WRITE.steps} usual=${steps} form=${form} />
      <${Count} name="variants" label=${WRITE.variants} usual=${variants} form=${form} />
      <${Count} name="best-of" label=${WRITE.bestOf} usual=${best_of} form=${form} />
      <p class="count">${WRITE.numbers}</p>
    </fieldset>`}
    <${Models} form=${form} />
    <div class="ready"><${Estimate} estimate=${estimate} />
    <p class="begin"><button type="submit" class="main" id="begin">${WRITE.begin} <kbd>b</kbd></button></p></div>
  </form>`;
}

/** Tags as buttons with counts; of many tags the most frequent, and those that a word finds. */
function Tags({ chosen }) {
  const [word, setWord] = useState("");
  const [isAll, setAll] = useState(false);
  const { tags } = state.choices;
  const fits = ({ tag }) => tag.toLowerCase().includes(word.trim().toLowerCase());
  const found = word.trim() ? tags.filter(fits) : tags;
  const shown = isAll || word.trim() ? found : found.filter((each, at) => at < FEW_TAGS || chosen.includes(each.tag));
  return html`<div class="chosen-tags">
    ${tags.length > FEW_TAGS && html`<label class="filter">${WRITE.tagFilter}
      <input type="search" value=${word} maxlength="100" autocomplete="off" onInput=${(event) => setWord(event.target.value)} /></label>`}
    <div class="chips" role="group" aria-label=${WRITE.tags}>
      ${shown.slice(0, 300).map(({ tag, passages }) => html`<button type="button" key=${tag} aria-pressed=${String(chosen.includes(tag))}
        onClick=${() => choose({ tag: toggled(chosen, tag) })}>${tag} <span class="count">${amount(passages)}</span></button>`)}
      ${!word.trim() && tags.length > FEW_TAGS && html`<button type="button" class="plain" onClick=${() => setAll(!isAll)}>
        ${isAll ? WRITE.fewerTags : WRITE.moreTags(amount(tags.length - FEW_TAGS))}</button>`}
    </div></div>`;
}

/** The other ways to choose passages: folded up unless one is used, and the summary says which. */
function OtherWays({ form }) {
  const used = ["essay", "where", "like", "passage"].filter((name) => form[name].length > 0);
  const [isOpen, setOpen] = useState(used.length > 0);
  return html`<details class="other-ways" open=${isOpen} onToggle=${(event) => setOpen(event.target.open)}>
    <summary>${WRITE.otherWays} <span class="count">${used.map((name) => WRITE.ways[name]).join(", ")}</span></summary>
    <div class=${form.passage.length ? "fields overruled" : "fields"}>
      <label>${WRITE.essay}
        <select value=${form.essay[0] ?? ""} onChange=${(event) => choose({ essay: event.target.value ? [event.target.value] : [] })}>
          <option value="">${WRITE.anyEssay}</option>
          ${state.choices.essays.map((each) => html`<option key=${each.id} value=${each.id}>${each.title} (${amount(each.passages)})</option>`)}
        </select></label>
      <${Line} name="where" label=${WRITE.where} example=${WRITE.whereExample} form=${form} />
      <${Line} name="like" label=${WRITE.like} form=${form} />
    </div>
    <${ByHand} form=${form} /></details>`;
}

const Line = ({ name, label, example, form }) => html`<label>${label}
  <input type="text" name=${name} value=${form[name]} placeholder=${example} maxlength="2000" autocomplete="off" spellcheck=${name === "like"}
    onInput=${(event) => choose({ [name]: event.target.value })} /></label>`;

const Count = ({ name, label, usual, form }) => html`<label>${label}
  <input type="number" name=${name} min="1" max=${name === "variants" ? 999 : 99} value=${form[name] ?? usual}
    onInput=${(event) => choose({ [name]: event.target.valueAsNumber >= 1 ? event.target.valueAsNumber : null })} /></label>`;

/** How large the run will be, or why there can be no such run. */
function Estimate({ estimate }) {
  if (!estimate) return html`<p class="estimate" role="status">${WRITE.chooseFirst}</p>`;
  const old = estimate.isOld ? "estimate old" : "estimate";
  if (estimate.error) return html`<p class="${old} wrong" role="status"><b>${estimate.error}</b> ${estimate.hint}</p>`;
  if (!estimate.texts) return html`<p class=${old} role="status">${WRITE.estimating}</p>`;
  const words = WRITE.estimate({
    texts: counted(estimate.texts, "text"),
    passages: counted(estimate.passages, "passage"),
    candidates: estimate.candidates > estimate.texts ? amount(estimate.candidates / estimate.texts) : "",
    model: estimate.model,
  });
  return html`<div class=${old} role="status"><p>${words}.</p>
    ${estimate.seconds && html`<p>${WRITE.time(range(estimate.seconds), estimate.seconds.by)}.</p>`}
    ${estimate.notes.length > 0 && html`<details><summary>${counted(estimate.notes.length, "remark")}</summary>
      <ul>${estimate.notes.slice(0, 50).map((note) => html`<li>${note}</li>`)}</ul></details>`}</div>`;
}

const UNITS = [["hour", 3600], ["minute", 60], ["second", 1]];

/** A duration in words: `4 to 8 minutes`. */
function range({ least, most }) {
  const [unit, seconds] = UNITS.find(([, length]) => most >= 2 * length) ?? UNITS[2];
  const [from, to] = [least, most].map((each) => Math.max(1, Math.round(each / seconds)));
  return from < to ? `${amount(from)} to ${counted(to, unit)}` : counted(to, unit);
}
