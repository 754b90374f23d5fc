"""A document's file → a seed's text, read back as remix reads seeds.

Takes a file and what was asked for, gives a `Converted`; writes nothing that stays. How long a file takes, and how
much memory, isn't bounded here but in `confined.py`, which calls this in a process of its own.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from remix.corpus.tags import split_trailing_tags, unique
from remix.documents import docx, epub, html, markdown, note, org, plain
from remix.documents.document import Block, Document, DocumentError, TooLongError, one_line
from remix.documents.seed import read_back, seed
from remix.documents.source import read_bytes
from remix.errors import SeedError
from remix.records import Essay, Frozen
from remix.util import frontmatter, names

FORMS = (".txt", ".text", ".md", ".markdown", ".org", ".html", ".htm", ".xhtml", ".docx", ".epub")
"""Endings of the files that can be added."""

LONGEST_NAME = 80
"""Bytes of a seed's name, without its ending."""

_MARK = re.compile(r"^(?:>[ \t]?)*", re.MULTILINE)


class Wanted(Frozen):
    """What was asked for, beside the file."""

    title: str | None = None
    tags: tuple[str, ...] = ()
    """For all passages."""

    known: tuple[str, ...] = ()
    """The corpus' tags as written, the most frequent first."""


class Converted(Frozen):
    """A document as a seed."""

    name: str
    """The seed's file name."""

    text: str
    """The seed."""

    document: Document
    """What the document was taken for. The values of its `meta` are as they are shown: strings."""

    essay: Essay
    """The seed as remix reads it."""

    no_passage: tuple[str, ...]
    """Pieces of the document that are in the seed, but in none of its passages: code, tables."""


def convert(path: Path, wanted: Wanted) -> Converted:
    """Make a seed's text of a document. Raises `RemixError` if the document can't be read, or no seed can hold it."""
    try:
        document = _titled(read_document(path, wanted.known), wanted.title, path, wanted.tags)
        return _converted(path, document)
    except TooLongError as error:
        raise DocumentError(f"{path}: {error.message}", error.hint) from error
    except RecursionError as error:
        raise DocumentError(f"{path}: nested too deeply.", "Save it as plain text.") from error
    except UnicodeEncodeError as error:
        raise DocumentError(f"{path}: holds half a character.", "Save it anew as UTF-8.") from error


def read_document(path: Path, known: Collection[str] = ()) -> Document:
    """A document by the ending of its name; `known` are the corpus' tags, as written.

    Raises `RemixError` where it can't be read.
    """
    match path.suffix.lower():
        case ".docx":
            return docx.read(path)
        case ".epub":
            return epub.read(path)
        case ".html" | ".htm" | ".xhtml":
            return html.read(read_bytes(path))
        case ".org":
            return org.read(_text(path))
        case ".md" | ".markdown":
            return markdown.read(path, _text(path))
        case ".txt" | ".text" | "":
            return _plain(path, _text(path), known)
        case other:
            raise DocumentError(
                f"{path}: no form that remix knows ({other}).", f"Save it as one of {', '.join(FORMS)}."
            )


def _plain(path: Path, text: str, known: Collection[str]) -> Document:
    if note.is_note(text):
        return note.read(text, known)
    return markdown.read(path, text) if markdown.is_markdown(text) else plain.read(text)


def _text(path: Path) -> str:
    try:
        text = frontmatter.read_text(path)
    except frontmatter.FrontMatterError as error:
        raise DocumentError(error.message, "Save it as a text in UTF-8, in pieces if it is large.") from error
    if "\0" in text:
        raise DocumentError(f"{path}: not a text.", f"It can be {', '.join(FORMS)}.")
    return text


def _titled(document: Document, title: str | None, path: Path, tags: Iterable[str]) -> Document:
    """A document with a title, and tags that were asked for."""
    asked = [tag.removeprefix("#").strip() for tag in tags]
    found = one_line(title or document.title or names.written(path.stem))
    return document.model_copy(update={"title": found, "tags": unique(filter(None, (*document.tags, *asked)))})


def _converted(source: Path, document: Document) -> Converted:
    text = seed(document)
    name = f"{_name(document.title or '')}.md"
    essay = _read_back(text, name, source)
    if not essay.passages:
        raise DocumentError(f"{source}: has no paragraph.", "See whether it holds any text.")
    meta = {key: str(value) for key, value in document.meta.items() if value}
    return Converted(
        name=name,
        text=text,
        document=document.model_copy(update={"meta": meta}),
        essay=essay,
        no_passage=tuple(_no_passage(document.blocks, essay)),
    )


def _name(title: str) -> str:
    """A file's name for a title: letters, digits and hyphens, so that no title leads out of the folder."""
    slug = names.slugify(title)
    short = slug.encode()[:LONGEST_NAME].decode(errors="ignore")
    return short if short == slug else names.slugify(short.rpartition("-")[0] or short)


def _read_back(text: str, name: str, source: Path) -> Essay:
    try:
        return read_back(text, name)
    except SeedError as error:
        raise DocumentError(f"{source}: {error.message}", error.hint) from error


def _no_passage(blocks: Iterable[Block], essay: Essay) -> Iterator[str]:
    """The pieces of a document whose words are in no passage of its seed."""
    words = _squeezed("\n".join(passage.text for passage in essay.passages))
    place = 0
    for block in blocks:
        if block.kind in ("heading", "markdown"):
            continue
        text = block.text if block.kind == "paragraph" else split_trailing_tags(block.text)[0]
        squeezed = _squeezed(text)
        found = -1 if block.kind in ("code", "table") else words.find(squeezed, place)
        if found < 0:
            yield block.text
        else:
            place = found + len(squeezed)


def _squeezed(text: str) -> str:
    """A text's words without what lies between them, or before its lines in a quotation."""
    return re.sub(r"\s+", "", _MARK.sub("", text))
