"""Scoring: the log-probability of each token of a given text after a prompt.

Takes a prompt and a text as tokens, in chunks; says for each chunk which tokens' log-probabilities are wanted, and
collects them. Knows no queue, no KV cache and no llama.cpp.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate

from remix.engine.chunks import Chunk
from remix.engine.queued import Queued
from remix.records import Score


class Scoring(Queued):
    """A prompt and a text to score, and the log-probabilities so far.

    `chunks` hold all tokens but the text's last, which no further token depends on.
    """

    def __init__(self, prompt: Sequence[int], text: Sequence[int], chunks: tuple[Chunk, ...]) -> None:
        super().__init__(chunks)
        self._begin = len(prompt)
        self._all = (*prompt, *text)
        self.logprobs: list[float] = []

    @property
    def tokens(self) -> tuple[int, ...]:
        """The prompt's tokens and the text's."""
        return self._all

    @property
    def beginning(self) -> tuple[Chunk, ...]:
        """The chunks up to the first whose logits are wanted: KV cells, which can be copied, hold no logits."""
        ends = accumulate(map(len, self.chunks))
        return self.chunks[: 1 + sum(end < self._begin for end in ends)]

    def following(self, position: int, count: int) -> tuple[int, ...]:
        """The text's tokens that follow tokens of a chunk: of `count` tokens, the first at `position`."""
        return self._all[max(position + 1, self._begin) : position + count + 1]

    def score(self, piece: Callable[[int], bytes]) -> Score:
        """The finished result; `piece` gives the bytes of a token."""
        return Score(tuple(map(piece, self._all[self._begin :])), tuple(self.logprobs))
