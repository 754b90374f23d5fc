"""E-books."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from remix.documents import archive
from remix.documents.document import DocumentError
from remix.documents.epub import read

CONTAINER = """<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="OPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"""

PACKAGE = """<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>
<dc:title>The Book</dc:title><dc:creator>Jane Roe</dc:creator><dc:date>2026-01-02T00:00:00Z</dc:date></metadata>
<manifest>
<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="two" href="2%20two.xhtml" media-type="application/xhtml+xml"/>
<item id="one" href="1.xhtml" media-type="application/xhtml+xml"/>
<item id="picture" href="a.png" media-type="image/png"/>
</manifest>
<spine><itemref idref="nav"/><itemref idref="one"/><itemref idref="picture"/><itemref idref="two"/></spine>
</package>"""

ONE = """<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title/>
<script src="x"/></head><body><h1>One</h1><p><a id="p1"/>A café&nbsp;here. #cloth</p><div/><p>More.</p></body>
</html>"""

MEMBERS = {
    "META-INF/container.xml": CONTAINER,
    "OPS/book.opf": PACKAGE,
    "OPS/nav.xhtml": "<p>Contents</p>",
    "OPS/1.xhtml": ONE,
    "OPS/2 two.xhtml": "<h1>Two</h1><p>The end.</p>",
}


def book(path: Path, **changes: str | None) -> Path:
    members = {**MEMBERS, **changes}
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            if text is not None:
                archive.writestr(name, text)
    return path


def test_the_whole_of_a_book(tmp_path: Path) -> None:
    document = read(book(tmp_path / "a.epub"))
    assert (document.form, document.title, document.author, document.date) == (
        "e-book",
        "The Book",
        "Jane Roe",
        "2026-01-02",
    )
    assert [(block.kind, block.text, block.tags) for block in document.blocks] == [
        ("heading", "One", ()),
        ("paragraph", "A café here.", ("cloth",)),
        ("paragraph", "More.", ()),
        ("heading", "Two", ()),
        ("paragraph", "The end.", ()),
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"META-INF/container.xml": None}, "has no member 'META-INF/container.xml'"),
        ({"META-INF/container.xml": "<a/>"}, "has no package document"),
        ({"META-INF/container.xml": "<a"}, "damaged"),
        ({"OPS/book.opf": None}, "has no member 'OPS/book.opf'"),
        ({"OPS/1.xhtml": None}, "has no member 'OPS/1.xhtml'"),
        ({"META-INF/container.xml": CONTAINER.replace("OPS/book.opf", "../../etc/passwd")}, "has no"),
        ({"META-INF/encryption.xml": "<a/>", "META-INF/rights.xml": "<a/>"}, "encrypted"),
    ],
)
def test_damaged_books(tmp_path: Path, changes: dict[str, str | None], message: str) -> None:
    with pytest.raises(DocumentError, match=message):
        read(book(tmp_path / "a.epub", **changes))


def test_a_chapter_is_read_once(tmp_path: Path) -> None:
    """A small book could repeat a chapter a million times, and fill the memory."""
    again = '<itemref idref="one"/>' * 5
    document = read(book(tmp_path / "a.epub", **{"OPS/book.opf": PACKAGE.replace("</spine>", f"{again}</spine>")}))
    assert [block.text for block in document.blocks if block.kind == "heading"] == ["One", "Two"]


def test_a_chapter_that_is_called_a_picture_is_no_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The size wasn't counted."""
    monkeypatch.setattr(archive, "MOST_TEXT", 2**14)
    package = PACKAGE.replace("1.xhtml", "1.png")
    with pytest.raises(DocumentError, match="the unpacked text would be larger than"):
        read(book(tmp_path / "a.epub", **{"OPS/book.opf": package, "OPS/1.png": "<p>a</p>" * 2**13}))
