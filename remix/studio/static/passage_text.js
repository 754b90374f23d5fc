// A text of the passage page: a column with the text, its standing, and what can be done with it.

import { BranchWords } from "./branch_words.js";
import { amount } from "./dom.js";
import { keptWords } from "./kept_words.js";
import { LOSSES, marked } from "./labels.js";
import { ACTIONS, roadsOf } from "./passage_actions.js";
import { changed, state } from "./passage_state.js";
import { judge, note } from "./passage_review.js";
import { tell } from "./notices.js";
import { GoOn } from "./passage_go_on.js";
import { openRoadsAt } from "./roads.js";
import { FLAGS, HALF_WRITTEN, PASSAGE } from "./strings.js";
import { Component, html, useLayoutEffect, useRef } from "./vendor/preact.js";

/** Choose the text that keys are about. */
export function select(key) {
  if (state.chosen.at === key) return;
  state.chosen.at = key;
  changed();
}

/** Choose a text for comparing, or no longer; of three the first is given up. */
export function toggle(key) {
  state.two = state.two.includes(key) ? state.two.filter((each) => each !== key) : [...state.two, key].slice(-2);
  changed();
}

/** A column; drawn anew only if what it shows has changed. */
export class TextColumn extends Component {
  shouldComponentUpdate(next) {
    return Object.keys(next).some((name) => next[name] !== this.props[name]);
  }

  render({ text, chunks, isCurrent, isChosen, isNoting, isGoingOn }) {
    const title = PASSAGE.text(text);
    return html`<article class="card ${text.verdict ?? ""}" id=${`text-${text.key}`} tabindex="-1" data-key=${text.key} data-run=${text.run}
      aria-label=${title} aria-current=${isCurrent ? "true" : null} onfocusin=${() => select(text.key)} onClick=${() => select(text.key)}>
      <h3>${title}</h3>
      <${About} text=${text} />
      ${text.problem && html`<p class="alarm">${text.problem}</p>`}
      ${isGoingOn ? html`<${GoOn} text=${text} />` : html`<${TextWords} text=${text} chunks=${chunks} />`}
      ${text.cut > 0 && html`<p class="about">${PASSAGE.cut(amount(text.cut))}</p>`}
      <${Standing} text=${text} />
      ${isNoting && html`<${Note} text=${text} />`}
      <${Actions} text=${text} isChosen=${isChosen} />
    </article>`;
  }
}

/** Address of the essay that a text is part of. */
const essayOf = ({ run, place, kind, step }) => `essay?${new URLSearchParams({ run, at: `${place}/${kind}.${step}` })}`;

const About = ({ text }) => {
  const parts = [text.branch && PASSAGE.branch(text.branch), text.model, ...text.flags.map((name) => html`<span title=${FLAGS[name]}>${name}</span>`), text.passages > 1 && PASSAGE.several(text.passages), text.is_woven && html`<a href=${essayOf(text)}>${PASSAGE.inEssay}</a>`, text.is_edited && PASSAGE.edited, text.is_stale && PASSAGE.stale];
  return html`<p class="about" dir="auto">${parts.filter(Boolean).map((part, index) => [index > 0 && ", ", part])}</p>`;
};

/** A text, whose words open roads. A branch shows where it leaves its original, other texts what is new. */
function TextWords({ text, chunks }) {
  const open = (event) => !text.is_edited && openRoadsAt(event, roadsOf(text));
  if (text.branch && !text.is_edited) return html`<${BranchWords} text=${text.text} branch=${text.branch} open=${open} />`;
  return html`<${Words} text=${text.text} chunks=${chunks} open=${open} />`;
}

/** The words, new ones marked where differences are known. */
export const Words = ({ text, chunks, mark = "ins", open }) => html`<p class="text" dir="auto" onClick=${open}>${
  chunks ? chunks.map(([words, isNew]) => (isNew ? html`<${mark}>${words}</${mark}>` : words)) : text}</p>`;

function Standing({ text }) {
  const { verdict, loss, note: words, reviewers } = text.standing;
  const said = [marked(verdict), LOSSES[loss]].filter(Boolean).join(", ");
  if (!said && !words) return null;
  const names = reviewers.join(PASSAGE.and);
  return html`<div class="standing"><p>${said ? PASSAGE.judgedBy(said, names) : PASSAGE.noted(names)}</p>
    ${words && html`<p class="note" dir="auto">${words}</p>`}</div>`;
}

export function Actions({ text, isChosen }) {
  const verdict = (name, label) => html`<button type="button" aria-pressed=${String(text.verdict === name)} onClick=${() => judge(name, text)}>${label}</button>`;
  return html`<div class="actions">
    ${verdict("accept", PASSAGE.accept)}${verdict("reject", PASSAGE.reject)}${verdict("star", PASSAGE.star)}
    <button type="button" onClick=${() => startNote(text)}>${PASSAGE.note}</button>
    <button type="button" aria-pressed=${String(isChosen)} onClick=${() => toggle(text.key)}>${PASSAGE.choose}</button>
    ${ACTIONS.map(([, label, about, act]) => html`<button type="button" title=${about} onClick=${() => act(text)}>${label}</button>`)}
    <a class="button" href=${deskOf(text)}>${PASSAGE.desk}</a></div>`;
}

/** Address of a text at the desk. */
export const deskOf = (text) => `desk?${new URLSearchParams({ run: text.run })}#${new URLSearchParams({ at: text.key })}`;

export function startNote(text) {
  if (!text) return;
  state.chosen.at = text.key;
  state.noting = text.key;
  changed();
}

/** A text area for a note. Half-written words outlive the page, and are at the desk, too. */
function Note({ text }) {
  const area = useRef(null);
  const kept = keptWords("note", text.output);
  useLayoutEffect(() => {
    area.current.focus();
    area.current.setSelectionRange(area.current.value.length, area.current.value.length);
    if (kept.read() !== null) tell(HALF_WRITTEN);
  }, []);
  const close = () => {
    state.noting = null;
    changed();
    document.getElementById(`text-${text.key}`)?.focus();
  };
  const discard = () => {
    kept.drop();
    close();
  };
  const keep = async () => {
    const { value } = area.current;
    const words = value.trim();
    if (words === (text.standing.note ?? "")) return discard();
    close();
    if (await note(text, words)) kept.drop(value);
  };
  const press = (event) => {
    if (event.key === "Escape") discard();
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) keep();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return html`<div class="editor">
    <textarea rows="4" dir="auto" ref=${area} aria-label=${PASSAGE.noteLabel} defaultValue=${kept.read() ?? text.standing.note ?? ""}
      onInput=${(event) => kept.keep(event.target.value)} onKeyDown=${press}></textarea>
    <p><button type="button" class="main" onClick=${keep}>${PASSAGE.keep} <kbd aria-hidden="true">Ctrl ⏎</kbd></button>
      ${" "}<button type="button" onClick=${discard}>${PASSAGE.cancel} <kbd aria-hidden="true">Esc</kbd></button></p></div>`;
}
