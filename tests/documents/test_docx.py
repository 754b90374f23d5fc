"""Word documents."""

from __future__ import annotations

import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from remix.documents.document import DocumentError
from remix.documents.docx import read

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"

CORE = """<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/">
<dc:title>A Title of the File</dc:title><dc:creator>Jane  Roe</dc:creator>
<dcterms:created>2026-01-02T10:00:00Z</dcterms:created></cp:coreProperties>"""


def relationships(name: str, target: str) -> str:
    link = f'<Relationship Id="r1" Type="{_OFFICE}/{name}" Target="{target}"/>'
    return f'<Relationships xmlns="{_PACKAGE}">{link}</Relationships>'


def word(path: Path, paragraphs: list[tuple[str, str]], core: str = CORE) -> Path:
    """A document of paragraphs, each with the name of its style."""
    styles = {name: f"s{n}" for n, name in enumerate(dict.fromkeys(style for style, _ in paragraphs))}
    body = "".join(
        f'<w:p><w:pPr><w:pStyle w:val="{styles[style]}"/></w:pPr><w:r><w:t>{escape(text)}</w:t></w:r></w:p>'
        for style, text in paragraphs
    )
    named = "".join(
        f'<w:style w:type="paragraph" w:styleId="{each}"><w:name w:val="{name}"/></w:style>'
        for name, each in styles.items()
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("_rels/.rels", relationships("officeDocument", "word/document.xml"))
        archive.writestr("word/_rels/document.xml.rels", relationships("styles", "styles.xml"))
        archive.writestr("word/styles.xml", f"<w:styles {_W}>{named}</w:styles>")
        archive.writestr("word/document.xml", f"<w:document {_W}><w:body>{body}</w:body></w:document>")
        archive.writestr("docProps/core.xml", core)
    return path


def test_the_whole_of_a_document(tmp_path: Path) -> None:
    path = word(
        tmp_path / "a.docx",
        [
            ("Title", "The Map"),
            ("heading 1", "Cutting"),
            ("Normal", "He measured < twice. #cloth, #small light"),
            ("Quote", "So be it."),
            ("heading 2", "Sleeping"),
            ("Normal", "- He slept."),
        ],
    )
    document = read(path)
    assert (document.form, document.title, document.author, document.date) == (
        "Word document",
        "The Map",
        "Jane Roe",
        "2026-01-02",
    )
    assert [(block.kind, block.text, block.tags, block.level) for block in document.blocks] == [
        ("heading", "Cutting", (), 1),
        ("paragraph", "He measured < twice.", ("cloth", "small light"), 0),
        ("quote", "So be it.", (), 0),
        ("heading", "Sleeping", (), 2),
        ("paragraph", "- He slept.", (), 0),
    ]


def test_without_a_title_in_the_text_the_files_own_counts(tmp_path: Path) -> None:
    assert read(word(tmp_path / "a.docx", [("Normal", "He slept.")])).title == "A Title of the File"


def test_no_word_document(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hello.xml", "<a/>")
    with pytest.raises(DocumentError, match="not a Word document"):
        read(path)


def test_properties_that_grow_without_end(tmp_path: Path) -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE a [<!ENTITY e0 "{"x" * 1000}">{entities}]><a><title>&e9;</title></a>'
    with pytest.raises(DocumentError, match="declares entities"):
        read(word(tmp_path / "a.docx", [("Normal", "He slept.")], core=bomb))


def test_a_text_that_is_called_a_picture_is_never_unpacked(tmp_path: Path) -> None:
    """The size wasn't counted: sixty megabytes could become sixty gigabytes."""
    path = tmp_path / "a.docx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("_rels/.rels", relationships("officeDocument", "word/document.png"))
        archive.writestr("word/document.png", f"<w:document {_W}><w:body/></w:document>")
    with pytest.raises(DocumentError, match="not a Word document"):
        read(path)
