"""A text's sentences.

Takes a text, gives its sentences in order. The rules are those of sentencex, Wikimedia's segmenter: it knows
abbreviations and quotations, and rather leaves two sentences together than cuts one. It carries its lists with it and
loads nothing.
"""

from __future__ import annotations

import re

import sentencex

_LETTER = re.compile(r"[^\W\d_]")
_DIGIT = re.compile(r"[^\W_]")


def sentences(text: str) -> list[str]:
    """The sentences of an English text, each on one line. None of its words is lost, and no sentence is without one.

    Of a text in another language what its full stops, question and exclamation marks part, but for abbreviations
    that sentencex doesn't know in English.
    """
    found: list[str] = []
    number = ""
    for piece in sentencex.segment("en", text):
        words = f"{number} {' '.join(piece.split())}".strip()
        number = ""
        if _LETTER.search(words):
            found.append(words)
        elif _DIGIT.search(words):
            number = words  # an item's: it belongs to what follows
        elif found:
            found[-1] = f"{found[-1]} {words}".strip()
    return [*found, number] if number else found
