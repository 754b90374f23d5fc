// The choice after a draft was changed here and elsewhere: both versions side by side.

import { announce } from "./notices.js";
import { both } from "./draft_merging.js";
import { before, settle } from "./draft_saving.js";
import { state } from "./draft_state.js";
import { DRAFT } from "./strings.js";
import { html, useEffect, useRef } from "./vendor/preact.js";

export function Conflict({ conflict }) {
  const first = useRef(null);
  useEffect(() => {
    first.current.focus();
    announce(DRAFT.conflict);
  }, []);
  const choose = (label, about, pieces, ref) => html`<button type="button" ref=${ref} title=${about} onClick=${() => settle(pieces())}>${label}</button>`;
  return html`<section class="conflict" aria-labelledby="conflict-title">
    <h2 id="conflict-title">${DRAFT.conflict}</h2>
    <p>${DRAFT.conflictAbout}</p>
    <p class="row-of">
      ${choose(DRAFT.takeBoth, DRAFT.takeBothAbout, () => both(state.pieces, conflict.pieces, before()), first)}
      ${choose(DRAFT.takeMine, DRAFT.takeMineAbout, () => state.pieces)}
      ${choose(DRAFT.takeDisk, DRAFT.takeDiskAbout, () => conflict.pieces)}</p>
    <div class="versions">
      <${Version} title=${DRAFT.mine} pieces=${state.pieces} other=${conflict.pieces} />
      <${Version} title=${DRAFT.disk} pieces=${conflict.pieces} other=${state.pieces} /></div></section>`;
}

/** Pieces that the other version has too are faint. */
function Version({ title, pieces, other }) {
  const same = new Set(other.map(({ text }) => text));
  return html`<div><h3>${title}</h3>
    ${pieces.filter(({ text }) => text).map(({ id, text }) => (same.has(text)
      ? html`<p class="words" key=${id} dir="auto">${text}</p>`
      : html`<p class="words" key=${id} dir="auto"><ins>${text}</ins></p>`))}</div>`;
}
