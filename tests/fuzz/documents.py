"""Documents through `remix add`: every form that it takes, changed as bytes and by its own structure.

A case is a form's name, a line end, and the file's bytes. Each case is converted in this process, where a wrong
exception is seen; one of twenty goes through the command as well, and so through the process that bounds it.
"""

from __future__ import annotations

import io
import os
import random
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner

import remix.cli
from remix.documents.convert import Conversion, ConversionOptions, convert
from remix.errors import RemixError
from remix.util.names import visible
from tests.conftest import ESSAY
from tests.documents import test_docx, test_epub, test_garden_note, test_html
from tests.fuzz.harness import Target

FORMS = ("txt", "md", "org", "html", "docx", "epub")

ORG = """#+title: The Map
#+filetags: :cloth:

* Cutting :maps:
He measured /twice/, by [[https://example.org][a link]].

- One
- Two

#+begin_quote
So be it.
#+end_quote

| a | b |
"""

HTML_WORDS = (
    "<div>",
    "</div>",
    "<table><tr><td>",
    "<td>",
    "</table>",
    "<ul><li>",
    "<ol>",
    "<blockquote>",
    "<span>",
    "<br>",
    "<pre>",
    "<h1>",
    "<p>",
    "<!--",
    "-->",
    "<script>",
    '<a href="javascript:x">',
    '<img src="data:image/png;base64,AAAA">',
    "&#xd800;",
    "&nbsp;",
    "<meta charset=utf-16>",
)
XML_WORDS = (
    "<w:p/>",
    "<w:p><w:r><w:t>",
    "</w:t></w:r></w:p>",
    "<w:tbl><w:tr><w:tc>",
    "<w:footnoteReference w:id='1'/>",
    "<a:blip r:link='r1'/>",
    "<!DOCTYPE a [<!ENTITY e 'eeeeeeee'>]>",
    "&e;",
    "&#0;",
    "<![CDATA[",
    "]]>",
    "<w:br/>",
    "<itemref idref='one'/>",
    "../../../etc/passwd",
    "file:///etc/passwd",
    "/etc/passwd",
)
TEXT_WORDS = (
    "---\n",
    "+++\n",
    "# ",
    "> ",
    "- ",
    "1. ",
    "```\n",
    "[[",
    "#tag, #other\n",
    "\n\n",
    "planted 2026-01-02",
    "seed\n",
    "“",
    "%%",
    "#+begin_src\n",
    ":PROPERTIES:\n",
    "\u202e",
    "\x1b[31m",
)


def _corpus(folder: Path) -> list[bytes]:
    word = test_docx.word(
        folder / "a.docx",
        [("Title", "The Map"), ("heading 1", "Cutting"), ("Normal", "He slept. #cloth"), ("Quote", "So be it.")],
    ).read_bytes()
    book = test_epub.book(folder / "a.epub").read_bytes()
    texts = {"txt": test_garden_note.NOTE, "md": ESSAY, "org": ORG, "html": test_html.PAGE}
    files = {form: text.encode() for form, text in texts.items()} | {"docx": word, "epub": book}
    return [f"{form}\n".encode() + files[form] for form in FORMS]


# -- changes by structure -----------------------------------------------------------------------------------


def _mutate(chance: random.Random, case: bytes) -> bytes:
    form, _, data = case.partition(b"\n")
    if form in (b"docx", b"epub") and (members := _members(data)):
        changed = _mutate_zip(chance, members)
    else:
        words = HTML_WORDS if form == b"html" else TEXT_WORDS
        changed = _mutate_text(chance, data, words)
    return form + b"\n" + changed


def _members(data: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {each.filename: archive.open(each).read(2**20) for each in archive.infolist()[:50]}
    except Exception:
        return {}


def _mutate_zip(chance: random.Random, members: dict[str, bytes]) -> bytes:
    for _ in range(chance.choice((1, 1, 2, 4))):
        name = chance.choice(list(members))
        match chance.randrange(8):
            case 0:
                del members[name]
                members.setdefault("a.xml", b"<a/>")
            case 1:
                members[name] = members[chance.choice(list(members))]
            case 2:
                members[chance.choice(("../out.xml", "/a.xml", "a\\b.xml", "word/footnotes.xml"))] = members[name]
            case _:
                members[name] = _mutate_text(chance, members[name], XML_WORDS + HTML_WORDS)
    return _lie(chance, _zipped(chance, members))


def _zipped(chance: random.Random, members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members.items():
            how = chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2))
            archive.writestr(zipfile.ZipInfo(name), data, how)
    return file.getvalue()


