// News from the server: outputs read, reviews by others, findings. Asked for every few seconds.

import * as api from "./api.js";
import { search } from "./filtering.js";
import { alarm, reachable, tell } from "./notices.js";
import { begin, refresh } from "./open_output.js";
import { refilter, showFacets } from "./output_list.js";
import { row, state } from "./page_state.js";
import { learn, load, store } from "./store.js";
import { SAID } from "./desk_strings.js";

const POLL = 2000; // milliseconds between requests
const READING = 400; // the same while the server is still reading texts
const FIRST = 100; // the same while no text is shown: the list is there before the server has read any

let isWarned = false; // whether the reader knows of findings
let timer;

/** Take in changes and list them; gives the changed rows. */
export function take(changes) {
  const touched = learn(changes);
  if (touched.length) {
    showFacets();
    refilter();
  }
  if (changes.findings.length && !isWarned) {
    isWarned = true;
    tell(SAID.changedFiles);
  }
  return touched;
}

/** Ask for the listing. */
export async function reload() {
  await load();
  if (!store.rows.has(state.selected)) state.selected = null;
}

async function update() {
  const changes = await api.changes(store.version);
  if (changes.listed !== store.listing.changes.listed) {
    await reload();
    showFacets();
    refilter();
  }
  reachable();
  const touched = take(changes);
  if (state.chosen.q && Object.keys(changes.contents).length) await search(state.chosen.q);
  if (!state.selected) await begin();
  else if (touched.some(({ passage }) => passage === row()?.passage)) await refresh();
}

/** Ask for changes, unless the page is hidden, and again later. */
export async function poll() {
  if (!document.hidden) await update().catch(alarm);
  clearTimeout(timer);
  const reading = state.selected ? READING : FIRST;
  timer = setTimeout(poll, store.unread ? reading : POLL);
}
