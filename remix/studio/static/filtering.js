// Filters, search and blind mode chosen by the reader.

import * as api from "./api.js";
import { $ } from "./dom.js";
import { NAMES } from "./filters.js";
import { guarded } from "./notices.js";
import { open, show, showNothing } from "./open_output.js";
import { listedRows, refilter, revealAgain, showFacets } from "./output_list.js";
import { fits, remember, row, state } from "./page_state.js";

let searches = 0;

/** List anew after the filters changed; open the first listed output if the open one doesn’t fit. */
function relist() {
  const here = row();
  if (here && !fits()(here)) state.selected = null;
  refilter();
  if (!state.selected && listedRows().length) guarded(() => open(listedRows()[0].key));
  else if (!state.selected) showNothing();
  else revealAgain();
  remember();
}

export function choose(name, value) {
  state.chosen[name] = value;
  showFacets();
  relist();
}

export function clearFilters() {
  for (const name of [...NAMES, "q"]) delete state.chosen[name];
  $("search").value = "";
  state.found = null;
  showFacets();
  relist();
}

export async function search(words) {
  state.chosen.q = words.trim();
  const number = ++searches;
  const keys = state.chosen.q ? new Set(await api.search(state.chosen.q)) : null;
  // A later search may have been faster.
  if (number !== searches) return;
  state.found = keys;
  relist();
}

export function setBlind(blind) {
  state.chosen.blind = blind;
  $("blind").checked = blind;
  document.body.classList.toggle("blind", blind);
  state.view = null;
  showFacets();
  refilter();
  revealAgain();
  show();
  remember();
}
