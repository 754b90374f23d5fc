// Verdicts and losses in words.

export const MARKS = { accept: "✓", reject: "✗", star: "★" };
export const VERDICTS = { accept: "accepted", reject: "rejected", star: "starred" };
export const LOSSES = { earned: "loss earned", lost: "loss not earned", neither: "nothing lost or earned" };

/** A verdict with its mark, or nothing. */
export const marked = (verdict) => (verdict ? `${MARKS[verdict]} ${VERDICTS[verdict]}` : "");

/** A word with a capital. */
export const capital = (word) => word[0].toUpperCase() + word.slice(1);
