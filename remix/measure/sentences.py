"""A text's sentences.

Takes a text, gives its sentences in order. The rules are those of sentencex, Wikimedia's segmenter: it knows
abbreviations and quotations, and rather leaves two sentences together than cuts one. It carries its lists with it and
loads nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import sentencex

_LETTER = re.compile(r"[^\W\d_]")
_DIGIT = re.compile(r"[^\W_]")


PIECE = 10_000
"""Letters that sentencex gets at once of a text of twice as many or more: its time grows with the square of a text in
which no quotation ends."""


def sentences(text: str) -> list[str]:
    """The sentences of an English text, each on one line. None of its words is lost, and no sentence is without one.

    Of a text in another language what its full stops, question and exclamation marks part, but for abbreviations
    that sentencex doesn't know in English.
    """
    found: list[list[str]] = []
    number: list[str] = []
    for part in (each for piece in pieces(text, PIECE) for each in sentencex.segment("en", piece)):
        words = part.split()
        if _LETTER.search(part):
            found.append([*number, *words])
            number = []
        elif number or _DIGIT.search(part):
            number += words  # an item's: it belongs to what follows
        elif found:
            found[-1] += words
    return [" ".join(each) for each in ([*found, number] if number else found)]


def pieces(text: str, letters: int) -> Iterator[str]:
    """A text of at least twice this many letters in pieces of at most this many, cut where a paragraph, line or word
    ends, if one does; any other text whole."""
    begin = 0
    while len(text) - begin >= 2 * letters:
        end = begin + letters
        at = max((text.rfind(mark, begin, end) + len(mark) for mark in ("\n\n", "\n", ". ")), default=0)
        at = at if at > begin + letters // 2 else text.rfind(" ", begin, end) + 1
        end = at if at > begin else end
        yield text[begin:end]
        begin = end
    yield text[begin:]
