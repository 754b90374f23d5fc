"""How diverse a set of texts is, at each step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from remix.analysis import diversity, intervals
from remix.analysis.intervals import Estimate, LeftOut
from remix.analysis.survey_records import Change, EqualLengthCut, SetDiversity, SimilarityMethod
from remix.analysis.text_sets import SimilarityLookup, TextSet
from remix.measure.vectors import bag_of_words


def cut_of(own: TextSet) -> EqualLengthCut:
    return EqualLengthCut(words=own.words, chains=len(own.chains), left_out=own.left_out, drawn_from=own.drawn_from)


def vendi_of(texts: Sequence[str], way: SimilarityMethod, lookup: SimilarityLookup) -> LeftOut:
    """The Vendi score of a set: of all measures the one that takes time, so it is computed once for all uses."""
    cosines = diversity.kernel(bag_of_words(texts) if way == "words" else lookup.vectors(texts))
    return intervals.leave_out(range(len(texts)), lambda own: diversity.vendi_of(cosines[np.ix_(own, own)]))


def spread_of(
    texts: Sequence[str], vendi: Mapping[SimilarityMethod, LeftOut], lookup: SimilarityLookup
) -> SetDiversity:
    among = diversity.pairs(texts, texts, lookup.scores)

    def estimate(statistic: Callable[[Sequence[int]], float]) -> Estimate:
        found = intervals.jackknife(range(len(texts)), statistic)
        assert found is not None, "a set has texts"
        return found

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


def changes_of(scores: Mapping[SimilarityMethod, Sequence[LeftOut]]) -> Iterator[Change]:
    for since in (0, 1):
        for way, found in scores.items():
            if since < len(found) - 1:
                yield _change(way, since, found[since], found[-1])


def _change(way: SimilarityMethod, since: int, before: LeftOut, after: LeftOut) -> Change:
    share = LeftOut(after.value / before.value - 1, after.without / before.without - 1, after.size)
    return Change(way=way, since=since, before=before.value, after=after.value, share=share.estimate())


def half_by(scores: Sequence[float]) -> int | None:
    """The first step by which half of the loss between the first and the last score has happened."""
    if len(scores) < 2 or scores[-1] >= scores[0]:
        return None
    half = (scores[0] + scores[-1]) / 2
    return next(step for step, score in enumerate(scores) if score <= half)
