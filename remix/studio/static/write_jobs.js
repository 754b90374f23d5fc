// The jobs of the studio: how far each is; stop, go on, cancel.

import { amount } from "./dom.js";
import * as api from "./job_api.js";
import { guarded } from "./notices.js";
import { WRITE } from "./strings.js";
import { html } from "./vendor/preact.js";
import { Elsewhere } from "./write_elsewhere.js";
import { letGo } from "./write_models.js";
import { add, isOver, show, state, takeJob } from "./write_state.js";

const MOST = 8; // jobs listed

/** Stop a job at work, or cancel a waiting one. */
export async function stop(job) {
  if (!job || isOver(job) || job.state === "stopping") return;
  const stopped = await guarded(() => api.stop(job.id));
  if (stopped) takeJob(stopped);
}

/** Whether a later job went on with the run of a job. */
function isSuperseded(job) {
  const ofRun = [...state.jobs.values()].filter(({ run }) => run && run === job.run);
  return isOver(job) && ofRun.length > 0 && ofRun.at(-1).id !== job.id;
}

/** Whether a job can go on: its run has unfinished texts, or never began. */
const isUnfinished = (job) => job && !isSuperseded(job) &&
  (job.state === "held" || (isOver(job) && (job.run ? job.finished < job.planned : job.state === "stopped")));

/** Go on with a job that was stopped or held. */
export const goOn = (job) => isUnfinished(job) && add(() => api.again(job.id), true);

export function Jobs() {
  const jobs = [...state.jobs.values()].filter((job) => job.id === state.shown || !isSuperseded(job)).reverse().slice(0, MOST);
  const hasIdleModel = state.loaded && jobs.every((job) => isOver(job) || job.state === "held");
  return html`<section class="jobs" aria-labelledby="jobs-title">
    <h2 id="jobs-title">${WRITE.jobs}</h2>
    ${jobs.length ? html`<ul>${jobs.map((job) => html`<${Job} key=${job.id} job=${job} isShown=${job.id === state.shown} />`)}</ul>` : html`<p class="about">${WRITE.noJobs}</p>`}
    <${Elsewhere} />
    ${hasIdleModel && html`<p class="about">${WRITE.loaded(state.loaded)} <button type="button" class="plain" onClick=${letGo}>${WRITE.letGo}</button></p>`}
  </section>`;
}

function Job({ job, isShown }) {
  const about = `${WRITE.does[job.does]}${job.about}`;
  return html`<li class="job ${job.state}">
    <button type="button" class="name" aria-pressed=${String(isShown)} onClick=${() => show(job.id)}>${about}</button>
    <span class="state">${job.stage || WRITE.states[job.state]}</span>
    ${job.planned > 0 && html`<span class="progress"><progress max=${job.planned} value=${job.finished} aria-label=${about}></progress>
      ${WRITE.progress(amount(job.finished), amount(job.planned))}</span>`}
    ${!isOver(job) && html`<button type="button" class="stop" disabled=${job.state === "stopping"} onClick=${() => stop(job)}>
      ${["queued", "held"].includes(job.state) ? WRITE.cancel : WRITE.stop} ${isShown && html`<kbd>x</kbd>`}</button>`}
    ${isUnfinished(job) && html`<button type="button" class="go-on" onClick=${() => goOn(job)}>${WRITE.goOn} ${isShown && html`<kbd>o</kbd>`}</button>`}
    ${job.error && html`<p class="wrong"><b>${job.error}</b> ${job.hint}</p>`}
    ${job.failures.length > 0 && html`<details><summary>${WRITE.states.failed}: ${amount(job.failures.length)}</summary>
      <ul>${job.failures.slice(0, 50).map((each) => html`<li>${each}</li>`)}</ul></details>`}
    ${isShown && job.notes.length > 0 && html`<ul class="about">${job.notes.slice(0, 20).map((each) => html`<li>${each}</li>`)}</ul>`}
  </li>`;
}
