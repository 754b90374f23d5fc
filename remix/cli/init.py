"""`remix init`."""

from __future__ import annotations

from pathlib import Path

import click

from remix.cli.printing import note, say


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def init(folder: Path) -> None:
    """Create a workspace in FOLDER, with the prompts and essays that come with remix."""
    from remix.workspace import init as make

    written = make(folder)
    note(f"{len(written)} files. Put your essays into {folder / 'seeds'}, then: remix generate --tag TAG")
    say(str(folder))


COMMANDS = (init,)
