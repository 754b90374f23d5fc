// What can be done with a text on the passage page besides judging: a button and a key for each action.

import { addToDraft } from "./add_to_draft.js";
import { post } from "./api.js";
import { guarded, tell } from "./notices.js";
import { PASSAGE } from "./strings.js";

/** A text's name in requests: `RUN:essay/NNN/kind.step[.vN]`. */
export const nameOf = ({ run, place, kind, step, variant }) => `${run}:${place}/${kind}.${step}${variant > 1 ? `.v${variant}` : ""}`;

const redo = (text) => guarded(async () => {
  await post("api/jobs/redo", { output: nameOf(text) });
  tell(PASSAGE.redoing);
});

/** Key, label, description, and a function of the text. One action a line. */
export const ACTIONS = [
  ["w", PASSAGE.redo, PASSAGE.redoAbout, redo],
  ["d", PASSAGE.toDraft, PASSAGE.toDraftAbout, ({ key }) => addToDraft(key)],
];
