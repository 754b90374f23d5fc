"""The runs of words that a text has.

Takes a list of words, tells how much of another list begins a run in it. Time and memory grow with the words, however
often they repeat.
"""

from __future__ import annotations

from collections.abc import Sequence


class Runs:
    """All runs of a list of words, in a suffix automaton (Blumer et al. 1985, "The smallest automaton recognizing the
    subwords of a text"): each state stands for the runs that end at the same places."""

    def __init__(self, words: Sequence[str]) -> None:
        self._next: list[dict[str, int]] = [{}]
        self._link = [-1]
        """The state of the longest run that ends at more places."""
        self._length = [0]
        """Words of a state's longest run."""
        last = 0
        for word in words:
            last = self._add(word, last)

    def _add(self, word: str, last: int) -> int:
        """Lengthen the list by a word; `last` is the state of the whole list so far."""
        new = self._state({}, self._length[last] + 1)
        at = last
        while at != -1 and word not in self._next[at]:
            self._next[at][word] = new
            at = self._link[at]
        if at == -1:
            self._link[new] = 0
            return new
        to = self._next[at][word]
        self._link[new] = to if self._length[to] == self._length[at] + 1 else self._split(at, word, to)
        return new

    def _split(self, at: int, word: str, to: int) -> int:
        """A state of their own for the shorter runs of a state, which now end at one more place."""
        twin = self._state(dict(self._next[to]), self._length[at] + 1)
        self._link[twin], self._link[to] = self._link[to], twin
        while at != -1 and self._next[at].get(word) == to:
            self._next[at][word] = twin
            at = self._link[at]
        return twin

    def _state(self, following: dict[str, int], length: int) -> int:
        self._next.append(following)
        self._link.append(0)
        self._length.append(length)
        return len(self._next) - 1

    def longest(self, words: Sequence[str], at: int = 0) -> int:
        """How many words from there on stand in the list in a row."""
        state, length = 0, 0
        while at + length < len(words):
            to = self._next[state].get(words[at + length])
            if to is None:
                break
            state, length = to, length + 1
        return length
