// Notes and edited versions, written in the page. Half-written words outlive the page.

import * as api from "./api.js";
import { EDITOR, SAID } from "./desk_strings.js";
import { $ } from "./dom.js";
import { show as showBeside } from "./desk_roads.js";
import { editor } from "./editor.js";
import { goOnFrom } from "./go_on.js";
import { hold, release, typeInto } from "./held_keys.js";
import { keptWords } from "./kept_words.js";
import { guarded, tell } from "./notices.js";
import { opened, show } from "./open_output.js";
import { row, state } from "./page_state.js";
import { review, send } from "./reviewing.js";
import { standingOf, store } from "./store.js";
import { HALF_WRITTEN } from "./strings.js";

function write({ kind, label, text, save, goOn, typed }) {
  const output = row()?.output;
  if (!output || state.writing) return;
  state.writing = kind;
  const kept = keptWords(kind, output);
  const before = kept.read();
  const close = () => {
    state.writing = null;
    show();
    $("comparison").focus();
  };
  const cancel = () => {
    kept.drop();
    close();
  };
  const { box, area } = editor({ label, text: before ?? text, rows: kind === "edit" ? 14 : 4 }, {
    cancel,
    goOn: goOn && (async (area) => (await goOn(area, kept)) && close()),
    change: kept.keep,
    save: async (words) => {
      if (words.trim() === text.trim()) return cancel();
      // Keys work again at once. If saving fails, the words are still kept.
      close();
      if (await save(words)) kept.drop(words);
    },
  });
  if (kind === "edit") $("output").replaceChildren(box);
  else $("output").append(box);
  area.focus();
  if (before !== null && before !== text) tell(HALF_WRITTEN);
  typeInto(area, typed);
}

/** Open an editor with what `prepare` gives, and with what is typed until then; nothing if `prepare` gives nothing. */
async function writeSoon(prepare) {
  const waiting = hold();
  const given = await prepare().finally(() => release(waiting));
  if (given && !waiting.isGivenUp) write({ ...given, typed: waiting.words });
}

async function version() {
  await opened();
  const key = state.selected;
  if (!row()) return tell(SAID.noText);
  if (!row().output) return tell(EDITOR.broken);
  const text = await guarded(() => api.text(key));
  if (text === null || key !== state.selected) return null;
  const save = (words) => {
    if (!words.trim()) return tell(EDITOR.needsWords);
    return send(() => { state.view = null; return api.edit(key, store.rows.get(key).output, words); }, () => EDITOR.versionKept);
  };
  const goOn = (area, kept) => guarded(async () => {
    const { output } = await api.get(`api/outputs/${key}/roads`);
    return goOnFrom(area, { output, stored: text, kept, whenChanged: (job) => showBeside(key, job) });
  });
  return { kind: "edit", label: EDITOR.version, text, save, goOn };
}

async function note() {
  await opened();
  if (!row()) return tell(SAID.noText);
  const save = (words) => review({ note: words.trim() }, () => (words.trim() ? EDITOR.noteKept : EDITOR.noteGone));
  return { kind: "note", label: EDITOR.note, text: standingOf(row()).note ?? "", save };
}

export const edit = () => writeSoon(version);
export const annotate = () => writeSoon(note);
