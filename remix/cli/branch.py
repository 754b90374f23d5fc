"""`remix branch`."""

from __future__ import annotations

import threading
from textwrap import shorten
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
    from remix.outputs import RunFolder
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
@click.option(
    "--from-edit", is_flag=True, help="Go on from the edited version: from its end, or from the word of --at on."
)
@click.option(
    "--candidate",
    type=click.IntRange(1),
    metavar="N",
    help="Branch from a candidate that wasn't kept: `remix show --candidates OUTPUT` has the numbers.",
)
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

    With --from-edit the branch begins with the version that you edited in `remix review`, whole or up to a word.

    The branches are a run of their own, which holds all that it needs of OUTPUT. The last line of the output is the
    run's folder.
    """
    from remix.generation import branching, execute
    from remix.outputs import find_output
    from remix.verification.replay import differences

    _refuse_half(ctx, chosen)
    workspace: Workspace = ctx.obj
    asked = branching.BranchOptions(**{name: chosen[name] for name in branching.BranchOptions._fields})
    with progress(chosen["quiet"]):
        planned = branching.plan_branches(workspace, find_output(workspace.outputs, output), asked, chosen["model"])
    if not chosen["quiet"]:
        note(_in_words(planned))
    with progress(chosen["quiet"]) as watch:
        outcome = execute.generate(planned.job, workspace.outputs, watch, threading.Event())
    before, now = planned.job.run.engine, outcome.folder.run.engine
    if before and now and (found := differences(before, now)):
        note(f"Another engine wrote the original ({'; '.join(found)}): with its own, the branch may go on otherwise.")
    if not chosen["quiet"]:
        _note_ends(outcome.folder)
    finish(ctx, outcome, chosen["as_json"])


COMMANDS = (branch,)

LONGEST = 60
"""Characters of the given words that a message shows."""


def _refuse_half(ctx: click.Context, chosen: dict[str, Any]) -> None:
    """Raise `click.UsageError` for options that contradict each other, and for options without a required option."""
    given = sum((chosen["take"] is not None, chosen["write"] is not None, chosen["from_edit"]))
    if given > 1:
        raise click.UsageError("--take, --write and --from-edit don't go together: each says what comes first.", ctx)
    if not given:
        raise click.UsageError("say what to put there: --take WORD, --take RANK, --write TEXT, or --from-edit.", ctx)
    if chosen["take"] is not None and chosen["at"] is None:
        raise click.UsageError("--take goes with --at, which says where.", ctx)
    if chosen["from_edit"] and chosen["candidate"] is not None:
        raise click.UsageError("--candidate doesn't go with --from-edit: only kept texts have edited versions.", ctx)


def _in_words(planned: Planned) -> str:
    """Where the branches begin, with what, and how many tokens before that place changed."""
    put, tasks = planned.put, planned.job.run.tasks
    branch = tasks[0].branch
    texts = f"{len(tasks)} branches" if len(tasks) > 1 else "A branch"
    after = f"after {count(put.kept, 'token')}"
    also = f"; {count(planned.respelled, 'token')} before spelled anew" if planned.respelled else ""
    edited = f" of the version edited by {quoted(branch.edit.editor)}" if branch and branch.edit else ""
    if not put.words:
        which = "The first" if len(tasks) > 1 else "It"
        again = "" if edited else f" {which} will be the original again, since its own words stand there."
        return f"{texts}{edited}, {after}, without other words.{again}"
    words = shorten(put.words, LONGEST, placeholder=" …") or put.words
    was = f"in place of “{put.was}”" if put.was else "at the end of the text"
    return f"{texts}{edited}: “{words}” {was}, {after}{also}."


def _note_ends(folder: RunFolder) -> None:
    """Name branches in which the given words were cut off, or in which the model wrote nothing after the words."""
    from remix.outputs.originals import before_fork, begins_with

    earlier = {each.record.id: each for each in folder.run.earlier}
    for task in folder.done:
        if (branch := task.branch) is None:
            continue
        record, words = folder.read(task.id)
        output = record.output
        thoughts = output.thoughts.token_ids or () if output.thoughts else ()
        new = len(thoughts) + len(output.token_ids or ()) - len(branch.fork.token_ids)
        if not begins_with(words, before_fork(earlier[branch.original], branch) + branch.put):
            note(f"{quoted(task.id)}: given words were cut off with an unfinished sentence; raise --max-tokens.")
        elif output.finish == "stop" and new <= 1:
            note(f"{quoted(task.id)}: the model ended the text right after the given words.")
