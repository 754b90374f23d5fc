"""Documents made to exhaust memory or time, or to reach outside of the process."""

from __future__ import annotations

import io
import os
import resource
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from remix.documents import archive, confined, convert, prepare
from remix.documents.archive import Archive
from remix.documents.confined import BOUNDS, convert_confined
from remix.documents.convert import Conversion, ConversionOptions
from remix.documents.document import DocumentError
from remix.util.processes import Bounds, Ended, run_python
from remix.workspace import Workspace
from tests.conftest import Remix
from tests.documents.test_docx import _PACKAGE, _W, relationships, word
from tests.documents.test_epub import MEMBERS, ONE, PACKAGE, book

PARAGRAPH = "<w:p><w:r><w:t>He slept.</w:t></w:r></w:p>"
MIB = 2**20


def docx(path: Path, body: str, **members: str) -> Path:
    """A Word document with a body, and more members."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("_rels/.rels", relationships("officeDocument", "word/document.xml"))
        file.writestr("word/document.xml", f"<w:document {_W}><w:body>{body}</w:body></w:document>")
        for name, text in members.items():
            file.writestr(name, text)
    return path


def lying(path: Path, member: str, unpacked: int, said: int = 100) -> Path:
    """An e-book with a member that states `said` bytes, and unpacks to `unpacked` MiB."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = b"".join(packer.compress(b"<p/>" * 2**18) for _ in range(unpacked)) + packer.flush()
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as others:
        for name in MEMBERS.keys() - {member}:
            others.writestr(name, MEMBERS[name])
        start, count = others.start_dir, len(others.infolist())
    whole = file.getvalue()
    name = member.encode()
    sizes = (0, len(data), said, len(name), 0)
    local = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 8, 0, 0, *sizes) + name + data
    entry = struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, 8, 0, 0, *sizes, 0, 0, 0, 0, start) + name
    listed = whole[start : whole.rindex(b"PK\5\6")] + entry
    at = start + len(local)
    path.write_bytes(
        whole[:start]
        + local
        + listed
        + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count + 1, count + 1, len(listed), at, 0)
    )
    return path


def _refusal(path: Path, way: Callable[[Path, ConversionOptions], object]) -> str | None:
    """The error of a document that can't be converted; none if it can."""
    try:
        way(path, ConversionOptions())
    except DocumentError as error:
        return error.message
    return None


# -- archives that lie --------------------------------------------------------------------------------------


@pytest.mark.parametrize("member", ["OPS/1.xhtml", "OPS/book.opf", "META-INF/container.xml"])
def test_a_size_that_is_a_lie_unpacks_nothing(tmp_path: Path, member: str) -> None:
    """A few kilobytes became 1.8 GB: `zipfile` unpacks a member before checking the size."""
    path = lying(tmp_path / "a.epub", member, unpacked=200)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(DocumentError, match="damaged"):
        Archive(path).read(member)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 * 1024


def test_a_size_that_is_true_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="the unpacked text would be larger than 32 MiB"):
        Archive(lying(tmp_path / "a.epub", "OPS/1.xhtml", unpacked=40, said=40 * MIB))


def test_members_are_counted_as_they_unpack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_TEXT", 2**10)
    path = book(tmp_path / "a.epub", **{"OPS/a.png": "x" * 3000})
    with pytest.raises(DocumentError, match="the unpacked text would be larger than"):
        Archive(path).read("OPS/a.png")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_cannot_be_unpacked_in_pieces_is_not(tmp_path: Path, method: int) -> None:
    """45 bytes of bzip2 are a megabyte, and 64 KiB are one and a half gigabytes."""
    path = tmp_path / "a.epub"
    with zipfile.ZipFile(path, "w", method) as file:
        for name, text in MEMBERS.items():
            file.writestr(name, text)
    with pytest.raises(DocumentError, match="compressed by an unusual method"):
        convert_confined(path, ConversionOptions())


def test_sixty_thousand_members(tmp_path: Path) -> None:
    path = tmp_path / "a.epub"
    with zipfile.ZipFile(path, "w") as file:
        for number in range(60_000):
            file.writestr(f"{number}", b"")
    with pytest.raises(DocumentError, match="has more than 10000 members"):
        Archive(path)


