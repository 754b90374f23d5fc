// Roads: a panel beside a word of a text, with the alternatives for each token. Taking one writes a branch from there.

import { get } from "./api.js";
import { amount, h } from "./dom.js";
import { listen } from "./events.js";
import { follow } from "./followed_jobs.js";
import { branch } from "./job_api.js";
import { isWriting } from "./keys.js";
import { announce, guarded, tell } from "./notices.js";
import { paint, rangeAt, unpaint, wordsOf } from "./road_words.js";
import { ROADS } from "./road_strings.js";
import { html, render } from "./vendor/preact.js";

const GAP = 6; // pixels between word and panel
const [FEW, MANY] = [3, 5]; // alternatives shown of each token of a word of several tokens, or of one or two

const panel = h("div", { id: "road", class: "road", popover: "manual", role: "dialog", tabindex: "-1", keydown: press });
document.body.append(panel);

let road = null; // { key, element, roads, sites, at, whenTaken, returnTo, isTaken }
let asked = 0; // number of the last request

/** Open the panel at a word of a text.
 *
 * `element` shows the text of the output with a key, and nothing else; `at` is the number of a word, or null for the most
 * uncertain one; `whenTaken` is called with the job of a branch.
 */
export async function openRoads({ key, element, at = null, whenTaken = () => {} }) {
  const own = (asked += 1);
  const focused = panel.contains(document.activeElement) ? null : document.activeElement;
  const returnTo = road?.returnTo ?? focused;
  if (at === null && !road) waitIn();
  const roads = road?.key === key ? road.roads : await guarded(() => get(`api/outputs/${key}/roads`));
  if (own !== asked) return;
  // Whoever has begun to write since the click goes on writing.
  if (at !== null && isWriting(document.activeElement ?? document.body)) return;
  if (!roads) return leave(returnTo);
  const sites = roads.end ? [...roads.words, { index: null, shade: 0, tokens: [roads.end] }] : roads.words;
  const start = at === null ? mostUncertain(sites) : sites.findIndex(({ index }) => index === at);
  if (start < 0) {
    if (at === null) tell(ROADS.none);
    return road ? undefined : leave(returnTo);
  }
  road = { key, element, roads, sites, at: start, whenTaken, returnTo };
  show();
}

/** An empty panel takes the keys while the roads are asked for, so that none means something else to the page. */
function waitIn() {
  render(html`<p class="about">${ROADS.asking}</p>`, panel);
  panel.setAttribute("aria-label", ROADS.asking);
  if (!panel.matches(":popover-open")) panel.showPopover();
  panel.focus({ preventScroll: true });
}

function leave(returnTo) {
  if (panel.matches(":popover-open")) panel.hidePopover();
  if (returnTo?.isConnected) returnTo.focus({ preventScroll: true });
}

/** Open the panel at the word under a click, unless words were selected. */
export function openRoadsAt(event, options) {
  if (!getSelection().isCollapsed) return;
  const at = rangeAt(wordsOf(event.currentTarget), event);
  if (at !== null) openRoads({ ...options, element: event.currentTarget, at });
}

export function closeRoads() {
  if (!road) return;
  const { returnTo } = road;
  road = null;
  unpaint();
  leave(returnTo);
}

document.addEventListener("pointerdown", ({ target }) => {
  if (road && !panel.contains(target) && !road.element.contains(target)) closeRoads();
});

document.addEventListener("keydown", ({ key }) => key === "Escape" && closeRoads());

const among = ({ tokens }) => Math.max(...tokens.map(({ perplexity }) => perplexity));

function mostUncertain(sites) {
  return sites.reduce((best, site, at) => (best < 0 || among(site) > among(sites[best]) ? at : best), -1);
}

// -- showing ----------------------------------------------------------------------------------------------------

function show() {
  const site = road.sites[road.at];
  const ranges = wordsOf(road.element);
  const word = site.index === null ? ROADS.end : ranges[site.index]?.toString() ?? "";
  const range = ranges[site.index ?? ranges.length - 1];
  paint(road.sites.filter(({ shade }) => shade).map(({ index, shade }) => [shade, ranges[index]]), range);
  panel.setAttribute("aria-label", ROADS.title(word));
  render(html`<${Panel} key=${`${road.key} ${road.at}`} site=${site} word=${word} />`, panel);
  if (!panel.matches(":popover-open")) panel.showPopover();
  const element = range?.startContainer.parentElement;
  element?.scrollIntoView({ block: "nearest", inline: "nearest" });
  if (range) beside(range);
  (panel.querySelector("button.way") ?? panel).focus({ preventScroll: true });
  announce(`${word}: ${site.tokens.map(spoken).join("; ")}`);
}

