"""Convergence between chains: does the diversity of texts from different passages fall from step to step?

Takes a step's texts, one per passage, cut to equal length by `text_sets.py`; gives the step's `SetDiversity` and the
`Change` of the Vendi score between steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from remix.analysis import diversity, intervals
from remix.analysis.intervals import Estimate, Jackknife
from remix.analysis.survey_records import Change, SetDiversity, SimilarityMethod
from remix.analysis.text_sets import SimilarityLookup
from remix.measure.vectors import bag_of_words


def vendi_of(texts: Sequence[str], method: SimilarityMethod, lookup: SimilarityLookup) -> Jackknife:
    """The Vendi score of a set. The slowest of all measures, hence computed once for every use."""
    cosines = diversity.kernel(bag_of_words(texts) if method == "words" else lookup.vectors(texts))
    return intervals.jackknife(range(len(texts)), lambda own: diversity.vendi_of(cosines[np.ix_(own, own)]))


def diversity_of(
    texts: Sequence[str], vendi: Mapping[SimilarityMethod, Jackknife], lookup: SimilarityLookup
) -> SetDiversity:
    """All measures of a set's diversity."""
    among = diversity.pairs(texts, texts, lookup.scores)

    def estimate(statistic: Callable[[Sequence[int]], float]) -> Estimate:
        return intervals.jackknife(range(len(texts)), statistic).estimate()

    def of_texts(statistic: Callable[[Sequence[str]], float]) -> Estimate:
        return estimate(lambda own: statistic([texts[at] for at in own]))

    return SetDiversity(
        vendi=vendi["words"].estimate(),
        vendi_meaning=vendi["meaning"].estimate() if "meaning" in vendi else None,
        self_similarity=estimate(lambda own: diversity.self_similarity(among, own)),
        compression_ratio=of_texts(diversity.compression_ratio),
        self_repetition=of_texts(diversity.self_repetition),
        distinct_1=of_texts(lambda own: diversity.distinct(own, 1)),
        distinct_2=of_texts(lambda own: diversity.distinct(own, 2)),
    )


def changes_of(scores: Mapping[SimilarityMethod, Sequence[Jackknife]]) -> Iterator[Change]:
    """Changes of the Vendi score, from the passages and from step 1 to the last step."""
    for since in (0, 1):
        for method, found in scores.items():
            if since < len(found) - 1:
                before, after = found[since], found[-1]
                share = Jackknife(after.value / before.value - 1, after.without / before.without - 1, after.size)
                yield Change(
                    method=method, since=since, before=before.value, after=after.value, share=share.estimate()
                )


def half_by(scores: Sequence[float]) -> int | None:
    """The first step by which half of the loss from the first to the last score has happened; null for no loss."""
    if len(scores) < 2 or scores[-1] >= scores[0]:
        return None
    half = (scores[0] + scores[-1]) / 2
    return next(step for step, score in enumerate(scores) if score <= half)
