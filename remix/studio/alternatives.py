"""Which tokens wrote which word, and how uncertain each word was.

Takes a text and its trace, gives words with their tokens and alternatives. Knows nothing of pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice, takewhile
from typing import NamedTuple

from remix.records import Choice

SHADES = (3.0, 4.0, 5.0)
"""Entropies in nats from which a word is shaded light, medium and dark: a choice among 20, 55 and 148 equally likely
tokens."""

PATIENCE = 5_000_000
"""Characters of token pieces compared before giving up. A trace that belongs to the text needs hardly more than the
text's length."""

HALF = "\ufffd"
"""Stands in a piece for a character with bytes shared between tokens."""

MOST_HALVES = 100
"""Tokens in a row that share characters; a character has up to four bytes."""


class Word(NamedTuple):
    """A word and the tokens that wrote any character of the word."""

    start: int
    """Position of the first character in the text."""
    end: int
    """Position after the last character."""
    tokens: tuple[Choice, ...]

    @property
    def entropy(self) -> float:
        """Entropy of the most uncertain token, in nats."""
        return max(token.entropy for token in self.tokens)

    @property
    def shade(self) -> int:
        """Number of `SHADES` reached."""
        return sum(self.entropy >= shade for shade in SHADES)


def words(text: str, choices: Sequence[Choice]) -> list[Word]:
    """The words written by the model, without the template's opening; empty if the trace belongs to a different text.

    The text may lack the blank space around the written tokens, may be cut at the end, and may begin with an opening.
    """
    pieces = [choice.piece for choice in choices]
    written = "".join(pieces)
    bare = written.lstrip()
    left = iter(range(PATIENCE))
    for start in range(len(text)):
        if bare[:1] not in (text[start], HALF):
            continue
        positions = _positions(text, pieces, start - (len(written) - len(bare)), left)
        if positions:
            return list(_matched(text, choices, positions))
    return []


def _positions(text: str, pieces: Sequence[str], position: int, left: Iterator[int]) -> list[int] | None:
    """Start of each piece in a text, and the end of the last piece, if the first piece starts at `position`.

    None if the pieces don't fit the text. Takes an element of `left` for each character compared; None once `left` is
    empty.
    """
    positions = [position]
    for number in range(len(pieces)):
        if next(islice(left, len(pieces[number]), None), None) is None:
            return None
        end = _end(text, position, pieces, number)
        if end is None:
            return None
        positions.append(position := end)
    return positions


def _end(text: str, position: int, pieces: Sequence[str], number: int) -> int | None:
    """End of a piece that starts at `position`; None if the text differs there."""
    piece = pieces[number]
    if HALF in piece:
        # Tokens that share a character all end at the start of the next whole piece.
        halves = list(islice(takewhile(lambda each: HALF in each, islice(pieces, number, None)), MOST_HALVES))
        after = "".join(pieces[number + len(halves) : number + len(halves) + 1])
        found = text.find(after, position, position + sum(map(len, halves)) + len(after)) if after else len(text)
        return found if found >= 0 else None
    seen = piece[max(0, -position) :]
    there = text[max(0, position) : max(0, position) + len(seen)]
    blank_or_cut = position < 0 or position + len(piece) >= len(text)
    return position + len(piece) if there == seen or (blank_or_cut and seen.startswith(there)) else None


def _matched(text: str, choices: Sequence[Choice], positions: Sequence[int]) -> Iterator[Word]:
    """Words with their tokens, walking through both side by side; a token may end one word and begin the next."""
    first = 0
    for match in re.finditer(r"\S+", text):
        start, end = match.span()
        while first < len(choices) and positions[first + 1] <= start:
            first += 1
        last = first
        while last < len(choices) and positions[last] < end:
            last += 1
        tokens = tuple(token for token in choices[first:last] if token.piece.strip())
        if tokens:
            yield Word(start, end, tokens)
