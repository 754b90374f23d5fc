"""Endings: what a text and a road that leaves the text say after the turn, and whether the road comes back.

Takes two texts and where they part, gives the endings, and the places from which the road has the text's words again.
Knows nothing of runs and records.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from remix.measure.words import ngrams, words

RUN = 6
"""Words in a row, about eight tokens, from which a road counts as back; docs/measures.md has the reason."""

HALF = "\ufffd"
"""Stands in a token's piece for a letter whose bytes several tokens share."""


class Ending(NamedTuple):
    """The words of a text after a turn."""

    text: str
    """From the next word on: the rest of a word that the turn's token begins isn't part of the ending."""
    after: int
    """Index in the whole text after what stands at the turn."""

    @property
    def words(self) -> list[str]:
        """The words, as `measure/words.py` compares them."""
        return words(self.text)


class Back(NamedTuple):
    """Where a road's ending has the original's words again: the number of words of the road's ending before them."""

    same_ending: int | None
    """Before the words that both endings have to their end; null if the road ends otherwise."""
    rejoins: int | None
    """Before the first words in a row that the original's ending has too; null if there are none."""


def ending(text: str, place: int, word: str) -> Ending:
    """What follows a word, the first such word at or after a place in a text; empty if the word isn't there."""
    found = text.find(word, place)
    if found < 0:
        return Ending("", len(text))
    after = found + len(word)
    return Ending(re.sub(r"\A\w+", "", text[after:]) if word[-1:].isalnum() else text[after:], after)


def back(original: Sequence[str], road: Sequence[str]) -> Back:
    """Where a road has the original's words again, from the words of both endings.

    *The same ending*: from some word on, the road has the original's words to the end of both, at least `RUN` words
    in a row, or all that the original has after the turn. *Rejoins*: at least `RUN` words in a row are the
    original's, at whatever place after the turn; the road may leave again. A road with the same ending also rejoins.
    """
    shared = 0
    while shared < min(len(original), len(road)) and original[-1 - shared] == road[-1 - shared]:
        shared += 1
    same = len(road) - shared if original and shared >= min(RUN, len(original)) else None
    there = set(ngrams(list(original), RUN))
    first = next((at for at, gram in enumerate(ngrams(list(road), RUN)) if gram in there), None)
    known = [at for at in (same, first) if at is not None]
    return Back(same, min(known, default=None))


def place_of_word(text: str, number: int) -> int:
    """Index of the first character of the word with a number, from 0, among the words of a text; the text's length if
    there are fewer words."""
    # Apostrophes join words in `measure/words.py`, so `words` of that module counts here, too.
    for match in re.finditer(r"\w[\w’']*", text):
        own = len(words(match[0]))
        if number < own:
            return match.start()
        number -= own
    return len(text)


def tokens_before(text: str, start: int, place: int, pieces: Sequence[str]) -> int:
    """The number of tokens from one index of a text to the token that writes the character at another.

    `pieces` are the tokens' texts, the first of which begins at `start`. Tokens that share a letter count with the
    letter that follows.
    """
    position = start
    was_half = False
    for number, piece in enumerate(pieces):
        if HALF in piece:
            was_half = True
            continue
        if was_half and (found := text.find(piece, position)) >= 0:
            position, was_half = found, False
        position += len(piece)
        if position > place:
            return number
    return len(pieces)
