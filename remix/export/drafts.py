"""The way into exports of drafts: Markdown, HTML, EPUB or Word, with or without notes on where the texts come from.

Takes a draft and the runs, gives bytes, or a new file. Never overwrites a file.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Sequence
from contextlib import suppress
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, NamedTuple

import mkepub
from markdown_it.token import Token
from markupsafe import Markup

from remix import pages
from remix.drafts import Draft
from remix.drafts.origins import RunOf
from remix.drafts.pieces import BETWEEN, is_edited, joined
from remix.errors import RemixError, RunError
from remix.export import draft_docx
from remix.export.draft_markdown import PARAGRAPH_END, html_of, notes_html, parsed, title_of
from remix.records.draft import Piece
from remix.util.environment import version
from remix.util.files import unwritable, write_new
from remix.util.names import readable

DraftForm = Literal["md", "html", "epub", "docx"]

HEADING = "Where the texts come from"

_STYLE = """
body { line-height: 1.5; }
blockquote { margin: 1em 0 1em 1.5em; }
sup { font-size: .7em; }
.origins { font-size: .85em; margin-top: 3em; }
"""


class DraftExportError(RemixError):
    """A draft can't be exported."""


class _Content(NamedTuple):
    """A draft ready to be laid out."""

    title: str
    has_heading: bool
    """Whether the first piece begins with the title as a heading."""
    pieces: tuple[tuple[list[Token], int | None], ...]
    """Each piece with the number of its note, if any."""
    notes: tuple[str, ...]

    @property
    def html(self) -> str:
        """The pieces as HTML."""
        return "".join(html_of(tokens, note) for tokens, note in self.pieces)


def draft_bytes(draft: Draft, form: DraftForm, with_notes: bool, run_of: RunOf) -> bytes:
    """A draft in a format. `with_notes` adds a note to each piece that was a text of a run.

    Without notes, Markdown is the draft's own file. Raises `DraftExportError` for a draft without a word.
    """
    pieces = [piece for piece in draft.pieces if piece.text.strip()]
    if not pieces:
        raise DraftExportError(f"The draft {draft.name} is empty.", "Add a text, or write one.")
    sourced = [piece for piece in pieces if piece.origin and with_notes]
    numbers = {piece.id: number for number, piece in enumerate(sourced, start=1)}
    notes = tuple(_note(piece, run_of) for piece in sourced)
    tokens = parsed([piece.text for piece in pieces])
    if form == "md":
        return _markdown(pieces, tokens, numbers, notes).encode()
    title, has_heading = title_of(tokens, draft.name)
    numbered = tuple((each, numbers.get(piece.id)) for piece, each in zip(pieces, tokens, strict=True))
    content = _Content(title, has_heading, numbered, notes)
    if form == "html":
        return _html(content).encode()
    if form == "epub":
        return _epub(content, draft)
    return draft_docx.docx(content.title, content.has_heading, content.pieces, content.notes)


def export_draft(draft: Draft, target: Path, form: DraftForm, with_notes: bool, run_of: RunOf) -> None:
    """Write a draft to a new file. Raises `DraftExportError` as `draft_bytes`, or if the file can't be made."""
    data = draft_bytes(draft, form, with_notes, run_of)
    try:
        write_new(target, data)
    except OSError as error:
        if os.path.lexists(target):
            raise DraftExportError(f"{target} already exists.", "Take a different name.") from error
        raise DraftExportError(unwritable(target, error).message, "Take a different path with --to.") from error


def _note(piece: Piece, run_of: RunOf) -> str:
    """Where a piece comes from, in a line; the model is left out if the run isn't here any more."""
    origin = piece.origin
    assert origin
    model = ""
    with suppress(RunError):
        record, _ = run_of(origin.run).read(origin.task)
        model = f", by {record.circumstances.model}"
    passages, own = " and ".join(origin.passages), origin.task.rpartition("/")[2]
    changed = "; edited" if origin.edit or is_edited(piece) else ""
    return readable(f"{passages}, {own}{model}{changed}; run {origin.run}, record {origin.record[:12]}", keep="")


def _markdown(
    pieces: Sequence[Piece], tokens: Sequence[Sequence[Token]], numbers: dict[str, int], notes: Sequence[str]
) -> str:
    """The draft's own Markdown; notes are footnotes."""
    marked = []
    for piece, each in zip(pieces, tokens, strict=True):
        if piece.id in numbers:
            # The reference stands at the end of a paragraph, or below a list or code.
            is_paragraph = bool(each) and each[-1].type == PARAGRAPH_END and each[-1].level == 0
            text = f"{piece.text.rstrip()}{'' if is_paragraph else BETWEEN}[^remix-{numbers[piece.id]}]"
            piece = piece.model_copy(update={"text": text})
        marked.append(piece)
    footnotes = [f"[^remix-{number}]: {note}\n" for number, note in enumerate(notes, start=1)]
    return joined(marked) + ("\n" + "\n".join(footnotes) if footnotes else "")


def _html(content: _Content) -> str:
    return pages.render(
        "draft.html",
        version=version(),
        title=content.title,
        has_heading=content.has_heading,
        body=Markup(content.html),
        notes=Markup(notes_html(content.notes)) if content.notes else "",
        heading=HEADING,
    )


def _epub(content: _Content, draft: Draft) -> bytes:
    # mkepub escapes the title in one of four places, where `Markup` isn't escaped once more.
    title = Markup(escape(content.title))
    book = mkepub.Book(title)
    # The same draft gives the same book id with each export.
    book.uuid = uuid.uuid5(uuid.NAMESPACE_OID, f"{draft.name} {draft.version}")
    book.set_stylesheet(_STYLE)
    heading = "" if content.has_heading else f"<h1>{title}</h1>\n"
    notes = f'<div class="origins"><h2>{HEADING}</h2>\n{notes_html(content.notes)}</div>\n' if content.notes else ""
    book.add_page(title, f"{heading}{content.html}{notes}")
    with TemporaryDirectory() as folder, book.tempdir:
        path = Path(folder) / "book.epub"
        book.save(path)
        return path.read_bytes()
