"""Drafts on the command line: named by path, verified and exported by the commands for runs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from remix.cli.printing import count, detail, document, note, say
from remix.util.names import quoted

if TYPE_CHECKING:
    from remix.drafts import Drafts
    from remix.drafts.check import DraftReport
    from remix.workspace import Workspace

FORMS: dict[str, Any] = {"markdown": "md", "html": "html", "epub": "epub", "docx": "docx"}
"""Formats of `remix export` that drafts have."""


def draft_at(workspace: Workspace, word: str) -> str | None:
    """The name of the draft whose path is given, from the current or the workspace's folder; None for all else."""
    for path in (Path(word), workspace.root / word):
        # Takes out `..`, and keeps links.
        absolute = Path(os.path.abspath(path))  # noqa: PTH100
        is_there = absolute.parent == Path(os.path.abspath(workspace.drafts)) and os.path.lexists(absolute)  # noqa: PTH100
        if is_there and absolute.suffix == ".md":
            return absolute.stem
    return None


def check_draft(workspace: Workspace, name: str) -> DraftReport:
    """Verify a draft. Raises `DraftError`."""
    from remix.drafts.check import check
    from remix.drafts.origins import runs_in

    return check(_drafts(workspace).read(name), runs_in(workspace.outputs))


def as_json(report: DraftReport) -> dict[str, Any]:
    """The result of verifying a draft."""
    return {
        "draft": report.name,
        "intact": not report.findings,
        "as_written": len(report.as_written),
        "edited": len(report.edited),
        "own": len(report.own),
        "findings": [finding._asdict() for finding in report.findings],
    }


def print_report(report: DraftReport) -> None:
    """Print the result of verifying a draft."""
    texts, own = count(len(report.as_written), "text"), count(len(report.own), "piece")
    about = f"{texts} as accepted, {len(report.edited)} edited, {own} of your own words"
    say(f"{quoted(f'drafts/{report.name}.md')}: {about}")
    for finding in report.findings:
        detail(f"{quoted(finding.file)}: {finding.what}")
    if not report.findings:
        say("intact: each source is there, and has not changed since it was written")


def export_draft(workspace: Workspace, name: str, form: str, target: Path, with_notes: bool) -> None:
    """Write a draft to a file, or print it. Raises `DraftError`, `DraftExportError` or `click.UsageError`."""
    from remix.drafts.origins import runs_in
    from remix.export import drafts as exporting

    if form not in FORMS:
        raise click.UsageError(f"a draft is exported as {', '.join(FORMS)}.")
    draft, run_of = _drafts(workspace).read(name), runs_in(workspace.outputs)
    if str(target) != "-":
        exporting.export_draft(draft, target, FORMS[form], with_notes, run_of)
        note("The draft was written.")
        say(str(target))
    elif form in ("epub", "docx"):
        raise click.UsageError(f"{form} can't be printed: name a new file with --to.")
    else:
        document(exporting.draft_bytes(draft, FORMS[form], with_notes, run_of))


def _drafts(workspace: Workspace) -> Drafts:
    from remix.drafts import Drafts
    from remix.drafts.origins import runs_in

    return Drafts(workspace.drafts, runs_in(workspace.outputs))
