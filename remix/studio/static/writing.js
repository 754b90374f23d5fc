// Notes and edited versions, written in the page. An unfinished text survives a reload.

import * as api from "./api.js";
import { EDITOR, SAID } from "./desk_strings.js";
import { $ } from "./dom.js";
import { show as showBeside } from "./desk_roads.js";
import { editor } from "./editor.js";
import { goOnFrom } from "./go_on.js";
import { guarded, tell } from "./notices.js";
import { opened, show } from "./open_output.js";
import { row, state } from "./page_state.js";
import { review, send } from "./reviewing.js";
import { standingOf, store } from "./store.js";

function write(kind, label, text, save, goOn) {
  const output = row()?.output;
  if (!output || state.writing) return;
  state.writing = kind;
  const draft = `draft ${kind} ${output}`; // name in this tab's storage
  const close = () => {
    state.writing = null;
    show();
    $("comparison").focus();
  };
  const cancel = () => {
    sessionStorage.removeItem(draft);
    close();
  };
  const { box, area } = editor({ label, text: sessionStorage.getItem(draft) ?? text, rows: kind === "edit" ? 14 : 4 }, {
    cancel,
    goOn: goOn && (async (area) => (await goOn(area, draft)) && close()),
    change: (words) => sessionStorage.setItem(draft, words),
    save: async (words) => {
      if (words.trim() === text.trim()) return cancel();
      // Keys work again at once. If saving fails, the draft is still there.
      close();
      if (await save(words)) sessionStorage.removeItem(draft);
    },
  });
  if (kind === "edit") $("output").replaceChildren(box);
  else $("output").append(box);
  area.focus();
}

export async function edit() {
  await opened();
  const key = state.selected;
  if (!row()) return tell(SAID.noText);
  if (!row().output) return tell(EDITOR.broken);
  const text = await guarded(() => api.text(key));
  if (text === null || key !== state.selected) return;
  const keep = (words) => {
    if (!words.trim()) return tell(EDITOR.needsWords);
    return send(() => { state.view = null; return api.edit(key, store.rows.get(key).output, words); }, () => EDITOR.versionKept);
  };
  write("edit", EDITOR.version, text, keep, (area, draft) => guarded(async () => {
    const { output } = await api.get(`api/outputs/${key}/roads`);
    return goOnFrom(area, { output, stored: text, draft, whenChanged: (job) => showBeside(key, job) });
  }));
}

export async function annotate() {
  await opened();
  if (!row()) return tell(SAID.noText);
  write("note", EDITOR.note, standingOf(row()).note ?? "", (words) => review({ note: words.trim() }, () => (words.trim() ? EDITOR.noteKept : EDITOR.noteGone)));
}
