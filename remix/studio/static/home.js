// The home page: what is in the workspace, and what to do next.

import { showHeader } from "./header.js";
import { HOME } from "./strings.js";
import { html, render } from "./vendor/preact.js";

showHeader("home");
document.title = `${HOME.title} · remix`;

const Home = () => html`<h1>${HOME.title}</h1>`;

render(html`<${Home} />`, document.getElementById("page"));
document.body.dataset.ready = "yes";
