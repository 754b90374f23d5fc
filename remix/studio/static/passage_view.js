// The passage page: the passage, what orders its texts, the texts in columns, or two of them at full width.

import { BranchWords } from "./branch_words.js";
import { counted } from "./dom.js";
import { BECAME } from "./essay_strings.js";
import { BranchMap, besides } from "./passage_branches.js";
import { WAYS, grouped, valuesOf } from "./passage_columns.js";
import { changed, state, textOf } from "./passage_state.js";
import { Actions, TextColumn, Words } from "./passage_text.js";
import { PASSAGE } from "./strings.js";
import { html } from "./vendor/preact.js";

const MOST_HEARD = 12; // sentences of an essay that are named

/** The groups shown now. */
export const groups = () => grouped(state.passage.texts, state.chosen);

export const Page = ({ passage }) => html`
  <${Head} passage=${passage} />
  ${state.chosen.pair ? html`<${Pair} view=${state.view} />` : html`<${Tools} passage=${passage} /><${BranchMap} /><${Columns} passage=${passage} />`}`;

const address = (id) => `passage?${new URLSearchParams({ id })}`;

function Head({ passage }) {
  const [first, last] = passage.lines;
  const place = [PASSAGE.place(passage.path, first, last), passage.section && PASSAGE.under(passage.section)].filter(Boolean).join(", ");
  return html`<div class="head"><h1 dir="auto">${passage.title}</h1>
    <p class="about" dir="auto">${place}</p>
    <p class="row-of">
      ${passage.before && html`<a href=${address(passage.before)}>← ${PASSAGE.before}</a>`}
      ${passage.after && html`<a href=${address(passage.after)}>${PASSAGE.after} →</a>`}
      ${!passage.is_gone && html`<a class="button" href=${`write?${new URLSearchParams({ passage: passage.id })}`}>${PASSAGE.write}</a>`}</p>
    <${Became} /></div>`;
}

/** What became of the passage: the woven essays, each with the sentences in which the passage is heard. */
const Became = () => state.heard.length > 0 && html`<details class="became" open=${state.heard.length === 1}><summary>${BECAME.title(counted(state.heard.length, "woven essay"))}</summary>
  <ul>${state.heard.map(({ run, title, sentences, is_whole }) => html`<li key=${run}>
    <a dir="auto" href=${`essay?${new URLSearchParams({ run, passage: state.passage.id })}`}>${title}</a>: ${sentences.length ? heardIn(run, sentences.slice(0, MOST_HEARD)) : is_whole ? BECAME.notHeard : BECAME.notYet}
    ${sentences.length > MOST_HEARD && BECAME.more(sentences.length - MOST_HEARD)}</li>`)}</ul></details>`;

/** The sentences of an essay, text by text: a number with a share for each. */
const heardIn = (run, sentences) => [...Map.groupBy(sentences, ({ task }) => task).values()].map((each, at) => html`${at > 0 && "; "}
  ${BECAME.text(each[0], each.length)}${" "}${each.map((one, place) => html`${place > 0 && ", "}<a aria-label=${BECAME.sentence(one)} title=${one.words}
    href=${`essay?${new URLSearchParams({ run, at: one.task, sentence: one.sentence })}`}>${BECAME.number(one)}</a>`)}`);

function Tools({ passage }) {
  const choose = (event) => {
    state.chosen[event.target.name] = event.target.value;
    changed();
  };
  const field = (name, label, values, named = (value) => value) => html`<label>${label}${" "}
    <select name=${name} value=${state.chosen[name]} onChange=${choose}>${values.map((value) => html`<option value=${value}>${named(value)}</option>`)}</select></label>`;
  const filter = (name, label) => {
    const values = valuesOf(passage.texts, name);
    return values.length > 0 && field(name, label, ["", ...values], (value) => value || PASSAGE.all);
  };
  const shown = passage.texts.length < passage.all_texts ? PASSAGE.first(passage.texts.length, counted(passage.all_texts, "text")) : counted(passage.texts.length, "text");
  return html`<div class="tools">
    ${passage.texts.length > 1 && field("by", PASSAGE.by, WAYS, (way) => PASSAGE.ways[way])}
    ${filter("kind", PASSAGE.kind)}${filter("run", PASSAGE.run)}
    <span class="about" id="count">${PASSAGE.count(shown, state.live.size)}</span></div>`;
}

