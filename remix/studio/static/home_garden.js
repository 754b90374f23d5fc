// The left of the home page: tags, a query, essays, and the passages chosen.

import { amount, counted } from "./dom.js";
import { HOME } from "./strings.js";
import { html, useState } from "./vendor/preact.js";

const MOST_TAGS = 24; // tags shown at first

/** Words for a workspace without essays. */
export const Fresh = ({ problem }) => html`<section class="part fresh">
  <h2>${HOME.freshTitle}</h2><p>${HOME.fresh}</p>${problem && html`<p class="about">${problem}</p>`}</section>`;

export const Garden = ({ home, chosen, passages, choose }) => html`
  <${Query} chosen=${chosen} choose=${choose} />
  <${Tags} tags=${home.tags} chosen=${chosen} choose=${choose} />
  ${chosen ? html`<${Passages} chosen=${chosen} passages=${passages} choose=${choose} essays=${home.essays} />` : html`<${Essays} essays=${home.essays} choose=${choose} />`}`;

function Query({ chosen, choose }) {
  const value = chosen?.name === "where" ? chosen.value : "";
  const find = (event) => {
    event.preventDefault();
    const query = event.target.elements.where.value.trim();
    choose(query ? { name: "where", value: query } : null);
  };
  return html`<form class="query" role="search" onSubmit=${find}>
    <label><span class="unseen">${HOME.query}</span>
      <input type="search" id="query" name="where" defaultValue=${value} key=${value} placeholder=${HOME.queryExample} maxlength="500" autocomplete="off" /></label>
    <button>${HOME.query}</button></form>`;
}

function Tags({ tags, chosen, choose }) {
  const [isLong, setLong] = useState(false);
  if (!tags.length) return html`<p class="about">${HOME.freshTags}</p>`;
  const shown = isLong ? tags : tags.slice(0, MOST_TAGS);
  return html`<section class="part"><h2>${HOME.tags}</h2><ul class="chips">
    ${shown.map(({ tag, passages }) => html`<li key=${tag}><button type="button" dir="auto"
      aria-pressed=${String(chosen?.name === "tag" && chosen.value === tag)} onClick=${() => choose({ name: "tag", value: tag })}>
      ${tag} <span class="number">${amount(passages)}</span></button></li>`)}
    ${shown.length < tags.length && html`<li><button type="button" onClick=${() => setLong(true)}>${HOME.moreTags(tags.length - shown.length)}</button></li>`}
  </ul></section>`;
}

const Essays = ({ essays, choose }) => html`<section class="part"><h2>${HOME.garden}</h2><ul class="lines">
  ${essays.map(({ id, title, passages, texts, tags }) => html`<li key=${id}>
    <button type="button" class="line" onClick=${() => choose({ name: "essay", value: id })}>
      <span class="title" dir="auto">${title}</span>
      <span class="about">${HOME.essay(counted(passages, "passage"), texts && counted(texts, "text"))}</span></button>
    <p class="about" dir="auto">${tags.slice(0, 8).join(", ")}</p></li>`)}</ul></section>`;

function Passages({ chosen, passages, choose, essays }) {
  const name = chosen.name === "essay" ? essays.find(({ id }) => id === chosen.value)?.title ?? chosen.value : chosen.value;
  return html`<section class="part"><h2 dir="auto">${HOME.passagesOf[chosen.name](name)}</h2>
    <p class="row-of">
      ${passages && html`<span class="about">${HOME.passages(counted(passages.found, "passage"), passages.passages.length)}</span>`}
      ${chosen.name === "tag" && html`<a class="button" href=${`write?${new URLSearchParams({ tag: chosen.value })}`}>${HOME.writeTag}</a>`}
      <button type="button" onClick=${() => choose(null)}>${HOME.all} <kbd aria-hidden="true">Esc</kbd></button></p>
    <ul class="lines">${passages?.passages.map(({ id, title, first_words, tags, texts }) => html`<li key=${id}>
      <a class="line" href=${`passage?${new URLSearchParams({ id })}`}>
        <span dir="auto">${first_words}…</span>
        <span class="about">${texts ? counted(texts, "text") : HOME.noTexts}</span></a>
      <p class="about" dir="auto">${[title, ...tags.slice(0, 6)].join(", ")}</p></li>`)}</ul></section>`;
}
