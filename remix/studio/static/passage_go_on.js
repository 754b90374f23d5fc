// Going on from an edit on the passage page: a text as its reader changes it, and the model goes on from the cursor.

import * as api from "./api.js";
import { goOnFrom } from "./go_on.js";
import { guarded } from "./notices.js";
import { nameOf } from "./passage_actions.js";
import { edit } from "./passage_review.js";
import { await_, changed, state } from "./passage_state.js";
import { ROADS } from "./road_strings.js";
import { html, useEffect, useRef, useState } from "./vendor/preact.js";

/** Where the browser keeps what is half written, under the same name as on the desk. */
const draftOf = (text) => `draft edit ${text.output}`;

/** A text area with the text, at once so that no letter is taken for a key of the page. The words survive a reload, and a job that fails. */
export function GoOn({ text }) {
  const area = useRef(null);
  const [stored, setStored] = useState(null); // the text as stored
  useEffect(() => {
    guarded(() => api.text(text.key)).then((words) => (words === null ? close(text) : setStored(words)));
  }, []);
  useEffect(() => {
    area.current?.focus();
    area.current?.setSelectionRange(area.current.value.length, area.current.value.length);
  }, [stored]);
  const go = async () => stored !== null && (await goOnFrom(area.current, { output: nameOf(text), stored, draft: draftOf(text), whenChanged: await_ })) && close(text);
  const keep = async () => {
    if (stored === null) return;
    const words = area.current.value;
    if (words.trim() !== stored.trim() && !(await edit(text, words))) return;
    discard(text);
  };
  const press = (event) => {
    if (stored === null && event.key !== "Escape") return;
    if (event.key === "Escape") discard(text);
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) (event.shiftKey ? go : keep)();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return html`<div class="editor">
    <p class="about" id="go-on-about">${ROADS.editing}</p>
    <textarea key=${stored} rows="12" readonly=${stored === null} dir="auto" ref=${area} aria-label=${ROADS.goOnAbout} aria-describedby="go-on-about" defaultValue=${sessionStorage.getItem(draftOf(text)) ?? stored ?? text.text}
      onInput=${(event) => sessionStorage.setItem(draftOf(text), event.target.value)} onKeyDown=${press}></textarea>
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
  sessionStorage.removeItem(draftOf(text));
  close(text);
}
