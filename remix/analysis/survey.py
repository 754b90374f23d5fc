"""The survey of a run's chains: drift from the passages, half-lives, convergence, attractors, endings.

Takes chains and the methods to compare texts, gives a `Survey`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from remix.analysis import diversity, intervals
from remix.analysis.attractors import attractors_of, endings_of
from remix.analysis.convergence import changes_of, diversity_of, half_by, vendi_of
from remix.analysis.intervals import Estimate, Jackknife
from remix.analysis.survey_records import Drift, HalfLife, KindSurvey, Scores, SimilarityMethod, StepSurvey, Survey
from remix.analysis.text_sets import SimilarityLookup, SimilarityMethods, TextSet, set_of
from remix.analysis.trajectory import Trajectory
from remix.measure.vectors import FloatArray
from remix.measure.words import words


def survey(chains: Sequence[Trajectory], methods: SimilarityMethods) -> Survey:
    """All numbers about a run's chains."""
    passages = {chain.passage: chain.texts[0] for chain in chains}
    by_kind: dict[str, list[Trajectory]] = {}
    for chain in chains:
        by_kind.setdefault(chain.kind, []).append(chain)
    sets = {kind: set_of(own) for kind, own in by_kind.items()}
    lookup = SimilarityLookup(methods, [*chains, *(each for own in sets.values() if own for each in own.chains)])
    texts = list(passages.values())
    among = diversity.pairs(texts, texts, methods.scores)
    return Survey(
        passages=len(passages),
        embeddings=methods.embedder.name if methods.embedder and chains else None,
        unrelated=intervals.jackknife(range(len(texts)), lambda own: diversity.self_similarity(among, own)).estimate()
        if len(texts) > 1
        else None,
        kinds=tuple(_kind(kind, own, sets[kind], lookup) for kind, own in by_kind.items()),
    )


def _kind(kind: str, chains: Sequence[Trajectory], own: TextSet | None, lookup: SimilarityLookup) -> KindSurvey:
    last = max(len(chain.texts) for chain in chains) - 1
    similarities: dict[SimilarityMethod, list[_StepSimilarity]] = {
        method: [_similarity(step, chains, scores) for step in range(1, last + 1)]
        for method, scores in lookup.methods.items()
    }
    sets = [[chain.texts[step] for chain in own.chains] for step in range(last + 1)] if own else []
    vendi: dict[SimilarityMethod, list[Jackknife]] = {
        method: [vendi_of(texts, method, lookup) for texts in sets] for method in lookup.methods
    }
    drifts = {method: [None, *map(_drift, found)] for method, found in similarities.items()}
    steps = tuple(
        StepSurvey(
            step=step,
            count=sum(len(chain.texts) > step for chain in chains),
            words=float(np.median([len(words(chain.texts[step])) for chain in chains if len(chain.texts) > step])),
            by_words=drifts["words"][step],
            by_meaning=drifts["meaning"][step] if lookup.has_vectors else None,
            diversity=diversity_of(sets[step], {method: found[step] for method, found in vendi.items()}, lookup)
            if own
            else None,
        )
        for step in range(last + 1)
    )
    return KindSurvey(
        kind=kind,
        steps=steps,
        cut=own.cut if own else None,
        changes=tuple(changes_of(vendi)) if own else (),
        half_by=half_by([found.value for found in vendi["words"]]),
        half_lives=tuple(
            HalfLife(method=method, steps=found)
            for method, each in similarities.items()
            if len(each) > 1 and (found := _half_life(each[0], each[-1], len(each) - 1))
        ),
        attractors=tuple(attractors_of(chains)),
        endings=endings_of(chains),
    )


class _StepSimilarity(NamedTuple):
    """Similarities of a step's texts, one number per chain that reaches the step."""

    chains: list[Trajectory]
    own: FloatArray
    """To a text's own passage."""
    previous: FloatArray
    """To the previous step."""
    others: FloatArray | None
    """Mean similarity to further passages; null for a single passage."""


def _similarity(step: int, chains: Sequence[Trajectory], scores: Scores) -> _StepSimilarity:
    reaching = [chain for chain in chains if len(chain.texts) > step]
    own, previous = np.array(
        [scores([chain.texts[0], chain.texts[step - 1]], [chain.texts[step]])[:, 0] for chain in reaching]
    ).T
    names = [chain.passage for chain in reaching]
    others = _to_others([chain.texts[step] for chain in reaching], names, reaching, scores)
    return _StepSimilarity(reaching, own, previous, others)


def _drift(found: _StepSimilarity) -> Drift:
    names, others = [chain.passage for chain in found.chains], found.others
    return Drift(
        to_passage=intervals.over_passages(names, found.own),
        to_previous=intervals.over_passages(names, found.previous),
        to_others=intervals.over_passages(names, others) if others is not None else None,
        above_others=intervals.over_passages(names, found.own - others) if others is not None else None,
    )


def _half_life(first: _StepSimilarity, last: _StepSimilarity, steps: int) -> Estimate | None:
    """Steps in which half of `own - others` is lost, see `HalfLife`; null if the 95 % interval of the loss includes
    0."""
    if first.others is None or last.others is None:
        return None
    ends = zip(last.chains, last.own - last.others, strict=True)
    before = {chain[:3]: each for chain, each in zip(first.chains, first.own - first.others, strict=True)}
    by_passage: dict[str, list[tuple[float, float]]] = {}
    for chain, after in ends:
        by_passage.setdefault(chain.passage, []).append((float(before[chain[:3]]), float(after)))
    pairs = [np.mean(own, axis=0) for own in by_passage.values()]

    def rate(own: Sequence[FloatArray]) -> float:
        begin, end = np.mean(own, axis=0)
        return math.log(begin / end) / steps if begin > 0 and end > 0 else math.nan

    decay = intervals.jackknife(pairs, rate).estimate_if_finite()
    if decay is None or decay.low is None or decay.high is None or decay.low <= 0:
        return None
    value, low, high = (math.log(2) / each for each in (decay.value, decay.high, decay.low))
    return Estimate(value=value, low=low, high=high, count=decay.count)


def _to_others(
    texts: Sequence[str], names: Sequence[str], chains: Sequence[Trajectory], scores: Scores
) -> FloatArray | None:
    """Mean similarity of each text to the passages of further chains, in groups of at most 40; null for one
    passage."""
    passages = {chain.passage: chain.texts[0] for chain in chains}
    if len(passages) < 2:
        return None
    means = np.zeros(len(texts))
    for group in diversity.groups(len(texts)):
        held = list(dict.fromkeys(names[at] for at in group))
        held = held if len(held) > 1 else list(passages)[: diversity.GROUP]
        table = scores([passages[name] for name in held], [texts[at] for at in group])
        for column, at in enumerate(group):
            means[at] = table[[row for row, name in enumerate(held) if name != names[at]], column].mean()
    return means
