// The page of a draft: starts it, saves what is written, takes in changes from elsewhere, binds keys to actions.

import { get } from "./api.js";
import { $ } from "./dom.js";
import { focus, insertWords, moveBy, removePiece, showSource, toggleSource, undoLast } from "./draft_actions.js";
import { follow, load, refresh, send, store } from "./draft_saving.js";
import { current, indexOf, state, whenChanged } from "./draft_state.js";
import { Page } from "./draft_view.js";
import { listen, on } from "./events.js";
import { isWriting } from "./keys.js";
import { alarm, guarded, tell } from "./notices.js";
import { atPace, startPage, titled } from "./page.js";
import { DRAFT } from "./strings.js";
import { html, render } from "./vendor/preact.js";

const PACE = 1000; // milliseconds between requests for accepted texts

function draw() {
  if (state.version !== null) render(html`<${Page} />`, $("page"));
}

function step(by) {
  const next = state.pieces[Math.max(0, Math.min(state.pieces.length - 1, indexOf(state.at) + by))];
  if (next) focus(next.id);
}

const withCurrent = (act) => () => (current() ? act(state.at) : tell(DRAFT.noPiece));

// Keys with Alt or Ctrl hold while the reader writes, too.
document.addEventListener("keydown", (event) => {
  const piece = event.target.closest?.(".piece")?.dataset.id;
  if (!piece || state.conflict || document.querySelector("dialog[open]")) return;
  if (event.altKey && event.key === "ArrowUp") moveBy(piece, -1);
  else if (event.altKey && event.key === "ArrowDown") moveBy(piece, 1);
  else if ((event.ctrlKey || event.metaKey) && event.key === "Enter") insertWords(piece);
  else if (event.key === "Escape" && isWriting(event.target)) focus(piece);
  else return;
  event.preventDefault();
  event.stopPropagation();
});

async function loadAccepted() {
  state.accepted = (await get("api/home")).accepted;
  draw();
}

async function takeChange({ name, version, renamed }) {
  if (name !== state.name) return;
  if (renamed) {
    follow(renamed);
    tell(DRAFT.renamed(renamed));
    return;
  }
  if (version !== null && (await refresh(version))) {
    tell(DRAFT.changedElsewhere);
    if (state.source) showSource(state.source.id);
  }
}

startPage({
  name: "drafts", title: state.name || DRAFT.title, help: DRAFT.help, keys: [
    [["j", "ArrowDown"], DRAFT.keys.next, () => step(1)],
    [["k", "ArrowUp"], DRAFT.keys.previous, () => step(-1)],
    [["Enter", "e"], DRAFT.keys.edit, withCurrent((id) => focus(id, true))],
    [["i"], DRAFT.keys.insert, () => insertWords(state.at)],
    [["J"], DRAFT.keys.down, withCurrent((id) => moveBy(id, 1))],
    [["K"], DRAFT.keys.up, withCurrent((id) => moveBy(id, -1))],
    [["x"], DRAFT.keys.remove, withCurrent(removePiece)],
    [["u"], DRAFT.keys.undo, undoLast],
    [["o"], DRAFT.keys.source, withCurrent((id) => guarded(() => toggleSource(id)))],
    [["/"], DRAFT.keys.filter, () => { document.querySelector(".accepted").open = true; $("filter")?.focus(); }],
    [["Escape"], "", () => state.source && toggleSource(state.source.id)],
  ],
});
titled(state.name || DRAFT.title);
whenChanged(draw, store);
await guarded(load);
draw();
await guarded(loadAccepted);
// The last words before the page goes are sent, and stay in the browser until the server has them.
addEventListener("visibilitychange", () => document.hidden && send());
const again = atPace(PACE, () => loadAccepted().catch(alarm));
on("drafts", (event) => guarded(() => takeChange(event)));
on("runs", again);
listen();
document.body.dataset.ready = "yes";
