"""Export to Markdown: one file with essays as chapters, each passage quoted, and the passage's texts below.

A woven essay comes first, with footnotes on the passages behind its sentences.

Takes a run and outputs with their reviews, gives a text. Markdown in texts stays Markdown, except raw HTML, scripts,
and markup with effects beyond the end of a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from remix.export.draft_markdown import parsed
from remix.export.noted_essay import HEADING, EssayText, NotedEssay, about, essay_of
from remix.export.reviewed_outputs import ReviewedOutput, chapters, line, title
from remix.export.safe_markdown import contained, without_html, without_imitations
from remix.records import Run
from remix.util.names import readable

_ORIGIN = re.compile(r"; record [0-9a-f]{12}")
"""In a `ReviewedOutput.origin`; lines of a text that imitate an origin are shown as code."""


_NOTE = "[^remix-"
"""Begins the name of a footnote."""

_OPEN, _CLOSE = "\ue000", "\ue001"
"""Characters for private use around each mark of ours, until all texts are made safe. In texts they are escaped."""

_MARK = re.compile(f"{_OPEN}([^{_CLOSE}]*){_CLOSE}")


def markdown(run: Run, outputs: Sequence[ReviewedOutput], with_notes: bool = True) -> str:
    woven = essay_of(run, outputs, with_notes)
    if woven is None:
        return without_html("\n\n".join([f"# {contained(title(run))}", *_chapters(run, outputs)]) + "\n")
    page = without_html("\n\n".join([*_essay(woven, with_notes), *map(_plain, _chapters(run, woven.rest))]) + "\n")
    # No text's own words refer to a footnote of ours.
    return _MARK.sub(_reference, page.replace(_NOTE, f"\\{_NOTE}"))


def _chapters(run: Run, outputs: Sequence[ReviewedOutput]) -> Iterator[str]:
    for essay, passages in chapters(run, outputs):
        yield f"## {contained(line(essay.title))}"
        for passage, written in passages:
            yield "\n".join(f"> {each}".rstrip() for each in _text(passage.text).split("\n"))
            for output in written:
                yield from (_text(output.text), f"— {contained(output.origin)}")


def _essay(essay: NotedEssay, with_notes: bool) -> Iterator[str]:
    yield f"# {_line(essay.title)}"
    yield from map(_marked, essay.texts)
    if with_notes:
        yield f"## {HEADING}"
        yield from map(_line, about(essay))
        yield from (f"— {_line(origin)}" for origin in essay.origins)
        yield from (f"{_OPEN}{number}{_CLOSE}: {_line(note)}" for number, note in enumerate(essay.notes, start=1))


def _marked(text: EssayText) -> str:
    """A text with its marks; the marks of a text with code, where a mark would be code too, stand below the text."""
    marks = [f"{_OPEN}{each.mark}{_CLOSE}" for each in text.marked if each.mark]
    words = [_plain(each.text) for each in text.marked]
    marked = "".join(
        f"{own}{_OPEN}{each.mark}{_CLOSE}" if each.mark else own for own, each in zip(words, text.marked, strict=True)
    )
    safe = _text(marked)
    shown = (child for token in parsed([safe])[0] for child in token.children or () if child.type == "text")
    if sum(each.content.count(_OPEN) for each in shown) == len(marks):
        return safe
    return f"{_text(''.join(words))}\n\n{' '.join(marks)}"


def _reference(match: re.Match[str]) -> str:
    return f"{_NOTE}{match[1]}]" if match[1].isdecimal() else match[1]


def _line(words: str) -> str:
    return contained(_plain(words))


def _plain(text: str) -> str:
    """A text without the characters that stand around our marks."""
    return text.replace(_OPEN, r"\ue000").replace(_CLOSE, r"\ue001")


def _text(text: str) -> str:
    return contained(without_imitations(readable(text), _ORIGIN))
