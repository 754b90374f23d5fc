"""The survey and report of a run, and the comparison of two runs, from the runs' folders.

Takes `RunFolder`s and their ledgers, gives a `Survey`, the report's page or a `Comparison`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from remix.analysis import plots, report, survey
from remix.analysis.compare import ComparedNeighbours, Comparison, TextKey, differences
from remix.analysis.neighbours import FEWEST, mutual_knn
from remix.analysis.report import KeptShare, ReportData
from remix.analysis.run_ledgers import Measured
from remix.analysis.survey_records import Survey
from remix.analysis.text_sets import SimilarityMethods
from remix.analysis.trajectory import Trajectory, passage_of, place_of, trajectories
from remix.errors import RunError
from remix.measure.chrf import CHRF
from remix.measure.embedding import Embedder
from remix.measure.vectors import FloatArray
from remix.outputs.facts import about
from remix.outputs.run import RunFolder
from remix.records import Record, Run
from remix.util.files import write_whole


class SurveyedRun(NamedTuple):
    """A run with its chains, ledgers and survey."""

    run: Run
    chains: tuple[Trajectory, ...]
    measured: tuple[Measured, ...]
    survey: Survey


def chrf(ones: Sequence[str], others: Sequence[str]) -> FloatArray:
    """chrF, 0 … 1: how much of each text of the first list is in each text of the second."""
    table: FloatArray = CHRF.scores(ones, others) / 100
    return table


def survey_of(folder: RunFolder, measured: Sequence[Measured], embedder: Embedder | None) -> SurveyedRun:
    """The survey of a run's finished texts. Raises `RunError` if a text can't be read."""
    chains = trajectories((each.record, folder.read(each.task.id)[1]) for each in measured)
    found = survey.survey(chains, SimilarityMethods(chrf, embedder))
    return SurveyedRun(folder.run, tuple(chains), tuple(measured), found)


def page(surveyed: SurveyedRun, embedder: Embedder | None) -> str:
    """The report as HTML. Raises `RunError` if no text is finished, `DrawingError` if matplotlib isn't installed."""
    if not surveyed.chains:
        raise RunError(f"{surveyed.run.name}: no text is finished yet.", "`remix resume` goes on with it.")
    kept = [
        KeptShare(each.task.kind, each.task.step, each.ledger.kept, each.ledger.facts.kept_share)
        for each in surveyed.measured
    ]
    models = tuple(dict.fromkeys(each.record.circumstances.model for each in surveyed.measured))
    by: Literal["words", "meaning"] = (
        "meaning" if any(each.ledger.by_meaning for each in surveyed.measured) else "words"
    )
    run, chains, found = surveyed.run, surveyed.chains, surveyed.survey
    return report.report(ReportData(run, about(run), models, chains, found, kept, by, embedder))


def check(target: Path) -> None:
    """Raise `RunError` or `DrawingError` if no report can be written: asked before measuring, which takes minutes."""
    plots.check()
    if not target.absolute().parent.is_dir():
        raise RunError(f"{target}: its folder doesn't exist.", "Make it, or take another place with --report.")


def write_report(surveyed: SurveyedRun, embedder: Embedder | None, target: Path) -> None:
    """Write the report, replacing a file at `target`. Raises like `page`, and `RunError` if it can't be written."""
    write_whole(target, page(surveyed, embedder).encode())


# -- two runs -----------------------------------------------------------------------------------------------


class ComparedRun(NamedTuple):
    """One of the two runs of a comparison."""

    folder: RunFolder
    measured: Sequence[Measured]


def compare(one: ComparedRun, other: ComparedRun, embedder: Embedder | None) -> Comparison:
    """Two runs side by side, text by text. Raises `RunError` if the runs have no text in common."""
    numbers = [_numbers(side) for side in (one, other)]
    if embedder:
        _add_meaning(numbers, (one, other), embedder)
    first, second = (
        {_place(each.record): each.record.derivation.passages for each in side.measured} for side in (one, other)
    )
    # The texts of both runs whose passages have the same words.
    shared = [place for place in numbers[0] if second.get(place) == first[place]]
    if not shared:
        raise RunError(
            f"{one.folder.run.name} and {other.folder.run.name} have no text of the same passage, kind and step.",
            "Two runs are compared text by text: make the second with the same passages and kinds.",
        )
    found = differences(*({place: values[place] for place in shared} for values in numbers))
    return Comparison(
        one=one.folder.run.name,
        other=other.folder.run.name,
        pairs=len(shared),
        left_out=len(numbers[0].keys() | numbers[1].keys()) - len(shared),
        similarity=one.measured[0].ledger.similarity,
        differences=tuple(found),
        aligned=tuple(_aligned(one, other, shared, embedder)) if embedder else (),
    )


