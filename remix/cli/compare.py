"""`remix compare`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from remix.cli.options import embeddings_option, json_option, matching_option
from remix.cli.printing import note, print_json, print_table

if TYPE_CHECKING:
    from remix.analysis.compare import Comparison, Difference
    from remix.measure.embedding import Embedder
    from remix.outputs import RunFolder
    from remix.workspace import Workspace


@click.command()
@click.argument("one", metavar="RUN")
@click.argument("other", metavar="RUN")
@click.option(
    "--neighbours", is_flag=True, help="Load both models and compare which passages each model takes for similar."
)
@matching_option
@embeddings_option
@json_option
@click.pass_obj
def compare(
    workspace: Workspace, one: str, other: str, neighbours: bool, by: str, embeddings: str | None, as_json: bool
) -> None:
    """Compare the measures of two runs: of two models, two templates or two values of --seed.

    RUN is the path of a run or the beginning of a run's name. Texts of the same passage, kind, step and variant are
    compared. The difference is the second run minus the first, with a 95 % interval over passages.
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
    "Do both models take the same passages for similar? Nearest neighbours in common; p is the share of 1,000 random",
    "shuffles with as many in common:",
)


def _models(workspace: Workspace, folders: list[RunFolder]) -> tuple[Embedder, Embedder]:
    """An embedder for each run's own model. Raises `ModelError` if a model isn't on this machine."""
    from remix.generation import run_model
    from remix.measure import embedding
    from remix.models import prepared

    paths = [run_model.model_of(folder.run, model_folders=workspace.model_folders) for folder in folders]
    one, other = (embedding.of_file(path, prepared.identify(path)) for path in paths)
    return one, other


def _print(comparison: Comparison) -> None:
    note(
        f"{comparison.pairs} texts are in both runs; {comparison.left_out} are in one run alone, or their passage "
        "changed.",
        "",
    )
    print_table(
        ["kind", "measure", "first", "second", "difference", "95 % interval", "passages"],
        [_row(each) for each in comparison.differences],
    )
    note("", "* the interval leaves out 0: hardly chance. By chance alone one of twenty intervals does.")
    if comparison.aligned:
        note(*SHUFFLED)
        found = [(each.what, each.alignment) for each in comparison.aligned]
        print_table(
            ["of", "in common", "by chance", "neighbours", "p"],
            [(of, f"{a.value:.0%}", f"{a.chance:.0%}", str(a.neighbours), f"{a.p:.3f}") for of, a in found],
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
