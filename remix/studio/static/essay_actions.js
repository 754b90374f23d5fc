// What can be done with a paragraph on the essay page: judge it, put it into a draft, open it at the desk.

import * as api from "./api.js";
import { ESSAY } from "./essay_strings.js";
import { changed, state } from "./essay_state.js";
import { VERDICTS, capital } from "./labels.js";
import { guarded, tell } from "./notices.js";

export const nameOf = ({ kind, step, number }) => ESSAY.part(kind, step, number);

/** Address of a text at the desk. */
export const deskOf = ({ key }, run = state.run) => `desk?${new URLSearchParams({ run })}#${new URLSearchParams({ at: key })}`;

export async function judge(verdict, part) {
  if (!part.output) return tell(ESSAY.broken);
  const done = await guarded(() => api.review(part.key, { output: part.output, verdict }));
  if (!done) return null;
  part.standing = done.changes.standings[part.output] ?? { ...part.standing, verdict };
  changed();
  return tell(ESSAY.judged(capital(VERDICTS[verdict]), nameOf(part)));
}
