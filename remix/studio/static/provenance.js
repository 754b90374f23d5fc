// The right of the page: where an output comes from.

import { BESIDE, ORIGIN } from "./desk_strings.js";
import { h } from "./dom.js";
import { MARKS } from "./labels.js";
import { FLAGS } from "./strings.js";

const MOST_NAMED = 8; // passages of a text that are named

export function provenance({ detail, chain, standing, blind }, on) {
  if (blind)
    return [h("h2", null, ORIGIN.blind), h("p", null, ORIGIN.hidden)];
  return [
    h("h2", null, ORIGIN.title),
    detail.passages.slice(0, MOST_NAMED).map(({ path, lines }) => h("p", null, `${path}, ${lines}`)),
    detail.passages.length > MOST_NAMED && h("p", null, BESIDE.more(detail.passages.length - MOST_NAMED)),
    detail.flags.length > 0 && h("ul", { class: "flags" }, detail.flags.map((name) => h("li", null, h("b", null, name), FLAGS[name] && `: ${FLAGS[name]}`))),
    chain.length > 1 && h("div", null, h("h3", null, ORIGIN.chain), h("ol", { class: "chain" }, chain.map(({ key, step, opening, selected, verdict }) =>
      h("li", { value: step }, h("button", { type: "button", "aria-current": selected ? "true" : null, click: () => on.open(key) }, `${verdict ? `${MARKS[verdict]} ` : ""}${opening}`))))),
    h("dl", null, detail.facts.map(([term, value]) => [h("dt", null, term), h("dd", { dir: "auto" }, short(value))])),
    standing.edit && h("p", { class: "about" }, ORIGIN.editedIn(standing.edit.file)),
    detail.prompt.length > 0 && texts(ORIGIN.prompt, detail.prompt.map(({ role, content }) => [role, content])),
    detail.candidates.length > 1 && texts(ORIGIN.candidates(detail.candidates.length), detail.candidates.map((each) =>
      [[`${each.number}`, each.chosen && ORIGIN.kept, ...each.flags].filter(Boolean).join(", "), each.text])),
    !detail.broken && h("p", null, h("button", { type: "button", click: on.raw }, ORIGIN.record)),
  ].flat().filter(Boolean);
}

/** Texts with headings, folded up. */
const texts = (summary, pairs) => h("details", null, h("summary", null, summary), pairs.map(([heading, text]) =>
  h("div", { class: "message-of" }, h("h3", null, heading), h("p", { class: "text", dir: "auto" }, text))));

/** A sha256 is shortened; the record has all of it. */
const short = (value) => value.replaceAll(/\b([0-9a-f]{12})[0-9a-f]{52}\b/g, "$1…");
