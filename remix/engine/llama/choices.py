"""What a model weighed for a token: log-probability, entropy and alternatives, of raw logits.

Takes logits, gives `Choice`s. Knows no context and no KV cache.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from remix.engine.llama.library import FloatArray
from remix.records import Alternative, Choice

ALTERNATIVES = 5
"""Alternatives of each token in a trace, at most."""

_LOWEST_ALTERNATIVE = -9.0
"""Nats below the largest logit, 1 in 8,000 of the largest probability: less probable tokens are no alternatives."""


def choices_of(
    logits: FloatArray, scratch: FloatArray, tokens: Sequence[int], text: Callable[[int], str]
) -> list[Choice]:
    """The choice of a token for each row of logits, of shape (rows, n_vocab); `text` gives a token's text.

    Overwrites the logits, and as many rows of `scratch`. Softmax and Shannon entropy in nats: with s = logit - max
    and Z = Σ exp(s), log p = s - log Z and H = log Z - Σ s·exp(s) / Z.
    """
    np.subtract(logits, logits.max(axis=1, keepdims=True), out=logits)
    weights = np.exp(logits, out=scratch[: len(logits)])
    totals = weights.sum(axis=1)
    # Row by row: a row's sum must not depend on the number of rows.
    means = np.array([row @ weight for row, weight in zip(logits, weights, strict=True)])
    if not np.isfinite(means).all():
        # A logit of minus infinity has probability 0 and must add 0 to the sum, but 0 · -∞ is NaN.
        finite = np.maximum(logits, np.finfo(np.float32).min)
        means = np.array([row @ weight for row, weight in zip(finite, weights, strict=True)])
    entropies = np.log(totals) - means / totals
    return [
        Choice(
            text(token),
            round(float(logits[row, token] - np.log(totals[row])), 4),
            round(max(0.0, float(entropies[row])), 4),
            _alternatives(logits[row], float(totals[row]), token, text),
        )
        for row, token in enumerate(tokens)
    ]


def _alternatives(
    logits: FloatArray, total: float, chosen: int, text: Callable[[int], str]
) -> tuple[Alternative, ...]:
    """The most probable tokens except the chosen token; `logits` are relative to the largest logit."""
    # Sorting the whole vocabulary would cost more than decoding.
    near = np.flatnonzero(logits > _LOWEST_ALTERNATIVE)
    likely = near[np.argsort(-logits[near], kind="stable")[: ALTERNATIVES + 1]]
    return tuple(
        Alternative(text(int(token)), round(float(np.exp(logits[token])) / total, 4))
        for token in likely
        if token != chosen
    )[:ALTERNATIVES]
