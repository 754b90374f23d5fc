// Verdicts and losses in words.

import { VERDICT } from "./strings.js";

export const MARKS = { accept: "✓", reject: "✗", star: "★" };
export const VERDICTS = VERDICT.verdicts;
export const LOSSES = VERDICT.losses;

/** A verdict with its mark, or nothing. */
export const marked = (verdict) => (verdict ? `${MARKS[verdict]} ${VERDICTS[verdict]}` : "");

/** A word with a capital. */
export const capital = (word) => word[0].toUpperCase() + word.slice(1);
