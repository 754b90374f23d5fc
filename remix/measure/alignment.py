"""Alignment: the closest match of each sentence of a text in the passage, and the reverse.

Takes two lists of sentences and a `Similarity`; gives for each sentence of the first list the closest match in the
second.

A score is a reviewer's aid and no verdict. By chrF a sentence paraphrased in quite different words counts as dropped;
by chrF and by embeddings a sentence reversed in meaning, with nearly the same words, counts as kept.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from remix.measure.similarity import Similarity
from remix.records import Frozen


class AlignedSentence(Frozen):
    """A sentence and the closest match in a second list."""

    sentence: str
    """The sentence."""
    best: int | None
    """Number of the closest match in the second list, from 1; null if the second list is empty."""
    score: float
    """How much of the sentence is in the closest match, 0 … 100."""
    kept: bool
    """Whether the score reaches the threshold. An aid, no verdict."""


def align(sentences: Sequence[str], others: Sequence[str], similarity: Similarity) -> tuple[AlignedSentence, ...]:
    """Each sentence with the closest match among `others`; of equal scores the first."""
    if not others:
        return tuple(AlignedSentence(sentence=each, best=None, score=0.0, kept=False) for each in sentences)
    # Rounding errors differ between machines: the last digits must not decide.
    scores = np.round(similarity.scores(sentences, others), 4) if sentences else ()
    return tuple(
        AlignedSentence(
            sentence=each, best=int(row.argmax()) + 1, score=float(row.max()), kept=bool(row.max() >= similarity.kept)
        )
        for each, row in zip(sentences, scores, strict=True)
    )
