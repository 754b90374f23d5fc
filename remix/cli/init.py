"""`remix init`."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from remix.cli.printing import count, note, say, step


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def init(folder: Path) -> None:
    """Create a workspace in FOLDER, with the prompts and essays that come with remix."""
    from remix.workspace import init as make

    written = make(folder)
    note(f"{count(len(written), 'file')}. The essays in {folder / 'seeds'} are examples: put yours in their place.")
    step("Enter:", f"cd {shlex.quote(str(folder))}")
    step("Look:", "remix tags")
    step("Write:", "remix generate --tag TAG")
    say(str(folder))


COMMANDS = (init,)
