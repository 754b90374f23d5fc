// The right of the page: where an output comes from.

import { h } from "./dom.js";
import { MARKS } from "./labels.js";
import { FLAGS } from "./strings.js";

export function provenance({ detail, chain, standing, blind }, on) {
  if (blind)
    return [h("h2", null, "Judging blind"), h("p", null, "Model, step and variant are hidden, and the order is shuffled, until you leave the blind mode.")];
  return [
    h("h2", null, "Where it comes from"),
    h("p", null, `${detail.path}, ${detail.lines}`),
    detail.flags.length > 0 && h("ul", { class: "flags" }, detail.flags.map((name) => h("li", null, h("b", null, name), FLAGS[name] && `: ${FLAGS[name]}`))),
    chain.length > 1 && h("div", null, h("h3", null, "Chain"), h("ol", { class: "chain" }, chain.map(({ key, step, opening, selected, verdict }) =>
      h("li", { value: step }, h("button", { type: "button", "aria-current": selected ? "true" : null, click: () => on.open(key) }, `${verdict ? `${MARKS[verdict]} ` : ""}${opening}`))))),
    h("dl", null, detail.facts.map(([term, value]) => [h("dt", null, term), h("dd", { dir: "auto" }, short(value))])),
    standing.edit && h("p", { class: "about" }, `Edited in ${standing.edit.file}`),
    detail.prompt.length > 0 && texts("Prompt", detail.prompt.map(({ role, content }) => [role, content])),
    detail.candidates.length > 1 && texts(`${detail.candidates.length} candidates`, detail.candidates.map((each) =>
      [[`${each.number}`, each.chosen && "kept", ...each.flags].filter(Boolean).join(", "), each.text])),
    !detail.broken && h("p", null, h("button", { type: "button", click: on.raw }, "Show the record")),
  ].filter(Boolean);
}

/** Texts with headings, folded up. */
const texts = (summary, pairs) => h("details", null, h("summary", null, summary), pairs.map(([heading, text]) =>
  h("div", { class: "message-of" }, h("h3", null, heading), h("p", { class: "text", dir: "auto" }, text))));

/** A sha256 is shortened; the record has all of it. */
const short = (value) => value.replaceAll(/\b([0-9a-f]{12})[0-9a-f]{52}\b/g, "$1…");