/** Put the panel below a word, or above where there is no room. On a phone the style sheet puts the panel at the bottom. */
function beside(range) {
  const lines = [...range.getClientRects()];
  if (!lines.length) return;
  const box = panel.getBoundingClientRect();
  const { left, bottom } = lines.at(-1);
  const below = bottom + GAP + box.height < innerHeight;
  panel.style.left = `${Math.max(8, Math.min(left, innerWidth - box.width - 8))}px`;
  panel.style.top = `${below ? bottom + GAP : Math.max(8, lines[0].top - box.height - GAP)}px`;
}

const percent = (share) => (share >= 0.01 ? `${Math.round(share * 100)} %` : share >= 0.0001 ? `${(share * 100).toFixed(2)} %` : "0 %");
const named = (piece) => (piece === "" ? ROADS.end : piece.trim() || ROADS.blank);
const uncertain = ({ perplexity }) => (perplexity <= 1 ? ROADS.certain : ROADS.among(amount(perplexity)));
const spoken = (token) => `${percent(token.probability)}, ${uncertain(token)}`;

function Panel({ site, word }) {
  return html`<p class="road-word" dir="auto">${ROADS.insteadOf(word)}</p>
    <p class="about what">${ROADS.what}</p>
    ${site.tokens.map((token) => html`<${Token} token=${token} isAlone=${site.tokens.length === 1} most=${site.tokens.length > 2 ? FEW : MANY} />`)}
    <${OwnWords} number=${site.tokens[0].number} />
    <p class="about keys"><span class="by-key"><kbd>← →</kbd> ${ROADS.words} <kbd>↑ ↓</kbd> ${ROADS.choose} <kbd>⏎</kbd> ${ROADS.take}${" "}</span>
      <button type="button" onClick=${closeRoads}>${ROADS.close} <kbd aria-hidden="true">Esc</kbd></button></p>`;
}

function Token({ token, isAlone, most }) {
  const { number, alternatives, ways } = token;
  return html`<section><p class="about">${!isAlone && html`<b>${named(token.piece)}</b>${" "}`}${spoken(token)}</p>
    <ul>${alternatives.slice(0, most).map(([piece, share], at) => html`<li>${ways[at]
      ? html`<button type="button" class="way" onClick=${() => take({ at: String(number), take: String(at + 1) }, named(piece))}>
          <span dir="auto">${named(piece)}</span> <span class="about">${percent(share)}</span></button>`
      : html`<span class="no-way about" title=${ROADS.noWay}><span>${named(piece)}</span> <span>${percent(share)}</span></span>`}</li>`)}</ul></section>`;
}

function OwnWords({ number }) {
  const submit = (event) => {
    event.preventDefault();
    const words = event.target.elements.words.value;
    if (words.trim()) take({ at: String(number), write: words }, words.trim());
  };
  return html`<form class="own-words" onSubmit=${submit}><label><span class="unseen">${ROADS.own}</span>
    <input name="words" dir="auto" maxlength="1000" autocomplete="off" placeholder=${ROADS.own} /></label>${" "}
    <button>${ROADS.write}</button></form>`;
}

// -- acting -----------------------------------------------------------------------------------------------------

async function take(request, words) {
  const taken = road;
  const { whenTaken, roads } = taken;
  if (taken.isTaken) return;
  taken.isTaken = true;
  const job = await guarded(() => branch({ output: roads.output, ...request }));
  taken.isTaken = false;
  if (!job) return;
  // The panel may have been opened at another word in the meantime.
  if (road === taken) closeRoads();
  listen();
  tell(ROADS.taken(words));
  follow(job);
  whenTaken(job);
}

/** Go to the next site, or to the next uncertain one. */
function step(by, isWanted = () => true) {
  for (let at = road.at + by; at >= 0 && at < road.sites.length; at += by) {
    if (!isWanted(road.sites[at])) continue;
    road.at = at;
    return show();
  }
  return tell(by > 0 ? ROADS.last : ROADS.first);
}

function choose(by) {
  const ways = [...panel.querySelectorAll("button.way, input")];
  const at = ways.indexOf(document.activeElement);
  ways[Math.max(0, Math.min(ways.length - 1, at + by))]?.focus();
}

const isUncertain = ({ shade }) => shade > 0;
const ACTIONS = {
  ArrowRight: () => step(1), ArrowLeft: () => step(-1), l: () => step(1), h: () => step(-1),
  ArrowDown: () => choose(1), ArrowUp: () => choose(-1), j: () => choose(1), k: () => choose(-1),
  o: () => step(1, isUncertain), O: () => step(-1, isUncertain), Escape: closeRoads, t: closeRoads,
};
const IN_A_FIELD = ["Escape", "ArrowUp"];

function press(event) {
  if (!road) return event.stopPropagation();
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const isWriting = event.target.matches("input");
  const action = isWriting && !IN_A_FIELD.includes(event.key) ? null : ACTIONS[event.key];
  // Other keys are the page's, but not while the panel asks which way.
  event.stopPropagation();
  if (!action) return;
  event.preventDefault();
  action();
}
