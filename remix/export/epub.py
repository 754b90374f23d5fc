"""Export to EPUB: a book with a page for each essay, each passage quoted, and the passage's texts below.

A woven essay is the first page, with popup footnotes on the passages behind its sentences (EPUB 3.3, `epub:type`).

Takes a run and outputs with their reviews, gives the book's bytes, made with the package `mkepub`.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

import mkepub
from markupsafe import Markup

from remix.export import noted_essay
from remix.export.reviewed_outputs import ReviewedOutput, authors, book_title, chapters, contributor, line
from remix.records import Essay, Passage, Run
from remix.util.names import readable

_STYLE = """
body { line-height: 1.5; }
blockquote { margin: 1em 0 1.5em 1.5em; font-size: .95em; }
.origin { font-size: .8em; margin: .3em 0 1.8em; }
p { white-space: pre-line; }
"""


_STYLE_OF_NOTES = f"""{_STYLE}sup {{ font-size: .7em; line-height: 1; }}
aside, .about {{ font-size: .85em; margin: .4em 0; }}
"""


def epub(run: Run, outputs: Sequence[ReviewedOutput], with_notes: bool = True) -> bytes:
    essay = noted_essay.essay_of(run, outputs, with_notes)
    rest = essay.rest if essay else outputs
    book = mkepub.Book(
        # mkepub escapes the title in one of four places, where `Markup` isn't escaped once more.
        Markup(escape(essay.title if essay else book_title(run, outputs))),
        authors=noted_essay.authors(run, essay) if essay else authors(run, outputs),
        dcterms={"contributor": escape(contributor(outputs))},
        published=f"{run.created:%Y-%m-%d}",
    )
    # The same run gives the same book id with each export.
    book.uuid = uuid.uuid5(uuid.NAMESPACE_OID, run.name)
    book.set_stylesheet(_STYLE_OF_NOTES if essay else _STYLE)
    if essay:
        book.add_page(escape(essay.title), "\n".join(_essay(essay, with_notes)))
    for each, passages in chapters(run, rest):
        book.add_page(escape(line(each.title)), "\n".join(_page(each, passages)))
    with TemporaryDirectory() as folder, book.tempdir:
        path = Path(folder) / "book.epub"
        book.save(path)
        return path.read_bytes()


def _essay(essay: noted_essay.NotedEssay, with_notes: bool) -> Iterator[str]:
    yield f"<h1>{escape(essay.title)}</h1>"
    for text in essay.texts:
        words = "".join(f"{escape(readable(each.text))}{_reference(each.mark)}" for each in text.marked)
        yield from (f"<p>{paragraph}</p>" for paragraph in words.split("\n\n") if paragraph.strip())
    if with_notes:
        yield f"<h2>{noted_essay.HEADING}</h2>"
        yield from (f'<p class="about">{escape(each)}</p>' for each in noted_essay.about(essay))
        yield from (f'<p class="about">{escape(each)}</p>' for each in essay.origins)
        for number, note in enumerate(essay.notes, start=1):
            back = f'<a href="#place-{number}" role="doc-backlink">{number}</a>'
            words = f"{back} {escape(note)}"
            yield f'<aside epub:type="footnote" role="doc-footnote" id="note-{number}"><p>{words}</p></aside>'


def _reference(mark: str) -> str:
    if not mark.isdecimal():
        return f"<sup>{mark}</sup>" if mark else ""
    return f'<sup><a epub:type="noteref" role="doc-noteref" href="#note-{mark}" id="place-{mark}">{mark}</a></sup>'


def _page(essay: Essay, passages: Iterable[tuple[Passage, list[ReviewedOutput]]]) -> Iterator[str]:
    yield f"<h1>{escape(line(essay.title))}</h1>"
    for passage, written in passages:
        yield f"<blockquote><p>{escape(readable(passage.text))}</p></blockquote>"
        for output in written:
            yield f'<p>{escape(readable(output.text))}</p>\n<p class="origin">{escape(output.origin)}</p>'
