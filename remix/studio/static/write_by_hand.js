// The list of passages to choose by hand: those that tags, essay and query mean.

import { amount, counted } from "./dom.js";
import * as api from "./job_api.js";
import { WRITE } from "./strings.js";
import { html, useEffect, useState } from "./vendor/preact.js";
import { passagesQuery } from "./write_options.js";
import { choose, state } from "./write_state.js";

const MOST = 200; // passages listed
const PAUSE = 350; // milliseconds without a change before the passages are asked for

export function ByHand({ form }) {
  const [isOpen, setOpen] = useState(form.passage.length > 0);
  const { list, error } = usePassages(passagesQuery(form), isOpen);
  const toggle = (id) => choose({ passage: form.passage.includes(id) ? form.passage.filter((each) => each !== id) : [...form.passage, id] });
  return html`<details class="by-hand" open=${isOpen} onToggle=${(event) => setOpen(event.target.open)}>
    <summary>${WRITE.byHand} <span class="count">${WRITE.chosen(amount(form.passage.length) === "0" ? 0 : amount(form.passage.length))}</span></summary>
    ${error && html`<p class="wrong">${error.message} ${error.hint}</p>`}
    ${form.passage.length > 0 && html`<button type="button" class="plain" onClick=${() => choose({ passage: [] })}>${WRITE.clear}</button>`}
    <ul>${list.slice(0, MOST).map((each) => html`<li key=${each.id}><label>
      <input type="checkbox" checked=${form.passage.includes(each.id)} onChange=${() => toggle(each.id)} />
      <span><b>${each.title}</b> ${each.first_words}</span></label></li>`)}</ul>
    ${list.length > MOST && html`<p class="count">${counted(list.length - MOST, "more passage")}</p>`}
  </details>`;
}

/** The passages of a query, asked for once the list is open. */
function usePassages(query, isOpen) {
  const [found, setFound] = useState({ list: [], error: null });
  useEffect(() => {
    if (!isOpen) return undefined;
    let isOld = false;
    const timer = setTimeout(() => api.passages(query).then(
      (list) => isOld || setFound({ list, error: null }),
      (error) => isOld || setFound({ list: [], error })), PAUSE);
    return () => {
      isOld = true;
      clearTimeout(timer);
    };
  }, [query, isOpen, state.choices]);
  return found;
}
