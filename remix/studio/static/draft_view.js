// The page of a draft: accepted texts on the left, the pieces in the middle, a piece beside its source on the right.

import { amount, counted } from "./dom.js";
import * as api from "./draft_api.js";
import { Conflict } from "./draft_conflict.js";
import { addText, insertWords, toggleSource } from "./draft_actions.js";
import { dragging } from "./draft_drag.js";
import { Title } from "./draft_naming.js";
import { PieceView } from "./draft_piece.js";
import { isUnsaved, makeAgain, send } from "./draft_saving.js";
import { changed, indexOf, state, wordsOf } from "./draft_state.js";
import { guarded } from "./notices.js";
import { DRAFT } from "./strings.js";
import { html } from "./vendor/preact.js";

const FORMATS = ["md", "html", "epub", "docx"];

export const Page = () => html`<div class="draft ${state.source ? "with-source" : ""}">
  <${Accepted} accepted=${state.accepted} filter=${state.filter} />
  <div class="middle"><${Head} />
    ${state.conflict ? html`<${Conflict} conflict=${state.conflict} />` : html`<${Pieces} />`}</div>
  ${state.source && !state.conflict && html`<${Source} source=${state.source} />`}</div>`;

const Head = () => html`<div class="head"><${Title} />
  <div class="row-of"><span class="about" id="words">${counted(wordsOf(state.pieces), "word")}</span>
    <span class="about saving ${state.saving}" id="saving">${state.conflict ? DRAFT.saving.conflict : DRAFT.saving[state.saving]}</span>
    ${state.saving === "gone" && html`<button type="button" onClick=${() => guarded(makeAgain)}>${DRAFT.makeAgain}</button>`}
    <${Export} /></div></div>`;

function Export() {
  const take = async (event) => {
    if (!isUnsaved()) return;
    // What isn't stored yet is stored first.
    event.preventDefault();
    const link = event.currentTarget;
    while (isUnsaved() && !state.conflict && state.saving !== "unreachable" && state.saving !== "gone") await send();
    if (!isUnsaved()) link.click();
  };
  const choose = (event) => {
    state.hasNotes = event.target.checked;
    changed();
  };
  return html`<details class="export"><summary>${DRAFT.export}</summary><div class="menu">
    <label><input type="checkbox" checked=${state.hasNotes} onChange=${choose} /> ${DRAFT.notes}</label>
    <ul class="chips">${FORMATS.map((format) => html`<li key=${format}><a class="button" download href=${api.exported(state.name, format, state.hasNotes)} onClick=${take}>${DRAFT.formats[format]}</a></li>`)}</ul></div></details>`;
}

function Pieces() {
  const to = state.drag?.to;
  return html`<div id="pieces" class=${to === state.pieces.length ? "drop-at-end" : ""}>
    ${!state.pieces.length && html`<p class="about">${DRAFT.empty}</p>`}
    ${state.pieces.map((piece, at) => html`<${PieceView} key=${piece.id} piece=${piece} number=${at + 1} isCurrent=${piece.id === state.at}
      isOpen=${state.source?.id === piece.id} isDropped=${to === at} />`)}</div>
    <p class="row-of"><button type="button" onClick=${() => insertWords()}>${DRAFT.insertEnd}</button></p>`;
}

function Accepted({ accepted, filter }) {
  const wanted = filter.toLowerCase();
  const shown = accepted.filter((text) => `${text.first_words} ${text.place} ${text.kind}`.toLowerCase().includes(wanted));
  const used = new Set(state.pieces.map(({ source }) => source?.key));
  const filtered = (event) => {
    state.filter = event.target.value;
    changed();
  };
  return html`<details class="accepted" open=${!matchMedia("(max-width: 56rem)").matches}><summary>${DRAFT.accepted} <span class="about">${amount(accepted.length)}</span></summary>
    ${!accepted.length && html`<p class="about">${DRAFT.noneAccepted}</p>`}
    ${accepted.length > 0 && html`<label><span class="unseen">${DRAFT.filter}</span>
      <input type="search" id="filter" placeholder=${DRAFT.filter} value=${filter} onInput=${filtered} autocomplete="off" /></label>`}
    <ul class="lines">${shown.map((text) => html`<li key=${text.key}>
      <span class="handle" aria-hidden="true" title=${DRAFT.dragIn} onPointerDown=${(event) => dragging(event, { key: text.key })}>⠿</span>
      <div><p dir="auto">${text.starred ? "★ " : ""}${text.first_words}…</p>
        <p class="about" dir="auto">${text.place}, ${text.kind} ${text.step}${used.has(text.key) ? DRAFT.used : ""}</p></div>
      <button type="button" aria-label=${DRAFT.addLabel(text.first_words)} onClick=${() => addText(text.key)}>${DRAFT.add}</button></li>`)}</ul></details>`;
}

/** A piece beside its source: the passage, the accepted text, and the piece with its differences. */
function Source({ source }) {
  const piece = state.pieces[indexOf(source.id)];
  if (!piece?.source) return null;
  const words = (chunks, mark) => chunks.map(({ 0: text, 1: isChanged }) => (isChanged && !source.view.plain ? html`<${mark}>${text}</${mark}>` : text));
  return html`<aside class="source" id="source" aria-label=${DRAFT.source} tabindex="-1">
    <p class="row-of"><button type="button" onClick=${() => toggleSource(source.id)}>${DRAFT.close} <kbd aria-hidden="true">o</kbd></button>
      <a href=${`passage?${new URLSearchParams({ id: piece.source.passage, at: piece.source.key })}`} dir="auto">${piece.source.passage}</a></p>
    ${source.problem ? html`<p class="alarm">${source.problem}</p>` : html`
      <h2>${DRAFT.original}</h2><p class="words" dir="auto">${words(source.view.left, "del")}</p>
      <h2>${DRAFT.here}</h2><p class="words" dir="auto">${piece.is_edited ? words(source.view.right, "ins") : html`<span class="about">${DRAFT.unchanged}</span>`}</p>`}
    <h2>${DRAFT.passage}</h2>${source.passage.map(({ text, mark }) => html`<p class="words" dir="auto">${mark ? `${mark} ` : ""}${text}</p>`)}</aside>`;
}
