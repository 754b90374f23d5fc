// The order of a passage's texts: in groups of columns by kind, step, variant, run or branch. Draws nothing.

import { PASSAGE } from "./strings.js";

const COLLATOR = new Intl.Collator("en", { numeric: true });

/** What is compared, one after the other, within a group and among groups. */
const ORDERS = {
  kind: ["kind", "variant", "number", "step"],
  step: ["step", "kind", "variant", "number"],
  variant: ["variant", "kind", "number", "step"],
  run: ["number", "kind", "variant", "step"],
  branch: ["original", "kind", "variant", "step", "number"],
};

export const WAYS = Object.keys(ORDERS);

/** Groups of texts as `{ name, texts }`. `chosen` has `by`, and may have `kind` and `run`, which leave texts out. */
export function grouped(texts, chosen) {
  const by = WAYS.includes(chosen.by) ? chosen.by : "kind";
  const runs = [...new Set(texts.map(({ run }) => run))];
  const titles = new Map(texts.filter(({ output }) => output).map((text) => [text.output, PASSAGE.text(text)]));
  const fitting = texts
    .filter(({ kind, run }) => (!chosen.kind || kind === chosen.kind) && (!chosen.run || run === chosen.run))
    .map((text) => ({ ...text, text, number: runs.indexOf(text.run), original: text.branch ? titles.get(text.branch.original) ?? text.branch.original.slice(0, 8) : "" }));
  fitting.sort((one, other) => {
    for (const name of ORDERS[by]) {
      const order = typeof one[name] === "number" ? one[name] - other[name] : COLLATOR.compare(one[name], other[name]);
      if (order) return order;
    }
    return 0;
  });
  const groups = new Map();
  for (const { text, original } of afterOriginals(fitting)) {
    const name = by === "branch" ? PASSAGE.group.branch(original) : PASSAGE.group[by](text);
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(text);
  }
  return [...groups].map(([name, each]) => ({ name, texts: each }));
}

/** Each branch right after its original, if the original is there. */
function afterOriginals(sorted) {
  const branches = Map.groupBy(sorted.filter(({ text }) => text.branch), ({ text }) => text.branch.original);
  const placed = new Set();
  const place = (each) => {
    if (placed.has(each)) return [];
    placed.add(each);
    return [each, ...(branches.get(each.text.output) ?? []).flatMap(place)];
  };
  return [...sorted.filter(({ text }) => !text.branch).flatMap(place), ...sorted.flatMap(place)];
}

/** The values of a filter; none if there are fewer than two. */
export function valuesOf(texts, name) {
  const values = [...new Set(texts.map((text) => text[name]))].sort(COLLATOR.compare);
  return values.length > 1 ? values : [];
}
