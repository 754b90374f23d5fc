// All words of the pages, an object for each page.

export const HEADER = {
  label: "Pages",
  skip: "To the page",
  home: "Home",
  write: "Write",
  desk: "Desk",
  drafts: "Drafts",
};

export const KEYS = {
  title: "Keys",
  button: "Keys",
  close: "Close",
  help: "this page",
  everywhere: [[["g", "h"], "home"], [["g", "w"], "write"], [["g", "d"], "desk"], [["g", "r"], "drafts"]],
};

export const HOME = {
  title: "Home",
  help: "All of this workspace: essays, tags, runs, and what was accepted. Choose a tag or an essay to see passages; a passage shows all its texts side by side.",
  keys: { next: "next link", previous: "link before", query: "find passages", clear: "all essays again", help: "this page" },
  garden: "Essays",
  essay: (passages, texts) => `${passages}${texts ? `, ${texts}` : ""}`,
  tags: "Tags",
  moreTags: (number) => `${number} more tags`,
  query: "Find passages",
  queryExample: "a query: maps and not cities",
  passages: (found, shown) => (found > shown ? `${found}, the first ${shown} are listed` : found),
  passagesOf: { tag: (tag) => `Passages with #${tag}`, essay: (title) => `Passages of ${title}`, where: (query) => `Passages for “${query}”` },
  noTexts: "no texts yet",
  all: "All essays",
  writeTag: "Write with this tag",
  runs: "Runs",
  noRuns: "No run yet. Choose a tag, and write.",
  state: { writing: "being written", stopped: "stopped", finished: "finished" },
  texts: (finished, planned) => `${finished} of ${planned}`,
  judged: (reviewed, accepted) => `${reviewed} judged, ${accepted} accepted`,
  unjudged: "not judged yet",
  goOn: "Go on",
  goOnLabel: (name) => `Go on with ${name}`,
  goingOn: "The rest of the run is queued.",
  accepted: "Accepted",
  noAccepted: "Nothing accepted yet. Read a run at the desk, and accept what is to be kept.",
  unread: (number) => `${number} texts are still being read.`,
  moreAccepted: (number) => `and ${number} more, at the desk`,
  drafts: "Drafts",
  noDrafts: "No draft yet: a draft is an essay put together from accepted texts.",
  models: "Models here",
  noModels: "No model is here. The page for writing has models to download.",
  tooLarge: "more than the memory",
  leftOut: "Files that can’t be read",
  freshTitle: "Nothing to read yet",
  fresh: "Put essays or notes (Markdown, org or plain text) into the folder seeds/ of this workspace, then reload this page. Tags at the end of a paragraph (#tag) choose passages.",
  freshTags: "These essays have no tags. Add #tag at the end of a paragraph to choose passages by tag; or choose passages by essay.",
};

export const PASSAGE = {
  title: "Passage",
};

export const DESK = {
  help: "Read each text beside its passage, and decide whether to keep the text. Every verdict, note and edit is stored at once in the run’s folder. Nothing is ever deleted, and you can withdraw each verdict, note and edit.",
  shades: "Words on a shaded ground were uncertain: alternatives were nearly as likely. Hover over a word to see the alternatives for each token.",
};
