"""The report of a run's measures: an HTML page with plots, tables and findings.

Takes a run, its chains, their survey and what each text kept; gives one self-contained HTML page without scripts.
`pages/report.html` has the page's explanations and `findings.py` its sentences.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from remix import pages
from remix.analysis import findings, plots, projection, reading_figures, road_figures
from remix.analysis.coverage import RunCoverage
from remix.analysis.intervals import Estimate, shown
from remix.analysis.plots import Path, Row, Series
from remix.analysis.road_records import RoadSurvey
from remix.analysis.survey_records import (
    Drift,
    KindSurvey,
    ReadingSurvey,
    SetDiversity,
    SimilarityMethod,
    StepSurvey,
    Survey,
)
from remix.analysis.trajectory import Trajectory
from remix.measure.embedding import Embedder
from remix.measure.vectors import tfidf
from remix.records import Run


class KeptShare(NamedTuple):
    """How much a text kept of its passage."""

    kind: str
    step: int
    sentences: float
    """Share of the passage's sentences, 0 … 1."""
    facts: float | None
    """Share of the passage's hard facts, 0 … 1; null if the passage has none."""


class ReportData(NamedTuple):
    """Everything the page is made from."""

    run: Run
    about: str
    """The selection of passages, in a few words."""
    models: tuple[str, ...]
    """Names of the models that wrote the texts."""
    chains: Sequence[Trajectory]
    survey: Survey
    kept: Sequence[KeptShare]
    """How much each text kept of its passage."""
    kept_by: SimilarityMethod
    """How sentences were compared."""
    embedder: Embedder | None
    readings: ReadingSurvey | None = None
    """What a model found in the texts, if the run was read."""
    roads: RoadSurvey | None = None
    """Where the run's branches lead, if the texts are branches."""
    coverage: RunCoverage | None = None
    """Which passages are heard, if texts were made from several."""


def report(data: ReportData) -> str:
    """The page as HTML; without matplotlib, with tables in place of plots."""
    survey, roads = data.survey, data.roads
    kinds = [kind.kind for kind in survey.kinds]
    passages = {chain.passage for chain in data.chains} | {text.passage for text in (roads.texts if roads else ())}
    return pages.render(
        "report.html",
        install=None if plots.is_installed() else plots.HINT,
        run=data.run,
        about=data.about,
        models=" and ".join(data.models) or "nobody yet",
        texts=len(data.kept),
        survey=survey,
        passages=len(passages),
        steps=max((each.step for each in data.kept), default=0),
        summary=findings.summary(survey),
        kinds=[_findings(number, kind) for number, kind in enumerate(survey.kinds)],
        drifts=[_drifts(survey, method) for method in (["meaning", "words"] if survey.embeddings else ["words"])],
        kept=_kept(data),
        read=data.readings and reading_figures.figures(data.readings, kinds),
        roads=roads and road_figures.figures(roads, kinds),
        coverage=data.coverage,
        plane=_map(data),
        spreads=_spreads(survey),
    )


def _findings(number: int, kind: KindSurvey) -> dict[str, Any]:
    sentences = [findings.similarity_to_passage(kind), *findings.convergence(kind), findings.endings(kind)]
    endings = kind.endings
    return {
        "name": kind.kind,
        "colour": number % plots.COLOURS + 1,
        "sentences": [each for each in sentences if each],
        "attractions": [each for each in map(findings.attractor, kind.attractors) if each],
        "cut": kind.cut,
        "rests": (
            kind.kind,
            endings.chains,
            endings.fixed,
            endings.loops,
            "–" if endings.soonest is None else endings.soonest,
            shown(endings.one_back),
            shown(endings.periodicity),
            {True: "yes", False: "no", None: "–"}[findings.swings(kind)],
        ),
    }


# -- drift --------------------------------------------------------------------------------------------------


def _drifts(survey: Survey, method: str) -> dict[str, Any]:
    by = "by_meaning" if method == "meaning" else "by_words"
    known = [
        (number, kind.kind, [(step, drift) for step in kind.steps if (drift := getattr(step, by))])
        for number, kind in enumerate(survey.kinds)
    ]
    return {
        "way": method,
        "panels": [
            plots.lines(name, _drift_series(number, own), "similarity", top=1.0) for number, name, own in known if own
        ],
        "rows": [
            (name, step.step, step.count, *map(shown, (drift.to_passage, drift.to_previous, drift.to_others)))
            for _, name, own in known
            for step, drift in own
        ],
    }


def _drift_series(number: int, own: Sequence[tuple[StepSurvey, Drift]]) -> list[Series]:
    steps = [step.step for step, _ in own]
    made = [
        _series("to its own passage", number, "-", steps, [drift.to_passage for _, drift in own]),
        _series("to the step before", number, "--", steps, [drift.to_previous for _, drift in own]),
    ]
    others = [drift.to_others for _, drift in own if drift.to_others]
    if len(others) == len(own):
        made.append(_series("to other passages", -1, ":", steps, others))
    return made


