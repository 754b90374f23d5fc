// Requests to the studio's server.

import { SERVER } from "./strings.js";

/** A refused request; `message` says why, `hint` the next step. */
export class Refused extends Error {
  constructor(status, message, hint, answer = null) {
    super(message);
    this.status = status;
    this.answer = answer; // the whole answer, which may say more
    this.hint = hint ?? "";
  }
}

async function ask(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Refused(0, SERVER.closed, SERVER.openAgain);
  }
  if (answer.ok) return answer;
  if (answer.status === 401) throw new Refused(401, SERVER.reopened, SERVER.newAddress);
  const refusal = await answer.json().catch(() => ({}));
  throw new Refused(answer.status, refusal.error ?? SERVER.noAnswer(answer.status), refusal.hint, refusal);
}

export const get = async (path) => (await ask(path)).json();

export async function post(path, body) {
  const headers = { "content-type": "application/json" };
  return (await ask(path, { method: "POST", headers, body: JSON.stringify(body) })).json();
}

/** Names of the runs that the page's address names; none means all runs. */
export const RUNS = new URLSearchParams(location.search).getAll("run");
const SEARCH = new URLSearchParams(RUNS.map((name) => ["run", name]));

export const listing = () => get(`api/listing${location.search}`);
export const changes = (since) => get(`api/changes?since=${encodeURIComponent(since)}&${SEARCH}`);
export const search = (words) => get(`api/search?q=${encodeURIComponent(words)}`);
export const detail = (key) => get(`api/outputs/${key}`);
export const text = (key) => get(`api/outputs/${key}/text`);
export const record = async (key) => (await ask(`api/outputs/${key}/record`)).text();
export const review = (key, values) => post(`api/outputs/${key}/reviews`, values);
export const choose = (key, output) => post(`api/outputs/${key}/choice`, { output, runs: RUNS });
export const edit = (key, output, text) => post(`api/outputs/${key}/edits`, { output, text });
export const undo = (reviews) => post("api/undo", { reviews, runs: RUNS });
