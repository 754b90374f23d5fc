"""Which sentence became which.

Takes two lists of sentences, gives each with its best counterpart in the other and a score. Scores are those of a
`Similarity`: chrF out of the box, or the cosine of sentences' vectors, which somebody else makes.

A score is an aid to a reviewer, no verdict: chrF counts letters, and by it a sentence in quite other words counts as
dropped though its meaning is all there. By either, one that says the opposite in nearly the same words counts as
kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from remix.measure.overlap import Counts, overlap
from remix.records import Frozen

ORDER = 6
BETA = 2

Scores = NDArray[np.float64]
"""A row a sentence that is looked for, a column a sentence where it is looked for; 0 … 100."""


class Similarity(NamedTuple):
    """How alike sentences are."""

    name: str
    """What counts."""
    version: str
    """Of whatever makes the scores: with another they may be others."""
    kept: float
    """From this score on a sentence counts as kept."""
    scores: Callable[[Sequence[str], Sequence[str]], Scores]
    """How much of each of the first sentences is in each of the second."""


Matching = Callable[[Sequence[str]], Similarity]
"""All sentences that will be held against each other, told at once, to how alike they are."""


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
    rows, columns = (["".join(text.split()) for text in side] for side in (references, hypotheses))
    precision, recall, orders = (np.zeros((len(rows), len(columns))) for _ in range(3))
    for size in range(1, ORDER + 1):
        wanted, there = _lengths(rows, size)[:, None], _lengths(columns, size)[None, :]
        grams = [[_grams(text, size) for text in side] for side in (rows, columns)]
        matches, both = overlap(*grams), (wanted > 0) & (there > 0)
        precision += matches / np.maximum(there, 1)
        recall += matches / np.maximum(wanted, 1)
        orders += both
    precision, recall = precision / np.maximum(orders, 1), recall / np.maximum(orders, 1)
    divisor = BETA**2 * precision + recall
    scores: Scores = 100 * (1 + BETA**2) * precision * recall / np.where(divisor > 0, divisor, 1)
    return scores


CHRF = Similarity("chrf", "1", 32.0, chrf)
"""The threshold is argued in docs/measures.md, with planted paraphrases and what merely stands beside them."""


def by_words(sentences: Sequence[str]) -> Similarity:
    """chrF, whatever the sentences are."""
    return CHRF


# -- vectors ------------------------------------------------------------------------------------------------


def cosine(vectors: Mapping[str, Scores]) -> Callable[[Sequence[str], Sequence[str]], Scores]:
    """100 · cos of sentences by their vectors of length 1, 0 for less than 0: a row a first, a column a second one.

    Two decimals: those behind them hang on which sentences were embedded together, and on the machine.
    """

    def scores(ones: Sequence[str], others: Sequence[str]) -> Scores:
        first, second = (np.array([vectors[text] for text in side]) for side in (ones, others))
        table: Scores = np.round(100 * np.maximum(first @ second.T, 0), 2)
        return table

    return scores


def _lengths(texts: Sequence[str], size: int) -> Counts:
    """How many n-grams each text has."""
    return np.array([max(len(text) - size + 1, 0) for text in texts], dtype=np.int64)


def _grams(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(len(text) - size + 1)]
