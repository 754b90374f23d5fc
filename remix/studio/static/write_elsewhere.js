// Runs that another process writes, as `remix generate` in a terminal does: how far each is.

import { get } from "./api.js";
import { amount } from "./dom.js";
import { on } from "./events.js";
import { alarm } from "./notices.js";
import { atPace } from "./page.js";
import { WRITE } from "./strings.js";
import { html } from "./vendor/preact.js";
import { changed, state } from "./write_state.js";

const PACE = 1000; // milliseconds between requests while texts are written

/** Look now, and whenever runs change or another process finishes a text. */
export function watchElsewhere() {
  const look = atPace(PACE, async () => {
    const home = await get("api/home").catch(alarm);
    if (!home) return;
    state.elsewhere = home.runs.filter((run) => run.state === "writing" && !run.writer_here);
    changed();
  });
  on("runs", look);
  on("output", ({ job }) => !job && look());
  look();
}

export const Elsewhere = () => state.elsewhere.length > 0 && html`<ul>${state.elsewhere.map((run) => html`<li class="job elsewhere" key=${run.name}>
  <a href=${`desk?${new URLSearchParams({ run: run.name })}`} dir="auto">${run.about}</a> <span class="state">${WRITE.elsewhere}</span>
  <span class="progress"><progress max=${run.planned} value=${run.finished} aria-label=${run.about}></progress>
    ${WRITE.progress(amount(run.finished), amount(run.planned))}</span></li>`)}</ul>`;
