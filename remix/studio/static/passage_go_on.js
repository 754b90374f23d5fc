// Going on from an edit on the passage page: a text as its reader changes it, and the model goes on from the cursor.

import * as api from "./api.js";
import { goOnFrom } from "./go_on.js";
import { keptWords } from "./kept_words.js";
import { guarded, tell } from "./notices.js";
import { nameOf } from "./passage_actions.js";
import { edit } from "./passage_review.js";
import { await_, changed, state } from "./passage_state.js";
import { ROADS } from "./road_strings.js";
import { HALF_WRITTEN } from "./strings.js";
import { html, useLayoutEffect, useRef, useState } from "./vendor/preact.js";

const keptOf = (text) => keptWords("edit", text.output);

/** A text area with the text, at once so that no letter is taken for a key of the page. The words survive a reload, and a job that fails.
 *
 * Until the text as stored has come, the area is read-only, and what a key or a button asks for waits: once, however often
 * it is asked for. Escape closes at once. */
export function GoOn({ text }) {
  const area = useRef(null);
  const coming = useRef(null); // a promise of the text as stored, or of null where the server refuses
  const isActing = useRef(false);
  const [isEditable, setEditable] = useState(false);
  useLayoutEffect(() => {
    area.current.focus();
    area.current.setSelectionRange(area.current.value.length, area.current.value.length);
    coming.current = guarded(() => api.text(text.key)).then((stored) => {
      if (area.current && stored === null) close(text);
      if (!area.current || stored === null) return null;
      // Where the same words stand there, this leaves the cursor alone.
      const before = keptOf(text).read();
      area.current.value = before ?? stored;
      if (before !== null && before !== stored) tell(HALF_WRITTEN);
      setEditable(true);
      return stored;
    });
  }, []);
  const act = async (action) => {
    if (isActing.current) return;
    isActing.current = true;
    try {
      const stored = await coming.current;
      if (area.current && stored !== null) await action(area.current, stored);
    } finally {
      isActing.current = false;
    }
  };
  const go = () => act(async (field, stored) => {
    const mayClose = await goOnFrom(field, { output: nameOf(text), stored, kept: keptOf(text), whenChanged: await_ });
    if (mayClose && area.current) close(text);
  });
  const keep = () => act(async ({ value }, stored) => {
    if (value.trim() === stored.trim() || (await edit(text, value))) discard(text);
  });
  const press = (event) => {
    if (event.key === "Escape") discard(text);
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) (event.shiftKey ? go : keep)();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return html`<div class="editor">
    <p class="about" id="go-on-about">${ROADS.editing}</p>
    <textarea rows="12" readonly=${!isEditable} dir="auto" ref=${area} aria-label=${ROADS.goOnAbout} aria-describedby="go-on-about" defaultValue=${keptOf(text).read() ?? text.text}
      onInput=${(event) => keptOf(text).keep(event.target.value)} onKeyDown=${press}></textarea>
    <p class="row-of"><button type="button" class="main" onClick=${go}>${ROADS.fromCursor} <kbd aria-hidden="true">Ctrl ⇧ ⏎</kbd></button>
      <button type="button" onClick=${keep}>${ROADS.keepEdit} <kbd aria-hidden="true">Ctrl ⏎</kbd></button>
      <button type="button" onClick=${() => discard(text)}>${ROADS.cancel} <kbd aria-hidden="true">Esc</kbd></button></p></div>`;
}

function close(text) {
  state.goingOn = null;
  changed();
  document.getElementById(`text-${text.key}`)?.focus();
}

function discard(text) {
  keptOf(text).drop();
  close(text);
}
