// A text's words: what changed, how open each turn was, and what else stood ready there.

import { amount, h } from "./dom.js";

/** A text from its chunks, `[words, changed, number]`; `words` says how the numbered words came about. */
export function paragraph(chunks, words, change) {
  return h("p", { class: "text", dir: "auto" }, chunks.map(([text, changed, number]) => {
    const word = number == null ? null : words[number];
    if (!changed && !word) return text;
    const names = [changed && "changed", word && "word", word?.shade && `open-${word.shade}`].filter(Boolean);
    return h(changed ? change : "span", { class: names.join(" "), "data-word": word ? number : null }, text);
  }));
}

/** Shows how a word came about beside it, on hovering and wherever a reader steps with the keyboard. */
export class Turns {
  constructor(popup) {
    this.popup = popup;
    this.at = -1;
  }

  /** Listen on a text. */
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
    this.popup.replaceChildren(...this.words[this.at].turns.map(turn));
    this.popup.showPopover();
    const [word, box] = [span.getClientRects()[0], this.popup.getBoundingClientRect()];
    const left = Math.max(8, Math.min(word.left, innerWidth - box.width - 8));
    const below = word.bottom + 6 + box.height < innerHeight;
    this.popup.style.left = `${left}px`;
    this.popup.style.top = `${below ? word.bottom + 6 : Math.max(8, word.top - box.height - 6)}px`;
  }

  /** On to the next open turn, or back to the one before; gives what is to be read out. */
  step(by) {
    const open = this.words?.map((word, number) => [word.shade, number]).filter(([shade]) => shade > 0).map(([, number]) => number) ?? [];
    const next = by > 0 ? open.find((number) => number > this.at) ?? open[0] : open.findLast((number) => number < this.at) ?? open.at(-1);
    const span = next == null ? null : this.element.querySelector(`[data-word="${next}"]`);
    if (!span) return "No turn of this text is known to have been open.";
    this.show(span);
    span.scrollIntoView({ block: "nearest" });
    return `${span.textContent}: ${this.popup.innerText.replace(/\s+/g, " ")}`;
  }
}

const percent = (share) => (share >= 0.01 ? `${Math.round(share * 100)} %` : share >= 0.0001 ? `${(share * 100).toFixed(2)} %` : "0 %");
const piece = (text) => (text === "" ? "the end" : text.trim() || "blank space");

function turn({ piece: came, probability, open, others }) {
  const about = open <= 1 ? "hardly open" : `as open as a choice among ${amount(open)}`;
  return h("div", null,
    h("p", null, h("b", null, piece(came)), ` ${percent(probability)}, ${about}`),
    h("ul", null, others.map(([text, share]) => h("li", null, h("span", null, piece(text)), ` ${percent(share)}`))));
}
