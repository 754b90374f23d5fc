// A list of any length: only visible items have elements.

import { h } from "./dom.js";

const MARGIN = 400; // pixels drawn above and below the visible part

export class LongList {
  /** `height(item)` in rem, `draw(item, index)` gives an element. */
  constructor(box, { height, draw }) {
    Object.assign(this, { box, height, draw, items: [], tops: [0], drawn: new Map(), kept: -1 });
    this.content = h("div", { role: "presentation", class: "items" });
    box.append(this.content);
    box.addEventListener("scroll", () => this.show(), { passive: true });
    new ResizeObserver(() => this.measure()).observe(box);
  }

  /** `kept` is the index of the selected item, or -1. */
  set(items, kept) {
    Object.assign(this, { items, kept });
    this.measure();
  }

  /** Item heights may have changed, for instance with the font size. */
  measure() {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    let top = 0;
    this.tops = [0, ...this.items.map((item) => (top += Math.round(rem * this.height(item))))];
    this.content.style.height = `${top}px`;
    this.redraw();
  }

  /** Draw the visible items anew. */
  redraw() {
    this.drawn.clear();
    this.content.replaceChildren();
    this.show();
  }

  show() {
    const first = this.at(this.box.scrollTop - MARGIN);
    const last = this.at(this.box.scrollTop + this.box.clientHeight + MARGIN);
    const wanted = new Set();
    for (let index = first; index <= last && index < this.items.length; index++) wanted.add(index);
    // The selected item always has an element: screen readers need it.
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
      this.content.append(element);
    }
  }

  /** Index of the item at a height. */
  at(pixels) {
    let [low, high] = [0, this.items.length];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.tops[middle] <= pixels) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Scroll to an item, with some space around. */
  reveal(index) {
    this.kept = index;
    const [top, bottom] = [this.tops[index], this.tops[index + 1]];
    const space = Math.min(120, this.box.clientHeight / 4);
    if (top - space < this.box.scrollTop) this.box.scrollTop = top - space;
    else if (bottom + space > this.box.scrollTop + this.box.clientHeight) this.box.scrollTop = bottom + space - this.box.clientHeight;
    this.redraw();
  }
}