@pytest.mark.parametrize(("field", "length"), [(8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2), (42, 4)])
def test_any_number_in_an_archive_may_be_a_lie(tmp_path: Path, field: int, length: int) -> None:
    """An offset before the beginning of the file ended in a traceback."""
    data = book(tmp_path / "a.epub").read_bytes()
    path = tmp_path / "b.epub"
    for entry in (at for at in range(len(data)) if data.startswith(b"PK\1\2", at)):
        for value in (0, 1, 255, 2 ** (8 * length - 1), 2 ** (8 * length) - 1):
            place = entry + field
            path.write_bytes(data[:place] + value.to_bytes(length, "little") + data[place + length :])
            assert str(path) in (_refusal(path, convert.convert) or str(path))


def test_an_archive_in_an_archive_is_not_opened(tmp_path: Path) -> None:
    inner = book(tmp_path / "inner.epub").read_bytes()
    path = tmp_path / "a.docx"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("word/document.xml", inner)
        file.writestr("_rels/.rels", relationships("officeDocument", "word/document.xml"))
    with pytest.raises(DocumentError, match="damaged"):
        convert_confined(path, ConversionOptions())


# -- more than the bounds -----------------------------------------------------------------------------------

ENTITIES = '<!DOCTYPE a [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;">]>'


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("<w:p/>" * 5_000_000, "has more than 100000 paragraphs and table cells"),
        ("<w:tbl><w:tr>" + "<w:tc/>" * 1_000_000 + "</w:tr></w:tbl>", "has more than 100000 paragraphs"),
        ("<w:p><w:r>" + "<w:br/>" * 500_000 + "</w:r></w:p>", "has more than 400000 elements"),
        ("<w:p>" + "<w:r w:a='1' w:b='2' w:c='3'/>" * 150_000 + "</w:p>", "has more than 400000 elements"),
        ("<w:tbl><w:tr><w:tc>" * 90 + PARAGRAPH + "</w:tc></w:tr></w:tbl>" * 90, "more than 250 nested"),
        (f"<w:p w:a='{'x' * 2 * MIB}'/>", "has markup longer than 1 MiB"),
        (f"<w:p><!--{'x' * 2 * MIB}--></w:p>", "has markup longer than 1 MiB"),
        (f"<w:p><?x {'x' * 2 * MIB}?></w:p>", "has markup longer than 1 MiB"),
        ("<w:p>" + "<w:footnoteReference w:id='1'/>" * 150_000 + "</w:p>", "has more than 100000 paragraphs"),
        ("<w:p>", "is damaged"),
        ("&a;", "is damaged"),
    ],
)
def test_word_documents_of_more_than_anyone_writes(tmp_path: Path, body: str, message: str) -> None:
    """40 KB of empty paragraphs took 6.6 GB."""
    path = docx(tmp_path / "a.docx", body)
    with pytest.raises(DocumentError, match=message) as caught:
        convert_confined(path, ConversionOptions())
    assert str(path) in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("name", ["word/styles.xml", "word/footnotes.xml", "docProps/core.xml", "a.xml"])
def test_no_entities_in_any_part_of_a_word_document(tmp_path: Path, name: str) -> None:
    path = docx(tmp_path / "a.docx", PARAGRAPH, **{name: f"{ENTITIES}<a>&b;</a>"})
    with pytest.raises(DocumentError, match=f"the member '{name}' declares entities"):
        convert_confined(path, ConversionOptions())


@pytest.mark.parametrize("name", ["META-INF/container.xml", "OPS/book.opf"])
def test_no_entities_in_an_e_book(tmp_path: Path, name: str) -> None:
    with pytest.raises(DocumentError, match=f"the member '{name}' declares entities"):
        convert_confined(book(tmp_path / "a.epub", **{name: ENTITIES + MEMBERS[name]}), ConversionOptions())


PAGES = [
    "<table><tr><td>a" * 20_000,
    ("<table><tr><td>He slept a little." * 60 + "</table>" * 60) * 35,
    "<ul><li>a" * 20_000,
    "<ul><li>" * 100 + "<ul><li>a</ul>" * 2500,
    ("<ul><li>a" * 100 + "</ul>" * 100) * 50,
    ("<span>" * 200 + "a" + "</span>" * 200) * 100 + "<p>a",
    ("<div>" * 200 + "a" + "</div>" * 200) * 100,
    "<blockquote>" * 200 + "<p>a</p>" * 10_000,
    "<table><tr>" + "<td>" * 1_000_000,
    "<table><tr>" + "<td>" * 20_000 + "<tr><td>a" * 20_000,
    "<p " + " ".join(f"a{number}=1" for number in range(300_000)) + ">a",
    "<p>He slept.<img src='data:image/png;base64," + "A" * 7 * MIB + "'>",
    "<p title='" + "x" * 7 * MIB + "'>a",
    "<!--" * MIB,
    "<" * 2 * MIB,
    "<p>" + "<br>" * 12_500,
    "<a href=x>b</a> " * 6000,
    "<script type='application/ld+json'>" + "[" * MIB,
    "<title>" + "a " * 2**18 + "</title><p>a",
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page[:20])
def test_pages_of_more_than_anyone_writes(tmp_path: Path, page: str) -> None:
    """Nested tables took quadratic time. No page takes all the time that a process is given."""
    path = tmp_path / "a.html"
    path.write_text(page, encoding="utf-8")
    # CPU time counts: 60 s of elapsed time may pass on a busy machine.
    patient = partial(convert_confined, bounds=BOUNDS._replace(seconds=600))
    refusal = (_refusal(path, patient) or "").replace("front matter is longer than", "")
    assert "longer than" not in refusal
    assert "can't be read" not in refusal


