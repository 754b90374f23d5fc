"""Word differences of two texts.

Takes two texts, gives the character ranges dropped from the first and added in the second. Knows nothing of pages.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import Match, SequenceMatcher
from itertools import islice
from typing import NamedTuple

Span = tuple[int, int]
"""A range of characters: start, and end (not included)."""

LONGEST = 3000
"""Most words and punctuation marks of a text to be compared."""

PATIENCE = 2_000_000
"""Pairs of equal words examined (half a second) before the rest counts as changed; no person's text comes near.
`difflib` without a bound takes up to the cube of a text's length."""

LETTERS = 10
"""Letters of a common stretch from which the stretch counts as kept. A shorter stretch counts only if little changed
around it: an “of the” amid new words was written anew, not kept."""

_WORD = re.compile(r"\w+(?:[’'-]\w+)*|[^\w\s]")


class Difference(NamedTuple):
    """Character ranges without a counterpart."""

    dropped: tuple[Span, ...]
    """In the first text."""
    added: tuple[Span, ...]
    """In the second text."""


def difference(before: str, after: str) -> Difference | None:
    """The difference of two texts; None if one text has more than `LONGEST` words."""
    old, new = _words(before), _words(after)
    if max(len(old), len(new)) > LONGEST:
        return None
    kept = sorted(_Comparison(old, new).kept())
    return Difference(
        tuple(_gaps(old, [(each.a, each.a + each.size) for each in kept])),
        tuple(_gaps(new, [(each.b, each.b + each.size) for each in kept])),
    )


def _words(text: str) -> list[re.Match[str]]:
    # One word beyond the limit is enough to see that the text is too long.
    return list(islice(_WORD.finditer(text), LONGEST + 1))


def _gaps(words: Sequence[re.Match[str]], kept: Sequence[Span]) -> Iterator[Span]:
    """Character ranges between kept stretches; the stretches are given by word numbers."""
    begin = 0
    for first, end in (*kept, (len(words), len(words))):
        if begin < first:
            yield words[begin].start(), words[first - 1].end()
        begin = end


class _Comparison:
    """Finds the longest common stretch, then searches left and right of each found stretch, as `difflib` does; stops
    at stretches too short to mean anything."""

    def __init__(self, old: Sequence[re.Match[str]], new: Sequence[re.Match[str]]) -> None:
        self._old = [word[0] for word in old]
        self._new = [word[0] for word in new]
        self._matcher = SequenceMatcher(None, self._old, self._new, autojunk=False)
        self._times = Counter(self._new)
        self._patience = PATIENCE

    def kept(self) -> Iterator[Match]:
        """The common stretches, in no order."""
        waiting = [(0, len(self._old), 0, len(self._new))]
        while waiting:
            old, old_end, new, new_end = waiting.pop()
            self._patience -= sum(self._times[word] for word in self._old[old:old_end])
            if self._patience < 0:
                return
            found = self._matcher.find_longest_match(old, old_end, new, new_end)
            words = self._old[found.a : found.a + found.size]
            around = max(old_end - old, new_end - new)
            if words and (len("".join(words)) >= LETTERS or 4 * len(words) >= around):
                yield found
                waiting += [
                    (old, found.a, new, found.b),
                    (found.a + found.size, old_end, found.b + found.size, new_end),
                ]
