// Sends the key in the address to the server, then opens the studio.

const FOLDER = "folder"; // name in this browser's storage for the studio's path

function say(words) {
  document.getElementById("message").textContent = words;
}

/** The path of a studio opened before in this browser, if the session cookie is still valid there. */
async function opened() {
  const folder = localStorage.getItem(FOLDER);
  return folder && (await fetch(folder)).ok ? folder : null;
}

async function enter() {
  let folder = await opened();
  if (!folder) {
    const key = new URLSearchParams(location.hash.slice(1)).get("key") ?? "";
    const headers = { "content-type": "application/json" };
    const answer = await fetch("/enter", { method: "POST", headers, body: JSON.stringify({ key }) });
    const body = await answer.json();
    if (!answer.ok) return say(body.error);
    folder = body.folder;
    localStorage.setItem(FOLDER, folder);
  }
  // `replace` leaves no key in the tab's history.
  return location.replace(folder);
}

const tried = () => enter().catch(() => say("The studio was closed: open it again with `remix review`."));

// A page loaded in advance must not use up the key.
if (document.prerendering) document.addEventListener("prerenderingchange", tried, { once: true });
else tried();
addEventListener("hashchange", tried);
