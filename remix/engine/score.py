"""Scoring: the log-probability of each token of a given text after a prompt, and of alternatives in a token's place.

Takes a prompt and a text as tokens, in chunks; lists for each chunk the tokens to score, and collects their
scores. Knows no queue, no KV cache and no llama.cpp.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate

from remix.engine.chunks import Chunk
from remix.engine.decoder import TokenScore
from remix.engine.queued import Queued
from remix.records import Score


class Scoring(Queued):
    """A prompt and a text to score, and the scores computed until now.

    `chunks` hold all tokens except the text's last, on which no further token depends.
    """

    def __init__(
        self,
        prompt: Sequence[int],
        text: Sequence[int],
        chunks: tuple[Chunk, ...],
        others: Mapping[int, Sequence[int]],
    ) -> None:
        """`others` are alternative tokens to score, by the index of a token in the text."""
        super().__init__(chunks)
        self._begin = len(prompt)
        self._all = (*prompt, *text)
        self._others = others
        self.scores: list[TokenScore] = []
        """For each token of the text, with the alternatives in `others`."""

    @property
    def tokens(self) -> tuple[int, ...]:
        """The prompt's tokens and the text's."""
        return self._all

    @property
    def beginning(self) -> tuple[Chunk, ...]:
        """The chunks up to and including the first whose logits are needed: KV cells can be copied, but hold no
        logits."""
        ends = accumulate(map(len, self.chunks))
        return self.chunks[: 1 + sum(end < self._begin for end in ends)]

    def wanted(self, position: int, count: int) -> list[tuple[int, ...]]:
        """The tokens to score after tokens of a chunk: of `count` tokens, the first at `position`.

        Each item is a token of the text, followed by the alternatives in its place.
        """
        places = range(max(position + 1, self._begin), position + count + 1)
        return [(self._all[place], *self._others.get(place - self._begin, ())) for place in places]

    def score(self, piece: Callable[[int], bytes]) -> Score:
        """The finished result; `piece` gives the bytes of a token."""
        places = [self.scores[place] for place in sorted(self._others)]
        return Score(
            tuple(map(piece, self._all[self._begin :])),
            tuple(each.logprobs[0] for each in self.scores),
            others=tuple(tuple(each.logprobs[1:]) for each in places),
            states=tuple(each.state for each in places),
        )
