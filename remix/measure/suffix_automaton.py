"""All runs of consecutive words in a list of words.

Takes a list of words, gives the length of the longest beginning of a second list contained in the first. Time and
memory grow with the number of words, however often words repeat.
"""

from __future__ import annotations

from collections.abc import Sequence


class SuffixAutomaton:
    """The runs of a list of words as a suffix automaton (Blumer et al. 1985, "The smallest automaton recognizing the
    subwords of a text"): each state stands for all runs that end at the same positions."""

    def __init__(self, words: Sequence[str]) -> None:
        self._next: list[dict[str, int]] = [{}]
        self._link = [-1]
        """Per state, the state of the longest suffix with more end positions."""
        self._length = [0]
        """Per state, the length of the longest run in words."""
        last = 0
        for word in words:
            last = self._add(word, last)

    def _add(self, word: str, last: int) -> int:
        """Append a word to the list; `last` is the state of the whole list before the word."""
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
        """Split a state: the shorter runs get a further end position, and need a separate state."""
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

    def longest_prefix(self, words: Sequence[str], start: int = 0) -> int:
        """The number of words of `words`, from `start` on, found in the list as a single run."""
        state, length = 0, 0
        while start + length < len(words):
            to = self._next[state].get(words[start + length])
            if to is None:
                break
            state, length = to, length + 1
        return length
