// The list of passages to choose by hand: those that tags, essay and query mean.

import { counted } from "./dom.js";
import * as api from "./job_api.js";
import { WRITE } from "./strings.js";
import { html, useEffect, useState } from "./vendor/preact.js";
import { passagesQuery } from "./write_options.js";
import { choose } from "./write_state.js";

const PAUSE = 350; // milliseconds without a change before the passages are asked for

export function ByHand({ form }) {
  const [isOpen, setOpen] = useState(form.passage.length > 0);
  const { list, more, error } = usePassages(passagesQuery(form), isOpen);
  const toggle = (id) => choose({ passage: form.passage.includes(id) ? form.passage.filter((each) => each !== id) : [...form.passage, id] });
  return html`<details class="by-hand" open=${isOpen} onToggle=${(event) => setOpen(event.target.open)}>
    <summary>${WRITE.byHand} <span class="count">${WRITE.chosen(form.passage.length)}</span></summary>
    ${error && html`<p class="wrong">${error.message} ${error.hint}</p>`}
    ${form.passage.length > 0 && html`<button type="button" class="plain" onClick=${() => choose({ passage: [] })}>${WRITE.clear}</button>`}
    <ul>${list.map((each) => html`<li key=${each.id}><label>
      <input type="checkbox" checked=${form.passage.includes(each.id)} onChange=${() => toggle(each.id)} />
      <span><b>${each.title}</b> ${each.first_words}</span></label></li>`)}</ul>
    ${more > 0 && html`<p class="count">${counted(more, "more passage")}</p>`}
  </details>`;
}

/** The passages of a query, asked for once the list is open. */
function usePassages(query, isOpen) {
  const [found, setFound] = useState({ list: [], more: 0, error: null });
  useEffect(() => {
    if (!isOpen) return undefined;
    let isOld = false;
    const timer = setTimeout(() => api.passages(query).then(
      (answer) => isOld || setFound({ list: answer.passages, more: answer.found - answer.passages.length, error: null }),
      (error) => isOld || setFound({ list: [], more: 0, error })), PAUSE);
    return () => {
      isOld = true;
      clearTimeout(timer);
    };
  }, [query, isOpen]);
  return found;
}
