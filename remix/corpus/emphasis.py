"""Emphasis: which `*`, `_`, `~~` and `==` of a stretch of Markdown are marks, by CommonMark's delimiter rules.

Takes the runs of these signs and the brackets of links, gives the signs hidden from readers. Doesn't know the syntax
of links and code. By CommonMark 0.31.2, "An algorithm for parsing nested emphasis and links", with GitHub's `~~` and
Obsidian's `==`: two signs, no more and no less. The time grows in proportion to the number of runs.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Signs(NamedTuple):
    """Start and end of signs in the text."""

    start: int
    end: int


@dataclass(slots=True)
class _Run:
    """A run of the same sign; matching signs shorten the run."""

    sign: str
    start: int
    end: int
    length: int
    """At first."""
    opens: bool
    closes: bool

    @property
    def left(self) -> int:
        return self.end - self.start


def marks(text: str, runs: Iterable[Signs], links: Iterable[Signs]) -> Iterator[Signs]:
    """The signs that mark emphasis, in no order; `runs` sorted by start, `links` by end.

    Emphasis that begins within a link must end within the link.
    """
    waiting: list[_Run] = []
    sources = iter([*runs, None])
    following = next(sources)
    for link in [*links, None]:
        while following and (link is None or following.start < link.end):
            waiting.append(_run(text, following))
            following = next(sources)
        first = len(waiting)
        while first and (link is None or waiting[first - 1].start > link.start):
            first -= 1
        yield from _matched(waiting[first:])
        del waiting[first:]


def _run(text: str, signs: Signs) -> _Run:
    start, end = signs
    sign = text[start]
    before, after = text[start - 1 : start] or " ", text[end : end + 1] or " "
    blank_before, blank_after = before.isspace(), after.isspace()
    mark_before, mark_after = _is_mark(before), _is_mark(after)
    left = not blank_after and (not mark_after or blank_before or mark_before)
    right = not blank_before and (not mark_before or blank_after or mark_after)
    if sign == "_":
        left, right = left and (not right or mark_before), right and (not left or mark_after)
    return _Run(sign, start, end, end - start, left, right)


def _is_mark(letter: str) -> bool:
    """Whether a letter is punctuation or a symbol in CommonMark's sense."""
    return unicodedata.category(letter)[0] in "PS"


def _matched(runs: Sequence[_Run]) -> Iterator[Signs]:
    """The marks among runs without brackets of links in between."""
    openers: list[_Run] = []
    searched: dict[tuple[str, bool, int], int] = {}
    """For each kind of closing run, the position before which no run can open emphasis."""
    for run in runs:
        kind = (run.sign, run.opens, run.length % 3)
        while run.closes and run.left:
            found = _opener(openers, run, searched.get(kind, 0))
            if found is None:
                searched[kind] = run.start
                break
            del openers[found + 1 :]
            yield from _pair(openers[found], run)
            if not openers[found].left:
                openers.pop()
        if run.opens and run.left:
            openers.append(run)


def _opener(openers: Sequence[_Run], closer: _Run, first: int) -> int | None:
    """The nearest run, from position `first` on, that `closer` can close."""
    for at in range(len(openers) - 1, -1, -1):
        opener = openers[at]
        if opener.start < first:
            return None
        if opener.sign == closer.sign and not _thirds_forbid(opener, closer):
            return at
    return None


def _thirds_forbid(opener: _Run, closer: _Run) -> bool:
    """CommonMark's rules 9 and 10, the "multiple of 3"."""
    if closer.sign not in "*_" or not (closer.opens or opener.closes):
        return False
    return bool((opener.length + closer.length) % 3 == 0 and closer.length % 3)


def _pair(opener: _Run, closer: _Run) -> Iterator[Signs]:
    """Take a sign or two off both runs."""
    amount = 2 if opener.left >= 2 and closer.left >= 2 else 1
    opener.end -= amount
    yield Signs(opener.end, opener.end + amount)
    yield Signs(closer.start, closer.start + amount)
    closer.start += amount
