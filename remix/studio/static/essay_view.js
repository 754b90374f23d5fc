// The essay page: the essay as prose on the left, its passages on the right, or below on a small screen.

import { counted } from "./dom.js";
import { nameOf } from "./essay_actions.js";
import { chooseSentence } from "./essay_moves.js";
import { idOf } from "./essay_places.js";
import { Sources } from "./essay_sources.js";
import { allSentences, changed, heardIn, isSame, lineageOf, shownSentence, state } from "./essay_state.js";
import { ESSAY } from "./essay_strings.js";
import { MARKS, marked } from "./labels.js";
import { html } from "./vendor/preact.js";

const HOVER = 120; // milliseconds that the mouse rests on a sentence before its passages are shown

let timer;

const hover = (at) => {
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (state.at || state.source !== null || isSame(at, state.hovered)) return;
    state.hovered = at;
    changed();
    if (at) document.querySelector(".source.behind")?.scrollIntoView({ block: "nearest" });
  }, HOVER);
};

export function Page({ essay }) {
  const isChosen = state.at || state.source !== null;
  return html`<div class="woven ${isChosen ? "chosen" : ""}">
    <article class="essay" aria-label=${ESSAY.essay}>
      <${Head} essay=${essay} />
      ${essay.parts.map((part, number) => html`<${Part} key=${part.task} part=${part} number=${number} />`)}
    </article>
    <${Sources} essay=${essay} />
  </div>
  <svg id="threads" aria-hidden="true"></svg>
  <p id="added-about" hidden>${ESSAY.addedAbout}</p>`;
}

function Head({ essay }) {
  const all = allSentences();
  const added = all.filter((at) => lineageOf(at).added).length;
  const unheard = essay.passages.filter((_, source) => !heardIn(source).length).length;
  const choose = (event) => {
    state.by = event.target.value;
    location.search = `?${new URLSearchParams({ run: state.run, by: state.by })}`;
  };
  return html`<header class="head">
    <h1 dir="auto">${essay.title.trim() || ESSAY.untitled}</h1>
    <p class="about">${ESSAY.summary(counted(all.length, "sentence"), added || "none", counted(essay.passages.length, "passage"), unheard)}
      ${" "}${ESSAY.state[essay.state] ?? ""}</p>
    <p class="about">${ESSAY.by}: ${essay.methods.length > 1
      ? html`<label><span class="unseen">${ESSAY.by}</span> <select value=${essay.by} onChange=${choose}>${essay.methods.map((method) => html`<option value=${method}>${ESSAY.methods[method]}</option>`)}</select></label>${essay.reader ? ` (${essay.reader})` : ""}`
      : essay.reader ? ESSAY.byModel(essay.reader) : ESSAY.methods[essay.by]}.
      ${added > 0 && html` <span class="legend added">${ESSAY.addedLegend}</span>`}</p></header>`;
}

/** A paragraph, or what is known of it while it is being written. */
function Part({ part, number }) {
  const live = state.live.get(part.task);
  const { verdict } = part.standing;
  return html`<section class="part ${part.number ? "" : "opening"} ${verdict ?? ""}" aria-label=${nameOf(part)}>
    ${part.problem && html`<p class="alarm">${part.problem}</p>`}
    ${part.is_written ? html`<p class="text" dir="auto">${part.pieces.map(([words, sentence]) =>
      (sentence === null || !part.sentences[sentence] ? words : html`<${Sentence} key=${sentence} at=${[number, sentence]} words=${words} />`))}
      ${verdict && html` <span class="verdict" title=${marked(verdict)}>${MARKS[verdict]}<span class="unseen">${marked(verdict)}</span></span>`}</p>`
    : html`<p class="text to-come" dir="auto">${live ? html`${live}<span class="cursor" aria-hidden="true"></span>` : ESSAY.toCome}</p>`}
  </section>`;
}

/** A sentence. Tab stops at one sentence of the essay: the chosen one, or else the first. */
function Sentence({ at, words }) {
  const { added } = lineageOf(at);
  const share = state.source === null ? 0 : lineageOf(at).behind.find(({ passage }) => passage === state.source)?.share ?? 0;
  const isChosen = isSame(at, state.at);
  const names = ["sentence", added && "added", isChosen && "at", isSame(at, shownSentence()) && "shown", share > 0 && `heard-${Math.min(3, 1 + Math.floor(3 * share))}`];
  const isStop = isChosen || (!state.at && isSame(at, allSentences()[0]));
  return html`<span id=${idOf(at)} role="button" class=${names.filter(Boolean).join(" ")} tabindex=${isStop ? 0 : -1} aria-pressed=${String(isChosen)}
    aria-describedby=${added ? "added-about" : null}
    onClick=${() => !hasSelection() && chooseSentence(at)} onKeyDown=${(event) => event.key === " " && (event.preventDefault(), chooseSentence(at))}
    onpointerenter=${(event) => event.pointerType === "mouse" && hover(at)} onpointerleave=${() => hover(null)}>${words}</span>`;
}

/** Whether words were marked with the mouse, to be copied. */
const hasSelection = () => !getSelection().isCollapsed;
