"""Score: how probable a model finds each token of a given text after a prompt."""

from __future__ import annotations

import math
from typing import NamedTuple

Answers = tuple[str, ...]
"""What could stand in one place of a text, each known by its first token; the text has the first."""


class Score(NamedTuple):
    """A given text, token by token, with the model's log-probabilities after a prompt."""

    pieces: tuple[bytes, ...]
    """The bytes of each token; together the text in UTF-8."""
    logprobs: tuple[float, ...]
    """Natural logarithm of each token's probability after the prompt and the tokens before, before any sampler."""
    others: tuple[tuple[float, ...], ...] = ()
    """For each place at which other tokens were asked for, in the order of the text: their log-probabilities."""
    states: tuple[tuple[float, ...], ...] = ()
    """For each of these places the model's hidden state that the place's token is predicted from, of the model's
    width: behind the last layer's norm."""

    @property
    def bits(self) -> float:
        """What the text costs in bits, given the prompt."""
        return -math.fsum(self.logprobs) / math.log(2)
