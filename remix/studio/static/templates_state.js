// What the page for templates shows now. Template and passage stand in the address; changed sources are kept in this tab.

import { get, post } from "./api.js";
import { guarded, tell } from "./notices.js";
import { TEMPLATES } from "./template_strings.js";

const PAUSE = 400; // milliseconds without a change before a source is checked
const asked = new URLSearchParams(location.search);

export const state = {
  folder: null, // all templates, as the server lists them
  kind: asked.get("kind") ?? "", // kind of the template that is shown
  source: "", // as changed
  name: "", // name of the new kind
  checked: null, // what the server says of the source
  essays: [],
  passages: [],
  essay: asked.get("essay") ?? "",
  passage: asked.get("passage") ?? "",
  tried: null, // { job, texts: Map }
};

let draw = () => {};

export const drawBy = (callback) => { draw = callback; };

export function changed() {
  const kept = Object.entries({ kind: state.kind, essay: state.essay, passage: state.passage }).filter(([, value]) => value);
  history.replaceState(null, "", `?${new URLSearchParams(kept)}`);
  draw();
}

const draftOf = (kind) => `template ${kind}`;

export const shown = () => state.folder?.templates.find(({ kind }) => kind === state.kind);
export const isChanged = (template) => sessionStorage.getItem(draftOf(template.kind)) !== null;

/** The first time with the page's query, as the browser has asked for the templates already. */
export async function loadTemplates() {
  const folder = await guarded(() => get(`api/templates${state.folder ? "" : location.search}`));
  if (!folder) return;
  state.folder = folder;
  show(shown() ? state.kind : folder.templates[0]?.kind ?? "");
}

/** Show a template, as it was changed in this tab. */
export function show(kind) {
  state.kind = kind;
  state.source = sessionStorage.getItem(draftOf(kind)) ?? shown()?.source ?? "";
  state.name = freeName(kind);
  state.checked = null;
  check();
  changed();
}

/** A name for a new kind: `rewrite-2`. */
function freeName(kind) {
  if (!kind) return "";
  const taken = new Set(state.folder.templates.map((each) => each.kind));
  const bare = kind.replace(/-\d+$/, "");
  let number = 2;
  while (taken.has(`${bare}-${number}`)) number += 1;
  return `${bare}-${number}`;
}

/** Take a changed source: kept in this tab, and checked. */
export function change(source) {
  state.source = source;
  if (source === shown()?.source) sessionStorage.removeItem(draftOf(state.kind));
  else sessionStorage.setItem(draftOf(state.kind), source);
  check();
  changed();
}

export function rename(name) {
  state.name = name;
  check();
  changed();
}

/** The source as in the file again. */
export function revert() {
  sessionStorage.removeItem(draftOf(state.kind));
  show(state.kind);
}

let timer;
let number = 0; // of the last check

function check() {
  clearTimeout(timer);
  number += 1;
  const own = number;
  if (!state.name) return;
  timer = setTimeout(async () => {
    const found = await guarded(() => post("api/templates/check", { kind: state.name, source: state.source }));
    if (own !== number) return;
    state.checked = found;
    changed();
  }, PAUSE);
}

/** Keep the source as a new kind. */
export async function keep() {
  const kept = await guarded(() => post("api/templates", { kind: state.name, source: state.source }));
  if (!kept) return;
  sessionStorage.removeItem(draftOf(state.kind));
  state.kind = kept.kind;
  await loadTemplates();
  tell(TEMPLATES.kept(kept.file, kept.copied));
}

// -- passages ---------------------------------------------------------------------------------------------------

export async function loadEssays() {
  const choices = await guarded(() => get("api/write"));
  if (!choices) return;
  state.essays = choices.essays;
  if (!state.essays.some(({ id }) => id === state.essay)) state.essay = state.essays[0]?.id ?? "";
  await chooseEssay(state.essay);
}

export async function chooseEssay(id) {
  state.essay = id;
  const found = id && (await guarded(() => get(`api/passages?${new URLSearchParams({ essay: id })}`)));
  state.passages = found?.passages ?? [];
  if (!state.passages.some((each) => each.id === state.passage)) state.passage = state.passages[0]?.id ?? "";
  changed();
}

export function choosePassage(id) {
  state.passage = id;
  changed();
}
