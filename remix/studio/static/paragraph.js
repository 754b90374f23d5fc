// A text as a paragraph: changed words marked, uncertain words shaded.

import { h } from "./dom.js";

/** `chunks` are `[text, changed, number]`; `words[number]` has the word's alternatives; `change` is `ins` or `del`. */
export function paragraph(chunks, words, change) {
  return h("p", { class: "text", dir: "auto" }, chunks.map(([text, changed, number]) => {
    const word = number == null ? null : words[number];
    if (!changed && !word) return text;
    const names = [changed && "changed", word && "word", word?.shade && `uncertain-${word.shade}`].filter(Boolean);
    return h(changed ? change : "span", { class: names.join(" "), "data-word": word ? number : null }, text);
  }));
}
