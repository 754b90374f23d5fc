// What a model found in an output and its passage: words shaded by bits, sentences with labels.

import { READING } from "./desk_strings.js";
import { counted, h } from "./dom.js";

const bitsOf = (bits) => READING.bits(`${bits < 0 ? "−" : ""}${Math.abs(bits).toFixed(1)}`);

/** Words of the passage: lost, or kept at a level. */
export const passageOf = ({ passage }) => h("p", { class: "text", dir: "auto" }, passage.map(([text, bits, level]) =>
  bits == null ? text : h("span", { class: level ? `kept-${level}` : "lost", title: READING.kept(bitsOf(bits)) }, text)));

/** Words of the text, those against the passage at a level, in sentences that can be focused. */
export function textOf({ text, sentences }) {
  const paragraph = h("p", { class: "text", dir: "auto" });
  let open = null; // the sentence that is being filled
  for (const [word, bits, level, sentence] of text) {
    if (sentence !== (open?.sentence ?? null)) {
      open = sentence == null ? null : { sentence, element: sentenceOf(sentences[sentence], sentence) };
      if (open) paragraph.append(open.element);
    }
    (open?.element ?? paragraph).append(level ? h("span", { class: `against-${level}`, title: bitsOf(bits) }, word) : word);
  }
  return paragraph;
}

/** A sentence; its number, and *turned round*, stand before it by CSS, so that who copies the text copies the text alone. */
const sentenceOf = ({ label, about }, index) => h("span", {
  class: "sentence", role: "group", tabindex: "0", "aria-label": READING.sentence(index + 1, about), "data-sentence": index,
  "data-number": label === "turned round" ? `${index + 1} ${label}` : index + 1 });

/** The labels as a list, below the text. */
export const labelsOf = ({ sentences }) => h("ol", { class: "labels" }, sentences.map(({ label, about }) =>
  h("li", null, h("b", null, label), about.slice(label.length))));

/** What shades and lines mean, in bits. */
export const legend = ({ kept, against }) => h("div", { class: "legend about" },
  h("p", null, READING.passage, h("span", { class: "lost" }, READING.lost), READING.under(inBits(kept[0])), scale(kept, "kept"),
    READING.keptMore(inBits(kept[1]), 2 ** kept[1])),
  h("p", null, READING.text, scale(against, "against"), READING.against(inBits(against[1]), 2 ** -against[1])));

const inBits = (bound) => `${bound < 0 ? "−" : ""}${counted(Math.abs(bound), "bit")}`;

const scale = (bounds, name) => bounds.map((bound, index) => [index > 0 && ", ", h("span", { class: `${name}-${index + 1}` }, inBits(bound))]);
