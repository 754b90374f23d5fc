"""The survey of a run's roads by kind, step and model, with intervals over passages.

Takes a run's `TextRoads`, gives a `RoadSurvey`. Roads of a text aren't independent, nor are texts of a passage: each
number is a mean over passages. Later texts are shorter, and a road that leaves near the end has little room to lead
away, so steps are also compared between roads with as many words left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from remix.analysis import intervals
from remix.analysis.intervals import Estimate
from remix.analysis.road_endings import RUN
from remix.analysis.road_records import KindRoads, Road, RoadChange, RoadSurvey, StepRoads, TextRoads
from remix.analysis.roads import NEAR, roads_of
from remix.measure.embedding import Embedder
from remix.outputs.run import RunFolder

Number = Callable[[Road], float]
"""A number of a road that has a distance."""


def of_run(folder: RunFolder, embedder: Embedder | None = None) -> RoadSurvey | None:
    """The survey of a run's roads; null if the run has no branches. Raises `RunError` if a text can't be read."""
    texts = roads_of(folder, embedder)
    return survey(texts, embedder.name if embedder else None) if texts else None


def survey(texts: Sequence[TextRoads], embeddings: str | None = None) -> RoadSurvey:
    """The survey of texts and their roads; `embeddings` names the model by which meanings were compared."""
    measured = [each for each in texts if each.distance is not None]
    return RoadSurvey(
        near=NEAR,
        run_of_words=RUN,
        embeddings=embeddings,
        texts=tuple(texts),
        kinds=tuple(
            KindRoads(
                kind=kind, model=model, steps=_steps([each for each in measured if _group(each) == (kind, model)])
            )
            for kind, model in dict.fromkeys(map(_group, measured))
        ),
    )


def is_near(road: Road) -> float:
    """1 if a road ends near the original, else 0."""
    return float(road.distance is not None and road.distance <= NEAR)


def distance(road: Road) -> float:
    """The distance of a road's ending."""
    assert road.distance is not None, "only roads with a distance are measured"
    return road.distance


def _group(text: TextRoads) -> tuple[str, str]:
    return text.kind, text.model


def measured_roads(text: TextRoads) -> list[Road]:
    """The roads of a text that have a distance: roads after whose fork the text goes on."""
    return [road for road in text.roads if road.distance is not None]


def _steps(texts: Sequence[TextRoads]) -> tuple[StepRoads, ...]:
    by_step = {step: [each for each in texts if each.step == step] for step in sorted({each.step for each in texts})}
    first, *_ = by_step.values()
    return tuple(_step(step, own, None if own is first else first) for step, own in by_step.items())


def _step(step: int, texts: Sequence[TextRoads], first: Sequence[TextRoads] | None) -> StepRoads:
    meant = [each for each in texts if any(road.by_meaning is not None for road in each.roads)]
    return StepRoads(
        step=step,
        texts=len(texts),
        roads=sum(len(measured_roads(each)) for each in texts),
        words_left=_mean(texts, lambda road: float(road.words_left)),
        firmness=_mean(texts, is_near),
        distance=_mean(texts, distance),
        by_meaning=_meaning(meant) if meant else None,
        same_ending=_mean(texts, lambda road: float(road.same_ending is not None)),
        rejoins=_mean(texts, lambda road: float(road.rejoins is not None)),
        firmness_change=change(first, texts, is_near) if first else None,
        distance_change=change(first, texts, distance) if first else None,
    )


def _mean(texts: Sequence[TextRoads], number: Number) -> Estimate:
    values = [float(np.mean([number(road) for road in measured_roads(each)])) for each in texts]
    return intervals.over_passages([each.passage for each in texts], values)


def _meaning(texts: Sequence[TextRoads]) -> Estimate:
    values = [np.mean([road.by_meaning for road in each.roads if road.by_meaning is not None]) for each in texts]
    return intervals.over_passages([each.passage for each in texts], map(float, values))


# -- changes ------------------------------------------------------------------------------------------------


def change(before: Sequence[TextRoads], after: Sequence[TextRoads], number: Number) -> RoadChange | None:
    """The change of a number between the texts of two steps, over the passages of both; null if no passage has
    texts at both. Only roads of the same kind are compared at equal length."""
    sides = [_by_passage(texts) for texts in (before, after)]
    shared = [passage for passage in sides[0] if passage in sides[1]]
    means = [[_text_mean(side[each], number) for each in shared] for side in sides]
    plain = intervals.mean([late - early for early, late in zip(*means, strict=True)])
    if plain is None:
        return None
    items = [(_sums(sides[0][each], number), _sums(sides[1][each], number)) for each in shared]
    equal = intervals.jackknife(items, _at_equal_length).estimate_if_finite()
    return RoadChange(plain=plain, at_equal_length=equal)


def _by_passage(texts: Iterable[TextRoads]) -> dict[str, list[TextRoads]]:
    found: dict[str, list[TextRoads]] = {}
    for each in texts:
        found.setdefault(each.passage, []).append(each)
    return found


def _text_mean(texts: Sequence[TextRoads], number: Number) -> float:
    return float(np.mean([np.mean([number(road) for road in measured_roads(each)]) for each in texts]))


_Sums = dict[tuple[str, int], tuple[int, float]]
"""For each kind and length class the number of roads, and the sum of their numbers."""


def length_class(road: Road) -> int:
    """The class of a road by the words left after the turn: 1 for one word, 2 for 2 or 3 words, 3 for 4 to 7 …"""
    return road.words_left.bit_length()


def _sums(texts: Iterable[TextRoads], number: Number) -> _Sums:
    sums: _Sums = {}
    for each in texts:
        for road in measured_roads(each):
            key = each.kind, length_class(road)
            count, sum_ = sums.get(key, (0, 0.0))
            sums[key] = count + 1, sum_ + number(road)
    return sums


def _at_equal_length(passages: Sequence[tuple[_Sums, _Sums]]) -> float:
    """The mean difference between roads of the same kind and length class, weighted by n m / (n + m), the inverse
    variance of a difference of means; NaN if the sides share no class."""
    weights, weighted = 0.0, 0.0
    for key in sorted({key for both in passages for sums in both for key in sums}):
        (count, sum_), (other_count, other_sum) = (
            np.sum([both[side].get(key, (0, 0.0)) for both in passages], axis=0) for side in (0, 1)
        )
        if count and other_count:
            weight = count * other_count / (count + other_count)
            weights += weight
            weighted += weight * (other_sum / other_count - sum_ / count)
    return float(weighted / weights) if weights else float("nan")
