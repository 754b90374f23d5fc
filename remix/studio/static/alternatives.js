// A popup with the alternatives for each token of a word, or with the label of a sentence.

import { amount, h } from "./dom.js";

/** Opens on hovering over a word or sentence, on focusing a sentence, and on stepping through uncertain words by keyboard. */
export class Alternatives {
  constructor(popup) {
    this.popup = popup;
    this.at = -1;
  }

  /** Watch a paragraph whose words have `words[number].tokens`, and whose sentences have `sentences[number].about`. */
  watch(element, words, sentences = []) {
    Object.assign(this, { element, words, at: -1 });
    const show = (event) => {
      const span = event.target.closest("[data-word], [data-sentence]");
      if (!span) this.hide();
      else if (span.dataset.word) this.show(span);
      else this.open(span, h("p", null, sentences[span.dataset.sentence].about));
    };
    for (const name of ["pointerover", "click", "focusin"]) element.addEventListener(name, show);
    for (const name of ["pointerleave", "focusout"]) element.addEventListener(name, () => this.hide());
    this.hide();
  }

  hide() {
    this.shown?.classList.remove("looked-at");
    this.shown = null;
    if (this.popup.matches(":popover-open")) this.popup.hidePopover();
  }

  show(span) {
    this.at = Number(span.dataset.word);
    this.open(span, ...this.words[this.at].tokens.map(token));
  }

  open(span, ...contents) {
    this.hide();
    this.shown = span;
    span.classList.add("looked-at");
    this.popup.replaceChildren(...contents);
    this.popup.showPopover();
    const [lines, box] = [[...span.getClientRects()], this.popup.getBoundingClientRect()];
    const { left, bottom } = lines.at(-1);
    const below = bottom + 6 + box.height < innerHeight;
    this.popup.style.left = `${Math.max(8, Math.min(left, innerWidth - box.width - 8))}px`;
    this.popup.style.top = `${below ? bottom + 6 : Math.max(8, lines[0].top - box.height - 6)}px`;
  }

  /** Show the next uncertain word, or the previous if `by` is -1; gives the words to read out. */
  step(by) {
    const uncertain = this.words?.map((word, number) => [word.shade, number]).filter(([shade]) => shade > 0).map(([, number]) => number) ?? [];
    const next = by > 0 ? uncertain.find((number) => number > this.at) ?? uncertain[0] : uncertain.findLast((number) => number < this.at) ?? uncertain.at(-1);
    const span = next == null ? null : this.element.querySelector(`[data-word="${next}"]`);
    if (!span) return "This text has no uncertain words with known alternatives.";
    this.show(span);
    span.scrollIntoView({ block: "nearest" });
    return `${span.textContent}: ${this.popup.innerText.replace(/\s+/g, " ")}`;
  }
}

const percent = (share) => (share >= 0.01 ? `${Math.round(share * 100)} %` : share >= 0.0001 ? `${(share * 100).toFixed(2)} %` : "0 %");
const shown = (piece) => (piece === "" ? "end of text" : piece.trim() || "blank space");

function token({ piece, probability, perplexity, alternatives }) {
  const uncertainty = perplexity <= 1 ? "certain" : `a choice among ${amount(perplexity)}`;
  return h("div", null,
    h("p", null, h("b", null, shown(piece)), ` ${percent(probability)}, ${uncertainty}`),
    h("ul", null, alternatives.map(([text, share]) => h("li", null, h("span", null, shown(text)), ` ${percent(share)}`))));
}
