"""`remix roads`."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import click

from remix.cli import completion, ending, on_ray, plans
from remix.cli.generate import as_json_value, leave_unfinished, note_outcome
from remix.cli.latest import run_folder
from remix.cli.options import Command, json_option, moved_model_option, quiet_option
from remix.cli.printing import count, note, place, print_json
from remix.cli.progress import progress

if TYPE_CHECKING:
    from remix.generation.execute import Outcome
    from remix.generation.roads import PlannedRoads
    from remix.outputs import RunFolder
    from remix.workspace import Workspace

MOST_LINES = 12
"""Texts of which a line is printed."""


@click.command(cls=Command)
@click.argument("output", required=False, shell_complete=completion.text)
@click.option(
    "--tag",
    "tags",
    multiple=True,
    metavar="TAG",
    shell_complete=completion.tag,
    help="Without OUTPUT: texts of the run made from passages with this tag; can be given several times.",
)
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    metavar="KIND",
    shell_complete=completion.kind,
    help="Without OUTPUT: texts of the run of this kind; can be given several times.",
)
@click.option("--step", type=click.IntRange(1), metavar="N", help="Without OUTPUT: texts of the run of step N.")
@click.option(
    "--run",
    metavar="RUN",
    shell_complete=completion.run,
    help="Without OUTPUT: all finished texts of this run; by default the latest run.",
)
@click.option(
    "--turns",
    type=click.IntRange(1),
    default=8,
    show_default=True,
    metavar="N",
    help="Tokens of each text at which roads leave: the N most uncertain ones.",
)
@click.option(
    "--width",
    type=click.IntRange(1, 5),
    default=3,
    show_default=True,
    metavar="N",
    help="Roads at each of these tokens: the N most probable alternatives.",
)
@click.option(
    "--depth",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    metavar="N",
    help="With 2, all roads have roads of their own, in a further run; and so on.",
)
@click.option("--max-tokens", type=click.IntRange(1), metavar="N", help="Largest length of a whole text in tokens.")
@moved_model_option
@on_ray.options
@json_option
@quiet_option
@click.pass_context
def roads(ctx: click.Context, /, output: str | None, **chosen: Any) -> None:
    """Let texts take the roads not taken: from their most uncertain tokens on, with the best alternatives.

    OUTPUT is the path of a text, the beginning of a record's id, or [RUN:]essay/NNN/kind.step[.vN]. Without OUTPUT,
    all finished texts of a run are meant, or those that --tag, --kind and --step choose.

    Each road has the original's tokens up to the turn, an alternative there, and then the original's random numbers.
    All roads of a depth are written together, as a run of branches. The last lines of the output are the runs'
    folders.

    For each text is said how many roads come back to the same ending, word for word, and how many end near it, with
    at least half of the original's wording after the turn. A text's firmness is the share of roads that end near it.
    """
    from remix.generation import execute
    from remix.generation import roads as planning

    where = on_ray.asked(chosen)
    folder, outputs = _originals(ctx, output, chosen)
    options = planning.RoadOptions(chosen["turns"], chosen["width"], chosen["max_tokens"])
    most = planning.check_number(folder, outputs, options, chosen["depth"])
    quiet, as_json = chosen["quiet"], chosen["as_json"]
    if chosen["depth"] > 1 and not quiet:
        note(f"Up to {count(most, 'road')}, in {chosen['depth']} runs.")
    runs: list[dict[str, object]] = []
    for depth in range(1, chosen["depth"] + 1):
        with progress(quiet):
            planned = planning.plan_roads(ctx.obj, folder, outputs, options, chosen["model"])
        _note_plan(planned, quiet)
        job, stop = planned.job, threading.Event()
        with progress(quiet) as watch, on_ray.opened(where, job.run, job.model, stop) as pool:
            follow = on_ray.following(pool, watch, quiet)
            outcome = execute.generate(job, ctx.obj.outputs, follow, stop, pool)
        folder, outputs = outcome.folder, [task.id for task in outcome.folder.done]
        runs.append(_as_json(depth, planned, outcome))
        is_finished = not outcome.interrupted and not outcome.failures
        _show(ctx, planned, outcome)
        if as_json and (depth == chosen["depth"] or not is_finished):
            print_json({"runs": runs})
        if depth < chosen["depth"] and not is_finished:
            note(f"The roads of these roads aren't planned yet: `remix roads --run {folder.path.name}` writes them.")
        leave_unfinished(ctx, outcome)
    if not (as_json or quiet):
        ending.show(folder)


COMMANDS = (roads,)


def _originals(ctx: click.Context, output: str | None, chosen: dict[str, Any]) -> tuple[RunFolder, list[str]]:
    """The originals of the roads: the run, and the ids of the tasks."""
    from remix.generation.roads import OutputFilter, outputs_of
    from remix.outputs import find_output

    workspace: Workspace = ctx.obj
    filtering = [name for name in ("tags", "kinds", "step", "run") if chosen[name]]
    if output is not None:
        if filtering:
            raise click.UsageError("--tag, --kind, --step and --run choose texts of a run: name no OUTPUT.", ctx)
        folder, task = find_output(workspace.outputs, output)
        return folder, [task]
    if not filtering:
        raise click.UsageError("name an OUTPUT, or choose texts of a run: --tag, --kind, --step or --run.", ctx)
    folder = run_folder(workspace, chosen["run"])
    return folder, outputs_of(folder, OutputFilter(chosen["tags"], chosen["kinds"], chosen["step"]))


def _note_plan(planned: PlannedRoads, quiet: bool) -> None:
    """Print which texts are left out; and unless quiet, the number of roads, and how long the run will take."""
    from remix.generation import duration

    for each in planned.left_out[:MOST_LINES]:
        note(f"Left out: {each.output}: {each.error.message}")
    if len(planned.left_out) > MOST_LINES:
        note(f"Left out: {count(len(planned.left_out) - MOST_LINES, 'further text')}.")
    if quiet:
        return
    run, texts = planned.job.run, planned.texts
    turns = len({(task.branch.original, task.branch.token) for task in run.tasks if task.branch})
    why = "which end the text, are part of a letter, or are a mark of thoughts"
    skipped = f"; {count(planned.skipped, 'alternative')} skipped, {why}" if planned.skipped else ""
    note(f"{count(len(run.tasks), 'road')} that leave {count(texts, 'text')} at {count(turns, 'token')}{skipped}.")
    if time := duration.estimate(run, planned.job.prompt_tokens_computed):
        note(f"{plans.time_in_words(time)}.")


def _show(ctx: click.Context, planned: PlannedRoads, outcome: Outcome) -> None:
    """Say how the roads ended; the folder's path goes to standard output."""
    from remix.analysis.roads import roads_in_words, roads_of

    note_outcome(outcome)
    _note_other_engine(planned, outcome)
    if not ctx.params["quiet"]:
        led = [each for each in roads_of(outcome.folder) if each.roads]
        for each in led[:MOST_LINES]:
            note(f"{each.task}: {roads_in_words(each)}.")
        if len(led) > MOST_LINES:
            note(f"… and {count(len(led) - MOST_LINES, 'further text')}.")
    if not ctx.params["as_json"]:
        place(str(outcome.folder.path))


def _note_other_engine(planned: PlannedRoads, outcome: Outcome) -> None:
    """Say if some originals were written by another engine than the roads."""
    from remix.verification.replay import differences

    now = outcome.folder.run.engine
    engines = [each.record.derivation.engine for each in planned.job.run.earlier]
    others = [found for engine in engines if now and (found := differences(engine, now))]
    if others:
        note(
            f"Another engine wrote {count(len(others), 'original')} ({'; '.join(others[0])}): with its own, their "
            "roads may go on otherwise."
        )


def _as_json(depth: int, planned: PlannedRoads, outcome: Outcome) -> dict[str, object]:
    """A run of roads as JSON, with the texts that have roads and the texts left out."""
    from remix.analysis.roads import roads_of

    return {
        "depth": depth,
        **as_json_value(outcome),
        "skipped": planned.skipped,
        "left_out": [{"output": each.output, "why": each.error.message} for each in planned.left_out],
        "texts": [each.model_dump(mode="json") for each in roads_of(outcome.folder)],
    }
