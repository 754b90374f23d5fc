"""`remix measure`."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from remix.cli import completion, on_ray
from remix.cli.coverage import print_coverage
from remix.cli.latest import run_folder
from remix.cli.options import embeddings_option, json_option
from remix.cli.printing import note, print_json, print_table
from remix.util.names import quoted

if TYPE_CHECKING:
    from remix.analysis.coverage import RunCoverage
    from remix.analysis.road_records import RoadSurvey
    from remix.analysis.run_ledgers import KindSummary, Measured
    from remix.analysis.survey_records import ReadingSurvey, Survey
    from remix.measure.embedding import Embedder
    from remix.outputs import RunFolder
    from remix.reader.run_readings import OpenModel
    from remix.reader.summary import KindReadings
    from remix.records import ModelFile
    from remix.workspace import Workspace


@click.command()
@click.argument("run", required=False, shell_complete=completion.run)
@click.option(
    "--report",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also write a page of plots: drift, what was kept, a map of the texts, whether chains converge, and what "
    "--by model found before.",
)
@click.option(
    "--by",
    type=click.Choice(["words", "meaning", "model"]),
    default="words",
    show_default=True,
    help="How: sentences matched by their letters, or by meaning (needs the extra `embeddings`); or texts read by a "
    "model.",
)
@click.option(
    "--reader",
    metavar="MODEL",
    help="With --by model: the GGUF that reads. By default the largest chat model here that fits into memory.",
)
@on_ray.place_options
@embeddings_option
@json_option
@click.pass_obj
def measure(
    workspace: Workspace,
    /,
    run: str | None,
    target: Path | None,
    by: str,
    reader: str | None,
    embeddings: str | None,
    as_json: bool,
    **place: Any,
) -> None:
    """Measure what each text of a run kept of its passage, dropped, added and invented.

    RUN is the path of a run or the beginning of a run's name; by default the latest run. The measures of each text
    are stored beside the text's record as .measures.json. Measures count letters and words: a help to readers, and
    no verdict.

    With --by model, a local model reads each text beside its passage: what share of the passage's bits the text
    keeps, which words go most against the passage, and whether the passage says what each sentence says. Readings
    are stored as .reading.json. The output says how often the reader is right, if that was measured. With --ray,
    workers read; one whose engine differs from the first worker's is left out.

    Of texts made from several passages, and of a woven essay, both also tell how many passages are heard, and which
    nobody hears. Which passages stand behind each sentence is stored as .lineage.json; see `remix why --sentence`.

    --json also prints how the chains develop together, by words; with --report, --by meaning or --embeddings by
    meaning too. --json and --report have the stored readings by kind and step. Of branches, all tell where they lead:
    how far their endings are from the original's, and which come back to its words.
    """
    from remix.analysis import run_survey
    from remix.measure import embedding
    from remix.reader import run_readings

    if by == "model" and (target or embeddings):
        raise click.UsageError("--by model goes without --report and --embeddings.")
    if reader and by != "model":
        raise click.UsageError("--reader goes with --by model.")
    where = on_ray.asked(place)
    if where and by != "model":
        raise click.UsageError("--ray goes with --by model.")
    folder = run_folder(workspace, run)
    if by == "model":
        model = run_readings.find_reader(reader, workspace.model_folders)
        note(f"{model[1].name} reads {len(folder.done)} texts; readings are kept as they come.")
        on_workers = partial(on_ray.scorer, where) if where else None
        _show_readings(folder, model, on_workers, as_json)
        return
    if target:
        run_survey.check(target)
    embedder = None
    if target or embeddings or by == "meaning":
        embedder = embedding.find(embeddings, workspace.model_folders)
    _show_measures(folder, by, embedder, target, as_json)


COMMANDS = (measure,)

HEADERS = (
    *("kind", "texts", "sentences kept", "added", "facts kept", "words", "copied", "run of words"),
    *("flagged", "inventing", "turning round"),
)


READ_HEADERS = (
    "kind",
    "texts",
    "bits kept",
    "words",
    "sentences",
    "said",
    "not said",
    "turned round",
    "unsure",
    "gibberish",
)

CAVEATS = {
    "words": """
Medians; shares of the passage's sentences, facts and words. A sentence counts as kept if enough of its letters are
found in a sentence of the text: an aid to a reader, no verdict. Most claims that are turned round, and facts that
change places, are not seen.""",
    "meaning": """
