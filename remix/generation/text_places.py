"""Where a word stands in a text: `WORD`, or `WORD:N` for its N-th occurrence.

Takes a text and what a user typed, gives an index in the text, or an error that shows the occurrences to choose from.
Knows no tokens.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from remix.errors import RunError

CONTEXT = 3
"""Words shown before an occurrence of a word."""

MOST_SHOWN = 6
"""Occurrences of a word that an error shows."""

LONGEST_WORD = 30
"""Most characters of a word at a place: some scripts have no spaces."""

_WORD = re.compile(r"\s*(\w[\w'’-]*|\S)")

_AT = re.compile(r"(?s)(.+?)(?::(\d+))?")


def place_of(text: str, at: str, begin: int, missing: Callable[[str], RunError]) -> tuple[int, str]:
    """The place in a text of a word, `WORD` or `WORD:N`, from an index on; and the word.

    Raises `RunError` for no word, for a word that occurs several times, and the error that `missing` makes of a word
    that isn't there.
    """
    parsed = _AT.fullmatch(at) if at.strip() else None
    if parsed is None:
        raise RunError("--at: there is no word.", "Give a word of the text, or the number of a token.")
    word, number = parsed[1], parsed[2]
    places = occurrences(text, word, begin)
    if not places and number is not None:
        places, word, number = occurrences(text, at, begin), at, None
    if not places:
        raise missing(word)
    if number is None and len(places) > 1:
        raise RunError(f"--at {at}: '{word}' occurs {len(places)} times.", _which(text, word, places))
    if number is not None and not 1 <= number_of(number) <= len(places):
        raise RunError(f"--at {at}: '{word}' occurs {len(places)} times.", f"Say {word}:1 to {word}:{len(places)}.")
    return places[number_of(number) - 1 if number else 0], word


def occurrences(text: str, word: str, begin: int) -> list[int]:
    """The places of a whole word in a text, from an index on."""
    before = r"(?<!\w)" if word[:1].isalnum() else ""
    after = r"(?!\w)" if word[-1:].isalnum() else ""
    return [match.start() for match in re.finditer(before + re.escape(word) + after, text) if match.start() >= begin]


def word_at(text: str, place: int) -> str:
    """The word, or the mark, that begins at an index, or behind white space there; empty at the end of the text."""
    found = _WORD.match(text, place)
    return found[1][:LONGEST_WORD] if found else ""


def number_of(digits: str) -> int:
    """A number that a user typed; beyond ten digits numbers aren't told apart, as no text has so many words."""
    return int(digits[:10])


def _which(text: str, word: str, places: Sequence[int]) -> str:
    """The occurrences of a word, each with the words before."""
    shown = [
        f"{word}:{number} (…{' '.join([*text[:place].split()[-CONTEXT:], word])})"
        for number, place in enumerate(places[:MOST_SHOWN], 1)
    ]
    more = f" … to {word}:{len(places)}" if len(places) > MOST_SHOWN else ""
    return f"Say which: {', '.join(shown)}{more}."
