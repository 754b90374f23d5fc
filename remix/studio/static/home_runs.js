// The right of the home page: runs with how far each is, accepted texts, drafts, models.

import { post } from "./api.js";
import { amount, counted } from "./dom.js";
import { guarded, tell } from "./notices.js";
import { HOME } from "./strings.js";
import { html } from "./vendor/preact.js";

export function Runs({ runs, reload }) {
  const goOn = (run) => guarded(async () => {
    await post("api/jobs/resume", { run });
    tell(HOME.goingOn);
    await reload();
  });
  return html`<section class="part"><h2>${HOME.runs}</h2>
    ${!runs.length && html`<p class="about">${HOME.noRuns}<a href="write">${HOME.toWrite}</a></p>`}
    <ul class="lines">${runs.map((run) => html`<li key=${run.name} class=${run.state}>
      <div class="line"><a href=${`desk?${new URLSearchParams({ run: run.name })}`} dir="auto">${run.about}</a>
        <span class="about">${HOME.texts(amount(run.finished), counted(run.planned, "text"))}, ${HOME.state[run.state]}${run.state === "writing" && !run.writer_here ? HOME.elsewhere : ""}</span>
        ${run.weaves && html`<a class="button" href=${`essay?${new URLSearchParams({ run: run.name })}`}>${HOME.readEssay}</a>`}
        ${run.writer_here && html`<a class="button" href="write">${HOME.watch}</a>`}
        ${run.state === "stopped" && html`<button type="button" aria-label=${HOME.goOnLabel(run.about)} onClick=${() => goOn(run.name)}>${HOME.goOn}</button>`}</div>
      ${run.state !== "finished" && html`<progress max=${run.planned} value=${run.finished} aria-label=${run.about}></progress>`}
      <p class="about">${whenOf(run.name)} ${run.reviewed ? HOME.judged(amount(run.reviewed), amount(run.accepted)) : HOME.unjudged}</p></li>`)}
    </ul></section>`;
}

const WHEN = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

/** When a run was begun, from its name; nothing if the name doesn't say. */
function whenOf(name) {
  const found = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/.exec(name);
  return found ? `${WHEN.format(Date.UTC(found[1], found[2] - 1, ...found.slice(3)))}:` : "";
}

export const Accepted = ({ home }) => html`<section class="part"><h2>${HOME.accepted}</h2>
  ${!home.accepted.length && !home.unread && html`<p class="about">${HOME.noAccepted}</p>`}
  ${home.unread > 0 && html`<p class="about">${HOME.unread(amount(home.unread))}</p>`}
  <ul class="lines">${home.accepted.map((text) => html`<li key=${text.key}>
    <a class="line" href=${text.is_woven ? `essay?${new URLSearchParams({ run: text.run, at: text.task })}` : `passage?${new URLSearchParams({ id: text.place, at: text.key })}`}>
      <span dir="auto">${text.starred ? "★ " : ""}${text.first_words}…</span></a>
    <p class="about" dir="auto">${text.is_woven ? HOME.woven : text.place}, ${text.kind} ${text.step}</p></li>`)}</ul>
  ${home.all_accepted > home.accepted.length && html`<p class="about">${HOME.moreAccepted(amount(home.all_accepted - home.accepted.length))}</p>`}
</section>`;

export const Drafts = ({ drafts }) => html`<section class="part"><h2>${HOME.drafts}</h2>
  ${!drafts.length && html`<p class="about">${HOME.noDrafts}<a href="drafts">${HOME.toDrafts}</a></p>`}
  <ul class="lines">${drafts.map((name) => html`<li key=${name}><a class="line" dir="auto" href=${`draft?${new URLSearchParams({ name })}`}>${name}</a></li>`)}</ul></section>`;

export const Models = ({ models }) => html`<section class="part"><h2>${HOME.models}</h2>
  ${!models.length && html`<p class="about">${HOME.noModels}</p>`}
  <ul class="lines">${models.map(({ name, size, fits }) => html`<li key=${name}><div class="line"><span>${name}</span>
    <span class="about">${size}${fits ? "" : `, ${HOME.tooLarge}`}</span></div></li>`)}</ul></section>`;
