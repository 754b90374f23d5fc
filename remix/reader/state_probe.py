"""Probes: the labels of a sentence, read from the hidden state in which a reader answers the question about it.

Takes a hidden state, gives log-odds of the labels. A probe is a linear classifier of the states of one model (Alain
and Bengio, “Understanding intermediate layers using linear classifier probes”, 2016): a small model's state tells a
true claim from a false one more often than the answer that the model gives (compare Azaria and Mitchell, “The
Internal State of an LLM Knows When It's Lying”, 2023). `benchmarks/reading.py` fits probes.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from remix.records import Frozen

NUMBERS = np.dtype("<f4")


class StateProbe(Frozen):
    """A linear classifier of a model's hidden states."""

    weights: str
    """A weight for each value of the state, for *not said* against *said*, followed by as many for *turned round*
    against *said*: little-endian float32 in Base64."""
    bias: tuple[float, float]
    """Log-odds of *not said* and *turned round* against *said* for a state of zeros."""

    def log_odds(self, state: Sequence[float]) -> tuple[float, float]:
        """Log-odds of *not said* and *turned round* against *said*.

        Raises `ValueError` for a state of another width than the states that the probe was fitted on.
        """
        # Not a product of matrices: with some libraries its last bits depend on the number of threads.
        added, turned = (self._weights * np.asarray(state, np.float64)).sum(axis=1).tolist()
        return added + self.bias[0], turned + self.bias[1]

    @cached_property
    def _weights(self) -> NDArray[np.float64]:
        """(2, width)."""
        return np.frombuffer(base64.b64decode(self.weights), NUMBERS).reshape(2, -1).astype(np.float64)


def packed(weights: NDArray[np.float64]) -> str:
    """Weights of shape (2, width) as a probe holds them."""
    return base64.b64encode(weights.astype(NUMBERS).tobytes()).decode()
