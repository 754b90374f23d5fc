"""Flags of a reading: faults found by a reader in a text as a whole.

Takes a reading and the reader's file, gives the names of flags. These flags are kept apart from a record's flags,
which are found without a model.
"""

from __future__ import annotations

from remix.measure.words import words
from remix.records import ModelFile, Reading

LEAST_WORDS = 30
"""Least number of words of a text for `gibberish`: many real texts of fewer words cost as much as shuffled words."""

MOST_BITS: dict[tuple[str, ...], float] = {
    ("smollm2", "135m"): 1.9,
    ("qwen2.5", "coder", "0.5b"): 2.2,
    ("qwen2.5", "coder", "1.5b"): 1.8,
}
"""Most bits per letter (a byte of UTF-8) of a real text, by the words that identify the reader's model: one of the
model's labels has all of the words. docs/measures.md describes the measurement. A reader without a bound here finds
no gibberish."""


def flags_of(reading: Reading, file: ModelFile) -> tuple[str, ...]:
    """The flags of a text, in alphabetical order.

    `gibberish`    the text costs the reader more bits per letter than any real text measured: words without
                   order. A fluent text without sense costs few bits.
    `turned round` a sentence has this label
    """
    found = {
        "gibberish": _is_gibberish(reading, most_bits(file)),
        "turned round": any(each.label == "turned round" for each in reading.sentences),
    }
    return tuple(name for name, is_so in found.items() if is_so)


def most_bits(file: ModelFile) -> float | None:
    """The most bits a letter of a real text for a reader; null if none were measured."""
    for wanted, bits in MOST_BITS.items():
        if any(all(word in label for word in wanted) for label in file.labels):
            return bits
    return None


def _is_gibberish(reading: Reading, most: float | None) -> bool:
    text = "".join(each.text for each in reading.text)
    if most is None or reading.text_bits is None or len(words(text)) < LEAST_WORDS:
        return False
    return reading.text_bits / len(text.encode()) > most
