// All words of the desk, an object for each part of the page. What other pages say too is in strings.js.

export const DESK = {
  loss: "Was the loss worth it?",
  lossButtons: { earned: "Loss earned", lost: "Loss not earned", neither: "No loss" },
  losses: { earned: "Earned", lost: "Not earned", neither: "Neither" },
  lossKept: { earned: "The loss was worth it.", lost: "The loss wasn’t worth it.", neither: "Nothing was lost or earned." },
  cancel: "Cancel",
  noText: "No text is open.",
  written: (done, planned) => `${done} of ${planned} written`,
  todo: (left, all) => `${left} of ${all} to do`,
  allJudged: (all) => `All ${all} judged`,
  allTexts: "All texts of this passage",
  essay: "The essay, and what stands behind each sentence",
  stillReading: "Nothing yet: the texts are still being read.",
  noneFits: "No text fits the filters. “All” lists every text again.",
  noneFinished: "No text is finished yet. The home page says how far each run is, and goes on with a stopped one.",
  home: "Home",
  noRuns: "No run yet.",
  writeFirst: "Write the first texts",
  noRun: "The outputs folder has no such run. “All runs” shows what there is.",
  allRuns: "All runs",
  help: "Read each text beside its passage, and decide whether to keep the text. Every verdict, note and edit is stored at once in the run’s folder. Nothing is ever deleted, and you can withdraw each verdict, note and edit.",
  shades: "Words on a shaded ground were uncertain, like a choice among 20, 50 or 150 equally likely tokens. Hover over a word to see the alternatives for each token. Where hardly a word is the same, no differences are marked.",
};

/** The desk's list on the left. */
export const LIST = {
  several: "Texts of several passages",
  group: (ids, more) => `${ids.join(" + ")}${more ? ` + ${more} more` : ""}`,
  todo: "to do",
  edited: "edited",
  noted: "noted",
  broken: "broken",
  all: "all",
  allButton: "All",
  none: "none",
  unknown: "unknown",
  facets: { verdict: "Verdict", kind: "Kind", step: "Step", tag: "Tag", flag: "Flag", model: "Model", run: "Run" },
  verdicts: { todo: "to do", accepted: "accepted", starred: "starred", rejected: "rejected", edited: "edited", noted: "noted" },
  reading: (done, all) => `Reading: ${done} of ${all}`,
  listed: (texts, left) => `${texts} listed, ${left} to do `,
  blindTitle: (kind, number) => `${kind}, no. ${number}`,
  branchTitle: (kind, step, branch, variant) => `${kind} ${step} · ${branch} (variant ${variant})`,
  title: (kind, step, variant) => `${kind} ${step}${variant > 1 ? `, variant ${variant}` : ""}`,
};

/** The desk's middle: two texts side by side. */
export const BESIDE = {
  /** Label of the choice, heading of the left text, heading of the right text. */
  views: {
    passage: ["Passage", "Passage", "Output"],
    sentences: ["Sentences", "Passage: dropped sentences are faint", "Output: added sentences are marked"],
    reading: ["Reading", "Passage: lost words are faint", "Output: words against the passage are shaded"],
    before: ["Previous step", "Previous step", "This step"],
    edited: ["Your version", "As written", "As edited"],
  },
  reads: (label, kind) => [label, `The ${kind}, read for this text`, "Output"],
  spoken: {
    passage: "Beside the passage.",
    sentences: "Beside the passage, by sentences.",
    reading: "Beside the passage, as a model read both.",
    before: "Beside the previous step.",
    edited: "Your version beside the original.",
  },
  spokenReads: (kind) => `Beside the ${kind}.`,
  several: "From ",
  more: (number) => `and ${number} more`,
  under: (section) => `under “${section}”`,
  broken: (why) => `This output was changed since it was written, so it can’t be judged. ${why}`,
  editError: (why) => `There is an edited version, but it can’t be shown. ${why}`,
  finding: (what) => `A file here was changed since it was written. ${what}`,
  legend: "Beside",
  tooLong: "Too long to mark the differences.",
  asEdited: (title) => `${title}, as edited`,
  cut: (number) => `${number} more characters are in the file.`,
  measured: (words) => `Measured: ${words}.`,
  reading: (line) => `Reading: ${line}. `,
  variants: "Variants",
  variantsHint: "Variants: a digit accepts one and rejects the others",
  notJudged: "Not judged yet.",
  by: (words, names) => `${words} by ${names}`,
  noted: "Noted",
  edited: "edited",
  and: " and ",
};

/** The desk's right: where a text comes from. */
export const ORIGIN = {
  blind: "Judging blind",
  hidden: "Model, step and variant are hidden, and the order is shuffled, until you leave the blind mode.",
  title: "Where it comes from",
  chain: "Chain",
  editedIn: (file) => `Edited in ${file}`,
  prompt: "Prompt",
  candidates: (number) => `${number} candidates`,
  kept: "kept",
  record: "Show the record",
};

/** A model's reading of a text and its passage, in bits. */
export const READING = {
  kept: (bits) => `${bits} kept`,
  bits: (number) => `${number} bits`,
  sentence: (number, about) => `Sentence ${number}: ${about}`,
  passage: "Passage: ",
  lost: "lost",
  under: (bits) => `, under ${bits} kept; `,
  keptMore: (bits, times) => ` and more. A word with ${bits} is ${times} times as probable to a model that has read the text.`,
  text: "Text: ",
  against: (bits, times) => ` and less. In a word with ${bits} the passage makes a token ${times} times less probable.`,
};

/** Notes and edited versions, written at the desk. */
export const EDITOR = {
  keep: "Keep",
  cancel: "Cancel",
  version: "Your version",
  note: "Your note",
  broken: "This output was changed since it was written: it can’t be edited.",
  needsWords: "A version needs words. To drop the text, reject it.",
  versionKept: "Your version is stored.",
  noteKept: "Your note is stored.",
  noteGone: "The note is withdrawn.",
};

/** What the desk says after a key. */
export const SAID = {
  noText: "No text is open.",
  broken: "This output was changed since it was written: it can’t be judged.",
  judged: (verdict, title) => `${verdict}: ${title}.`,
  noVariants: "This text has no variants.",
  variants: (number) => `There are ${number} variants.`,
  picked: (digit, others) => `Number ${digit} accepted, ${others} rejected.`,
  withdrawn: "Withdrawn.",
  changedFiles: "Some files were changed since they were written: `remix verify` lists them.",
};