def models_aligned(
    one: ComparedRun, other: ComparedRun, embedders: tuple[Embedder, Embedder]
) -> ComparedNeighbours | None:
    """Mutual k-NN alignment of two models' vectors of the same passages; null for fewer than four passages."""
    sides = [{place_of(each.record): passage_of(each.record) for each in side.measured} for side in (one, other)]
    texts = [text for name, text in sides[0].items() if sides[1].get(name) == text]
    if len(texts) < FEWEST:
        return None
    alignment = mutual_knn(embedders[0].embed(texts), embedders[1].embed(texts))
    what = f"passages, as {embedders[0].name} and {embedders[1].name} see them"
    return ComparedNeighbours(what=what, alignment=alignment) if alignment else None


def _place(record: Record) -> TextKey:
    task = record.task
    return TextKey(place_of(record), task.kind, task.step, task.variant)


def _numbers(side: ComparedRun) -> dict[TextKey, dict[str, float]]:
    """The measures to compare, of each text."""
    numbers: dict[TextKey, dict[str, float]] = {}
    for each, (passage, text) in zip(side.measured, _texts(side), strict=True):
        found = each.ledger
        numbers[_place(each.record)] = {
            "words": float(found.length.words),
            "sentences kept": found.kept,
            **({} if found.facts.kept_share is None else {"facts kept": found.facts.kept_share}),
            "facts invented": float(len(found.facts.invented)),
            "claims turned round": float(len(found.reversals)),
            "flags": float(len(found.flags)),
            "words copied": found.extractive.coverage,
            "like its passage, by words": float(chrf([passage], [text])[0, 0]),
        }
    return numbers


def _add_meaning(
    numbers: Sequence[dict[TextKey, dict[str, float]]], sides: Sequence[ComparedRun], embedder: Embedder
) -> None:
    """Add the cosine of each text and its passage. Both runs are embedded in one call, see `Embedder.embed`."""
    texts = [list(_texts(side)) for side in sides]
    every = list(dict.fromkeys(text for pairs in texts for pair in pairs for text in pair))
    rows = dict(zip(every, embedder.embed(every), strict=True))
    for own, pairs in zip(numbers, texts, strict=True):
        for values, (passage, text) in zip(own.values(), pairs, strict=True):
            values["like its passage, by meaning"] = float(rows[passage] @ rows[text])


def _texts(side: ComparedRun) -> Iterator[tuple[str, str]]:
    """The passage's and the output's text of each output."""
    for each in side.measured:
        yield passage_of(each.record), side.folder.read(each.task.id)[1]


def _aligned(
    one: ComparedRun, other: ComparedRun, shared: Sequence[TextKey], embedder: Embedder
) -> Iterable[ComparedNeighbours]:
    """Per kind, the mutual k-NN alignment of the passages' last texts in both runs."""
    tasks = [{_place(each.record): each.task.id for each in side.measured} for side in (one, other)]
    for kind in dict.fromkeys(place.kind for place in shared):
        last: dict[str, TextKey] = {}
        for place in (place for place in shared if place.kind == kind):
            held = last.setdefault(place.passage, place)
            if (place.step, -place.variant) > (held.step, -held.variant):
                last[place.passage] = place
        texts = [
            [side.folder.read(ids[place])[1] for place in last.values()]
            for side, ids in zip((one, other), tasks, strict=True)
        ]
        if len(last) >= FEWEST and (alignment := mutual_knn(embedder.embed(texts[0]), embedder.embed(texts[1]))):
            yield ComparedNeighbours(what=f"last texts of each passage, {kind}", alignment=alignment)
