"""Which tokens wrote which word, how uncertain each word was, and which tokens were the most uncertain.

Takes a text and its trace, gives words with their tokens and alternatives. Uncertainty has one scale, `a choice among
N` (`Choice.perplexity`). Knows nothing of pages and terminals.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice, takewhile
from typing import NamedTuple

from remix.errors import RunError
from remix.outputs.layout import TRACE
from remix.outputs.run import RunFolder
from remix.records import Choice, Record, Trace, sha256

SHADES = (20.0, 50.0, 150.0)
"""Choices among so many tokens (e^entropy) from which a word is shaded light, medium and dark."""

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
    numbers: tuple[int, ...]
    """The tokens' numbers in the trace, from 1."""

    @property
    def perplexity(self) -> float:
        """Perplexity of the most uncertain token."""
        return max(token.perplexity for token in self.tokens)

    @property
    def number(self) -> int:
        """Number of the most uncertain token."""
        return max(zip(self.tokens, self.numbers, strict=True), key=lambda pair: pair[0].perplexity)[1]

    @property
    def shade(self) -> int:
        """Number of `SHADES` reached."""
        return sum(self.perplexity >= shade for shade in SHADES)


def trace_of(folder: RunFolder, task: str, record: Record) -> Trace | None:
    """The trace of an output; null if none was kept, or if the file belongs to another record or was changed."""
    try:
        data, trace = folder.read_bytes(f"{task}{TRACE}"), folder.read_trace(task)
    except (OSError, RunError):
        return None
    return trace if trace.record == record.id and record.trace in (None, sha256(data)) else None


def most_uncertain(choices: Sequence[Choice], most: int | None = None) -> list[int]:
    """Indices of the most uncertain choices, the most uncertain first; of all choices, if `most` is null."""
    return sorted(range(len(choices)), key=lambda index: -choices[index].perplexity)[:most]


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
        numbers = tuple(at + 1 for at in range(first, last) if choices[at].piece.strip())
        if numbers:
            yield Word(start, end, tuple(choices[number - 1] for number in numbers), numbers)
