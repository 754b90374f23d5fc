"""Which turns made which word.

Takes a text and its trace, gives the words with their turns, and how open each word was. Knows nothing of pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice, takewhile
from typing import NamedTuple

from remix.records import Choice

SHADES = (3.0, 4.0, 5.0)
"""Nats from which a word is shaded, and shaded more: as open as among 20, 55 and 148 equally likely words."""


PATIENCE = 5_000_000
"""Letters of pieces that are looked at before it counts as unknown how a text came about. Where the trace is the
text's own, that are hardly more than it has."""

HALF = "\ufffd"
"""What stands in a piece for a letter whose bytes are shared between tokens."""

MOST_HALVES = 100
"""Tokens in a row that share letters; a letter has four bytes."""


class Word(NamedTuple):
    """A word and how it came about."""

    start: int
    """Its place in the text."""
    end: int
    """Behind its last letter."""
    turns: tuple[Choice, ...]
    """Those that wrote any letter of it."""

    @property
    def entropy(self) -> float:
        """Of its most open turn, in nats."""
        return max(turn.entropy for turn in self.turns)

    @property
    def shade(self) -> int:
        """How many of `SHADES` it reaches."""
        return sum(self.entropy >= shade for shade in SHADES)


def words(text: str, choices: Sequence[Choice]) -> list[Word]:
    """The words that the model wrote, not those of the template's opening; none where the trace is another text's.

    Blank space around what was written is gone from the text, its end may be cut off, an opening may stand before it.
    """
    pieces = [choice.piece for choice in choices]
    written = "".join(pieces)
    bare = written.lstrip()
    left = iter(range(PATIENCE))
    for start in range(len(text)):
        if bare[:1] not in (text[start], HALF):
            continue
        places = _places(text, pieces, start - (len(written) - len(bare)), left)
        if places:
            return list(_matched(text, choices, places))
    return []


def _places(text: str, pieces: Sequence[str], place: int, left: Iterator[int]) -> list[int] | None:
    """Where each piece begins in a text, and where the last ends, if the first begins at a place.

    Of `left` so many are taken as letters were looked at; nothing is found once it is used up.
    """
    places = [place]
    for number in range(len(pieces)):
        if next(islice(left, len(pieces[number]), None), None) is None:
            return None
        end = _end(text, place, pieces, number)
        if end is None:
            return None
        places.append(place := end)
    return places


def _end(text: str, place: int, pieces: Sequence[str], number: int) -> int | None:
    """Where a piece that begins at a place ends; nothing where it doesn't stand there."""
    piece = pieces[number]
    if HALF in piece:
        # Tokens that share a letter all stand where the next whole piece begins.
        halves = list(islice(takewhile(lambda each: HALF in each, islice(pieces, number, None)), MOST_HALVES))
        after = "".join(pieces[number + len(halves) : number + len(halves) + 1])
        found = text.find(after, place, place + sum(map(len, halves)) + len(after)) if after else len(text)
        return found if found >= 0 else None
    seen = piece[max(0, -place) :]
    there = text[max(0, place) : max(0, place) + len(seen)]
    blank_or_cut = place < 0 or place + len(piece) >= len(text)
    return place + len(piece) if there == seen or (blank_or_cut and seen.startswith(there)) else None


def _matched(text: str, choices: Sequence[Choice], places: Sequence[int]) -> Iterator[Word]:
    """Words and turns go through the text side by side; a turn may end one word and begin the next."""
    first = 0
    for match in re.finditer(r"\S+", text):
        start, end = match.span()
        while first < len(choices) and places[first + 1] <= start:
            first += 1
        last = first
        while last < len(choices) and places[last] < end:
            last += 1
        turns = tuple(turn for turn in choices[first:last] if turn.piece.strip())
        if turns:
            yield Word(start, end, turns)
