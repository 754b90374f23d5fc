// What a model found in an output and its passage: words shaded by bits, sentences with labels.

import { counted, h } from "./dom.js";

const bitsOf = (bits) => `${bits < 0 ? "−" : ""}${Math.abs(bits).toFixed(1)} bits`;

/** Words of the passage: lost, or kept at a level. */
export const passageOf = ({ passage }) => h("p", { class: "text", dir: "auto" }, passage.map(([text, bits, level]) =>
  bits == null ? text : h("span", { class: level ? `kept-${level}` : "lost", title: `${bitsOf(bits)} kept` }, text)));

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
  class: "sentence", role: "group", tabindex: "0", "aria-label": `Sentence ${index + 1}: ${about}`, "data-sentence": index,
  "data-number": label === "turned round" ? `${index + 1} ${label}` : index + 1 });

/** The labels as a list, below the text. */
export const labelsOf = ({ sentences }) => h("ol", { class: "labels" }, sentences.map(({ label, about }) =>
  h("li", null, h("b", null, label), about.slice(label.length))));

/** What shades and lines mean, in bits. */
export const legend = ({ kept, against }) => h("div", { class: "legend about" },
  h("p", null, "Passage: ", h("span", { class: "lost" }, "lost"), `, under ${inBits(kept[0])} kept; `, scale(kept, "kept"),
    ` and more. A word with ${inBits(kept[1])} is ${2 ** kept[1]} times as probable to a model that has read the text.`),
  h("p", null, "Text: ", scale(against, "against"), ` and less. In a word with ${inBits(against[1])} the passage makes a token ${2 ** -against[1]} times less probable.`));

const inBits = (bound) => `${bound < 0 ? "−" : ""}${counted(Math.abs(bound), "bit")}`;

const scale = (bounds, name) => bounds.map((bound, index) => [index > 0 && ", ", h("span", { class: `${name}-${index + 1}` }, inBits(bound))]);
