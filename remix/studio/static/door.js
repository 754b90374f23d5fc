// Hands in the key that stands in the address, and goes on to the desk.

const ROOM = "room"; // where this browser keeps at which folder it entered

function say(words) {
  document.getElementById("said").textContent = words;
}

/** Where this browser entered before, if its session holds still: its cookie says so, below that folder alone. */
async function entered() {
  const room = localStorage.getItem(ROOM);
  return room && (await fetch(room)).ok ? room : null;
}

async function enter() {
  let room = await entered();
  if (!room) {
    const key = new URLSearchParams(location.hash.slice(1)).get("key") ?? "";
    const headers = { "content-type": "application/json" };
    const answer = await fetch("/enter", { method: "POST", headers, body: JSON.stringify({ key }) });
    const said = await answer.json();
    if (!answer.ok) return say(said.error);
    room = said.room;
    localStorage.setItem(ROOM, room);
  }
  // In this tab's history nothing of the key is left.
  return location.replace(room);
}

const tried = () => enter().catch(() => say("The desk was closed: open it again with `remix review`."));

// What is loaded before anybody asked for it doesn't use up the key.
if (document.prerendering) document.addEventListener("prerenderingchange", tried, { once: true });
else tried();
addEventListener("hashchange", tried);