def _series(name: str, colour: int, style: str, steps: Sequence[int], values: Sequence[Estimate]) -> Series:
    return Series(
        name,
        colour,
        style,
        steps,
        [each.value for each in values],
        [each.low for each in values],
        [each.high for each in values],
    )


# -- what was kept ------------------------------------------------------------------------------------------


def _kept(data: ReportData) -> dict[str, Any] | None:
    if not data.kept:
        return None
    panels, rows = [], []
    for number, kind in enumerate(data.survey.kinds):
        by_step: dict[int, list[KeptShare]] = {}
        for each in data.kept:
            if each.kind == kind.kind:
                by_step.setdefault(each.step, []).append(each)
        steps = sorted(by_step)
        if not steps:
            continue
        strips = [Row(f"step {step}", number, [each.sentences for each in by_step[step]]) for step in steps]
        panels.append(plots.strips(kind.kind, strips, "sentences kept"))
        rows += [(kind.kind, step, *_kept_means(by_step[step])) for step in steps]
    return {"panels": panels, "rows": rows, "by": data.kept_by}


def _kept_means(kept: Sequence[KeptShare]) -> tuple[int, str, str, str]:
    """The number of texts, of texts that keep no sentence, and the mean shares of sentences and facts kept."""
    facts = [each.facts for each in kept if each.facts is not None]
    sentences = [each.sentences for each in kept]
    return (
        len(kept),
        str(sum(each == 0 for each in sentences)),
        f"{float(np.mean(sentences)):.0%}",
        f"{float(np.mean(facts)):.0%}" if facts else "–",
    )


# -- the map ------------------------------------------------------------------------------------------------


def _map(data: ReportData) -> dict[str, Any] | None:
    """Passages and texts in the plane of their principal components, the same plane for all kinds."""
    texts = list(dict.fromkeys(text for chain in data.chains for text in chain.texts))
    if len(texts) < 3:
        return None
    vectors = data.embedder.embed(texts) if data.embedder else tfidf(texts)
    plane = projection.project(vectors)
    place = dict(zip(texts, plane.points, strict=True))
    paths = [(chain.kind, Path(np.array([place[text] for text in chain.texts]))) for chain in data.chains]
    (left, bottom), (right, top) = plane.points.min(axis=0), plane.points.max(axis=0)
    across, up = 0.06 * ((right - left) or 1.0), 0.06 * ((top - bottom) or 1.0)
    limits = (left - across, right + across, bottom - up, top + up)
    whole = dict(zip(texts, vectors, strict=True))
    passages = {chain.passage: chain.texts[0] for chain in data.chains}
    return {
        "by": data.embedder.name if data.embedder else None,
        "share": plane.share,
        "rings": _radius([whole[text] for text in passages.values()]),
        # One point per chain, even if chains end in the same text: convergence should show.
        "points": _radius([whole[chain.texts[-1]] for chain in data.chains]),
        "panels": [
            plots.paths(kind.kind, [path for own, path in paths if own == kind.kind], number, limits)
            for number, kind in enumerate(data.survey.kinds)
        ],
    }


def _radius(points: Sequence[Any]) -> float:
    """Mean distance of vectors from their mean."""
    table = np.array(points)
    return float(np.linalg.norm(table - table.mean(axis=0), axis=1).mean())


# -- diversity ----------------------------------------------------------------------------------------------

Reading = Callable[[SetDiversity], Estimate | None]


def _spreads(survey: Survey) -> dict[str, Any] | None:
    if not any(kind.cut for kind in survey.kinds):
        return None
    meaning: list[tuple[str, Reading]] = [("different texts, by meaning", lambda diversity: diversity.vendi_meaning)]
    readings: list[tuple[str, Reading]] = [
        *(meaning if survey.embeddings else []),
        ("different texts, by words", lambda diversity: diversity.vendi),
        ("similarity to each other", lambda diversity: diversity.self_similarity),
        ("compression ratio", lambda diversity: diversity.compression_ratio),
    ]
    return {
        "panels": [_spread_panel(survey, name, reading) for name, reading in readings],
        "rows": [
            (
                kind.kind,
                step.step,
                *map(
                    shown,
                    (
                        diversity.vendi,
                        diversity.vendi_meaning,
                        diversity.self_similarity,
                        diversity.compression_ratio,
                    ),
                ),
                f"{diversity.self_repetition.value:.2f}",
                f"{diversity.distinct_1.value:.2f}",
                f"{diversity.distinct_2.value:.2f}",
            )
            for kind in survey.kinds
            for step in kind.steps
            if (diversity := step.diversity)
        ],
    }


def _spread_panel(survey: Survey, name: str, reading: Reading) -> str:
    series = []
    for number, kind in enumerate(survey.kinds):
        known = [(step.step, found) for step in kind.steps if step.diversity and (found := reading(step.diversity))]
        if known:
            series.append(_series(kind.kind, number, "-", [at for at, _ in known], [each for _, each in known]))
    return plots.lines(name.capitalize(), series, name)