def test_words_in_a_table_in_a_table_stand_once(tmp_path: Path) -> None:
    """The words were repeated for each table around."""
    path = tmp_path / "a.html"
    path.write_text("<table><tr><td>one<table><tr><td>two<td>three</table></table>", encoding="utf-8")
    text = convert.convert(path, ConversionOptions()).text
    assert [text.count(word) for word in ("one", "two", "three")] == [1, 1, 1]


def test_a_file_under_a_hundred_thousand_ids_is_read_once(tmp_path: Path) -> None:
    items = "".join(f'<item id="i{n}" href="1.xhtml" media-type="application/xhtml+xml"/>' for n in range(20_000))
    spine = "".join(f'<itemref idref="i{n}"/>' for n in range(20_000))
    package = PACKAGE.replace("</manifest>", f"{items}</manifest>").replace("</spine>", f"{spine}</spine>")
    found = convert_confined(book(tmp_path / "a.epub", **{"OPS/book.opf": package}), ConversionOptions())
    assert found.text.count("A café here.") == 1


# -- outwards -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["../../../secret.xhtml", "file:///{secret}", "{secret}", "http://127.0.0.1:9/a"])
def test_a_chapter_that_leads_out_of_the_book(tmp_path: Path, target: str) -> None:
    secret = tmp_path / "secret.xhtml"
    secret.write_text("<p>secret</p>", encoding="utf-8")
    package = PACKAGE.replace("1.xhtml", target.format(secret=secret))
    with pytest.raises(DocumentError, match="has no member '"):
        convert_confined(book(tmp_path / "a.epub", **{"OPS/book.opf": package}), ConversionOptions())


@pytest.mark.parametrize("target", ["file://{secret}", "{secret}", "http://127.0.0.1:9/a.png"])
def test_pictures_outside_are_not_fetched(tmp_path: Path, target: str) -> None:
    """`mammoth` would read such pictures if allowed."""
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"secret")
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    link = (
        f'<Relationship Id="r9" Type="{office}/image" Target="{target.format(secret=secret)}" TargetMode="External"/>'
    )
    space = "http://schemas.openxmlformats.org/drawingml/2006"
    picture = (
        f'<w:p><w:r><w:drawing><wp:inline xmlns:wp="{space}/wordprocessingDrawing"><a:graphic xmlns:a="{space}/main">'
        f'<a:graphicData><pic:pic xmlns:pic="{space}/picture"><pic:blipFill><a:blip xmlns:r="{office}" r:link="r9"/>'
        "</pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"
    )
    relations = f'<Relationships xmlns="{_PACKAGE}">{link}</Relationships>'
    path = docx(tmp_path / "a.docx", PARAGRAPH + picture, **{"word/_rels/document.xml.rels": relations})
    assert convert_confined(path, ConversionOptions()).text.endswith("He slept.\n")


def test_a_document_s_own_style_map_counts_for_nothing(tmp_path: Path) -> None:
    path = docx(tmp_path / "a.docx", PARAGRAPH, **{"mammoth/style-map": "p => script:fresh"})
    assert convert_confined(path, ConversionOptions()).text.endswith("He slept.\n")


@pytest.mark.parametrize("external", ["SYSTEM '/etc/passwd'", "PUBLIC 'a' 'http://127.0.0.1:9/a.dtd'"])
def test_external_entities_and_dtds_are_not_read(tmp_path: Path, external: str) -> None:
    one = ONE.replace('encoding="utf-8"?>', f'encoding="utf-8"?><!DOCTYPE html [<!ENTITY e {external}>]>&e;')
    assert (
        "root:" not in convert_confined(book(tmp_path / "a.epub", **{"OPS/1.xhtml": one}), ConversionOptions()).text
    )
    package = f"<!DOCTYPE package {external}>{PACKAGE}"
    assert (
        convert_confined(book(tmp_path / "b.epub", **{"OPS/book.opf": package}), ConversionOptions()).name
        == "the-book.md"
    )


