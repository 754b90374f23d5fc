"""`remix export`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from remix.cli import completion, drafts
from remix.cli.latest import run_path
from remix.cli.printing import count, document, note, say
from remix.util.names import quoted

if TYPE_CHECKING:
    from remix.workspace import Workspace

FORMATS = ("ro-crate", "dpo", "prov-json", "jsonl", "html", "markdown", "epub", "docx")
ONLY = ("accepted", "edited", "reviewed")
WHOLE = ("ro-crate", "prov-json")
"""Formats for whole runs only."""
NOTED = ("markdown", "epub", "docx")
"""Formats in which a woven essay has notes."""
NO_TEXT = ("ro-crate", "epub", "docx")
"""Formats that can't be printed."""
ENDINGS = {".jsonl": "jsonl", ".html": "html", ".md": "markdown", ".epub": "epub", ".docx": "docx"}
"""Formats by the ending of a file's name."""


@click.command()
@click.argument("run", required=False, metavar="[RUN|DRAFT]", shell_complete=completion.run)
@click.option(
    "--to",
    "target",
    default="-",
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="PATH",
    help="A new file, or for ro-crate a new folder; by default the standard output.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="The format to write; by default the format of PATH's ending, such as .docx.",
)
@click.option(
    "--only", type=click.Choice(ONLY), help="Only outputs that a reviewer accepted, edited or reviewed at all."
)
@click.option("--license", "terms", metavar="URL", help="Address of the licence, for ro-crate.")
@click.option(
    "--notes/--no-notes",
    default=None,
    help="For a draft, whether notes tell where each text comes from; for a woven essay as markdown, epub or docx, "
    "whether notes tell which passages are behind each sentence; by default they do.",
)
@click.pass_obj
def export(
    workspace: Workspace,
    run: str | None,
    target: Path,
    form: str | None,
    only: Any,
    terms: str | None,
    notes: bool | None,
) -> None:
    """Write a run, or a draft, in a format for other programs or for readers.

    RUN is the path of a run or the beginning of a run's name; by default the latest run, in which texts that a
    refresh wrote again take the place of stale texts (not in ro-crate and prov-json). The run is verified first.
    DRAFT is the path of a draft, such as drafts/Essay.md, which is written as markdown, html, epub or docx.

    A run of `remix weave` is written as an essay, with the passages behind each sentence.

    \b
    ro-crate   a folder with the run and its provenance as linked data (Process Run Crate 0.5), and a page to read
    prov-json  who made what from what, as a W3C PROV document
    jsonl      a JSON object for each output, one a line, as data sets are read
    dpo        a JSON object for each pair of a preferred and a rejected text, to train models with
    html       one page, each passage beside its texts
    markdown   one file, each passage above its texts
    epub       a book, each passage above its texts
    docx       the same for Word
    """
    from remix import export as exporting

    form = form or ENDINGS.get(target.suffix.lower())
    if form is None:
        raise click.UsageError(f"name the format: --format {'|'.join(FORMATS)}.")
    if terms and form != "ro-crate":
        raise click.UsageError("--license goes with --format ro-crate.")
    if only and form in WHOLE:
        raise click.UsageError(f"--only doesn't go with {form}, which describes the whole run.")
    draft = drafts.draft_at(workspace, run) if run else None
    if draft is not None:
        if only or terms:
            raise click.UsageError("--only and --license go with runs.")
        drafts.export_draft(workspace, draft, form, target, notes is not False)
        return
    if notes is not None and form not in NOTED:
        raise click.UsageError("--notes and --no-notes go with drafts, and with markdown, epub and docx.")
    folder = run_path(workspace, run)
    refreshes = _refreshes(workspace, folder) if run is None and form not in WHOLE else ()
    options = exporting.ExportOptions(form, only, terms, notes is not False, refreshes)
    if str(target) != "-":
        note(f"{count(exporting.export(folder, target, options), 'text')} written.")
        say(str(target))
    elif form in NO_TEXT:
        raise click.UsageError(
            f"{form} can't be printed: name a new {'folder' if form == 'ro-crate' else 'file'} with --to."
        )
    else:
        document(exporting.export_bytes(folder, options))


COMMANDS = (export,)


def _refreshes(workspace: Workspace, folder: Path) -> tuple[Path, ...]:
    """The refreshes of the latest run, whose names are printed."""
    from remix.outputs import RunFolder
    from remix.outputs.runs import refreshes

    found = refreshes(workspace.outputs, RunFolder.open(folder))
    for each in found:
        note(f"With the texts of its refresh: {quoted(each.path.name)}")
    return tuple(each.path for each in found)