def _lie(chance: random.Random, data: bytes) -> bytes:
    """The same archive, perhaps with another number in a member's entry in the list at its end."""
    entries = [at for at in range(len(data)) if data.startswith(b"PK\1\2", at)]
    if not entries or chance.random() < 0.6:
        return data
    entry = chance.choice(entries)
    # Flags, method, sum, packed and unpacked size, lengths of name and extra field, offset.
    place, length = chance.choice(((8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2), (42, 4)))
    value = chance.choice((0, 1, 8, 255, 2**15, 2 ** (8 * length) - 1))
    at = entry + place
    return data[:at] + (value % 2 ** (8 * length)).to_bytes(length, "little") + data[at + length :]


def _mutate_text(chance: random.Random, data: bytes, words: tuple[str, ...]) -> bytes:
    """Markup put in, at the edge of other markup; pieces repeated, nested or dropped."""
    text = data.decode("utf-8", "surrogateescape")
    edges = [n for n, letter in enumerate(text) if letter in "<>\n"] or [0]
    at, to = sorted((chance.choice(edges), chance.choice(edges)))
    word = chance.choice(words)
    match chance.randrange(6):
        case 0:
            text = text[:at] + word + text[at:]
        case 1:
            text = text[:at] + word * chance.choice((3, 300, 20_000)) + text[at:]
        case 2:
            text = text[:at] + text[at:to] * chance.choice((2, 20, 2000)) + text[to:]
        case 3:
            text = text[:at] + text[to:]
        case 4:
            other = chance.choice(words)
            text = text[:at] + (word + other) * chance.choice((2, 300, 5000)) + text[at:]
        case _:
            code = chance.choice(("utf-16", "latin-1", "utf-8-sig", "cp037"))
            return text[: 2**20].encode(code, "ignore")
    return text[: 2**20].encode("utf-8", "surrogateescape")


# -- the check ----------------------------------------------------------------------------------------------


def _check(case: bytes, folder: Path) -> None:
    form, _, data = case.partition(b"\n")
    ending = form.decode() if form.decode("utf-8", "replace") in FORMS else "txt"
    path = folder / f"a document.{ending}"
    path.write_bytes(data)
    before = _tree(folder)
    through_command = zlib.crc32(case) % 20 == 0
    # The command's workspace has no tags yet.
    known = () if through_command else ("cloth", "small error")
    answer = _answer(lambda: convert(path, ConversionOptions(known=known)))
    assert _tree(folder) == before
    if not through_command:
        return
    seeds = folder / "garden" / "seeds"
    seeds.mkdir(parents=True)
    result = CliRunner().invoke(remix.cli.cli, ["-C", str(seeds.parent), "add", str(path)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    assert result.exit_code == (1 if answer is None else 0), result.output
    assert visible(result.output, keep="\n\t") == result.output
    written = [] if answer is None else [seeds / answer.name]
    assert [each for each in _tree(folder) if each.is_file() and each not in before and _is_ours(each)] == written
    if answer is not None:
        assert written[0].read_text(encoding="utf-8") == answer.text


def _is_ours(path: Path) -> bool:
    """Whether a file isn't the index of the corpus, which any command may make."""
    return ".remix" not in path.parts


def _answer(convert: Callable[[], Conversion]) -> Conversion | None:
    try:
        return convert()
    except RemixError as error:
        if not (error.message and error.hint):
            raise
        return None


def _tree(folder: Path) -> list[Path]:
    return sorted(Path(top, name) for top, _, names in os.walk(folder) for name in names)


TARGET = Target(
    name="documents",
    corpus=_corpus,
    check=_check,
    words=tuple(word.encode() for word in TEXT_WORDS + HTML_WORDS),
    mutate=_mutate,
    # The process that some cases start may compute for 8 s itself.
    seconds=20.0,
)
