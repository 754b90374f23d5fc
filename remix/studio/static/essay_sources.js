// The passages of the essay page: those behind the chosen sentence open, with the closest sentence marked.

import { addToDraft } from "./add_to_draft.js";
import { counted } from "./dom.js";
import { deskOf, judge, nameOf } from "./essay_actions.js";
import { chooseSentence, chooseSource, goBack } from "./essay_moves.js";
import { focusSentence, focusSource, nameOfSource } from "./essay_places.js";
import { heardIn, isSame, lineageOf, shownSentence, state } from "./essay_state.js";
import { ESSAY } from "./essay_strings.js";
import { PASSAGE } from "./strings.js";
import { html } from "./vendor/preact.js";

const LONG = 900; // characters of a passage, of which only what is near the closest sentence is shown
const NEAR = 2; // sentences before and after the closest

export function Sources({ essay }) {
  const at = shownSentence();
  const behind = new Map((at ? lineageOf(at).behind : []).map((each) => [each.passage, each]));
  const unheard = essay.passages.map((_, source) => source).filter((source) => !heardIn(source).length);
  const isWhole = essay.parts.every(({ is_written }) => is_written);
  return html`<aside class="sources" aria-label=${ESSAY.sources} tabindex="-1">
    <${Chosen} at=${at} />
    ${state.at && state.source === null && html`<${Actions} part=${essay.parts[state.at[0]]} />`}
    ${!at && state.source === null && isWhole && unheard.length > 0 && html`<section class="unheard"><h2>${ESSAY.unheardTitle}</h2>
      <ul>${unheard.map((source) => html`<li><button type="button" class="name" dir="auto" onClick=${() => chooseSource(source)}>${nameOfSource(source)}</button></li>`)}</ul></section>`}
    <h2 class="all">${ESSAY.sources}</h2>
    ${essay.passages.map((passage, source) => html`<${Source} key=${passage.id} passage=${passage} source=${source} behind=${behind.get(source)} />`)}
  </aside>`;
}

/** The chosen sentence, or that a passage is chosen, in words; and the way back. */
function Chosen({ at }) {
  if (!at && state.source === null) return null;
  const isHover = state.source === null && !state.at;
  return html`<div class="of-sentence"><h2>${at ? ESSAY.sentence(at[1] + 1, state.essay.parts[at[0]].sentences.length) : nameOfSource(state.source)}</h2>
    ${!isHover && html`<button type="button" class="close" onClick=${goBack}>${ESSAY.close} <kbd aria-hidden="true">Esc</kbd></button>`}
    ${at && (lineageOf(at).added ? html`<p><b>${ESSAY.added}.</b> ${ESSAY.addedAbout}</p>`
      : html`<ul class="shares">${lineageOf(at).behind.map(({ passage, share }) => html`<li><button type="button" class="name" dir="auto" onClick=${() => focusSource(passage)}>${ESSAY.from(nameOfSource(passage), share)}</button></li>`)}</ul>`)}</div>`;
}

/** What can be done with the paragraph of the chosen sentence. */
function Actions({ part }) {
  const verdict = (name, label) => html`<button type="button" aria-pressed=${String(part.standing.verdict === name)} onClick=${() => judge(name, part)}>${label}</button>`;
  return html`<div class="of-part"><div class="actions" role="group" aria-label=${nameOf(part)}><span class="about">${nameOf(part)}</span>
    ${verdict("accept", PASSAGE.accept)}${verdict("reject", PASSAGE.reject)}${verdict("star", PASSAGE.star)}
    <button type="button" title=${PASSAGE.toDraftAbout} onClick=${() => addToDraft(part.key)}>${PASSAGE.toDraft}</button>
    <a class="button" href=${deskOf(part)}>${PASSAGE.desk}</a></div>
    ${part.standing.edit && html`<p class="about">${ESSAY.edited}</p>`}</div>`;
}

/** A passage: closed, or open if it is chosen, or behind the sentence that is shown. */
function Source({ passage, source, behind }) {
  const heard = heardIn(source);
  const isChosen = state.source === source;
  const isOpen = isChosen || Boolean(behind);
  const names = ["source", isOpen && "open", behind && "behind", isChosen && "chosen-source", !heard.length && "not-heard"];
  const choose = (event) => !event.target.closest("a, button") && getSelection().isCollapsed && chooseSource(source);
  return html`<article id=${`source-${source}`} class=${names.filter(Boolean).join(" ")} onClick=${choose}>
    <h3><button type="button" class="name" dir="auto" aria-expanded=${String(isOpen)} aria-pressed=${String(isChosen)}
      onClick=${() => (isChosen ? goBack() : chooseSource(source))}>${nameOfSource(source)}</button>
      <span class="about">${behind ? ESSAY.percent(behind.share) : heard.length ? ESSAY.heard(counted(heard.length, "sentence")) : ESSAY.unheard}</span></h3>
    ${isOpen ? html`<${Words} passage=${passage} marked=${isChosen ? heard : [behind]} isWhole=${isChosen} />` : html`<p class="first-words" dir="auto">${passage.pieces.map(([words]) => words).join("").slice(0, 160)}</p>`}
    ${isChosen && heard.length > 0 && html`<h4>${ESSAY.heardTitle}</h4><ol class="heard">${heard.map(({ at, share }) => html`<li>
      <button type="button" class="name" dir="auto" aria-current=${isSame(at, state.at) ? "true" : null} onClick=${() => (chooseSentence(at, true), focusSentence(at))}>${wordsOf(at)}</button>
      <span class="about"> ${nameOf(state.essay.parts[at[0]])} · ${ESSAY.percent(share)}</span></li>`)}</ol>`}
    ${isOpen && html`<p class="about"><a href=${`passage?${new URLSearchParams({ id: passage.id })}`}>${ESSAY.passagePage}</a></p>`}
  </article>`;
}

const wordsOf = ([part, sentence]) => state.essay.parts[part].pieces.find(([, number]) => number === sentence)?.[0] ?? "";

/** A passage's text with sentences marked; of a long passage what is near the first of them. */
function Words({ passage, marked, isWhole }) {
  const closest = new Set(marked.map((each) => each.closest).filter((number) => number !== null));
  const [first] = closest;
  const length = passage.pieces.reduce((sum, [words]) => sum + words.length, 0);
  const isNear = (number) => isWhole || length <= LONG || first === undefined || number === null || Math.abs(number - first) <= NEAR;
  const from = passage.pieces.findIndex(([, number]) => number !== null && isNear(number));
  const to = passage.pieces.findLastIndex(([, number]) => number !== null && isNear(number));
  const near = isWhole || length <= LONG ? passage.pieces : passage.pieces.slice(from, to + 1);
  return html`<p class="text" dir="auto">${near[0] !== passage.pieces[0] && "… "}${near.map(([words, number]) =>
    (closest.has(number) ? html`<mark data-sentence=${number}>${words}</mark>` : words))}${near.at(-1) !== passage.pieces.at(-1) && " …"}</p>`;
}
