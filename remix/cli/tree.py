"""`remix tree`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from remix.cli import completion
from remix.cli.options import json_option
from remix.cli.printing import document, note, print_below, print_json, print_rich, say, shaded, shortened
from remix.util.names import quoted, visible

if TYPE_CHECKING:
    from remix.outputs.branches import BranchNode
    from remix.workspace import Workspace

BEFORE, AFTER = 24, 60
"""Letters of a text that are shown before a fork, and after the words that were put there."""

LONGEST = 60
"""Letters of a word that are shown."""

LETTERS_OF_ID = 12
"""Letters of a record's id that are shown."""


@click.command()
@click.argument("output", shell_complete=completion.text)
@click.option(
    "--svg",
    "picture",
    type=click.Path(dir_okay=False, path_type=Path, allow_dash=True),
    metavar="FILE",
    help="Draw the tree as an SVG; `-` is the standard output.",
)
@json_option
@click.pass_obj
def tree(workspace: Workspace, /, output: str, picture: Path | None, as_json: bool) -> None:
    """Draw the tree of a text and all of its branches, in all runs.

    OUTPUT is the path of a text, the beginning of a record's id, or [RUN:]essay/NNN/kind.step[.vN]: a text with
    branches, or a branch, whose tree begins with the text from which all of them come. Each branch is shown with the
    number of the token at which it leaves, the word there and the words in its place, the beginning of its record's
    id, its run and its verdict.
    """
    from remix.errors import RunError
    from remix.outputs import find_output
    from remix.outputs.branches import branch_tree

    if picture and as_json:
        raise click.UsageError("--svg and --json don't go together.")
    troubles: list[RunError] = []
    found = branch_tree(workspace.outputs, find_output(workspace.outputs, output), troubles.append)
    if as_json:
        print_json(found.model_dump(mode="json"))
    elif picture:
        _draw(found, picture)
    else:
        _print(found)
    for trouble in troubles:
        note(f"Left out: {trouble.message} {trouble.hint}")
    if not found.size and not found.left_out:
        note("", "It has no branches: `remix branch` makes them, and `remix show` lists the most uncertain tokens.")


COMMANDS = (tree,)


def _draw(found: BranchNode, path: Path) -> None:
    from remix.errors import RemixError, RunError
    from remix.pages import tree_svg
    from remix.util.files import write_whole

    picture = tree_svg.draw(found)
    if str(path) == "-":
        document(picture)
        return
    try:
        write_whole(path, picture)
    except RunError as error:
        raise RemixError(error.message, "Choose another place.") from error
    say(str(path))


def _print(found: BranchNode) -> None:
    """Print the first text, where it lies, and the tree of its branches."""
    gone = "" if found.is_here else " (gone; its branches have the text)"
    print_below(f"{quoted(found.run)}:{quoted(found.task)}{gone}{_marks(found)}", found.text)
    if found.branches:
        say()
        print_rich(_grown(found))


def _grown(found: BranchNode) -> Any:
    """The tree of branches as rich prints it."""
    from rich.tree import Tree

    root = Tree("1 branch" if found.size == 1 else f"{found.size} branches")
    # Each text with its place in the tree; by hand, since a tree may be as deep as it likes.
    waiting = [(root, found)]
    while waiting:
        place, node = waiting.pop()
        waiting += [(place.add(shaded([*_branch(each, node.text)])), each) for each in node.branches]
        if node.left_out:
            place.add(shaded([(f"{node.left_out} more, deeper than is shown", "dim")]))
    return root


def _branch(node: BranchNode, original: str) -> Iterator[tuple[str, str]]:
    """A branch with styles: place of the fork, words put there, words after, record, variant and run."""
    turn = node.turn
    if turn is None:
        return
    # A branch of a candidate or of an edited version has words of its own before the fork.
    before = _line((node.text or original)[: max(0, turn.character - 1)])
    yield f"{turn.token}  ", "bold"
    yield f"{'…' if len(before) > BEFORE else ''}{before[-BEFORE:].lstrip()} [", ""
    if turn.put:
        yield shortened(_line(turn.was), LONGEST), "dim strike"
        yield f"{' ' if turn.was else ''}→ ", ""
        # An alternative may be a space alone.
        yield shortened(_line(turn.put), LONGEST) or repr(turn.put), "bold"
    else:
        yield "no other words", "dim"
    if node.record is None:
        yield "] (not written yet)", ""
    else:
        yield f"]{' ' if node.after[:1].isspace() else ''}{shortened(_line(node.after), AFTER)}", ""
    # The beginning of the record's id names the text in any command. The task's id is the first text's but for the
    # variant, and hardly a terminal is wide enough for a task's id.
    id_ = f"{node.record[:LETTERS_OF_ID]}  " if node.record else ""
    variant = quoted(node.task.rpartition(".")[2])
    yield f"\n{id_}{variant} of {quoted(node.run)}{'' if node.is_here else ' (gone)'}{_marks(node)}", "dim"


def _marks(node: BranchNode) -> str:
    turn = node.turn
    candidate = f", from candidate {turn.candidate}" if turn and turn.candidate else ""
    edited = f", as edited by {quoted(turn.editor)}" if turn and turn.editor is not None else ""
    verdict = f", {node.verdict}" if node.verdict else ""
    return f"{candidate}{edited}{verdict}{' ← this text' if node.is_asked and turn else ''}"


def _line(words: str) -> str:
    """Words on one line, safe at the beginning of a line."""
    return visible(" ".join(words.split()))
