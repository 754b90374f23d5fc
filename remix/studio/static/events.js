// Events from the studio's server: one stream for the page, closed while nobody sees the page.

import { reachable } from "./notices.js";

let source = null;
let isBehind = document.hidden; // whether runs may have changed since the page looked at them, with nobody listening
const handlers = new Map(); // functions by the name of an event

/**
 * Call a function with the value of each event of a name. After each connection the present state comes first, but for runs:
 * if they may have changed unheard, functions for "runs" are called without names.
 */
export function on(name, handle) {
  const known = handlers.get(name);
  handlers.set(name, [...(known ?? []), handle]);
  if (source && !known) attach(name);
}

function attach(name) {
  source.addEventListener(name, (event) => {
    const value = JSON.parse(event.data);
    for (const handle of handlers.get(name)) handle(value);
  });
}

function open() {
  if (source || document.hidden) return;
  source = new EventSource("api/events");
  source.addEventListener("open", () => {
    reachable();
    if (isBehind) for (const handle of handlers.get("runs") ?? []) handle({ runs: [] });
    isBehind = true; // when the browser opens a lost connection anew
  });
  // A refused stream isn't asked for again by the browser: so the page does, at a pace.
  source.addEventListener("error", () => {
    if (source?.readyState !== EventSource.CLOSED) return;
    close();
    setTimeout(open, 3000);
  });
  for (const name of handlers.keys()) attach(name);
}

function close() {
  source?.close();
  source = null;
  isBehind = true;
}

let isListening = false;

/** Begin to listen, once. A browser opens six connections to a server: hidden tabs keep none. */
export function listen() {
  if (isListening) return;
  isListening = true;
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", open);
  open();
}
