"""`remix export`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from remix.cli.printing import note

if TYPE_CHECKING:
    from remix.workspace import Workspace

FORMATS = ("ro-crate", "prov-json", "jsonl", "html")


@click.command()
@click.argument("run", required=False)
@click.option(
    "--to",
    "target",
    required=True,
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="PATH",
    help="A new file, a new folder for ro-crate, or - for the standard output.",
)
@click.option("--format", "form", required=True, type=click.Choice(FORMATS), help="What to write.")
@click.option("--license", "license_", metavar="URL", help="Address of the terms that a crate is given under.")
@click.pass_obj
def export(workspace: Workspace, run: str | None, target: Path, form: str, license_: str | None) -> None:
    """Write a run in a form that other programs read, or people.

    RUN is a path or the beginning of its name, by default the latest. It is checked first, as `remix verify` does.

    \b
    ro-crate   a folder with the run and its provenance as linked data (Process Run Crate 0.5), and a page to read
    prov-json  who made what from what, as a W3C PROV document
    jsonl      an object a line for each output, for the readers of datasets
    html       one page, each passage beside what came of it
    """
    from remix import export as exporting
    from remix.outputs.find import run_path

    if license_ and form != "ro-crate":
        raise click.UsageError("--license goes with --format ro-crate.")
    folder = run_path(workspace.outputs, run)
    if str(target) != "-":
        report = exporting.export(folder, target, form, license_)
        note(f"{len(report.found)} texts written.")
        click.echo(str(target))
    elif form == "ro-crate":
        raise click.UsageError("a crate is a folder: name one with --to.")
    else:
        click.echo(exporting.text(folder, form), nl=False)


COMMANDS = (export,)
