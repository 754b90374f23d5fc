// The words of a text on the page, as ranges of the document: found by number, by place and shaded, whatever elements show the text.

const SHADES = [1, 2, 3];
const NAMES = [...SHADES.map((shade) => `road-${shade}`), "road-at"];

/** A range for each word of an element's text; a word ends with its paragraph. */
export function wordsOf(element) {
  const nodes = [];
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  let whole = "";
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (nodes.length && nodes.at(-1).node.parentElement.closest("p") !== node.parentElement.closest("p")) whole += "\n";
    nodes.push({ node, at: whole.length });
    whole += node.data;
  }
  let number = 0; // of the node in which the last place was
  const place = (at, isEnd) => {
    while (number + 1 < nodes.length && (isEnd ? nodes[number + 1].at < at : nodes[number + 1].at <= at)) number += 1;
    return [nodes[number].node, at - nodes[number].at];
  };
  return [...whole.matchAll(/\S+/g)].map(({ 0: word, index }) => {
    const range = new Range();
    range.setStart(...place(index, false));
    range.setEnd(...place(index + word.length, true));
    return range;
  });
}

/** Number of the range at a point of the window; null if there is none. */
export function rangeAt(ranges, { clientX, clientY }) {
  const isAt = ({ left, right, top, bottom }) => left <= clientX && clientX <= right && top <= clientY && clientY <= bottom;
  const found = ranges.findIndex((range) => [...range.getClientRects()].some(isAt));
  return found < 0 ? null : found;
}

/** Shade words by uncertainty, and mark one. Browsers without highlights show neither. */
export function paint(shaded, at) {
  if (!globalThis.CSS?.highlights) return;
  for (const shade of SHADES) CSS.highlights.set(NAMES[shade - 1], new Highlight(...shaded.filter(([each]) => each === shade).map(([, range]) => range)));
  CSS.highlights.set("road-at", new Highlight(...(at ? [at] : [])));
}

export function unpaint() {
  for (const name of NAMES) globalThis.CSS?.highlights?.delete(name);
}
