// The middle of the page: an output beside its passage, the previous step, or its edited version.

import { BESIDE, DESK } from "./desk_strings.js";
import { amount, h } from "./dom.js";
import { LOSSES, capital, marked } from "./labels.js";
import { paragraph } from "./paragraph.js";
import { labelsOf, legend, passageOf, textOf } from "./reading.js";

const MOST_NAMED = 8; // passages of a text that are named

const kindOf = (name) => name.replace(/^reads /, "");

/** The labels of a view; `reads KIND` shows a text of a different kind that the output's prompt had. */
const labels = (name) => BESIDE.views[name] ?? BESIDE.reads(capital(kindOf(name)), kindOf(name));

/** A view in words, to be read out. */
export const spoken = (name) => BESIDE.spoken[name] ?? BESIDE.spokenReads(kindOf(name));

const HIDDEN = ["before", "sentences", "reading"]; // views that tell a blind judge the step, or what was measured

/** The views to choose from, the reading last. */
export const viewsOf = (detail, blind) => [...detail.views, detail.reading && { name: "reading" }]
  .filter((view) => view && !(blind && HIDDEN.includes(view.name)));

/** Address of the page with all texts of an output's passage, or of the first of several. */
export const passageAddress = ({ passages: [{ id }] }, at = "") => `passage?${new URLSearchParams(at ? { id, at } : { id })}`;

/** Address of the page with the essay that an output is part of. */
const essayAddress = ({ woven, task }) => `essay?${new URLSearchParams({ run: woven, at: task })}`;

/** Above the texts: the passage, or several, and where to see them. */
function head(detail, blind) {
  const [{ essay, id, section }] = detail.passages;
  const woven = !blind && detail.woven && [" ", h("a", { href: essayAddress(detail) }, DESK.essay)];
  if (detail.passages.length > 1)
    return [h("h2", { dir: "auto" }, [...new Set(detail.passages.map((each) => each.essay))].join(" · ")),
      h("p", { class: "about", dir: "auto" }, BESIDE.several, detail.passages.slice(0, MOST_NAMED).map((each, at) =>
        [at > 0 && ", ", blind ? each.id : h("a", { href: passageAddress({ passages: [each] }) }, each.id)]),
        detail.passages.length > MOST_NAMED && ` ${BESIDE.more(detail.passages.length - MOST_NAMED)}`, woven)];
  return [h("h2", { dir: "auto" }, essay),
    h("p", { class: "about", dir: "auto" }, [id, section && BESIDE.under(section)].filter(Boolean).join(", "),
      !blind && [" ", h("a", { href: passageAddress(detail) }, DESK.allTexts)], woven)];
}

/** Gives the elements, and the output's paragraph. */
export function comparison({ detail, title, standing, blind, view, variants, finding }, on) {
  const views = viewsOf(detail, blind);
  const [, left, right] = labels(view.name);
  const isReading = view.name === "reading";
  const text = isReading ? textOf(detail.reading) : paragraph(view.right, detail.words, "ins");
  const elements = [
    h("div", { class: "head" }, head(detail, blind)),
    detail.broken && h("p", { class: "alarm" }, BESIDE.broken(detail.broken)),
    detail.edit_error && h("p", { class: "alarm" }, BESIDE.editError(detail.edit_error)),
    finding && !detail.broken && h("p", { class: "alarm" }, BESIDE.finding(finding)),
    h("div", { class: "tools" },
      views.length > 1 && h("fieldset", { class: "views" }, h("legend", null, BESIDE.legend), views.map(({ name }) =>
        h("label", null, h("input", { type: "radio", name: "view", value: name, checked: name === view.name, change: () => on.view(name) }), labels(name)[0]))),
      view.plain === "long" && h("p", { class: "about" }, BESIDE.tooLong)),
    h("div", { class: "columns" },
      h("section", { class: "source", "aria-label": left },
        h("h3", null, left), isReading ? passageOf(detail.reading) : paragraph(view.left, [], "del"),
        left.startsWith(BESIDE.views.passage[1]) && detail.tags.length > 0 && h("p", { class: "tags", dir: "auto" }, detail.tags.map((tag) => `#${tag}`).join(" "))),
      h("section", { class: "output", "aria-label": right, id: "output" },
        h("h3", null, view.name === "edited" ? BESIDE.asEdited(title) : title), text,
        detail.cut > 0 && h("p", { class: "about" }, BESIDE.cut(amount(detail.cut))),
        isReading && labelsOf(detail.reading),
        !blind && detail.measured && h("p", { class: "measured" }, BESIDE.measured(detail.measured)),
        !blind && detail.reading && h("p", { class: "measured" }, BESIDE.reading(detail.reading.line), h("span", { class: "about" }, detail.reading.trust)),
        review(standing))),
    isReading && legend(detail.reading),
    variants.length > 1 && h("section", { class: "variants", "aria-label": BESIDE.variants },
      h("h3", null, BESIDE.variantsHint),
      h("ol", null, variants.map(({ key, opening, standing: { verdict }, selected }, index) =>
        h("li", null, h("button", { type: "button", "aria-current": selected ? "true" : null, click: () => on.open(key) },
          h("kbd", null, String(index + 1)), h("span", { class: "verdict" }, marked(verdict)), h("span", { dir: "auto" }, opening)))))),
  ];
  return { elements: elements.filter(Boolean), text };
}

/** An output's reviews. */
function review({ verdict, loss, note, edit, reviewers }) {
  const words = [marked(verdict), LOSSES[loss], edit && BESIDE.edited].filter(Boolean);
  if (words.length === 0 && !note) return h("p", { class: "standing" }, BESIDE.notJudged);
  return h("div", { class: "standing" },
    h("p", null, BESIDE.by(words.join(", ") || BESIDE.noted, reviewers.join(BESIDE.and))),
    note && h("p", { class: "note", dir: "auto" }, note));
}
