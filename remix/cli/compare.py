"""`remix compare`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from remix.cli import completion
from remix.cli.latest import latest_path
from remix.cli.options import embeddings_option, json_option
from remix.cli.printing import count, note, print_json, print_pair, print_table, say
from remix.util.names import quoted

if TYPE_CHECKING:
    from remix.analysis.compare import Comparison, Difference
    from remix.measure.embedding import Embedder
    from remix.outputs import RunFolder
    from remix.workspace import Workspace


MOST_SHOWN = 12
"""Pairs of different texts that are shown by default."""


@click.command()
@click.argument("words", metavar="[RUN] [RUN]", nargs=-1, shell_complete=completion.run)
@click.option(
    "--neighbours", is_flag=True, help="Load both models and compare which passages each model takes for similar."
)
@click.option(
    "--texts",
    "most",
    type=click.IntRange(min=0),
    default=MOST_SHOWN,
    show_default=True,
    metavar="N",
    help="Show at most N pairs of different texts, pairs of edited passages first.",
)
@click.option(
    "--by",
    type=click.Choice(["words", "meaning"]),
    default="words",
    show_default=True,
    help="How sentences are matched: by their letters, or by meaning (needs the extra `embeddings`).",
)
@embeddings_option
@json_option
@click.pass_obj
def compare(
    workspace: Workspace,
    words: tuple[str, ...],
    neighbours: bool,
    most: int,
    by: str,
    embeddings: str | None,
    as_json: bool,
) -> None:
    """Compare two runs: their measures, and their texts side by side.

    RUN is the path of a run or the beginning of a run's name. Without a RUN, the latest run is compared with its last
    refresh, or if there is none, with the run before; with one RUN, that run is compared with the latest run.

    Texts of the same passage, kind, step and variant are compared, even if the passage was edited or moved between
    the runs. The difference is the second run minus the first, with a 95 % interval over passages.
    """
    from remix.analysis import run_comparison, run_ledgers
    from remix.measure import embedding

    matching = embedding.matching(by)
    folders = _folders(workspace, words)
    note(f"First run: {quoted(folders[0].path.name)}", f"Second run: {quoted(folders[1].path.name)}")
    one, other = (run_comparison.ComparedRun(folder, run_ledgers.measure(folder, matching)) for folder in folders)
    comparison = run_comparison.compare(one, other, embedding.find(embeddings, workspace.model_folders), note)
    if neighbours:
        found = run_comparison.models_aligned(one, other, _models(workspace, folders))
        aligned = (*([found] if found else []), *comparison.aligned)
        comparison = comparison.model_copy(update={"aligned": aligned})
    if as_json:
        print_json(comparison.model_dump(mode="json"))
    else:
        _print(comparison, most)


def _folders(workspace: Workspace, words: tuple[str, ...]) -> list[RunFolder]:
    """The two runs that are compared. Raises `click.UsageError` for more than two names, `RunError`."""
    from remix.outputs import RunFolder, find_run
    from remix.outputs.runs import latest, refreshes

    if len(words) > 2:
        raise click.UsageError("name two runs at most.")
    if len(words) == 2:
        return [find_run(workspace.outputs, word) for word in words]
    path = latest_path(workspace)
    folder = RunFolder.open(path)
    if words:
        named = find_run(workspace.outputs, words[0])
        if not named.path.samefile(path):
            # The earlier run comes first.
            return sorted([named, folder], key=lambda each: each.path.name)
    elif later := refreshes(workspace.outputs, folder):
        return [folder, later[-1]]
    return [RunFolder.open(latest(workspace.outputs, before=path).path), folder]


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


def _print(comparison: Comparison, most: int) -> None:
    note(_pairs_in_words(comparison), "")
    if not comparison.different:
        return
    print_table(
        ["kind", "measure", "first", "second", "difference", "95 % interval", "passages"],
        [_row(each) for each in comparison.differences],
    )
    if any(each.difference.is_not_zero for each in comparison.differences):
        note("", "* the interval leaves out 0: hardly chance. By chance alone one of twenty intervals does.")
    if comparison.aligned:
        note(*SHUFFLED)
        found = [(each.what, each.alignment) for each in comparison.aligned]
        print_table(
            ["of", "in common", "by chance", "neighbours", "p"],
            [(of, f"{a.value:.0%}", f"{a.chance:.0%}", str(a.neighbours), f"{a.p:.3f}") for of, a in found],
        )
    shown: tuple[str, str] | None = None
    for pair in comparison.different[:most]:
        if pair.is_edited and pair.passages != shown:
            say()
            print_pair(("passage, first run", pair.passages[0]), ("passage, second run", pair.passages[1]))
            shown = pair.passages
        say()
        print_pair((f"{pair.one}, first run", pair.texts[0]), (f"{pair.other}, second run", pair.texts[1]))
    if (left := len(comparison.different) - most) > 0:
        note(
            "", f"{count(left, 'further pair')} of different texts: `--texts {len(comparison.different)}` shows all."
        )


def _pairs_in_words(comparison: Comparison) -> str:
    """How many texts are in both runs, and how many of these are equal."""
    pairs, equal = comparison.pairs, comparison.equal
    if comparison.is_identical:
        return f"All {pairs} texts are equal." if pairs > 1 else "The only text is equal."
    edited = f", {comparison.edited} of a passage that was edited" if comparison.edited else ""
    alone = f"; {comparison.left_out} are in one run alone" if comparison.left_out else ""
    return f"{count(pairs, 'text')} in both runs{edited}: {equal} equal, {pairs - equal} different{alone}."


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