# -- the process --------------------------------------------------------------------------------------------


def test_it_gives_what_converting_gives(tmp_path: Path) -> None:
    path = word(tmp_path / "a.docx", [("Title", "The Map"), ("Normal", "He slept. #cloth")])
    wanted = ConversionOptions(tags=("one",), known=("cloth",))
    assert convert_confined(path, wanted) == convert.convert(path, wanted)


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        (BOUNDS._replace(seconds=0.05), r"a\.txt: takes longer than 0\.05 s to read"),
        (BOUNDS._replace(memory=40 * MIB), r"a\.txt: can't be read"),
        (BOUNDS._replace(output=1000), r"a\.txt: can't be read"),
    ],
)
def test_what_takes_too_much_is_said_in_words(tmp_path: Path, bounds: Bounds, message: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text("He slept.\n\n" * 2000, encoding="utf-8")
    with pytest.raises(DocumentError, match=message) as caught:
        convert_confined(path, ConversionOptions(), bounds)
    assert "plain text" in caught.value.hint


@pytest.mark.parametrize(
    ("ended", "message"),
    [
        (Ended(confined.NO_MEMORY, b"", ""), r"takes more than 1(\.0)? GiB of memory to read"),
        (Ended(confined.OVERTIME, b"", ""), "takes longer than 8 s of computing to read"),
        (Ended(-11, b"", ""), r"can't be read \(signal 11\)"),
        (Ended(1, b"", "Traceback …\nKeyError: 'a'\n"), r"can't be read \(KeyError: 'a'\)"),
        (Ended(1, b"", ""), r"can't be read \(no reason given\)"),
        (Ended(confined.TROUBLE, b"no JSON", ""), "can't be read"),
        (Ended(confined.TROUBLE, b"[]", ""), "can't be read"),
        (Ended(confined.TROUBLE, b'{"message": "a.txt: bad.", "hint": "Mend it."}', ""), r"a\.txt: bad\."),
        (Ended(0, b"", ""), "the result isn't an essay"),
        (Ended(0, b'{"name": 1}', ""), "the result isn't an essay"),
    ],
)
def test_however_the_process_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ended: Ended, message: str
) -> None:
    monkeypatch.setattr(confined, "run_python", lambda *_: ended)
    with pytest.raises(DocumentError, match=message):
        convert_confined(tmp_path / "a.txt", ConversionOptions())


