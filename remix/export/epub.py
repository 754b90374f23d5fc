"""Export to EPUB: a book with a page for each essay, each passage quoted, and the passage's texts below.

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

from remix.export.reviewed_outputs import ReviewedOutput, authors, book_title, chapters, contributor, line
from remix.records import Essay, Passage, Run
from remix.util.names import readable

_STYLE = """
body { line-height: 1.5; }
blockquote { margin: 1em 0 1.5em 1.5em; font-size: .95em; }
.origin { font-size: .8em; margin: .3em 0 1.8em; }
p { white-space: pre-line; }
"""


def epub(run: Run, outputs: Sequence[ReviewedOutput]) -> bytes:
    book = mkepub.Book(
        # mkepub escapes the title in one of four places, where `Markup` isn't escaped once more.
        Markup(escape(book_title(run, outputs))),
        authors=authors(run, outputs),
        dcterms={"contributor": escape(contributor(outputs))},
        published=f"{run.created:%Y-%m-%d}",
    )
    # The same run gives the same book id with each export.
    book.uuid = uuid.uuid5(uuid.NAMESPACE_OID, run.name)
    book.set_stylesheet(_STYLE)
    for essay, passages in chapters(run, outputs):
        book.add_page(escape(line(essay.title)), "\n".join(_page(essay, passages)))
    with TemporaryDirectory() as folder, book.tempdir:
        path = Path(folder) / "book.epub"
        book.save(path)
        return path.read_bytes()


def _page(essay: Essay, passages: Iterable[tuple[Passage, list[ReviewedOutput]]]) -> Iterator[str]:
    yield f"<h1>{escape(line(essay.title))}</h1>"
    for passage, written in passages:
        yield f"<blockquote><p>{escape(readable(passage.text))}</p></blockquote>"
        for output in written:
            yield f'<p>{escape(readable(output.text))}</p>\n<p class="origin">{escape(output.origin)}</p>'
