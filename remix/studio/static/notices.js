// Short messages to the reader: what was done, and what failed.

import { Refused } from "./api.js";
import { $, h } from "./dom.js";

let isUnreachable = false; // whether the last request found no server
let timer;

/** Run an action; a refusal is shown and gives null. */
export async function guarded(action) {
  try {
    const done = await action();
    $("alarm").hidden = true;
    return done;
  } catch (error) {
    return alarm(error);
  }
}

export function alarm(error) {
  if (!(error instanceof Refused)) throw error;
  isUnreachable = error.status === 0;
  $("alarm").replaceChildren(h("b", null, error.message), " ", error.hint);
  $("alarm").hidden = false;
  return null;
}

/** The server answers again: take away the message that it doesn't. */
export function reachable() {
  if (isUnreachable) $("alarm").hidden = true;
  isUnreachable = false;
}

export function tell(words) {
  $("message").textContent = words;
  $("message").classList.add("fresh");
  clearTimeout(timer);
  timer = setTimeout(() => $("message").classList.remove("fresh"), 4000);
}

/** Read words out that the page shows already. */
export function announce(words) {
  $("announced").textContent = words;
}
