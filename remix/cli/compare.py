"""`remix compare`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from remix.cli.options import embeddings_option, json_option, matching_option
from remix.cli.printing import note, print_json, print_table

if TYPE_CHECKING:
    from remix.analysis.compare import ComparedNeighbours, Comparison, Difference
    from remix.measure.embedding import Embedder
    from remix.outputs import RunFolder
    from remix.workspace import Workspace


@click.command()
@click.argument("one", metavar="RUN")
@click.argument("other", metavar="RUN")
@click.option("--neighbours", is_flag=True, help="Load both models, and ask which passages each finds alike.")
@matching_option
@embeddings_option
@json_option
@click.pass_obj
def compare(
    workspace: Workspace, one: str, other: str, neighbours: bool, by: str, embeddings: str | None, as_json: bool
) -> None:
    """Set two runs side by side: two models, two templates, two seeds.

    RUN is a path or the beginning of its name. Texts of the same passage, kind, step and variant are compared; the
    difference is the second run less the first, with the range in which it likely lies for other passages.
    """
    from remix.analysis import run_ledgers, run_survey
    from remix.measure import embedding
    from remix.outputs import find_run

    matching = embedding.matching(by)
    folders = [find_run(workspace.outputs, word) for word in (one, other)]
    sides = [run_survey.ComparedRun(folder, run_ledgers.measure(folder, matching)) for folder in folders]
    comparison = run_survey.compare(sides[0], sides[1], embedding.find(embeddings, workspace.model_folders))
    if neighbours:
        found = run_survey.models_aligned(sides[0], sides[1], _models(workspace, folders))
        aligned = (*([found] if found else []), *comparison.aligned)
        comparison = comparison.model_copy(update={"aligned": aligned})
    if as_json:
        print_json(comparison.model_dump(mode="json"))
    else:
        _print(comparison)


COMMANDS = (compare,)


SHUFFLED = (
    "",
    "Do they find the same things alike? Nearest neighbours that both name; p is the share of 1,000 shuffles that",
    "name as many by chance:",
)


def _models(workspace: Workspace, folders: list[RunFolder]) -> tuple[Embedder, Embedder]:
    """Each run's own model as a way to vectors. Raises `ModelError` where one isn't here."""
    from remix.generation import run_model
    from remix.measure import embedding
    from remix.models import prepared

    paths = [run_model.model_of(folder.run, model_folders=workspace.model_folders) for folder in folders]
    one, other = (embedding.of_file(path, prepared.identify(path)) for path in paths)
    return one, other


def _print(comparison: Comparison) -> None:
    note(
        f"{comparison.pairs} texts are in both; {comparison.left_out} in one alone, or of a passage that changed.", ""
    )
    print_table(
        ["kind", "measure", "first", "second", "difference", "likely between", "passages"],
        [_row(each) for each in comparison.differences],
    )
    note("", "* the range leaves out 0: hardly chance. Of twenty such ranges one misses by chance.")
    if comparison.aligned:
        note(*SHUFFLED)
        print_table(
            ["of", "in common", "by chance", "neighbours", "p"], [_alignment(each) for each in comparison.aligned]
        )


def _row(each: Difference) -> tuple[str, ...]:
    estimate = each.difference
    between = "-" if estimate.low is None else f"{estimate.low:+.2f} and {estimate.high:+.2f}"
    mark = " *" if estimate.is_not_zero else ""
    return (
        each.kind,
        each.measure,
        f"{each.one:.2f}",
        f"{each.other:.2f}",
        f"{estimate.value:+.2f}{mark}",
        between,
        str(estimate.count),
    )


def _alignment(each: ComparedNeighbours) -> tuple[str, ...]:
    found = each.alignment
    return each.what, f"{found.value:.0%}", f"{found.chance:.0%}", str(found.neighbours), f"{found.p:.3f}"
