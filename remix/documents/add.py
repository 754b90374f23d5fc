"""Documents into seeds: a file is read by its form, written as Markdown, and read back as remix will read it.

Takes files and a workspace, gives what was found; `write` puts it among the seeds. Nothing there is ever overwritten.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from remix import files, frontmatter, names
from remix.corpus import consult
from remix.corpus.tags import split_trailing_tags, unique
from remix.corpus.walk import seed_files
from remix.documents import docx, epub, html, markdown, note, org, plain
from remix.documents.document import Block, Document, DocumentError, TooLongError, one_line
from remix.documents.seed import read_back, seed
from remix.errors import SeedError
from remix.records import Essay, Frozen
from remix.workspace import Workspace

FORMS = (".txt", ".text", ".md", ".markdown", ".org", ".html", ".htm", ".xhtml", ".docx", ".epub")
"""Endings of the files that can be added."""

LONGEST_NAME = 80
"""Bytes of a seed's name, without its ending."""

_MARK = re.compile(r"^(?:>[ \t]?)*", re.MULTILINE)


class Added(Frozen):
    """A document that has become a seed, or can."""

    source: Path
    """The document's file."""

    path: Path
    """The seed's."""

    text: str
    """The seed."""

    document: Document
    """What the document was taken for."""

    essay: Essay
    """The seed as remix reads it."""

    no_passage: tuple[str, ...]
    """Pieces of the document that are in the seed, but in none of its passages: code, tables."""


def prepare(
    paths: Sequence[Path], workspace: Workspace, title: str | None = None, tags: Collection[str] = ()
) -> list[Added]:
    """What the seeds of some documents would be; writes nothing.

    Raises `RemixError` where one can't be read, or its seed would take another's name.
    """
    taken = _taken(workspace)
    known = _known_tags(workspace)
    found = []
    for path in paths:
        try:
            document = _titled(read_document(path, known), title or None, path, tags)
        except TooLongError as error:
            raise DocumentError(f"{path}: {error.message}", error.hint) from error
        added = _prepared(path, document, workspace.seeds)
        slug = names.same_place(added.essay.slug)
        if other := taken.get(slug):
            raise DocumentError(f"{path}: there is a seed of that name already, {other}.", _ANOTHER)
        if os.path.lexists(added.path):
            raise DocumentError(f"{path}: {added.path} already exists.", _ANOTHER)
        taken[slug] = added.path
        found.append(added)
    return found


_ANOTHER = "Give it another title with --title; seeds are never overwritten."


def write(added: Added) -> None:
    """Write a seed. Raises `DocumentError` where something of its name is there, or it can't be written."""
    try:
        files.write_new(added.path, added.text.encode())
    except FileExistsError as error:
        raise DocumentError(f"{added.path} already exists.", _ANOTHER) from error
    except OSError as error:
        raise DocumentError(
            f"{added.path}: can't be written ({error.strerror or error}).", "See that there is room, and you may."
        ) from error


def add(
    paths: Sequence[Path], workspace: Workspace, title: str | None = None, tags: Collection[str] = ()
) -> list[Added]:
    """Make seeds of some documents. Raises `RemixError`; where a document is at fault, before anything is written."""
    found = prepare(paths, workspace, title, tags)
    for each in found:
        write(each)
    return found


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
            return html.read(frontmatter.read_bytes(path))
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


def _taken(workspace: Workspace) -> dict[str, Path]:
    """The seeds that are there, by what makes their names the same."""
    folder = workspace.seeds
    return {
        names.same_place(names.slugify(path.relative_to(folder).with_suffix("").as_posix())): path
        for path in (seed_files(folder, workspace.exclude) if folder.is_dir() else [])
    }


def _known_tags(workspace: Workspace) -> list[str]:
    """The corpus' tags as written, the most frequent first. A seed that can't be read has none."""
    try:
        tags = consult(
            workspace.seeds, workspace.root, lambda corpus: corpus.tags(), lambda _: None, workspace.exclude
        )
    except SeedError:
        return []
    return [tag for tag, _ in tags]


def _titled(document: Document, title: str | None, path: Path, tags: Iterable[str]) -> Document:
    """A document with a title, and tags that were asked for."""
    asked = [tag.removeprefix("#").strip() for tag in tags]
    found = one_line(title or document.title or names.written(path.stem))
    return document.model_copy(update={"title": found, "tags": unique(filter(None, (*document.tags, *asked)))})


def _prepared(source: Path, document: Document, folder: Path) -> Added:
    text = seed(document)
    name = f"{_name(document.title or '')}.md"
    essay = _read_back(text, name, source)
    if not essay.passages:
        raise DocumentError(f"{source}: has no paragraph.", "See whether it holds any text.")
    return Added(
        source=source,
        path=folder / name,
        text=text,
        document=document,
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
