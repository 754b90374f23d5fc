// Keys typed before a text area is there: held back from the page, and put into the text area when it comes.

import { isWriting } from "./keys.js";

let held = null; // { words, isGivenUp } while a text area is awaited

/** Hold keys back until `release` is called with what this gives: the words typed meanwhile, and whether Escape gave the text area up. */
export function hold() {
  held = { words: "", isGivenUp: false };
  return held;
}

/** Let the page have its keys again. */
export function release(waiting) {
  if (held === waiting) held = null;
}

/** Put words at the cursor of a text area, as if they were typed there. */
export function typeInto(area, words) {
  if (!words) return;
  area.setRangeText(words, area.selectionStart, area.selectionEnd, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

// Before all other listeners: none of these keys is meant for the page, or for the button that has the focus. A key with
// Ctrl, Alt or Meta stays the browser's.
window.addEventListener("keydown", (event) => {
  const { key } = event;
  if (!held || event.ctrlKey || event.altKey || event.metaKey || key === "Tab" || isWriting(event.target)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (key === "Escape") {
    held.isGivenUp = true;
    held = null;
  } else if (key === "Backspace") held.words = [...held.words].slice(0, -1).join("");
  else if (key === "Enter") held.words += "\n";
  else if ([...key].length === 1) held.words += key;
}, { capture: true });
