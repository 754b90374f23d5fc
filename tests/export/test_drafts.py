"""Exports of drafts: in each format, with notes of origin and without; hostile Markdown."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

from remix.drafts import Draft, Drafts
from remix.drafts.origins import origin_of, runs_in
from remix.export.drafts import DraftExportError, DraftForm, draft_bytes
from remix.outputs import RunFolder
from remix.records.draft import Piece
from remix.workspace import Workspace
from tests.conftest import Remix

FIRST, SECOND = "two-clocks/001/again.1", "two-clocks/002/again.1"

OWN = """\
# The hour of *clocks*

A [link](https://example.org/) and ![a picture](https://example.org/x.png).

- one
- two

> quoted **words**

```
code & <b>
```"""


@pytest.fixture
def draft(workspace: Workspace, finished: RunFolder) -> Draft:
    drafts = Drafts(workspace.drafts, runs_in(workspace.outputs))
    pieces = [Piece(id="own", text=OWN)]
    for task in (FIRST, SECOND):
        origin, text = origin_of(finished, task)
        pieces.append(Piece(id=origin.record[:12], text=text, origin=origin))
    pieces[2] = pieces[2].model_copy(update={"text": "- changed"})
    made = drafts.create("Essay")
    return drafts.save("Essay", made.version, pieces)


def exported(workspace: Workspace, draft: Draft, form: DraftForm, with_notes: bool = True) -> bytes:
    return draft_bytes(draft, form, with_notes, runs_in(workspace.outputs))


def test_markdown_without_notes_is_the_draft_itself(workspace: Workspace, draft: Draft) -> None:
    assert exported(workspace, draft, "md", with_notes=False) == (workspace.drafts / "Essay.md").read_bytes()


def test_markdown_has_a_footnote_for_each_text(workspace: Workspace, draft: Draft, finished: RunFolder) -> None:
    text = exported(workspace, draft, "md").decode()
    assert f"{draft.pieces[1].text}[^remix-1]\n" in text
    # A note stands below a list, not in it.
    assert "- changed\n\n[^remix-2]\n" in text
    record = finished.read(FIRST)[0].id[:12]
    assert f"[^remix-1]: two-clocks/001, again.1, by fake; run {finished.path.name}, record {record}\n" in text
    assert re.search(r"^\[\^remix-2\]: .*; edited; run ", text, re.MULTILINE)


def test_html_has_the_markdown_as_a_page_that_loads_nothing(workspace: Workspace, draft: Draft) -> None:
    page = exported(workspace, draft, "html").decode()
    assert "<title>The hour of clocks</title>" in page
    assert page.count("<h1>") == 1
    assert '<a href="https://example.org/">link</a> and a picture.' in page
    assert "code &amp; &lt;b&gt;" in page
    assert page.count('<li id="origin-') == 2
    assert "<img" not in page
    assert 'id="origin-' not in exported(workspace, draft, "html", with_notes=False).decode()


def test_epub_is_a_book_of_valid_xml(workspace: Workspace, draft: Draft) -> None:
    with zipfile.ZipFile(io.BytesIO(exported(workspace, draft, "epub"))) as book:
        pages = [name for name in book.namelist() if name.endswith((".xhtml", ".opf", ".ncx"))]
        texts = {name: book.read(name).decode() for name in pages}
    assert all(ElementTree.fromstring(text) is not None for text in texts.values())
    assert any("quoted <strong>words</strong>" in text and "origin-2" in text for text in texts.values())


def test_docx_has_headings_lists_quotations_and_notes(workspace: Workspace, draft: Draft) -> None:
    with zipfile.ZipFile(io.BytesIO(exported(workspace, draft, "docx"))) as document:
        parts = {name: ElementTree.fromstring(document.read(name)) for name in document.namelist()}
    word = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    paragraphs = [
        (
            style.get(f"{word}val") if (style := paragraph.find(f"./{word}pPr/{word}pStyle")) is not None else None,
            "".join(text.text or "" for text in paragraph.iter(f"{word}t")),
        )
        for paragraph in parts["word/document.xml"].iter(f"{word}p")
    ]
    assert paragraphs[:5] == [
        ("Title", "The hour of clocks"),
        ("Normal", "A link (https://example.org/) and a picture."),
        ("Normal", "• one"),
        ("Normal", "• two"),
        ("Quote", "quoted words"),
    ]
    assert ("Normal", f"{draft.pieces[1].text}1") in paragraphs
    assert [style for style, _ in paragraphs].count("Origin") == 2


@pytest.mark.parametrize("form", ["html", "epub", "docx"])
@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "[" * 5000,
        "> " * 3000 + "deep",
        "a\u202eb\x07",
        "&<>\"'",
    ],
)
def test_hostile_words_stay_words(
    form: DraftForm, text: str, workspace: Workspace, finished: RunFolder, draft: Draft
) -> None:
    hostile = draft._replace(pieces=(Piece(id="own", text=text),))
    data = exported(workspace, hostile, form)
    if form == "html":
        assert b"<script" not in data
        assert b'href="javascript' not in data
    else:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            xml = [archive.read(name) for name in archive.namelist() if name.endswith((".xhtml", ".xml", ".opf"))]
        assert all(ElementTree.fromstring(part) is not None for part in xml)
        assert not any(b"<script" in part for part in xml)


def test_a_draft_without_a_word_is_not_exported(workspace: Workspace, draft: Draft) -> None:
    with pytest.raises(DraftExportError, match="empty"):
        exported(workspace, draft._replace(pieces=(Piece(id="own", text=" \n"),)), "docx")


# -- on the command line ------------------------------------------------------------------------------------


def test_export_takes_the_path_of_a_draft(remix_: Remix, workspace: Workspace, draft: Draft, tmp_path: Path) -> None:
    for ending in ("md", "html", "epub", "docx"):
        assert remix_("export", "drafts/Essay.md", "--to", tmp_path / f"out.{ending}").exit_code == 0
        assert (tmp_path / f"out.{ending}").stat().st_size > 100
    again = remix_("export", "drafts/Essay.md", "--to", tmp_path / "out.md")
    assert again.exit_code == 1
    assert "already exists" in again.output
    printed = remix_("export", "drafts/Essay.md", "--format", "markdown", "--no-notes")
    assert printed.output == (workspace.drafts / "Essay.md").read_text()


@pytest.mark.parametrize(
    "arguments",
    [
        ("drafts/Essay.md", "--format", "jsonl"),
        ("drafts/Essay.md", "--format", "docx"),
        ("drafts/Essay.md", "--format", "html", "--only", "accepted"),
        ("--format", "html", "--notes"),
    ],
)
def test_options_that_do_not_go_with_a_draft_are_refused(
    arguments: tuple[str, ...], remix_: Remix, draft: Draft
) -> None:
    done = remix_("export", *arguments)
    assert done.exit_code == 2
    assert "Traceback" not in done.output
