// What is asked of the desk's server, and what comes back.

/** The desk said no; `message` tells why and `hint` what to do. */
export class Refused extends Error {
  constructor(status, message, hint) {
    super(message);
    this.status = status;
    this.hint = hint ?? "";
  }
}

async function ask(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Refused(0, "The desk was closed.", "Open it again with `remix review`; all you said is kept.");
  }
  if (answer.ok) return answer;
  if (answer.status === 401) throw new Refused(401, "This desk was closed and opened anew.", "Take the address that `remix review` printed.");
  const said = await answer.json().catch(() => ({}));
  throw new Refused(answer.status, said.error ?? `The desk can’t answer (${answer.status}).`, said.hint);
}

const get = async (path) => (await ask(path)).json();

async function post(path, body) {
  const headers = { "content-type": "application/json" };
  return (await ask(path, { method: "POST", headers, body: JSON.stringify(body) })).json();
}

export const listing = () => get("api/desk");
export const changes = (since) => get(`api/changes?since=${encodeURIComponent(since)}`);
export const search = (words) => get(`api/search?q=${encodeURIComponent(words)}`);
export const sheet = (key) => get(`api/outputs/${key}`);
export const text = (key) => get(`api/outputs/${key}/text`);
export const record = async (key) => (await ask(`api/outputs/${key}/record`)).text();
export const say = (key, words) => post(`api/outputs/${key}/reviews`, words);
export const choose = (key, output) => post(`api/outputs/${key}/choice`, { output });
export const edit = (key, output, words) => post(`api/outputs/${key}/edits`, { output, text: words });
export const undo = (reviews) => post("api/undo", { reviews });
