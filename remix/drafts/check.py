"""Verification of a draft: each source is there and unchanged, and each piece is as put in, or edited.

Takes a draft and the runs, gives a report with findings. Changes no file.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from remix.drafts.folder import Draft
from remix.drafts.origins import RunOf, original_text
from remix.drafts.pieces import is_edited
from remix.errors import RunError
from remix.records.draft import Piece
from remix.verification import verify
from remix.verification.finding import Finding


class DraftReport(NamedTuple):
    """The result of verifying a draft."""

    name: str
    as_written: tuple[Piece, ...]
    """Pieces with exactly the text of their source."""
    edited: tuple[Piece, ...]
    """Pieces that were changed in the draft."""
    own: tuple[Piece, ...]
    """A person's own words."""
    findings: tuple[Finding, ...]
    """Sources that are missing or were changed."""


def check(draft: Draft, run_of: RunOf) -> DraftReport:
    """Verify a draft, and the outputs behind the draft's pieces."""
    sourced = [piece for piece in draft.pieces if piece.origin]
    return DraftReport(
        name=draft.name,
        as_written=tuple(piece for piece in sourced if not is_edited(piece)),
        edited=tuple(piece for piece in sourced if is_edited(piece)),
        own=tuple(piece for piece in draft.pieces if not piece.origin and piece.text),
        findings=tuple(dict.fromkeys([*_missing(draft, run_of), *_changed(draft, run_of)])),
    )


def _missing(draft: Draft, run_of: RunOf) -> Iterator[Finding]:
    """Findings for sources whose text is gone, or differs from the text put into the draft."""
    for number, piece in enumerate(draft.pieces, start=1):
        if piece.origin:
            try:
                original_text(piece.origin, run_of)
            except RunError as error:
                yield Finding(f"{draft.name}, piece {number}", error.message.removesuffix("."))


def _changed(draft: Draft, run_of: RunOf) -> Iterator[Finding]:
    """Findings of verification about the sources and about the texts behind the sources."""
    tasks: dict[str, set[str]] = {}
    for piece in draft.pieces:
        if piece.origin:
            tasks.setdefault(piece.origin.run, set()).add(piece.origin.task)
    for run, wanted in tasks.items():
        try:
            folder = run_of(run)
        except RunError:
            continue  # told of each piece
        known = wanted & {task.id for task in folder.run.tasks}
        if known:
            for finding in verify.verify(folder.path, known).findings:
                yield Finding(f"{run}/{finding.file}", finding.what)
