"""`remix tags` and `remix passages`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from remix.cli.options import min_words_option
from remix.cli.printing import json_option, note, print_json, print_table
from remix.errors import SeedError

if TYPE_CHECKING:
    from remix.records import Essay
    from remix.workspace import Workspace


@click.command()
@min_words_option
@json_option
@click.pass_obj
def tags(workspace: Workspace, min_words: int, as_json: bool) -> None:
    """List the tags, and on how many passages each counts."""
    from remix.corpus import count_tags, select

    counts = count_tags(select(_essays(workspace), min_words=min_words))
    if as_json:
        print_json([{"tag": tag, "passages": count} for tag, count in counts])
    else:
        print_table(["tag", "passages"], counts)


@click.command()
@click.option("--tag", "tags", multiple=True, help="Passages with this tag; repeat for any of several.")
@click.option("--essay", "essays", multiple=True, metavar="SLUG", help="Passages of this essay; repeatable.")
@min_words_option
@json_option
@click.pass_obj
def passages(
    workspace: Workspace, tags: tuple[str, ...], essays: tuple[str, ...], min_words: int, as_json: bool
) -> None:
    """List the passages."""
    from remix.corpus import select

    found = select(_essays(workspace), tags, essays, min_words)
    if as_json:
        print_json([passage.model_dump() for passage in found])
        return
    rows: list[tuple[Any, ...]] = [
        (each.id, ", ".join(each.tags), each.text if len(each.text) < 60 else f"{each.text[:57]}…") for each in found
    ]
    print_table(["passage", "tags", "text"], rows)


def _essays(workspace: Workspace) -> list[Essay]:
    """All that can be read: one broken note among thousands doesn't keep the others from being listed."""
    from remix.corpus import read_seeds

    def leave_out(error: SeedError) -> None:
        note(f"Left out: {error.message} {error.hint}")

    return read_seeds(workspace.seeds, workspace.root, leave_out, workspace.exclude)


COMMANDS = (tags, passages)
