// The model of a new run: those on this machine, and more to download.

import { amount } from "./dom.js";
import * as api from "./job_api.js";
import { guarded, tell } from "./notices.js";
import { WRITE } from "./strings.js";
import { html } from "./vendor/preact.js";
import { choose, state } from "./write_state.js";

const SIZES = [["GB", 1e9], ["MB", 1e6], ["kB", 1e3]];

/** Bytes in words: `1.2 GB`. */
export function size(bytes) {
  const [unit, one] = SIZES.find(([, each]) => bytes >= each) ?? ["B", 1];
  return `${amount(Number((bytes / one).toPrecision(2)))} ${unit}`;
}

export function Models({ form }) {
  const { models, pull } = state;
  if (!models) return null;
  const usual = models.here.find((each) => each.is_default);
  return html`<fieldset class="models">
    <label>${WRITE.model}
      <select value=${form.model} onChange=${(event) => choose({ model: event.target.value })}>
        <option value="">${usual ? WRITE.modelHere(usual.name, size(usual.size), usual.fits) : WRITE.defaultModel}</option>
        ${models.here.filter((each) => !each.is_default).map((each) => html`<option key=${each.name} value=${each.name}>
          ${WRITE.modelHere(each.name, size(each.size), each.fits)}</option>`)}
      </select></label>
    <details><summary>${WRITE.pulls}</summary>
      <ul class="to-pull">${models.recommended.map((each) => html`<li key=${each.address}>
        <p><b>${each.address.split("/")[1]}</b>${each.is_best && html` <em>${WRITE.best}</em>`}</p>
        <p class="about">${WRITE.needs(size(each.size), size(each.memory), each.fits)}; ${each.languages}; ${each.good_at}; ${each.licence}</p>
        <${Download} model=${each} pull=${pull} /></li>`)}</ul>
    </details>
    <${PullState} pull=${pull} />
  </fieldset>`;
}

function Download({ model, pull }) {
  if (model.is_here) return html`<p class="count">${WRITE.here}</p>`;
  const isBusy = pull?.state === "pulling";
  return html`<button type="button" disabled=${isBusy} onClick=${() => guarded(() => api.pull(model.address))}>${WRITE.pull}</button>`;
}

function PullState({ pull }) {
  if (!pull) return null;
  if (pull.state === "failed") return html`<p class="wrong" role="status"><b>${pull.error}</b> ${pull.hint}</p>`;
  if (pull.state === "stopped") return html`<p role="status">${WRITE.pullStopped}</p>`;
  if (pull.state === "finished") return html`<p role="status">${WRITE.pulled(pull.model)}</p>`;
  const share = pull.total ? Math.floor((100 * pull.done) / pull.total) : 0;
  const words = WRITE.pulling(pull.file || pull.name, share);
  return html`<p><progress max="100" value=${share} aria-label=${words}></progress> <span>${words}</span>
    <button type="button" onClick=${() => guarded(() => api.stopPull())}>${WRITE.stopPull}</button></p>`;
}

/** Free the memory of the model. */
export async function letGo() {
  if (await guarded(() => api.letGo())) tell(WRITE.letGo);
}
