// A popup with the alternatives for each token of a word.

import { amount, h } from "./dom.js";

/** Opens on hovering over a word, and on stepping through uncertain words by keyboard. */
export class Alternatives {
  constructor(popup) {
    this.popup = popup;
    this.at = -1;
  }

  /** Watch a paragraph whose words have `words[number].tokens`. */
  watch(element, words) {
    Object.assign(this, { element, words, at: -1 });
    const show = (event) => {
      const span = event.target.closest("[data-word]");
      if (span) this.show(span);
      else this.hide();
    };
    element.addEventListener("pointerover", show);
    element.addEventListener("click", show);
    element.addEventListener("pointerleave", () => this.hide());
    this.hide();
  }

  hide() {
    this.shown?.classList.remove("looked-at");
    this.shown = null;
    if (this.popup.matches(":popover-open")) this.popup.hidePopover();
  }

  show(span) {
    this.hide();
    this.shown = span;
    this.at = Number(span.dataset.word);
    span.classList.add("looked-at");
    this.popup.replaceChildren(...this.words[this.at].tokens.map(token));
    this.popup.showPopover();
    const [word, box] = [span.getClientRects()[0], this.popup.getBoundingClientRect()];
    const left = Math.max(8, Math.min(word.left, innerWidth - box.width - 8));
    const below = word.bottom + 6 + box.height < innerHeight;
    this.popup.style.left = `${left}px`;
    this.popup.style.top = `${below ? word.bottom + 6 : Math.max(8, word.top - box.height - 6)}px`;
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
  const uncertainty = perplexity <= 1 ? "certain" : `uncertain like a choice among ${amount(perplexity)}`;
  return h("div", null,
    h("p", null, h("b", null, shown(piece)), ` ${percent(probability)}, ${uncertainty}`),
    h("ul", null, alternatives.map(([text, share]) => h("li", null, h("span", null, shown(text)), ` ${percent(share)}`))));
}
