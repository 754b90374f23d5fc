"""The report's figures of roads: how far they lead away, how firm texts are by step, and each text in words.

Takes a `RoadSurvey`, gives plots, sentences and the rows of tables; `pages/report.html` has the explanations.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from remix.analysis import plots
from remix.analysis.findings import SPACE
from remix.analysis.intervals import shown
from remix.analysis.plots import Row, Series
from remix.analysis.road_records import KindRoads, RoadSurvey
from remix.analysis.roads import roads_in_words

MOST_TEXTS = 60
"""Texts whose roads the page tells in words, the least firm first."""


def figures(survey: RoadSurvey, kinds: Sequence[str]) -> dict[str, Any]:
    """What the page needs; `kinds` are all kinds of the report, whose places give the colours."""
    order = list(dict.fromkeys([*kinds, *(kind.kind for kind in survey.kinds)]))
    several = [kind for kind in survey.kinds if len(kind.steps) > 1]
    told = sorted((each for each in survey.texts if each.firmness is not None), key=lambda each: each.firmness or 0)
    return {
        "survey": survey,
        "texts": len(survey.texts),
        "roads": sum(len(each.roads) for each in survey.texts),
        "sentences": [found for kind in several if (found := grows_firmer(kind))],
        "panels": [
            *(_distances(survey, kind, order.index(kind.kind)) for kind in survey.kinds),
            *(_firmness(kind, order.index(kind.kind)) for kind in several),
        ],
        "rows": [
            (
                *(_name(kind, survey), step.step, step.texts, step.roads, f"{step.words_left.value:.0f}"),
                *map(shown, (step.firmness, step.distance, step.by_meaning, step.same_ending, step.rejoins)),
            )
            for kind in survey.kinds
            for step in kind.steps
        ],
        "told": [(each.task, roads_in_words(each)) for each in told[:MOST_TEXTS]],
        "untold": len(told[MOST_TEXTS:]),
    }


def grows_firmer(kind: KindRoads) -> str | None:
    """Whether a kind's last step is firmer than its first, no stronger than the interval allows.

    Null if no passage has texts at both steps.
    """
    first, last = kind.steps[0], kind.steps[-1]
    change = last.firmness_change
    if change is None:
        return None
    found = change.at_equal_length
    levels = f"{first.firmness.value:.2f} at step {first.step}, {last.firmness.value:.2f} at step {last.step}"
    if found is None or found.low is None or found.high is None:
        return f"{kind.kind}: firmness {levels}; too few passages, or too different lengths, to compare the steps."
    value, low, high = (f"{each:+.2f}".replace("-", "−") for each in (found.value, found.low, found.high))
    numbers = f"{value}, 95{SPACE}% interval {low} to {high}"
    if not found.is_not_zero:
        what = "with as many words left no change is certain"
    else:
        what = f"with as many words left, later texts are {'firmer' if found.value > 0 else 'less firm'}"
    return f"{kind.kind}: firmness {levels}; {what} ({numbers})."


def _name(kind: KindRoads, survey: RoadSurvey) -> str:
    is_alone = len({each.model for each in survey.kinds}) == 1
    return kind.kind if is_alone else f"{kind.kind}, {kind.model}"


def _distances(survey: RoadSurvey, kind: KindRoads, colour: int) -> str:
    """A point for each road, by step."""
    rows = [
        Row(
            f"step {step.step}",
            colour,
            [
                road.distance
                for text in survey.texts
                if (text.kind, text.model, text.step) == (kind.kind, kind.model, step.step)
                for road in text.roads
                if road.distance is not None
            ],
        )
        for step in kind.steps
    ]
    return plots.strips(_name(kind, survey), rows, "distance of the ending")


def _firmness(kind: KindRoads, colour: int) -> str:
    found = [step.firmness for step in kind.steps]
    series = Series(
        name="firmness",
        colour=colour,
        style="-",
        x=[step.step for step in kind.steps],
        y=[each.value for each in found],
        low=[each.low for each in found],
        high=[each.high for each in found],
    )
    return plots.lines(f"{kind.kind}: firmness", [series], "firmness", top=1.0)
