"""Which sentence became which.

Takes two lists of sentences, gives each with its best counterpart in the other and a score. Scores are those of a
`Similarity`: chrF out of the box, or any other, such as the cosine of embeddings.

A score is an aid to a reviewer, no verdict: chrF counts letters. A sentence in quite other words counts as dropped
though its meaning is all there, and one that says the opposite in the same words counts as kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from remix.records import Frozen

ORDER = 6
BETA = 2

Scores = NDArray[np.float64]
"""A row a sentence that is looked for, a column a sentence where it is looked for; 0 … 100."""


class Similarity(NamedTuple):
    """How alike sentences are."""

    name: str
    """What counts."""
    kept: float
    """From this score on a sentence counts as kept."""
    scores: Callable[[Sequence[str], Sequence[str]], Scores]
    """How much of each of the first sentences is in each of the second."""


class Aligned(Frozen):
    """A sentence and what comes nearest to it on the other side."""

    sentence: str
    """The sentence."""
    best: int | None
    """Its counterpart's number there, from 1; null where there is no sentence."""
    score: float
    """How much of it is in its counterpart, 0 … 100."""
    kept: bool
    """Whether that is enough to count. An aid, no verdict."""


def align(sentences: Sequence[str], others: Sequence[str], similarity: Similarity) -> tuple[Aligned, ...]:
    """Each sentence with its best counterpart among the others, the earliest of equals."""
    if not others:
        return tuple(Aligned(sentence=each, best=None, score=0.0, kept=False) for each in sentences)
    # The last digits are those of rounding; where they decided, two machines could decide otherwise.
    scores = np.round(similarity.scores(sentences, others), 4) if sentences else ()
    return tuple(
        Aligned(
            sentence=each, best=int(row.argmax()) + 1, score=float(row.max()), kept=bool(row.max() >= similarity.kept)
        )
        for each, row in zip(sentences, scores, strict=True)
    )


# -- chrF ---------------------------------------------------------------------------------------------------


def chrf(references: Sequence[str], hypotheses: Sequence[str]) -> Scores:
    """chrF2 of each hypothesis for each reference, 0 … 100: a row a reference, a column a hypothesis.

    With P and R the mean precision and recall of character n-grams, n = 1 … 6, white space left out, over those n for
    which both sides have any (Popović 2015, "chrF: character n-gram F-score for automatic MT evaluation"):

        chrF = 100 · (1 + β²) · P · R / (β² · P + R), β = 2

    β = 2 makes recall weigh more: it asks how much of the reference is there, rather than what else is. The values
    are those of sacreBLEU's sentence scores; all pairs are counted at once here, which takes a sixth of the time.
    """
    counted = _Counted([*references, *hypotheses])
    rows, columns = counted.counts[: len(references)], counted.counts[len(references) :]
    scores = np.zeros((len(references), len(hypotheses)))
    for at, row in enumerate(rows):
        scores[at] = _f_scores(row, columns, counted.ends)
    return scores


CHRF = Similarity("chrf", 32.0, chrf)
"""The threshold is argued in docs/measures.md, with planted paraphrases and what merely stands beside them."""


class _Counted:
    """How often each character n-gram occurs in each text."""

    def __init__(self, texts: Sequence[str]) -> None:
        bare = ["".join(text.split()) for text in texts]
        blocks = [_count(bare, size) for size in range(1, ORDER + 1)]
        self.counts = np.concatenate(blocks, axis=1)
        """A row a text, a column an n-gram, the shorter n-grams first."""
        self.ends = np.cumsum([block.shape[1] for block in blocks])
        """Where the n-grams of each size end."""


def _count(texts: Sequence[str], size: int) -> NDArray[np.int64]:
    numbers: dict[str, int] = {}
    number = numbers.setdefault
    places = [[number(text[at : at + size], len(numbers)) for at in range(len(text) - size + 1)] for text in texts]
    # A column for what no text has keeps the block of a size from being empty.
    return np.array([np.bincount(np.array(each, dtype=np.int64), minlength=len(numbers) + 1) for each in places])


def _f_scores(reference: NDArray[np.int64], hypotheses: NDArray[np.int64], ends: NDArray[np.int64]) -> Scores:
    starts = np.concatenate(([0], ends[:-1]))
    matches = np.add.reduceat(np.minimum(reference, hypotheses), starts, axis=1)
    lengths = np.add.reduceat(hypotheses, starts, axis=1)
    wanted = np.add.reduceat(reference, starts)
    both = (lengths > 0) & (wanted > 0)
    orders = np.maximum(both.sum(axis=1), 1)
    precision = (np.where(both, matches, 0) / np.maximum(lengths, 1)).sum(axis=1) / orders
    recall = (np.where(both, matches, 0) / np.maximum(wanted, 1)).sum(axis=1) / orders
    divisor = BETA**2 * precision + recall
    scores: Scores = 100 * (1 + BETA**2) * precision * recall / np.where(divisor > 0, divisor, 1)
    return scores
