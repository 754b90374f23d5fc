"""A run's texts as something to read and keep: a Markdown file, or an EPUB.

Takes a run and outputs with their reviews, gives a text or a book's bytes, made with the package `mkepub`. Each text
stands below the passage it comes from, with a line on its origin.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

import mkepub

from remix.export.item import Item, by_passage
from remix.export.markup import contained, without_html, without_imitations
from remix.outputs.facts import about
from remix.records import Essay, Passage, Run
from remix.util.names import readable

_STYLE = """
body { line-height: 1.5; }
blockquote { margin: 1em 0 1.5em 1.5em; font-size: .95em; }
.origin { font-size: .8em; margin: .3em 0 1.8em; }
p { white-space: pre-line; }
"""


_ORIGIN = re.compile(r"; record [0-9a-f]{12}")
"""How a line ends that says where a text comes from, as `_origin` makes it."""


def markdown(run: Run, items: Sequence[Item]) -> str:
    """One file: essays as chapters, each passage quoted, its texts below.

    Markdown in texts stays Markdown, but for raw HTML, scripts, and what would reach beyond a text.
    """
    lines = [f"# {contained(title(run))}"]
    for essay, passages in _chapters(run, items):
        lines.append(f"## {contained(_line(essay.title))}")
        for passage, written in passages:
            lines.append("\n".join(f"> {line}".rstrip() for line in _framed(passage.text).split("\n")))
            for item in written:
                lines += [_framed(item.text), f"— {contained(_origin(item))}"]
    return without_html("\n\n".join(lines) + "\n")


def epub(run: Run, items: Sequence[Item]) -> bytes:
    """A book: an essay a page."""
    book = mkepub.Book(escape(title(run)), author=escape(_model(items)), language="en")
    # A run is one book, however often it is taken out.
    book.uuid = uuid.uuid5(uuid.NAMESPACE_OID, run.name)
    book.set_stylesheet(_STYLE)
    for essay, passages in _chapters(run, items):
        book.add_page(escape(_line(essay.title)), "\n".join(_page(essay, passages)))
    with TemporaryDirectory() as folder, book.tempdir:
        path = Path(folder) / "book.epub"
        book.save(path)
        return path.read_bytes()


def title(run: Run) -> str:
    """What a run is about."""
    return _line(about(run))


def _page(essay: Essay, passages: Iterable[tuple[Passage, list[Item]]]) -> Iterator[str]:
    yield f"<h1>{escape(_line(essay.title))}</h1>"
    for passage, written in passages:
        yield f"<blockquote><p>{_escaped(passage.text)}</p></blockquote>"
        for item in written:
            yield f'<p>{_escaped(item.text)}</p>\n<p class="origin">{escape(_origin(item))}</p>'


def _chapters(run: Run, items: Sequence[Item]) -> Iterator[tuple[Essay, list[tuple[Passage, list[Item]]]]]:
    """Essays with those of their passages that a text comes from, and these texts, in the order of the run."""
    by = by_passage(run, items)
    for essay in run.essays:
        passages = [(passage, by[passage.id]) for passage in essay.passages if passage.id in by]
        if passages:
            yield essay, passages


def _origin(item: Item) -> str:
    record = item.found.record
    edited = f", edited by {item.editor}" if item.editor else ""
    written = f"{record.task.kind}, step {record.task.step}, by {record.circumstances.model}{edited}"
    return _line(f"{written}; record {record.id[:12]}")


def _model(items: Iterable[Item]) -> str:
    return _line(", ".join(dict.fromkeys(item.found.record.circumstances.model for item in items)))


def _shown(text: str) -> str:
    return readable(text)


def _framed(text: str) -> str:
    """A text that stays in its place, in Markdown, and doesn't say where it comes from itself."""
    return contained(without_imitations(_shown(text), _ORIGIN))


def _line(text: str) -> str:
    return readable(" ".join(text.split()), keep="")


def _escaped(text: str) -> str:
    return escape(_shown(text))
