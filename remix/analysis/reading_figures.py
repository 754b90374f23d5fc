"""The report's figures of readings: bits kept by kind and step, and labels by kind and step.

Takes a `ReadingSurvey`, gives plots and the rows of tables; `pages/report.html` has the explanations.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from remix.analysis import plots
from remix.analysis.intervals import Estimate, shown
from remix.analysis.plots import Bar, Series
from remix.analysis.survey_records import KindReadingSurvey, ReadingSurvey
from remix.records import Label

LABELS: tuple[Label, ...] = ("said", "not said", "turned round", "unsure")
"""The labels in the order of a bar."""

COLOURS = (2, 4, 1, -1)
"""The colour of each label, as in `plots.Series`."""


def figures(survey: ReadingSurvey, kinds: Sequence[str]) -> dict[str, Any]:
    """What the page needs; `kinds` are all kinds of the report, whose places give the colours."""
    return {
        "survey": survey,
        "labels": [(name, colour + 1) for name, colour in zip(LABELS, COLOURS, strict=True)],
        "panels": [_kept(each, kinds.index(each.kind)) for each in survey.kinds if each.kind in kinds],
        "rows": [
            (each.kind, step.step, step.outputs, shown(step.kept), shown(step.words))
            for each in survey.kinds
            for step in each.steps
        ],
        "stacks": [_labels(each) for each in survey.kinds if survey.has_labels],
        "label_rows": [
            (each.kind, step.step, *(shown(step.labels[label]) for label in LABELS))
            for each in survey.kinds
            for step in each.steps
            if step.labels
        ],
    }


def _kept(kind: KindReadingSurvey, colour: int) -> str:
    kept: list[Estimate] = [step.kept for step in kind.steps]
    series = Series(
        name="bits kept",
        colour=colour,
        style="-",
        x=[step.step for step in kind.steps],
        y=[each.value for each in kept],
        low=[each.low for each in kept],
        high=[each.high for each in kept],
    )
    return plots.lines(kind.kind, [series], "share of bits kept", top=1.0)


def _labels(kind: KindReadingSurvey) -> str:
    bars = [
        Bar(f"step {step.step}", [step.labels[label].value for label in LABELS]) for step in kind.steps if step.labels
    ]
    return plots.stacks(kind.kind, bars, LABELS, COLOURS)
