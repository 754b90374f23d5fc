"""`remix passages`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from remix.cli.printing import json_option, print_json, print_table

if TYPE_CHECKING:
    from remix.workspace import Workspace


@click.command()
@click.option("--tag", "tags", multiple=True, help="Passages with this tag; repeat for any of several.")
@click.option("--essay", "essays", multiple=True, metavar="SLUG", help="Passages of this essay; repeatable.")
@json_option
@click.pass_obj
def passages(workspace: Workspace, tags: tuple[str, ...], essays: tuple[str, ...], as_json: bool) -> None:
    """List the passages."""
    from remix.corpus import read_seeds, select

    found = select(read_seeds(workspace.seeds, workspace.root), tags, essays)
    if as_json:
        print_json([passage.model_dump() for passage in found])
        return
    rows: list[tuple[Any, ...]] = [
        (each.id, ", ".join(each.tags), each.text if len(each.text) < 60 else f"{each.text[:57]}…") for each in found
    ]
    print_table(["passage", "tags", "text"], rows)


COMMANDS = (passages,)
