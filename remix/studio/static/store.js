// Everything the page knows from the server: the listing, and each output's contents, reviews and details.

import * as api from "./api.js";

const NO_REVIEW = { verdict: null, loss: null, note: null, edit: null, reviewers: [] };
const MOST_DETAILS = 60; // outputs with details kept for going back

export const store = {
  listing: { outputs: [], passages: [], runs: [], changes: {} },
  version: "",
  broken: {}, // findings by key
  unread: 0, // outputs listed by name, to be read by the server
  rows: new Map(), // by key
  standings: new Map(), // by record id
  details: new Map(), // by key, those shown last
};

/** The runs that the page shows. */
export const shownRuns = () => store.listing.runs.filter(({ name }) => !api.RUNS.length || api.RUNS.includes(name));

export const standingOf = (row) => store.standings.get(row.output) ?? NO_REVIEW;

/** Ask for the listing. */
export async function load() {
  store.listing = await api.listing();
  const known = new Map(store.rows);
  store.rows.clear();
  for (const row of store.listing.outputs) store.rows.set(row.key, Object.assign(known.get(row.key) ?? {}, row));
  learn(store.listing.changes);
}

/** Take in changes; gives the changed rows. */
export function learn(changes) {
  const { rows, standings, details } = store;
  const touched = [...rows.values()].filter(({ key, output }) => key in changes.contents || output in changes.standings || changes.broken[key] !== store.broken[key]);
  for (const each of touched) {
    const content = changes.contents[each.key];
    // The text or the edited version may have changed.
    if (each.output in changes.standings || (content && content.output !== each.output)) details.delete(each.key);
    Object.assign(each, content);
  }
  for (const [output, standing] of Object.entries(changes.standings)) standings.set(output, standing);
  const twins = new Set(changes.twins);
  store.listing.outputs = [...rows.values()].filter(({ key }) => !twins.has(key));
  store.version = changes.version;
  store.broken = changes.broken;
  store.unread = changes.unread;
  return touched;
}

/** An output's details, from the server unless kept. */
export async function detailOf(key) {
  const detail = store.details.get(key) ?? (await api.detail(key));
  const row = store.rows.get(key);
  if (row) {
    row.output = detail.output;
    store.details.delete(key);
    store.details.set(key, detail);
    if (store.details.size > MOST_DETAILS) store.details.delete(store.details.keys().next().value);
  }
  return detail;
}

/** The outputs in order; for a blind judge shuffled within each passage and kind (keys are hashes), and numbered. */
export function ordered(blind) {
  if (!blind) return store.listing.outputs;
  const order = [...store.listing.outputs];
  order.sort((one, other) => one.passage - other.passage || one.kind.localeCompare(other.kind) || (one.key < other.key ? -1 : 1));
  const counts = new Map();
  for (const row of order) {
    const group = `${row.passage} ${row.kind}`;
    counts.set(group, (counts.get(group) ?? 0) + 1);
    row.number = counts.get(group);
  }
  return order;
}
