"""Which words two texts have in common.

Takes two texts, gives the stretches of each that the other doesn't have, as places in it. Knows nothing of pages.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import Match, SequenceMatcher
from itertools import islice
from typing import NamedTuple

Span = tuple[int, int]
"""From one letter's place to another's, the last not included."""

LONGEST = 3000
"""Words and signs of a text that is compared."""

PATIENCE = 2_000_000
"""Pairs of equal words that are looked at before the rest counts as changed: half a second, to which no text of a
person comes near. `difflib` alone takes up to the cube of a text's length."""

LETTERS = 10
"""A stretch with so many letters in common was kept; a shorter one only where not much was changed around it. Amid
what is all new an “of the” was not kept, it came again."""

_WORD = re.compile(r"\w+(?:[’'-]\w+)*|[^\w\s]")


class Difference(NamedTuple):
    """What each text has that the other hasn't."""

    dropped: tuple[Span, ...]
    """Places in the first."""
    added: tuple[Span, ...]
    """Places in the second."""


def difference(before: str, after: str) -> Difference | None:
    """What was dropped of the first text and added in the second; nothing where one of them is too long to tell."""
    old, new = _words(before), _words(after)
    if max(len(old), len(new)) > LONGEST:
        return None
    kept = sorted(_Comparison(old, new).kept())
    return Difference(
        tuple(_gaps(old, [(each.a, each.a + each.size) for each in kept])),
        tuple(_gaps(new, [(each.b, each.b + each.size) for each in kept])),
    )


def _words(text: str) -> list[re.Match[str]]:
    # One more than is looked at tells that there are too many, whatever the text's length.
    return list(islice(_WORD.finditer(text), LONGEST + 1))


def _gaps(words: Sequence[re.Match[str]], kept: Sequence[Span]) -> Iterator[Span]:
    """Places of what lies between the stretches that were kept, given by the numbers of words."""
    begin = 0
    for first, end in (*kept, (len(words), len(words))):
        if begin < first:
            yield words[begin].start(), words[first - 1].end()
        begin = end


class _Comparison:
    """`difflib`'s way, the longest stretch in common and then the same on both sides of it, but no further than where
    stretches are too short to mean anything."""

    def __init__(self, old: Sequence[re.Match[str]], new: Sequence[re.Match[str]]) -> None:
        self._old = [word[0] for word in old]
        self._new = [word[0] for word in new]
        self._matcher = SequenceMatcher(None, self._old, self._new, autojunk=False)
        self._times = Counter(self._new)
        self._patience = PATIENCE

    def kept(self) -> Iterator[Match]:
        """The stretches in common, in no order."""
        waiting = [(0, len(self._old), 0, len(self._new))]
        while waiting:
            old, old_end, new, new_end = waiting.pop()
            self._patience -= sum(self._times[word] for word in self._old[old:old_end])
            if self._patience < 0:
                return
            found = self._matcher.find_longest_match(old, old_end, new, new_end)
            if self._counts(found, max(old_end - old, new_end - new)):
                yield found
                waiting += [
                    (old, found.a, new, found.b),
                    (found.a + found.size, old_end, found.b + found.size, new_end),
                ]

    def _counts(self, found: Match, around: int) -> bool:
        words = self._old[found.a : found.a + found.size]
        return bool(words) and (len("".join(words)) >= LETTERS or 4 * len(words) >= around)
