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
  everywhere: [[["g", "h"], "home"], [["g", "w"], "write"], [["g", "d"], "desk"], [["g", "r"], "drafts"]],
};

export const HOME = {
  title: "Home",
};

export const DESK = {
  help: "Read each text beside its passage, and decide whether to keep the text. Every verdict, note and edit is stored at once in the run’s folder. Nothing is ever deleted, and you can withdraw each verdict, note and edit.",
  shades: "Words on a shaded ground were uncertain: alternatives were nearly as likely. Hover over a word to see the alternatives for each token.",
};
