"""`remix export`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from remix.cli.printing import document, note, say

if TYPE_CHECKING:
    from remix.workspace import Workspace

FORMATS = ("ro-crate", "dpo", "prov-json", "jsonl", "html", "markdown", "epub")
ONLY = ("accepted", "edited", "reviewed")
WHOLE = ("ro-crate", "prov-json")
"""Forms that tell of all there was."""
NO_TEXT = ("ro-crate", "epub")


@click.command()
@click.argument("run", required=False)
@click.option(
    "--to",
    "target",
    default="-",
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="PATH",
    help="A new file, or a new folder for ro-crate; by default the standard output.",
)
@click.option("--format", "form", required=True, type=click.Choice(FORMATS), help="What to write.")
@click.option("--only", type=click.Choice(ONLY), help="Only outputs of which somebody said so.")
@click.option("--license", "terms", metavar="URL", help="Address of the terms that a crate is given under.")
@click.pass_obj
def export(workspace: Workspace, run: str | None, target: Path, form: str, only: Any, terms: str | None) -> None:
    """Write a run in a form that other programs read, or people.

    RUN is a path or the beginning of its name, by default the latest. It is checked first, as `remix verify` does.

    \b
    ro-crate   a folder with the run and its provenance as linked data (Process Run Crate 0.5), and a page to read
    prov-json  who made what from what, as a W3C PROV document
    jsonl      an object a line for each output, for the readers of datasets
    dpo        an object a line for each preference that verdicts and edits tell, for trainers
    html       one page, each passage beside what came of it
    markdown   one file, texts below their passages
    epub       the same as a book
    """
    from remix import export as exporting
    from remix.outputs.find import run_path

    if terms and form != "ro-crate":
        raise click.UsageError("--license goes with --format ro-crate.")
    if only and form in WHOLE:
        raise click.UsageError(f"--only doesn't go with {form}, which is of the whole run.")
    folder, options = run_path(workspace.outputs, run), exporting.ExportOptions(form, only, terms)
    if str(target) != "-":
        count = exporting.export(folder, target, options)
        note(f"{count} text{'s' * (count != 1)} written.")
        say(str(target))
    elif form in NO_TEXT:
        raise click.UsageError(
            f"{form} is no text: name a new {'folder' if form == 'ro-crate' else 'file'} with --to."
        )
    else:
        document(exporting.export_bytes(folder, options))


COMMANDS = (export,)
