// The middle and the right of the desk: a text beside what it was made from, and its record in words.

import { amount, h } from "./dom.js";
import { paragraph } from "./text.js";

const VIEWS = {
  passage: ["The passage", "The passage", "What came of it"],
  sentences: ["Its sentences", "The passage: what was dropped is faint", "What came of it: what was added is marked"],
  before: ["The step before", "The step before", "This step"],
  edited: ["Your version", "As it was written", "As it was edited"],
};

/** What a view is called, and its two sides. */
const labels = ({ name }) => {
  const kind = name.replace(/^reads /, "");
  return VIEWS[name] ?? [`The ${kind}`, `The ${kind} that was read`, "What came of it"];
};

/** What is read out when a view is shown. */
export const spoken = (view) => ({ passage: "Beside the passage.", sentences: "Beside the passage, by sentences.", before: "Beside the step before.", edited: "Your version beside what was written." })[view] ?? `Beside the ${view.replace(/^reads /, "")} that was read.`;

const VERDICTS = { accept: "✓ accepted", reject: "✗ rejected", star: "★ starred" };
const LOSSES = { earned: "loss earned", lost: "loss not earned", neither: "nothing lost or earned" };

/** Those views that may be seen: a blind judge mustn't know of steps. */
export const viewsOf = (sheet, blind) => sheet.views.filter((view) => !(blind && view.name === "before"));

/** Passage and output; gives the elements and the paragraph whose words can be looked at. */
export function middle({ sheet, title, standing, blind, view, variants, finding }, on) {
  const views = viewsOf(sheet, blind);
  const [, left, right] = labels(view);
  const text = paragraph(view.right, sheet.words, "ins");
  const place = [`${sheet.passage}`, sheet.section && `under “${sheet.section}”`].filter(Boolean).join(", ");
  const elements = [
    h("div", { class: "head" },
      h("h2", { dir: "auto" }, sheet.essay),
      h("p", { class: "about", dir: "auto" }, place)),
    sheet.broken && h("p", { class: "alarm" }, `This output isn’t what was written, so it can’t be judged. ${sheet.broken}`),
    sheet.lost && h("p", { class: "alarm" }, `There is an edited version, but it can’t be shown. ${sheet.lost}`),
    finding && !sheet.broken && h("p", { class: "alarm" }, `Something here isn’t as it was written. ${finding}`),
    h("div", { class: "tools" },
      views.length > 1 && h("fieldset", { class: "views" }, h("legend", null, "Beside"), views.map(({ name }) =>
        h("label", null, h("input", { type: "radio", name: "view", value: name, checked: name === view.name, change: () => on.view(name) }), labels({ name })[0]))),
      view.plain && h("p", { class: "about" }, view.plain === "long" ? "Too long to mark what changed." : "Hardly a word of it is the same.")),
    h("div", { class: "columns" },
      h("section", { class: "source", "aria-label": left },
        h("h3", null, left), paragraph(view.left, [], "del"),
        left.startsWith("The passage") && sheet.tags.length > 0 && h("p", { class: "tags", dir: "auto" }, sheet.tags.map((tag) => `#${tag}`).join(" "))),
      h("section", { class: "output", "aria-label": right, id: "output" },
        h("h3", null, view.name === "edited" ? `${title}, as it was edited` : title), text,
        sheet.cut > 0 && h("p", { class: "about" }, `${amount(sheet.cut)} more letters are in the file.`),
        sheet.measured && h("p", { class: "measured" }, `By measure it ${sheet.measured}.`),
        said(standing))),
    variants.length > 1 && h("section", { class: "variants", "aria-label": "Variants" },
      h("h3", null, "Variants of it: a digit accepts one and rejects the others"),
      h("ol", null, variants.map(variant))),
  ];

  function variant({ key, opening, standing: its, selected }, index) {
    return h("li", null, h("button", { type: "button", "aria-current": selected ? "true" : null, click: () => on.open(key) },
      h("kbd", null, String(index + 1)), h("span", { class: "verdict" }, VERDICTS[its.verdict] ?? ""), h("span", { dir: "auto" }, opening)));
  }

  return { elements: elements.filter(Boolean), text };
}

/** What holds of an output. */
function said({ verdict, loss, note, edit, reviewers }) {
  const words = [VERDICTS[verdict], LOSSES[loss], edit && "edited"].filter(Boolean);
  if (words.length === 0 && !note) return h("p", { class: "standing" }, "Not judged yet.");
  return h("div", { class: "standing" },
    h("p", null, `${words.join(", ")} ${words.length ? "by" : "Noted by"} ${reviewers.join(" and ")}`),
    note && h("p", { class: "note", dir: "auto" }, note));
}

/** A place to write in: a note, or one's own version. Escape leaves it, Ctrl+Enter keeps it. */
export function composer({ label, text, rows }, { save, cancel, change }) {
  const area = h("textarea", { rows, dir: "auto", "aria-label": label, input: () => change(area.value) });
  area.value = text;
  const keep = () => save(area.value);
  area.addEventListener("keydown", (event) => {
    if (event.key === "Escape") cancel();
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) keep();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  const box = h("div", { class: "composer" },
    h("h3", null, label), area,
    h("p", null,
      h("button", { type: "button", class: "main", click: keep }, "Keep ", h("kbd", null, "Ctrl ⏎")), " ",
      h("button", { type: "button", click: cancel }, "Leave it ", h("kbd", null, "Esc"))));
  return { box, area };
}

/** The record in words. */
export function record({ sheet, chain, standing, blind }, on) {
  if (blind)
    return [h("h2", null, "Judging blind"), h("p", null, "Model, step and variant are hidden, and the order is shuffled, until you leave the blind mode.")];
  const candidates = sheet.candidates.length > 1;
  return [
    h("h2", null, "Where it comes from"),
    h("p", null, `${sheet.path}, ${sheet.lines}`),
    sheet.flags.length > 0 && h("ul", { class: "flags" }, sheet.flags.map(({ name, about }) => h("li", null, h("b", null, name), about && `: ${about}`))),
    chain.length > 1 && h("div", null, h("h3", null, "Its chain"), h("ol", { class: "chain" }, chain.map(({ key, step, opening, selected, verdict }) =>
      h("li", { value: step }, h("button", { type: "button", "aria-current": selected ? "true" : null, click: () => on.open(key) }, `${verdict ? `${VERDICTS[verdict][0]} ` : ""}${opening}`))))),
    h("dl", null, sheet.facts.map(([term, value]) => [h("dt", null, term), h("dd", { dir: "auto" }, short(value))])),
    standing.edit && h("p", { class: "about" }, `Edited in ${standing.edit.file}`),
    sheet.prompt.length > 0 && h("details", null, h("summary", null, "The prompt"), sheet.prompt.map(({ role, content }) =>
      h("div", { class: "turn-of" }, h("h3", null, role), h("p", { class: "text", dir: "auto" }, content)))),
    candidates && h("details", null, h("summary", null, `${sheet.candidates.length} candidates`), sheet.candidates.map((each) =>
      h("div", { class: "turn-of" }, h("h3", null, [`${each.number}`, each.chosen && "kept", ...each.flags].filter(Boolean).join(", ")), h("p", { class: "text", dir: "auto" }, each.text)))),
    !sheet.broken && h("p", null, h("button", { type: "button", click: on.raw }, "The record as it is")),
  ].filter(Boolean);
}

/** A sha256 by its beginning: whoever needs all of it takes the record. */
const short = (value) => value.replaceAll(/\b([0-9a-f]{12})[0-9a-f]{52}\b/g, "$1…");
