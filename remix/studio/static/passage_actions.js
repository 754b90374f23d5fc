// What can be done with a text on the passage page besides judging: a button and a key for each action.

import { addToDraft } from "./add_to_draft.js";
import { post } from "./api.js";
import { $ } from "./dom.js";
import { follow } from "./followed_jobs.js";
import { guarded, tell } from "./notices.js";
import { await_, changed, state } from "./passage_state.js";
import { openRoads } from "./roads.js";
import { ROADS } from "./road_strings.js";
import { PASSAGE } from "./strings.js";

/** A text's name in requests: `RUN:essay/NNN/kind.step[.vN]`. */
export const nameOf = ({ run, place, kind, step, variant }) => `${run}:${place}/${kind}.${step}${variant > 1 ? `.v${variant}` : ""}`;

const redo = (text) => guarded(async () => {
  follow(await post("api/jobs/redo", { output: nameOf(text) }), await_);
  tell(PASSAGE.redoing);
});

/** What `openRoads` needs of a text besides the word. */
export const roadsOf = (text) => ({ key: text.key, whenTaken: (job) => follow(job, await_) });

function takeRoad(text) {
  if (text.is_edited) return tell(ROADS.edited);
  const element = $(`text-${text.key}`)?.querySelector(".text");
  return element ? openRoads({ ...roadsOf(text), element }) : null;
}

function goOn(text) {
  if (!text.output) return tell(PASSAGE.broken);
  state.chosen.at = text.key;
  state.goingOn = text.key;
  state.chosen.pair = false;
  return changed();
}

/** Key, label, description, and a function of the text. One action a line. */
export const ACTIONS = [
  ["t", ROADS.action, ROADS.actionAbout, takeRoad],
  ["e", ROADS.goOn, ROADS.goOnAbout, goOn],
  ["w", PASSAGE.redo, PASSAGE.redoAbout, redo],
  ["d", PASSAGE.toDraft, PASSAGE.toDraftAbout, ({ key }) => addToDraft(key)],
];
