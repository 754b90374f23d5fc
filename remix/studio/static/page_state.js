// What the page shows now: filters, search results, and the open output. Filters and output are kept in the address.

import { LIST } from "./desk_strings.js";
import { filtered } from "./filters.js";
import { standingOf, store } from "./store.js";

const chosen = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
chosen.blind = Boolean(chosen.blind);

export const state = {
  chosen, // filters by name, `q` (the search), `blind`, and at the start `at` (the open output's key)
  found: null, // keys of outputs with the searched words, if any are searched
  selected: null, // the open output's key
  detail: null, // the open output's details, once they are here
  view: null, // name of the view, if one was chosen for the open output
  isAskingLoss: false, // whether the bar asks if the loss was worth it
  writing: null, // "note" or "edit" while an editor is open
};

/** The open output's row. */
export const row = () => store.rows.get(state.selected);

/** A function that tells whether an output fits filters and search. */
export const fits = () => filtered(store.listing, standingOf, chosen, state.found);

export function remember() {
  const values = { ...chosen, blind: chosen.blind ? "1" : "", at: state.selected ?? "" };
  history.replaceState(null, "", `#${new URLSearchParams(Object.entries(values).filter(([, value]) => value))}`);
}

export function title(row) {
  if (chosen.blind) return LIST.blindTitle(row.kind, row.number);
  if (row.branch) return LIST.branchTitle(row.kind, row.step, row.branch, row.variant);
  return LIST.title(row.kind, row.step, row.variant);
}
