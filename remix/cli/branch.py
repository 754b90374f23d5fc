"""`remix branch`."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import click

from remix.cli import completion
from remix.cli.generate import finish
from remix.cli.options import Command, json_option, moved_model_option, quiet_option
from remix.cli.printing import count, note
from remix.cli.progress import progress
from remix.util.names import quoted

if TYPE_CHECKING:
    from remix.generation.branching import Planned
    from remix.records import Run
    from remix.workspace import Workspace


@click.command(cls=Command)
@click.argument("output", shell_complete=completion.text)
@click.option(
    "--at",
    metavar="WORD[:N]|TOKEN",
    help="The word to replace, WORD:2 for its second occurrence, or the number of a token; by default the end.",
)
@click.option("--take", metavar="WORD|RANK", help="The word to put there, or the rank of an alternative.")
@click.option("--write", metavar="TEXT", help="Words of your own to put there.")
@click.option("--count", "variants", type=click.IntRange(1, 998), default=1, help="Write N variants.", metavar="N")
@click.option("--max-tokens", type=click.IntRange(1), metavar="N", help="Largest length of the whole text in tokens.")
@moved_model_option
@json_option
@quiet_option
@click.pass_context
def branch(ctx: click.Context, /, output: str, **chosen: Any) -> None:
    """Let a text take another road: from a word on, with another word in its place.

    OUTPUT is the path of a text, the beginning of a record's id, or [RUN:]essay/NNN/kind.step[.vN]. The branch has
    the same prompt and the same tokens up to that word. Then it goes on with the random numbers of OUTPUT; further
    variants have their own. `remix show --alternatives OUTPUT` lists the alternatives for each token, by rank.

    The branches are a run of their own, which holds all that it needs of OUTPUT. The last line of the output is the
    run's folder.
    """
    from remix.generation import branching, execute
    from remix.outputs import find_output

    if (chosen["take"] is None) == (chosen["write"] is None):
        raise click.UsageError("say what to put there: --take WORD, --take RANK, or --write TEXT.", ctx)
    if chosen["take"] is not None and chosen["at"] is None:
        raise click.UsageError("--take goes with --at, which says where.", ctx)
    workspace: Workspace = ctx.obj
    asked = branching.BranchOptions(
        chosen["at"], chosen["take"], chosen["write"], chosen["variants"], chosen["max_tokens"]
    )
    with progress(chosen["quiet"]):
        planned = branching.plan_branches(workspace, find_output(workspace.outputs, output), asked, chosen["model"])
    if not chosen["quiet"]:
        note(_in_words(planned))
    with progress(chosen["quiet"]) as watch:
        outcome = execute.generate(planned.job, workspace.outputs, watch, threading.Event())
    _note_other_engine(planned.job.run, outcome.folder.run)
    finish(ctx, outcome, chosen["as_json"])


COMMANDS = (branch,)


def _note_other_engine(planned: Run, carried_out: Run) -> None:
    """Say if the branches were written by another engine than the original."""
    from remix.verification.replay import differences

    if planned.engine and carried_out.engine and (found := differences(planned.engine, carried_out.engine)):
        note(f"Another engine wrote the original ({'; '.join(found)}): with its own, the branch may go on otherwise.")


def _in_words(planned: Planned) -> str:
    """Where the branches begin, with what, and how many tokens before that place changed."""
    point, put, tasks = planned.point, planned.put, planned.job.run.tasks
    was = f"in place of {quoted(point.was)}" if point.was else "at the end of the text"
    changed = point.token - put.kept
    also = f"; {count(changed, 'token')} before spelled anew" if changed > 0 else ""
    texts = f"{len(tasks)} branches" if len(tasks) > 1 else "A branch"
    return f"{texts}: {quoted(put.words)} {was}, after {count(put.kept, 'token')}{also}."
