// A branch's text: faint what is its original's, marked what was put there.

import { html } from "./vendor/preact.js";

/** A branch's text in three parts: as in the original, the words that were put there, and the rest. */
export function sharedPart(text, { character, put }) {
  // The server counts letters, JavaScript halves of some.
  const fork = [...text].slice(0, Math.max(0, character - 1)).join("").length;
  const at = put ? text.indexOf(put, fork) : fork;
  return at < 0 ? [text.slice(0, fork), "", text.slice(fork)] : [text.slice(0, at), text.slice(at, at + put.length), text.slice(at + put.length)];
}

/** `open` hears of clicks. */
export function BranchWords({ text, branch, open, children, name = "text" }) {
  const [shared, put, rest] = sharedPart(text, branch);
  return html`<p class=${name} dir="auto" onClick=${open}><span class="shared">${shared}</span>${put && html`<b class="turn">${put}</b>`}${rest}${children}</p>`;
}
