"""The survey and report of a run, from the run's folder.

Takes a `RunFolder` and its ledgers, gives a `Survey` or the report's page.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from remix.analysis import report, survey
from remix.analysis.coverage import RunCoverage
from remix.analysis.report import KeptShare, ReportData
from remix.analysis.road_records import RoadSurvey
from remix.analysis.run_ledgers import Measured
from remix.analysis.survey_records import ReadingSurvey, Survey
from remix.analysis.text_sets import SimilarityMethods
from remix.analysis.trajectory import Trajectory, trajectories
from remix.errors import RunError
from remix.measure.chrf import CHRF
from remix.measure.embedding import Embedder
from remix.measure.vectors import FloatArray
from remix.outputs.facts import about
from remix.outputs.run import RunFolder
from remix.records import Run
from remix.util.files import write_whole


class SurveyedRun(NamedTuple):
    """A run with its chains, ledgers and survey."""

    run: Run
    chains: tuple[Trajectory, ...]
    measured: tuple[Measured, ...]
    survey: Survey
    readings: ReadingSurvey | None = None
    """What a model found in the texts, if the run was read."""
    roads: RoadSurvey | None = None
    """Where the run's branches lead, if the texts are branches."""
    coverage: RunCoverage | None = None
    """Which passages are heard, if texts were made from several."""


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
    """The report as HTML. Raises `RunError` if no text is finished."""
    if not surveyed.measured:
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
    further = surveyed.readings, surveyed.roads, surveyed.coverage
    return report.report(ReportData(run, about(run), models, chains, found, kept, by, embedder, *further))


def check(target: Path) -> None:
    """Raise `RunError` if no report can be written: asked before measuring, which takes minutes."""
    if not target.absolute().parent.is_dir():
        raise RunError(f"{target}: its folder doesn't exist.", "Make it, or take another place with --report.")


def write_report(surveyed: SurveyedRun, embedder: Embedder | None, target: Path) -> None:
    """Write the report, replacing a file at `target`. Raises like `page`, and `RunError` if it can't be written."""
    write_whole(target, page(surveyed, embedder).encode())