Medians; shares of the passage's sentences, facts and words. A sentence counts as kept if the sentence model finds a
sentence of the text with much the same meaning: an aid to a reader, no verdict. The model is nearly blind to "not".
Most claims that are turned round, and facts that change places, are not seen.""",
}


def _show_measures(folder: RunFolder, by: str, embedder: Embedder | None, target: Path | None, as_json: bool) -> None:
    """Measure the texts of a run, print and store the measures, and write the report to `target`, if given."""
    from remix.analysis import coverage, plots, road_survey, run_ledgers, run_lineages, run_survey
    from remix.measure import embedding
    from remix.reader import reading_survey

    measured = run_ledgers.measure(folder, embedding.matching(by))
    summaries = run_ledgers.summaries(measured)
    readings = reading_survey.of_run(folder, measured) if target or as_json else None
    surveyed = cache(lambda: run_survey.survey_of(folder, measured, embedder))
    roads = road_survey.of_run(folder, embedder)
    lineages = list(run_lineages.lineages(folder))
    covered = coverage.of_run(folder, lineages)
    if as_json:
        _print_json(folder.run.name, summaries, measured, Surveys(surveyed().survey, readings, roads, covered))
    else:
        _print(summaries, measured, CAVEATS[by])
        _print_roads(roads)
        print_coverage(covered)
        note(*(each.line for each in run_ledgers.languages(measured) if each.line))
    run_ledgers.store(folder, measured)
    run_lineages.store_all(folder, lineages)
    if target:
        data = surveyed()._replace(readings=readings, roads=roads, coverage=covered)
        run_survey.write_report(data, embedder, target)
        note("", f"The report: {target}")
        if not plots.is_installed():
            note(f"The report has tables and no plots, because matplotlib isn't installed: {plots.HINT}")


def _show_readings(
    folder: RunFolder, model: tuple[Path, ModelFile], open_model: OpenModel | None, as_json: bool
) -> None:
    """Read the texts of a run by a model, and print what was read."""
    from remix.analysis import coverage
    from remix.reader import calibration, lineage_by_model, run_lineages, run_readings, summary

    found = run_readings.read(folder, model, open_model)
    lineages = run_lineages.read(folder, model, open_model)
    covered = coverage.of_run(folder, lineages.outputs, coverage.by_model)
    left_out = list(dict.fromkeys([*found.left_out, *lineages.left_out]))
    kinds = summary.by_kind(found.outputs)
    weights = calibration.calibration_of(found.file)
    if as_json:
        print_json(
            {
                "run": folder.run.name,
                "reader": {
                    "name": found.file.name,
                    "sha256": found.file.sha256,
                    "calibrated": bool(weights and weights.is_of(found.file)),
                    "calibration": weights and {"name": weights.name, **weights.found.model_dump()},
                },
                "kinds": [each.model_dump() for each in kinds],
                "outputs": {
                    each.task.id: {"line": summary.line(each.reading), **each.reading.model_dump(mode="json")}
                    for each in found.outputs
                },
                "coverage": covered and covered.model_dump(mode="json"),
                "left_out": left_out,
            }
        )
    else:
        _print_readings(kinds, [(each.task.id, summary.line(each.reading)) for each in found.outputs])
        note("", calibration.in_words(found.file))
        print_coverage(covered)
        if covered:
            note(lineage_by_model.in_words(found.file.name))
    for task in left_out:
        note(f"{task}: not read: it is blank, or longer than the reader's context.")


def _print_readings(kinds: list[KindReadings], lines: list[tuple[str, str]]) -> None:
    if not kinds:
        note("No text is read yet.")
        return
    rows = [
        (
            *(each.kind, str(each.outputs), f"{each.kept:.0%}", f"{each.words:.0%}"),
            *map(str, (each.sentences, *each.labels.values(), each.gibberish)),
        )
        for each in kinds
    ]
    print_table(READ_HEADERS, rows)
    note("")
    print_table(["output", "what it did"], lines)


class Surveys(NamedTuple):
    """What is known of a run as a whole."""

    chains: Survey
    readings: ReadingSurvey | None
    """Null if no text was read."""
    roads: RoadSurvey | None
    """Null if no text is a branch."""
    coverage: RunCoverage | None
    """Null if no text was made from several passages."""


def _print_json(run: str, summaries: list[KindSummary], measured: list[Measured], surveys: Surveys) -> None:
    from remix.analysis.run_ledgers import languages

    print_json(
        {
            "run": run,
            "kinds": [each.model_dump() for each in summaries],
            "languages": [each.model_dump() for each in languages(measured)],
            "outputs": {each.task.id: each.ledger.model_dump(mode="json") for each in measured},
            "survey": surveys.chains.model_dump(mode="json"),
            "readings": surveys.readings and surveys.readings.model_dump(mode="json"),
            "roads": surveys.roads and surveys.roads.model_dump(mode="json"),
            "coverage": surveys.coverage and surveys.coverage.model_dump(mode="json"),
        }
    )


def _print(summaries: list[KindSummary], measured: list[Measured], caveat: str) -> None:
    if not summaries:
        note("No text is finished yet.")
        return
    print_table(HEADERS, [_row(each) for each in summaries])
    note(*caveat.split("\n"))
    by_name = {each.task.id: each.ledger for each in measured}
    for summary in summaries:
        note("", f"{quoted(summary.kind)}: texts to read first")
        worst = [(name, by_name[name]) for name in summary.worst]
        rows = [(name, ", ".join(ledger.flags) or "-", ledger.line) for name, ledger in worst]
        print_table(["output", "flags", "what it did"], rows)


ROAD_HEADERS = ("roads of", "step", "texts", "roads", "words left", "firmness", "distance", "same ending", "rejoins")


def _print_roads(survey: RoadSurvey | None) -> None:
    """Where the run's branches lead, if the texts are branches."""
    if survey is None:
        return
    rows = [
        (
            *(kind.kind, str(step.step), str(step.texts), str(step.roads), f"{step.words_left.value:.0f}"),
            *(f"{each.value:.2f}" for each in (step.firmness, step.distance)),
            *(f"{each.value:.0%}" for each in (step.same_ending, step.rejoins)),
        )
        for kind in survey.kinds
        for step in kind.steps
    ]
    if rows:
        note("")
        print_table(ROAD_HEADERS, rows)
        note(
            "Firmness: the share of roads that keep at least half of the original's wording after the turn. "
            "Distance: the share of this wording that they lack."
        )


def _row(summary: KindSummary) -> tuple[str, ...]:
    facts = f"{summary.facts:.0%}" if summary.facts is not None else "-"
    return (
        summary.kind,
        str(summary.outputs),
        f"{summary.kept:.0%}",
        f"{summary.added:.0%}",
        facts,
        f"{summary.words:.0%}",
        f"{summary.coverage:.0%}",
        f"{summary.density:.1f}",
        *(str(count) for count in (summary.flagged, summary.inventing, summary.reversing)),
    )