@pytest.mark.parametrize("name", ["../out.md", "/out.md", "a/b.md", "a\nb.md", ".."])
def test_a_name_from_the_process_leads_nowhere(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("He slept.", encoding="utf-8")
    found = convert.convert(path, ConversionOptions()).model_copy(update={"name": name})
    monkeypatch.setattr(sys.modules["remix.documents.add"], "convert_confined", lambda *_: found)
    with pytest.raises(DocumentError, match="would lie outside"):
        prepare([path], workspace)


HOSTILE_LIBRARY = """
import os, socket, subprocess, sys
from pathlib import Path
def tried(what):
    try: what()
    except OSError as error: print(error, file=sys.stderr)
    else: print("DONE", what, file=sys.stderr)
def attempt():
    print("this is no answer")
    tried(lambda: socket.create_connection(("127.0.0.1", 9)))
    tried(lambda: subprocess.run(["true"]))
    tried(lambda: os.system("true"))
    tried(lambda: os.posix_spawn("/bin/true", ["true"], {}))
    tried(lambda: open("written", "w"))
    tried(lambda: os.open("written", os.O_CREAT | os.O_WRONLY))
    sys.exit("END")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="another way to start processes")
def test_a_library_opens_no_connection_starts_nothing_and_writes_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library, here, own = (tmp_path / name for name in ("library", "here", "own"))
    for folder in (library, here, own):
        folder.mkdir()
    (library / "hostile_library.py").write_text(
        HOSTILE_LIBRARY + "from remix.documents import confined\nconfined.convert = lambda *_: attempt()\n"
        "main = confined.main\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(str(library))
    monkeypatch.chdir(here)
    ended = run_python("hostile_library:main", [], BOUNDS, b'{"path": "a", "options": {}}', {"TMPDIR": str(own)})
    assert ended.output == b""
    assert "DONE" not in ended.complaint
    assert ended.complaint.count("a document is read without") == 6
    assert ended.complaint.rstrip().endswith("END")
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "endless link", "nothing"])
def test_what_is_no_file(remix_: Remix, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.docx"
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "device":
            path.symlink_to("/dev/zero")
        case "folder":
            path.mkdir()
        case "endless link":
            path.symlink_to(path)
    result = remix_("add", path)
    assert result.exit_code in (1, 2)
    assert "a.docx" in result.stderr
    assert isinstance(result.exception, SystemExit)


@pytest.mark.parametrize("title", ["\udcff", "a\ud800b"])
def test_a_title_of_half_a_character(remix_: Remix, tmp_path: Path, title: str) -> None:
    """Such a title ended in a traceback."""
    path = tmp_path / "a.txt"
    path.write_text("He slept.", encoding="utf-8")
    result = remix_("add", "--title", title, path)
    assert result.exit_code == 1
    assert "half a character" in result.stderr


def test_an_honest_book_of_two_hundred_and_fifty_pages(tmp_path: Path) -> None:
    """A hundred thousand words, with the markup that Word puts around every few words. Twice as many take 5.5 s of
    computing on an AMD EPYC: a slower processor may need more than the 8 s that there are."""
    marks = '<w:rPr><w:rFonts w:ascii="Times"/><w:sz w:val="24"/><w:lang w:val="en-GB"/></w:rPr>'
    text = '<w:t xml:space="preserve">He measured the cloth twice and slept. </w:t>'
    run = f'<w:r w:rsidR="00A77B3E">{marks}{text}</w:r>'
    paragraphs = "".join(f"<w:p>{run * 11}<w:r><w:t>{n}.</w:t></w:r></w:p>" for n in range(1250))
    patient = BOUNDS._replace(seconds=600)
    found = convert_confined(docx(tmp_path / "a.docx", paragraphs), ConversionOptions(), patient)
    assert isinstance(found, Conversion)
    assert len(found.essay.passages) == 1250


# -- time ---------------------------------------------------------------------------------------------------

ENDLESS_LIBRARY = """
from remix.documents import confined
confined.COMPUTING = 1
def compute(*_):
    while True: pass
confined.convert = compute
main = confined.main
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on computing there")
def test_computing_without_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "endless_library.py").write_text(ENDLESS_LIBRARY, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    ended = run_python("endless_library:main", [], BOUNDS, b'{"path": "a", "options": {}}')
    assert ended.status == confined.OVERTIME


ATTRIBUTES = " ".join(f'b{number}="c"' for number in range(5000))
MANY_PIECES = {
    "attributes.html": f"<a {ATTRIBUTES}>x</a>" * 37,
    "attributes after a mark.html": f"<a a='>' {ATTRIBUTES}>x</a>" * 37,
    "runs.docx": "<w:p>" + "<w:r><w:t>a</w:t></w:r>" * 47_000 + "</w:p>",
    "cells.docx": "<w:tbl>" + "<w:tr><w:tc><w:tcPr><w:vMerge/></w:tcPr><w:p/></w:tc></w:tr>" * 8200 + "</w:tbl>",
}
SMALLER_LIMITS = """
from remix.documents import archive, confined, document, html
confined.COMPUTING //= 4
archive.MOST_ELEMENTS //= 4
archive.MOST_PARAGRAPHS //= 4
document.MOST_BLOCKS = html.MOST_BLOCKS = document.MOST_BLOCKS // 4
html.MOST_WORK //= 4
main = confined.main
"""


@pytest.mark.parametrize("name", MANY_PIECES)
def test_just_under_the_counts_no_document_takes_ten_seconds_of_computing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A page of 1.5 MB in which each element has 5,000 attributes took 15 s, and so did Word documents.

    With a quarter of the counts, and of the 8 s of computing after which the process is killed.
    """
    (tmp_path / "smaller_limits.py").write_text(SMALLER_LIMITS, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(confined, "run_python", lambda _, *more: run_python("smaller_limits:main", *more))
    path = tmp_path / name
    if path.suffix == ".docx":
        docx(path, MANY_PIECES[name])
    else:
        path.write_text(MANY_PIECES[name], encoding="utf-8")
    before = _computed()
    refusal = _refusal(path, lambda path, wanted: convert_confined(path, wanted, BOUNDS._replace(seconds=600)))
    assert _computed() - before < 10
    assert "can't be read" not in (refusal or "")


def _computed() -> float:
    """Seconds of CPU time of this process's children."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
