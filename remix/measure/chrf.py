"""chrF, the character n-gram F-score: how much of a text's wording is in a second text.

Takes two lists of texts, gives a table of scores. `CHRF` is the default method of matching sentences.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from remix.measure.overlap import overlap
from remix.measure.similarity import Scores, Similarity

ORDER = 6
BETA = 2


def chrf(references: Sequence[str], hypotheses: Sequence[str]) -> Scores:
    """chrF2 of each hypothesis for each reference, 0 … 100: a row per reference, a column per hypothesis.

    P and R are the means of precision and recall of character n-grams, n = 1 … 6, without white space, over every n
    with n-grams in both texts (Popović 2015, "chrF: character n-gram F-score for automatic MT evaluation"):

        chrF = 100 · (1 + β²) · P · R / (β² · P + R), β = 2

    With β = 2 recall counts more than precision: the share of the reference found in the hypothesis matters more than
    additions in the hypothesis. Values equal sacreBLEU's sentence scores; counting all pairs at once takes a sixth of
    sacreBLEU's time.
    """
    rows, columns = (["".join(text.split()) for text in side] for side in (references, hypotheses))
    precision, recall, orders = (np.zeros((len(rows), len(columns))) for _ in range(3))
    for size in range(1, ORDER + 1):
        row_grams, column_grams = (
            [[text[at : at + size] for at in range(len(text) - size + 1)] for text in side]
            for side in (rows, columns)
        )
        reference = np.array([len(each) for each in row_grams], np.int64)[:, None]
        hypothesis = np.array([len(each) for each in column_grams], np.int64)[None, :]
        matches = overlap(row_grams, column_grams)
        precision += matches / np.maximum(hypothesis, 1)
        recall += matches / np.maximum(reference, 1)
        orders += (reference > 0) & (hypothesis > 0)
    precision, recall = precision / np.maximum(orders, 1), recall / np.maximum(orders, 1)
    divisor = BETA**2 * precision + recall
    scores: Scores = 100 * (1 + BETA**2) * precision * recall / np.where(divisor > 0, divisor, 1)
    return scores


CHRF = Similarity("chrf", "1", 32.0, chrf)
"""docs/measures.md argues the threshold from paraphrases and from unrelated sentences."""


def by_words(sentences: Sequence[str]) -> Similarity:
    """The `Matching` by chrF, the same for all sentences."""
    return CHRF
