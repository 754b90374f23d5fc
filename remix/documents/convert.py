"""Converting a document to an essay, which is then read like any essay.

Takes a file and options, gives a `Conversion`; leaves no files. Time and memory are bounded by `confined.py`, which
calls `convert` in a separate process.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from remix.corpus import slugs
from remix.corpus.blocks import one_line
from remix.corpus.tags import unique
from remix.corpus.trailing_tags import split_trailing_tags
from remix.documents import docx, epub, garden_note, html, markdown, org, plain
from remix.documents.document import Block, Document, DocumentError, TooLongError
from remix.documents.essay import essay_text, read_back
from remix.documents.reading import FORMS, read_bytes, read_text
from remix.errors import SeedError
from remix.records import Essay, Frozen
from remix.util import names

LONGEST_NAME = 80
"""Bytes of the essay's file name, without the suffix."""

_MARK = re.compile(r"^(?:>[ \t]?)*", re.MULTILINE)


class ConversionOptions(Frozen):
    """The user's options for a document."""

    title: str | None = None
    tags: tuple[str, ...] = ()
    """For all passages."""

    known: tuple[str, ...] = ()
    """The corpus' tags as written, the most frequent first."""


class Conversion(Frozen):
    """A document converted to an essay."""

    name: str
    """The essay's file name."""

    text: str
    """The essay's Markdown."""

    document: Document
    """The document as read. The values of `meta` are strings, for display."""

    essay: Essay
    """The essay as remix reads the Markdown."""

    no_passage: tuple[str, ...]
    """Blocks in the essay, but in no passage: code, tables."""


def convert(path: Path, options: ConversionOptions) -> Conversion:
    """Convert a document. Raises `RemixError` if the document can't be read, or can't be written as an essay."""
    try:
        document = read_document(path, options.known)
        title = one_line(options.title or document.title or names.written(path.stem))
        asked = (tag.removeprefix("#").strip() for tag in options.tags)
        tags = unique(filter(None, (*document.tags, *asked)))
        return _converted(path, document.model_copy(update={"title": title, "tags": tags}))
    except TooLongError as error:
        raise DocumentError(f"{path}: {error.message}", error.hint) from error
    except RecursionError as error:
        raise DocumentError(f"{path}: nested too deeply.", "Save it as plain text.") from error
    except UnicodeEncodeError as error:
        raise DocumentError(f"{path}: holds half a character.", "Save the document again as UTF-8.") from error


def read_document(path: Path, known: Collection[str] = ()) -> Document:
    """Read a document by the suffix of the file's name; `known` are the corpus' tags, as written.

    Raises `RemixError` if the document can't be read.
    """
    match path.suffix.lower():
        case ".docx":
            return docx.read(path)
        case ".epub":
            return epub.read(path)
        case ".html" | ".htm" | ".xhtml":
            return html.read(read_bytes(path))
        case ".org":
            return org.read(read_text(path))
        case ".md" | ".markdown":
            return markdown.read(path, read_text(path))
        case ".txt" | ".text" | "":
            text = read_text(path)
            if garden_note.is_note(text):
                return garden_note.read(text, known)
            return markdown.read(path, text) if markdown.is_markdown(text) else plain.read(text)
        case other:
            raise DocumentError(
                f"{path}: remix can't read this format ({other}).", f"Save the document as one of {', '.join(FORMS)}."
            )


def _converted(source: Path, document: Document) -> Conversion:
    text = essay_text(document)
    # A file name of letters, digits and hyphens: no title leads out of the folder.
    slug = slugs.of_words(document.title or "")
    short = slug.encode()[:LONGEST_NAME].decode(errors="ignore")
    name = f"{short if short == slug else slugs.of_words(short.rpartition('-')[0] or short)}.md"
    try:
        essay = read_back(text, name)
    except SeedError as error:
        raise DocumentError(f"{source}: {error.message}", error.hint) from error
    if not essay.passages:
        raise DocumentError(f"{source}: has no paragraph.", "Check that the document has text.")
    meta = {key: str(value) for key, value in document.meta.items() if value}
    return Conversion(
        name=name,
        text=text,
        document=document.model_copy(update={"meta": meta}),
        essay=essay,
        no_passage=tuple(_no_passage(document.blocks, essay)),
    )


def _no_passage(blocks: Iterable[Block], essay: Essay) -> Iterator[str]:
    """The text of blocks whose words are missing from all passages of the essay."""
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
    """A text without white space and without quotation marks at the start of lines."""
    return re.sub(r"\s+", "", _MARK.sub("", text))
