// Filters of the list: the choices, with counts, and the outputs that fit.

import { LIST } from "./desk_strings.js";
import { amount, h } from "./dom.js";

const COLLATOR = new Intl.Collator("en", { numeric: true });

const VERDICTS = {
  todo: [LIST.verdicts.todo, (standing) => !standing.verdict],
  accepted: [LIST.verdicts.accepted, (standing) => standing.verdict === "accept" || standing.verdict === "star"],
  starred: [LIST.verdicts.starred, (standing) => standing.verdict === "star"],
  rejected: [LIST.verdicts.rejected, (standing) => standing.verdict === "reject"],
  edited: [LIST.verdicts.edited, (standing) => Boolean(standing.edit)],
  noted: [LIST.verdicts.noted, (standing) => Boolean(standing.note)],
};

/** Whether the output's files have been read. */
export const isRead = (row) => row.flags !== undefined;

/** Name, label, an output's values, and whether the filter is hidden from a blind judge. */
const FACETS = [
  ["kind", LIST.facets.kind, (row) => [row.kind], false],
  ["step", LIST.facets.step, (row) => [String(row.step)], true],
  ["tag", LIST.facets.tag, (row, passage) => passage.tags, false],
  ["flag", LIST.facets.flag, (row) => (!isRead(row) ? [] : row.flags.length ? row.flags : [LIST.none]), true],
  ["model", LIST.facets.model, (row) => (isRead(row) ? [row.model ?? LIST.unknown] : []), true],
  ["run", LIST.facets.run, (row, passage, runs) => [runs[row.run].name], true],
];

export const NAMES = ["verdict", ...FACETS.map(([name]) => name)];

/** A function that tells whether an output fits the chosen filters; an unread output has no verdict, flag and model. */
export function filtered({ passages, runs }, standingOf, chosen, found) {
  const active = FACETS.filter(([name, , , hidden]) => chosen[name] && !(hidden && chosen.blind));
  return (row) => {
    if (found && !found.has(row.key)) return false;
    if (chosen.verdict && !(isRead(row) && VERDICTS[chosen.verdict]?.[1](standingOf(row)))) return false;
    return active.every(([name, , values]) => values(row, passages[row.passage], runs).includes(chosen[name]));
  };
}

/** A drop-down for each filter, with counts; filters with fewer than two values are left out. */
export function facets(listing, standingOf, chosen) {
  const verdicts = Object.entries(VERDICTS).map(([name, [label, holds]]) => [
    name, label, listing.outputs.filter((row) => isRead(row) && holds(standingOf(row))).length,
  ]);
  const lists = [field("verdict", LIST.facets.verdict, verdicts, chosen.verdict)];
  for (const [name, label, values, hidden] of FACETS) {
    const counts = new Map();
    for (const row of listing.outputs)
      for (const value of values(row, listing.passages[row.passage], listing.runs)) counts.set(value, (counts.get(value) ?? 0) + 1);
    if (counts.size < 2 || (hidden && chosen.blind)) continue;
    const sorted = [...counts].sort(([one], [other]) => COLLATOR.compare(one, other));
    lists.push(field(name, label, sorted.map(([value, count]) => [value, value, count]), chosen[name]));
  }
  return lists;
}

function field(name, label, options, chosen) {
  const select = h("select", { name },
    h("option", { value: "" }, LIST.all),
    options.map(([value, text, count]) => h("option", { value, selected: value === chosen }, `${text} (${amount(count)})`)));
  return h("label", { class: chosen ? "chosen" : null }, label, " ", select);
}
