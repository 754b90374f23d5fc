// A draft's title: shown, changed, and the draft thrown away. What isn't stored yet is stored first.

import * as api from "./draft_api.js";
import { isUnsaved, named, send } from "./draft_saving.js";
import { changed, state } from "./draft_state.js";
import { guarded, tell } from "./notices.js";
import { DRAFT } from "./strings.js";
import { html, useEffect, useRef, useState } from "./vendor/preact.js";

/** Whether all is stored; else the reader is told why the draft stays as it is. */
async function isStored() {
  while (isUnsaved() && !state.conflict && state.saving !== "unreachable" && state.saving !== "gone") await send();
  if (isUnsaved()) tell(DRAFT.notStored);
  return !isUnsaved();
}

async function rename(title) {
  if (!title || title === state.name || !(await isStored())) return;
  const draft = await guarded(() => api.rename(state.name, title));
  if (!draft) return;
  named(draft.name);
  tell(DRAFT.renamed(draft.name));
}

async function throwAway() {
  if (!(await isStored())) return;
  const gone = await guarded(() => api.throwAway(state.name));
  if (gone) location.assign(`drafts?${new URLSearchParams({ gone: gone.name, place: gone.place })}`);
}

/** The title, or a form for another one. */
export function Title() {
  const [isOpen, setOpen] = useState(false);
  const field = useRef(null);
  const button = useRef(null);
  useEffect(() => isOpen && field.current.select(), [isOpen]);
  const close = () => {
    setOpen(false);
    requestAnimationFrame(() => button.current?.focus());
  };
  const submit = async (event) => {
    event.preventDefault();
    await rename(field.current.value.trim());
    close();
    changed();
  };
  const press = (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    close();
  };
  if (isOpen) return html`<form class="row-of title" onSubmit=${submit}><label class="grow"><span class="unseen">${DRAFT.titleField}</span>
    <input ref=${field} name="title" defaultValue=${state.name} maxlength="200" autocomplete="off" dir="auto" onKeyDown=${press} /></label>
    <button class="main">${DRAFT.rename}</button><button type="button" onClick=${close}>${DRAFT.cancel} <kbd aria-hidden="true">Esc</kbd></button></form>`;
  return html`<div class="title"><h1 dir="auto">${state.name}</h1>
    ${!state.conflict && state.saving !== "gone" && html`<p class="row-of"><button type="button" class="plain" ref=${button} onClick=${() => setOpen(true)}>${DRAFT.rename}</button>
      <button type="button" class="plain" title=${DRAFT.throwAwayAbout} onClick=${throwAway}>${DRAFT.throwAway}</button></p>`}</div>`;
}
