"""`remix verdict`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from remix.cli import completion
from remix.cli.options import reviewer_option
from remix.cli.printing import note

if TYPE_CHECKING:
    from remix.workspace import Workspace

UNDO = "undo"
WORDS = {"accept": "accepted", "reject": "rejected", "star": "starred"}


@click.command()
@click.argument("output", shell_complete=completion.text)
@click.argument("verdict", type=click.Choice([*WORDS, UNDO]))
@click.option("--note", "words", metavar="TEXT", help="A note in your words.")
@click.option(
    "--loss",
    type=click.Choice(["earned", "lost", "neither"]),
    help="Whether the text was right to drop what it drops.",
)
@reviewer_option
@click.pass_obj
def verdict(
    workspace: Workspace, output: str, verdict: Any, words: str | None, loss: Any, reviewer: str | None
) -> None:
    """Accept, reject or star a text; undo withdraws your last verdict.

    OUTPUT is the path of a text, the beginning of a record's id, or [RUN:]essay/NNN/kind.step[.vN]. All verdicts
    stay in the run's reviews.jsonl.
    """
    from remix.errors import RunError
    from remix.outputs import find_output, reviews
    from remix.outputs.index import write_index

    folder, task = find_output(workspace.outputs, output)
    who = reviewer or reviews.default_reviewer()
    if verdict == UNDO:
        if words is not None or loss is not None:
            raise click.UsageError("undo goes without --note and --loss.")
        if reviews.undo(folder, who, folder.read(task)[0].id) is None:
            raise RunError(f"{task}: {who} hasn't reviewed this text.", "Give the name of your review: --as NAME.")
        note(f"{task}: {who}'s last review is undone.")
    else:
        reviews.say(folder, task, who, verdict=verdict, note=words, loss=loss)
        note(f"{task}: {WORDS[verdict]} by {who}.")
    try:
        write_index(folder)
    except RunError as error:
        # The verdict is saved; the table of contents can be made again.
        note(f"{folder.path}: the table of contents wasn't updated: {error.message} {error.hint}")


COMMANDS = (verdict,)
