// The texts of a run, in cards by passage: as they are written, and when they are finished, to be judged and redone.

import { addToDraft } from "./add_to_draft.js";
import { BranchWords } from "./branch_words.js";
import { amount, counted } from "./dom.js";
import { post } from "./api.js";
import * as api from "./job_api.js";
import { MARKS, VERDICTS } from "./labels.js";
import { guarded, tell } from "./notices.js";
import { openRoads, openRoadsAt } from "./roads.js";
import { ROADS } from "./road_strings.js";
import { PASSAGE, WRITE } from "./strings.js";
import { Component, html } from "./vendor/preact.js";
import { add, allTexts, changed, isOver, judged, nameOf, shown, state } from "./write_state.js";

const ready = () => allTexts().filter((text) => text.words);
const selected = () => ready().find((text) => text.name === state.selected);

/** Select the next text, or the one before. */
export function move(by) {
  const texts = ready();
  const at = texts.findIndex((text) => text.name === state.selected);
  const next = texts[at < 0 ? 0 : Math.min(texts.length - 1, Math.max(0, at + by))];
  if (next) select(next.name, true);
}

function select(name, isFocused) {
  state.selected = name;
  changed();
  if (isFocused) requestAnimationFrame(() => requestAnimationFrame(() => focus(name)));
}

/** Focus a text, unless another was selected in the meantime: the focus would select this one again. */
function focus(name) {
  if (state.selected === name) document.querySelector(`[data-name="${CSS.escape(name)}"]`)?.focus();
}

/** Judge the selected text, once it is finished. */
export async function judge(verdict, text = selected()) {
  if (!text?.record) return;
  const stored = await guarded(() => post(`api/outputs/${text.key}/reviews`, { output: text.record, verdict }));
  if (!stored) return;
  judged(text, verdict);
  tell(WRITE.judged(VERDICTS[verdict]));
}

/** Write another variant of the selected text. */
export async function redo(text = selected()) {
  if (text?.record && (await add(() => api.redo(nameOf(text)), false))) tell(WRITE.redoing);
}

/** Add the selected text to the draft changed last. */
export const toDraft = (text = selected()) => text?.record && addToDraft(text.key);

/** Open the roads of the selected text. */
export function road(text = selected()) {
  const element = document.querySelector(".text.selected .words");
  return text?.record && element ? openRoads({ key: text.key, element }) : null;
}

export function Texts() {
  const job = shown();
  if (!job?.run) return null;
  // What a stopped run hasn't begun would push the texts that it finished off the screen.
  const cards = [...state.cards.values()].filter((card) => !isOver(job) || [...card.texts.values()].some((text) => text.words));
  const left = state.cards.size - cards.length;
  return html`<section class="texts" aria-labelledby="texts-title">
    <h2 id="texts-title">${WRITE.texts} <a href=${`desk?run=${encodeURIComponent(job.run)}`}>${WRITE.desk}</a></h2>
    ${cards.length > 0 && html`<p class="about">${ROADS.hint}</p>`}
    ${state.before > 0 && html`<p class="about">${WRITE.before(amount(state.before))}</p>`}
    ${cards.map((card) => html`<${Card} key=${card.id} card=${card} selected=${card.texts.has(state.selected) ? state.selected : null} />`)}
    ${left > 0 && html`<p class="about">${WRITE.left(counted(left, "passage"))}</p>`}
    ${state.after > 0 && html`<p class="about">${WRITE.after(amount(state.after))}</p>`}
  </section>`;
}

/** A passage with its texts; drawn again only if something in it has changed. */
class Card extends Component {
  shouldComponentUpdate({ card, selected }) {
    return card !== this.props.card || selected !== this.props.selected;
  }

  render({ card, selected }) {
    const texts = [...card.texts.values()];
    const begun = texts.filter((text) => text.words);
    return html`<article class="card">
      <h3>${headOf(card, texts[0].run)}</h3>
      ${card.first_words && html`<p class="first-words">${card.first_words} …</p>`}
      ${begun.map((text) => html`<${Text} key=${text.name} text=${text} isSelected=${text.name === selected} />`)}
      ${begun.length < texts.length && html`<p class="count">${WRITE.toCome(counted(texts.length - begun.length, "text"))}</p>`}
    </article>`;
  }
}

/** A passage with a link to all its texts, or a group of passages; an essay with a link to what stands behind it. */
function headOf({ id, title, group, is_woven }, run) {
  if (is_woven) return html`<a href=${`essay?${new URLSearchParams({ run })}`}>${WRITE.woven}</a>`;
  if (group) return WRITE.group(counted(group, "passage"));
  return html`<a href=${`passage?id=${encodeURIComponent(id)}`} title=${WRITE.passageLink}>${title}</a>`;
}

class Text extends Component {
  shouldComponentUpdate({ text, isSelected }) {
    return text !== this.props.text || isSelected !== this.props.isSelected;
  }

  render({ text, isSelected }) {
    const classes = ["text", isSelected && "selected", text.isWriting && "writing", text.verdict];
    const title = WRITE.step(text.kind, text.step, text.variant);
    return html`<section class=${classes.filter(Boolean).join(" ")} tabindex="0" data-name=${text.name} aria-label=${title}
      onfocusin=${() => text.name !== state.selected && select(text.name)}>
      <h4>${text.verdict && html`<span class="mark" title=${VERDICTS[text.verdict]}>${MARKS[text.verdict]}</span>`} ${title}
        ${text.flags?.length > 0 && html` <span class="flag">${text.flags.join(", ")}</span>`}</h4>
      ${text.branch && html`<p class="about" dir="auto">${PASSAGE.branch(text.branch)}</p>`}
      <div class="words" onClick=${(event) => text.record && openRoadsAt(event, { key: text.key })}>
        ${text.branch ? html`<${BranchWords} text=${text.words} branch=${text.branch} name="branch" />` : text.words.split(/\n{2,}/).map((paragraph) => html`<p>${paragraph}</p>`)}</div>
      ${text.record && html`<p class="verdicts">
        ${Object.keys(MARKS).map((verdict) => html`<button type="button" key=${verdict} aria-pressed=${String(text.verdict === verdict)}
          onClick=${() => judge(verdict, text)}>${MARKS[verdict]} ${WRITE[verdict]} ${isSelected && html`<kbd>${verdict[0]}</kbd>`}</button>`)}
        <button type="button" class="redo" onClick=${() => redo(text)}>${WRITE.redo} ${isSelected && html`<kbd>w</kbd>`}</button>
        <button type="button" title=${PASSAGE.toDraftAbout} onClick=${() => toDraft(text)}>${PASSAGE.toDraft} ${isSelected && html`<kbd>d</kbd>`}</button>
        <button type="button" title=${ROADS.actionAbout} onClick=${(event) => openRoads({ key: text.key, element: event.currentTarget.closest(".text").querySelector(".words") })}>${ROADS.action} ${isSelected && html`<kbd>t</kbd>`}</button></p>`}
    </section>`;
  }
}
