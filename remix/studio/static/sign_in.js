// Sends the key in the address to the server, then opens the studio.

const PAGE = "page"; // name in this browser's storage for the path of the page opened last

function say(words) {
  document.getElementById("message").textContent = words;
}

/** The path of a page opened before in this browser, if the session cookie is still valid there. */
async function opened() {
  const page = localStorage.getItem(PAGE);
  return page && (await fetch(page)).ok ? page : null;
}

async function enter() {
  let page = await opened();
  if (!page) {
    const key = new URLSearchParams(location.hash.slice(1)).get("key") ?? "";
    const headers = { "content-type": "application/json" };
    const answer = await fetch("/enter", { method: "POST", headers, body: JSON.stringify({ key }) });
    const body = await answer.json();
    if (!answer.ok) return say(body.error);
    page = body.folder + body.page;
    localStorage.setItem(PAGE, page);
  }
  // `replace` leaves no key in the tab's history.
  return location.replace(page);
}

const tried = () => enter().catch(() => say("The studio was closed: open it again with `remix studio`."));

// A page loaded in advance must not use up the key.
if (document.prerendering) document.addEventListener("prerenderingchange", tried, { once: true });
else tried();
addEventListener("hashchange", tried);
