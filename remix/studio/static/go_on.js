// Going on from an edit: the model writes on from the cursor of a text area. For the passage page and the desk.

import { listen } from "./events.js";
import { follow } from "./followed_jobs.js";
import { branch } from "./job_api.js";
import { guarded, tell } from "./notices.js";
import { ROADS } from "./road_strings.js";

/** Let the model go on from the cursor; gives whether the text area may be closed.
 *
 * Words of the reader's own after the cursor aren't in the branch, so that they stay in the text area. `output` is the
 * name of the output, `stored` its text, `kept` the words as `keptWords` keeps them; `whenChanged` hears of the job.
 */
export async function goOnFrom(area, { output, stored, kept, whenChanged }) {
  const { value, selectionStart: cursor } = area;
  const [before, after] = [value.slice(0, cursor), value.slice(cursor)];
  if (!before.trim()) return tell(ROADS.noWords);
  const job = await guarded(() => branch({ output, text_before: before }));
  if (!job) return false;
  const isAllThere = !after.trim() || stored.trimEnd().endsWith(after.trimEnd());
  tell(isAllThere ? ROADS.goingOn : ROADS.stillHere);
  listen();
  follow(job, (now) => {
    whenChanged(now);
    // Until the run has the words, the browser keeps them.
    if (now.run && isAllThere) kept.drop(value);
    if (now.state === "failed" && !now.run) tell(ROADS.draftKept);
  });
  return isAllThere;
}