function Columns({ passage }) {
  const shown = groups();
  const beside = besides(shown.flatMap(({ texts }) => texts), state.live);
  const rest = [...state.live].filter(([place]) => !beside.places.has(place));
  const lives = (live) => live.map(([place, each]) => html`<${Live} key=${place} live=${each} />`);
  return html`<div class="columns" id="columns" tabindex="0" role="region" aria-label=${PASSAGE.columns}>
    <${Passage} passage=${passage} />
    ${rest.length > 0 && html`<section class="group" aria-label=${PASSAGE.beingWritten}><h2>${PASSAGE.beingWritten}</h2>
      <div class="cards">${lives(rest)}</div></section>`}
    ${shown.map(({ name, texts }) => html`<section class="group" key=${name} aria-label=${name}>
      <h2 dir="auto">${name}</h2>
      <div class="cards">${texts.map((text) => [html`<${TextColumn} key=${text.key} text=${text} chunks=${state.chunks.get(text.key)}
        isCurrent=${text.key === state.chosen.at} isChosen=${state.two.includes(text.key)} isNoting=${text.key === state.noting}
        isGoingOn=${text.key === state.goingOn} />`, lives(beside.of.get(text.key) ?? [])])}</div>
    </section>`)}
    ${!passage.texts.length && !state.live.size && html`<p class="about none">${PASSAGE.none}</p>`}
  </div>`;
}

const Passage = ({ passage }) => html`<article class="card source" aria-label=${PASSAGE.passage}>
  <h2>${PASSAGE.passage}</h2>
  ${passage.is_gone && html`<p class="about">${PASSAGE.gone}</p>`}
  <${Prose} blocks=${passage.blocks} />
  <p class="tags" dir="auto">${passage.tags.map((tag) => `#${tag}`).join(" ")}</p></article>`;

/** A passage as prose: paragraphs, items of lists, quotations. */
const Prose = ({ blocks }) => blocks.map(({ kind, text, mark, level }) => {
  if (kind === "quotation") return html`<blockquote class="text" dir="auto">${text}</blockquote>`;
  if (kind === "item") return html`<p class="text item level-${level}" dir="auto"><span class="mark">${mark || "•"}</span> ${text}</p>`;
  return html`<p class="text" dir="auto">${text}</p>`;
});

function Live({ live }) {
  const { branch, text, candidate } = live;
  const about = [branch && PASSAGE.branch(branch), candidate > 1 && PASSAGE.candidate(candidate), text ? PASSAGE.beingWritten : PASSAGE.waiting];
  const cursor = html`<span class="cursor" aria-hidden="true"></span>`;
  return html`<article class="card live" aria-label=${PASSAGE.text(live)} data-run=${live.run}>
    <h3>${PASSAGE.text(live)}</h3>
    <p class="about" dir="auto">${about.filter(Boolean).join(", ")}</p>
    ${branch ? html`<${BranchWords} text=${text} branch=${branch}>${cursor}</${BranchWords}>` : html`<p class="text" dir="auto">${text}${cursor}</p>`}
  </article>`;
}

/** Two texts at full width, differences marked on both sides. */
function Pair({ view }) {
  const side = (key, chunks, mark) => {
    const text = textOf(key);
    return html`<article class="card" data-key=${key} tabindex="-1" onfocusin=${() => text && (state.chosen.at = key)}>
      <h2>${text ? PASSAGE.text(text) : PASSAGE.passage}</h2>
      ${text && html`<p class="about" dir="auto">${text.run}</p>`}
      <${Words} chunks=${chunks} mark=${mark} />
      ${text && html`<${Actions} text=${text} isChosen=${state.two.includes(key)} />`}</article>`;
  };
  return html`<p class="row-of"><button type="button" onClick=${leavePair}>${PASSAGE.back} <kbd aria-hidden="true">Esc</kbd></button></p>
    ${view && html`<section class="pair" aria-label=${PASSAGE.pair}>${side(state.compared[0], view.left, "del")}${side(state.compared[1], view.right, "ins")}</section>`}`;
}

export function leavePair() {
  state.chosen.pair = false;
  changed();
}
