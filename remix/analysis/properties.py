"""What can be said of a single text in one number, for seeing where chains are drawn.

Takes a text, gives a number. No judgement is in these: a long sentence isn't a bad one.
"""

from __future__ import annotations

from collections.abc import Callable

from remix.measure.sentences import sentences
from remix.measure.words import words


def length(text: str) -> float:
    """Words."""
    return float(len(words(text)))


def word_length(text: str) -> float:
    """Letters a word, on average; 0 for none."""
    found = words(text)
    return sum(map(len, found)) / len(found) if found else 0.0


def sentence_length(text: str) -> float:
    """Words a sentence, on average."""
    return length(text) / max(1, len(sentences(text)))


PROPERTIES: dict[str, Callable[[str], float]] = {
    "words": length,
    "letters a word": word_length,
    "words a sentence": sentence_length,
}
