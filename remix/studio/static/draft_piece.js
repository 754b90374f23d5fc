// A piece of a draft: its words to edit, where it comes from, and what can be done with it.

import { dragging } from "./draft_drag.js";
import { insertWords, moveBy, removePiece, toggleSource } from "./draft_actions.js";
import { changed, state, write } from "./draft_state.js";
import { DRAFT } from "./strings.js";
import { Component, html, useLayoutEffect, useRef } from "./vendor/preact.js";

const GROWS = CSS.supports("field-sizing", "content");

/** A piece; drawn anew only if what it shows has changed. */
export class PieceView extends Component {
  shouldComponentUpdate(next) {
    return Object.keys(next).some((name) => next[name] !== this.props[name]);
  }

  render({ piece, number, isCurrent, isOpen, isDropped }) {
    const label = piece.source ? DRAFT.piece(number, piece.source.passage) : DRAFT.ownPiece(number);
    const act = (icon, name, work) => html`<button type="button" aria-label=${`${name}: ${label}`} title=${name} onClick=${work}>${icon}</button>`;
    return html`<article class="piece ${piece.source ? "sourced" : "own"} ${isDropped ? "drop-before" : ""}" id=${`piece-${piece.id}`} data-id=${piece.id} tabindex="-1"
      aria-label=${label} aria-current=${isCurrent ? "true" : null} onfocusin=${() => select(piece.id)}>
      <div class="tools-of">
        <span class="handle" title=${DRAFT.drag} aria-hidden="true" onPointerDown=${(event) => dragging(event, { id: piece.id })}>⠿</span>
        ${piece.source && html`<button type="button" class="origin" aria-expanded=${String(isOpen)} onClick=${() => toggleSource(piece.id)} dir="auto">
          ${DRAFT.from(piece.source.passage, piece.source.task, piece.is_edited)}</button>`}
        ${!piece.source && html`<span class="about">${DRAFT.own}</span>`}
        <span class="acts">${act("↑", DRAFT.up, () => moveBy(piece.id, -1))}${act("↓", DRAFT.down, () => moveBy(piece.id, 1))}
          ${act("+", DRAFT.insert, () => insertWords(piece.id))}${act("×", DRAFT.remove, () => removePiece(piece.id))}</span></div>
      <${Words} piece=${piece} label=${label} />
    </article>`;
  }
}

function select(id) {
  if (state.at === id) return;
  state.at = id;
  changed();
}

function Words({ piece, label }) {
  const area = useRef(null);
  useLayoutEffect(() => {
    if (GROWS) return;
    area.current.style.height = "auto";
    area.current.style.height = `${area.current.scrollHeight}px`;
  }, [piece.text]);
  return html`<textarea class="words" rows="1" ref=${area} dir="auto" aria-label=${label} placeholder=${DRAFT.placeholder}
    value=${piece.text} onInput=${(event) => write(piece.id, event.target.value)}></textarea>`;
}
