"""What `remix show` prints of uncertainty: marked words, and a line for each of the most uncertain tokens.

Takes a text and its trace, prints. Uncertainty is told as `choice among N`: so many equally probable tokens would be
as uncertain. Tokens have the numbers, and alternatives the ranks, that `remix branch --at --take` takes.
"""

from __future__ import annotations

import math
import sys
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from remix.cli.printing import print_json, print_table

if TYPE_CHECKING:
    from remix.records import Trace

LONGEST_PIECE, MOST_OTHERS = 100, 5
"""Letters of a token to show, and alternatives of a token: traces by remix have no more."""

MOST = 10
"""Tokens that are listed below a text."""

STYLES = ("underline", "underline black on color(222)", "underline black on color(214)")
"""Styles of uncertain words, by `uncertain.SHADES`. The line is for terminals without colours."""

HEADERS = ("token", "choice among", "in the text", "probability", "alternatives by rank")

HEADERS_ON_A_TERMINAL = ("token", "choice among", "in the text, with its probability; alternatives by rank")

NO_BREAK = "\u00a0"

WIDTH = 58
"""Columns of a line of alternatives on a terminal, beside the two columns of numbers."""


def marked(text: str, trace: Trace | None, numbered: bool) -> list[tuple[str, str]]:
    """A text in parts with styles. If `numbered`, uncertain words have their token's number in braces."""
    from remix.outputs.uncertain import words

    parts, at = [], 0
    for word in words(text, trace.choices) if trace else ():
        if word.shade:
            number = f"{{{word.number}}}" if numbered else ""
            parts += [(text[at : word.start], ""), (text[word.start : word.end] + number, STYLES[word.shade - 1])]
            at = word.end
    return [*parts, (text[at:], "")]


def print_uncertain(trace: Trace, most: int | None = None) -> None:
    """Print a line for each of the most uncertain tokens, the most uncertain first; of all, if `most` is null.

    On a terminal the alternatives stand below their token: a table with all columns needs about 130 columns.
    """
    from remix.outputs.uncertain import most_uncertain

    rows = [_row(trace, index) for index in most_uncertain(trace.choices, most)]
    if sys.stdout.isatty():
        print_table(HEADERS_ON_A_TERMINAL, [line for row in rows for line in _lines(row)])
    else:
        print_table(HEADERS, [(*row[:-1], "  ".join(row[-1])) for row in rows])


def print_trace(trace: Trace) -> None:
    """Print a trace as JSON."""
    print_json(trace.model_dump(mode="json", by_alias=True))


def as_json(trace: Trace | None) -> list[dict[str, Any]] | None:
    """The most uncertain tokens with number, perplexity, probability and alternatives; null without a trace."""
    return None if trace is None else list(_values(trace))


def _values(trace: Trace) -> Iterator[dict[str, Any]]:
    from remix.outputs.uncertain import most_uncertain

    for index in most_uncertain(trace.choices, MOST):
        choice = trace.choices[index]
        others = enumerate(choice.alternatives[:MOST_OTHERS], 1)
        yield {
            "token": index + 1,
            "piece": choice.piece[:LONGEST_PIECE],
            "perplexity": choice.perplexity,
            "probability": math.exp(choice.logprob),
            "alternatives": [
                {"rank": rank, "piece": each.piece[:LONGEST_PIECE], "probability": each.probability}
                for rank, each in others
            ],
        }


def _row(trace: Trace, index: int) -> tuple[str, str, str, str, list[str]]:
    """The cells of `HEADERS`; the last is a list of alternatives."""
    choice = trace.choices[index]
    before = "".join(each.piece[-LONGEST_PIECE:] for each in trace.choices[max(0, index - 6) : index]).strip()
    shown = enumerate(choice.alternatives[:MOST_OTHERS], 1)
    others = [f"{rank} {_word(each.piece)} {each.probability:.0%}" for rank, each in shown]
    taken = f"{math.exp(choice.logprob):.0%}"
    # A token may go on in the middle of a word.
    space = " " if choice.piece[:1].isspace() or not choice.piece else ""
    return str(index + 1), choice.among, f"…{before}{space}[{_word(choice.piece)}]", taken, others


def _lines(row: tuple[str, str, str, str, list[str]]) -> Iterator[tuple[str, str, str]]:
    """The lines of a token on a terminal; no alternative is broken between two."""
    number, among, place, taken, others = row
    yield number, among, f"{place} {taken}"
    whole = "  ".join(each.replace(" ", NO_BREAK) for each in others)
    for line in textwrap.wrap(whole, WIDTH, break_long_words=False, break_on_hyphens=False):
        yield "", "", line.replace(NO_BREAK, " ")


def _word(piece: str) -> str:
    """A token as shown; the end-of-text token is empty."""
    piece = piece[:LONGEST_PIECE]
    return piece.strip() or ("the end" if not piece else repr(piece))
