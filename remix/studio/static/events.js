// Events from the studio's server: one stream for the page, closed while nobody sees the page.

import { reachable } from "./notices.js";

let source = null;
let wasOpen = false; // whether a stream was open before
const handlers = new Map(); // functions by the name of an event

/**
 * Call a function with the value of each event of a name. After each connection the present state comes first; after a later
 * one than the first, runs may also have changed unheard, and functions for "runs" are called.
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
    if (wasOpen) for (const handle of handlers.get("runs") ?? []) handle({ runs: [] });
    wasOpen = true;
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
