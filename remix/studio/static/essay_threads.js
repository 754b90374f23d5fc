// Threads: lines from a sentence to the passages behind it, or from a passage to its sentences. Nothing depends on them.

import { heardIn, lineageOf, shownSentence, state } from "./essay_state.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDEST = 5; // pixels of a line for a share of 1
const GAP = 4; // pixels between words and line

/** The threads to draw: sentence, passage, the passage's closest sentence, share. */
function threads() {
  if (state.source !== null) return heardIn(state.source).map((each) => ({ ...each, passage: state.source }));
  const at = shownSentence();
  return at ? lineageOf(at).behind.map((each) => ({ at, ...each })) : [];
}

/** Where a thread begins: below the right end of a sentence's longest line, and at the column's edge at that height.
 * Nothing if that isn't in view. */
function startOf([part, sentence]) {
  const element = document.getElementById(`sentence-${part}-${sentence}`);
  const lines = [...(element?.getClientRects() ?? [])];
  const line = lines.reduce((found, each) => (!found || each.right > found.right ? each : found), null);
  if (!line || line.bottom < 0 || line.top > innerHeight) return null;
  return [line.right, element.closest(".essay").getBoundingClientRect().right + GAP, line.bottom];
}

/** Where a line ends: left of the closest sentence in the passage, or at the edge of the column if it is beyond. */
function endOf(passage, closest) {
  const source = document.getElementById(`source-${passage}`);
  const words = source?.querySelector(`mark[data-sentence="${closest}"]`) ?? source?.querySelector("h3");
  if (!words) return null;
  const column = source.closest(".sources").getBoundingClientRect();
  const [line] = words.getClientRects();
  const middle = (line.top + line.bottom) / 2;
  const y = Math.min(Math.max(middle, column.top + GAP), Math.min(column.bottom, innerHeight) - GAP);
  return [source.getBoundingClientRect().left - GAP, y, y !== middle];
}

function draw() {
  const svg = document.getElementById("threads");
  if (!svg) return;
  // On a small screen passages are below the sentence, and there is no line.
  const isShown = svg.getClientRects().length > 0;
  svg.replaceChildren(...(isShown ? threads() : []).flatMap(({ at, passage, closest, share }) => {
    const [start, end] = [startOf(at), endOf(passage, closest)];
    if (!start || !end) return [];
    const [words, edge, y] = start;
    const middle = (edge + end[0]) / 2;
    const curve = path(`M${edge} ${y} C${middle} ${y} ${middle} ${end[1]} ${end[0]} ${end[1]}`, end[2] ? "beyond" : "thread");
    curve.setAttribute("stroke-width", String(Math.max(1, WIDEST * share)));
    return [path(`M${words} ${y} H${edge}`, "leader"), curve];
  }));
}

function path(line, name) {
  const element = document.createElementNS(SVG, "path");
  element.setAttribute("d", line);
  element.setAttribute("class", name);
  return element;
}

let isDue = false;

/** Draw the threads in the next frame. */
export function drawThreads() {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    draw();
  });
}

addEventListener("scroll", drawThreads, { capture: true, passive: true });
addEventListener("resize", drawThreads);
