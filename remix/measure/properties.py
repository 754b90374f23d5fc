"""Properties of a text as numbers: length in words, letters per word, words per sentence.

Takes a text, gives a number. `analysis/attractors.py` looks for the values that chains approach; no value is good or
bad.
"""

from __future__ import annotations

from collections.abc import Callable

from remix.measure.sentences import sentences
from remix.measure.words import words


def length(text: str) -> float:
    """Words."""
    return float(len(words(text)))


def word_length(text: str) -> float:
    """Mean letters per word; 0 for a text without words."""
    found = words(text)
    return sum(map(len, found)) / len(found) if found else 0.0


def sentence_length(text: str) -> float:
    """Mean words per sentence."""
    return length(text) / max(1, len(sentences(text)))


PROPERTIES: dict[str, Callable[[str], float]] = {
    "words": length,
    "letters a word": word_length,
    "words a sentence": sentence_length,
}
