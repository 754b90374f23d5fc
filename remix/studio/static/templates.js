// The page for templates: starts it, and binds keys to actions.

import { $ } from "./dom.js";
import { listen, on } from "./events.js";
import { alarm } from "./notices.js";
import { startPage } from "./page.js";
import { TEMPLATES } from "./template_strings.js";
import { drawBy, loadEssays, loadTemplates, show, state } from "./templates_state.js";
import { stopTry, takeJob, takeTried, takeWords, tryNow } from "./templates_try.js";
import { Page } from "./templates_view.js";
import { html, render } from "./vendor/preact.js";

function move(by) {
  const { templates } = state.folder;
  const at = templates.findIndex(({ kind }) => kind === state.kind) + by;
  if (templates[at]) show(templates[at].kind);
}

async function start() {
  startPage({
    name: "templates", title: TEMPLATES.title, help: TEMPLATES.help, keys: [
      [["j", "ArrowDown"], TEMPLATES.keys.next, () => move(1)],
      [["k", "ArrowUp"], TEMPLATES.keys.previous, () => move(-1)],
      [["e"], TEMPLATES.keys.edit, () => $("source")?.focus()],
      [["t"], TEMPLATES.keys.try, tryNow],
      [["x"], TEMPLATES.keys.stop, stopTry],
      [["n"], TEMPLATES.keys.name, () => $("name")?.focus()],
    ],
  });
  drawBy(() => state.folder && render(html`<${Page} />`, $("page")));
  await loadTemplates();
  on("job", takeJob);
  on("text", takeWords);
  on("tried", takeTried);
  listen();
  await loadEssays();
  document.body.dataset.ready = "yes";
}

start().catch(alarm);
