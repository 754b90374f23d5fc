// Adds a text to the draft that was changed last, from the desk and the passage page.

import { add, create, drafts } from "./draft_api.js";
import { guarded, tell } from "./notices.js";
import { DRAFT } from "./strings.js";

let last = Promise.resolve();

/** Add the output of a key at the end of the last draft; without any draft, of a new one. One text after the other. */
export function addToDraft(key) {
  if (!key) return tell(DRAFT.noText);
  last = last.then(() => guarded(async () => {
    const known = (await drafts()).drafts.find(({ problem }) => !problem);
    const name = known?.name ?? (await create(DRAFT.firstName)).name;
    await add(name, key);
    tell(DRAFT.added(name));
  }));
  return last;
}
