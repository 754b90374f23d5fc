// The page for templates: all templates, the one that is shown, and trying it.

import { TEMPLATES } from "./template_strings.js";
import { change, isChanged, keep, rename, revert, show, shown, state } from "./templates_state.js";
import { Try, tryNow } from "./templates_try.js";
import { html } from "./vendor/preact.js";

export const Page = () => html`<h1 class="unseen">${TEMPLATES.title}</h1>
  <${List} folder=${state.folder} />
  ${shown() && html`<${Editor} template=${shown()} /><${Try} />`}`;

const List = ({ folder }) => html`<nav class="list" aria-label=${TEMPLATES.title}>
  <h2>${TEMPLATES.title}</h2>
  <p class="about" dir="auto">${folder.is_own ? folder.folder : TEMPLATES.shippedFolder}</p>
  ${folder.problem && html`<p class="wrong">${folder.problem}</p>`}
  <ul>${folder.templates.map((each) => html`<li key=${each.kind}><button type="button" aria-current=${each.kind === state.kind ? "true" : null} onClick=${() => show(each.kind)}>
    <b>${each.kind}</b>${" "}<span class="about">${[each.is_shipped ? TEMPLATES.shipped : TEMPLATES.own, isChanged(each) && TEMPLATES.changed, each.problem && TEMPLATES.broken].filter(Boolean).join(", ")}</span>
    <span class="about description" dir="auto">${each.description}</span></button></li>`)}</ul></nav>`;

function Editor({ template }) {
  const press = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) tryNow();
    else if (event.key === "Escape") event.target.blur();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const submit = (event) => {
    event.preventDefault();
    keep();
  };
  return html`<section class="template" aria-labelledby="template-title">
    <h2 id="template-title">${template.kind}</h2>
    <p class="about" dir="auto">${[template.file, template.reads && TEMPLATES.reads(template.reads)].filter(Boolean).join("; ")}</p>
    ${template.problem && html`<p class="wrong">${template.problem}</p>`}
    <textarea id="source" spellcheck=${false} rows="22" aria-label=${TEMPLATES.source} aria-describedby="checked" value=${state.source} onInput=${(event) => change(event.target.value)} onKeyDown=${press}></textarea>
    <${Check} />
    <form class="row-of" onSubmit=${submit}><label>${TEMPLATES.name} <input id="name" value=${state.name} maxlength="100" autocomplete="off" spellcheck=${false} onInput=${(event) => rename(event.target.value)} /></label>
      <button>${TEMPLATES.keep}</button>
      ${isChanged(template) && html`<button type="button" onClick=${revert}>${TEMPLATES.revert}</button>`}</form>
    <p class="about">${TEMPLATES.keepAbout}</p></section>`;
}

function Check() {
  const { checked } = state;
  if (!checked) return html`<p id="checked" class="about" role="status">${TEMPLATES.checking}</p>`;
  if (!checked.problem) return html`<p id="checked" class="about" role="status">${TEMPLATES.fine(checked.reads)}</p>`;
  return html`<p id="checked" class="wrong" role="status">${checked.problem} ${checked.hint}
    ${checked.line !== null && html`${" "}<button type="button" onClick=${() => toLine(checked.line)}>${TEMPLATES.toLine(checked.line)}</button>`}</p>`;
}

/** Select a line of the source. */
function toLine(number) {
  const area = document.getElementById("source");
  const lines = area.value.split("\n");
  const start = lines.slice(0, number - 1).reduce((sum, line) => sum + line.length + 1, 0);
  area.focus();
  area.setSelectionRange(start, start + (lines[number - 1] ?? "").length);
}
