// A list of any length: only the rows in sight are in the page.

import { h } from "./dom.js";

const MARGIN = 400; // pixels drawn beyond what is in sight

export class LongList {
  /** `height(item)` in rem, the same for all items of a sort; `draw(item, index)` gives an element. */
  constructor(box, { height, draw }) {
    Object.assign(this, { box, height, draw, items: [], tops: [0], drawn: new Map(), kept: -1 });
    this.paper = h("div", { role: "presentation", class: "paper" });
    box.append(this.paper);
    box.addEventListener("scroll", () => this.show(), { passive: true });
    new ResizeObserver(() => this.measure()).observe(box);
  }

  /** `kept` is the index of the one that is selected, or -1. */
  set(items, kept) {
    Object.assign(this, { items, kept });
    this.measure();
  }

  /** Item heights may have changed, with the size of letters say. */
  measure() {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    let top = 0;
    this.tops = [0, ...this.items.map((item) => (top += Math.round(rem * this.height(item))))];
    this.paper.style.height = `${top}px`;
    this.redraw();
  }

  /** Draw anew what is in sight: something about the items changed. */
  redraw() {
    this.drawn.clear();
    this.paper.replaceChildren();
    this.show();
  }

  show() {
    const first = this.at(this.box.scrollTop - MARGIN);
    const last = this.at(this.box.scrollTop + this.box.clientHeight + MARGIN);
    const wanted = new Set();
    for (let index = first; index <= last && index < this.items.length; index++) wanted.add(index);
    // The one that is selected stays, however far away: whoever listens must not lose it.
    if (this.kept >= 0 && this.kept < this.items.length) wanted.add(this.kept);
    for (const [index, element] of this.drawn) {
      if (wanted.has(index)) continue;
      element.remove();
      this.drawn.delete(index);
    }
    for (const index of wanted) {
      if (this.drawn.has(index)) continue;
      const element = this.draw(this.items[index], index);
      element.style.transform = `translateY(${this.tops[index]}px)`;
      this.drawn.set(index, element);
      this.paper.append(element);
    }
  }

  /** The item at a height. */
  at(pixels) {
    let [low, high] = [0, this.items.length];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.tops[middle] <= pixels) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Bring an item into sight, with some of what is around it. */
  reveal(index) {
    this.kept = index;
    const [top, bottom] = [this.tops[index], this.tops[index + 1]];
    const room = Math.min(120, this.box.clientHeight / 4);
    if (top - room < this.box.scrollTop) this.box.scrollTop = top - room;
    else if (bottom + room > this.box.scrollTop + this.box.clientHeight) this.box.scrollTop = bottom + room - this.box.clientHeight;
    this.redraw();
  }
}
