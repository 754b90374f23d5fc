// Dragging with mouse, pen or finger: a piece to another place, or an accepted text into the draft.

import { addText } from "./draft_actions.js";
import { changed, indexOf, move, state } from "./draft_state.js";

const EDGE = 60; // pixels from the window's edge, from which the page scrolls
const STEP = 12; // pixels scrolled for each movement of the pointer

/** Begin to drag: `what` has the id of a piece, or the key of an accepted text. */
export function dragging(event, what) {
  if (event.button !== 0) return;
  event.preventDefault();
  const handle = event.currentTarget;
  handle.setPointerCapture(event.pointerId);
  const listeners = { pointermove: over, pointerup: drop, pointercancel: stop };
  state.drag = { ...what, to: null };

  function over({ clientX, clientY }) {
    if (clientY < EDGE) scrollBy(0, -STEP);
    if (clientY > innerHeight - EDGE) scrollBy(0, STEP);
    const to = placeAt(clientX, clientY);
    if (to === state.drag.to) return;
    state.drag.to = to;
    changed();
  }

  function drop() {
    const { id, key, to } = state.drag;
    stop();
    if (to === null) return;
    // A piece taken from above leaves a gap.
    if (id) move(id, to > indexOf(id) ? to - 1 : to);
    else addText(key, to);
  }

  function stop() {
    for (const [name, listener] of Object.entries(listeners)) handle.removeEventListener(name, listener);
    removeEventListener("keydown", cancel, true);
    state.drag = null;
    changed();
  }

  function cancel(pressed) {
    if (pressed.key !== "Escape") return;
    pressed.stopPropagation();
    stop();
  }

  for (const [name, listener] of Object.entries(listeners)) handle.addEventListener(name, listener);
  addEventListener("keydown", cancel, true);
}

/** The number of the piece before which a point lies; null beside the draft. */
function placeAt(x, y) {
  const area = document.getElementById("pieces").getBoundingClientRect();
  if (x < area.left || x > area.right || y < area.top - EDGE || y > area.bottom + EDGE) return null;
  const pieces = [...document.querySelectorAll("#pieces > .piece")];
  const below = pieces.findIndex((piece) => {
    const { top, height } = piece.getBoundingClientRect();
    return y < top + height / 2;
  });
  return below < 0 ? pieces.length : below;
}
