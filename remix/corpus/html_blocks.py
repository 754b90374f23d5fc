"""Blocks of HTML within Markdown: paragraphs, headings, lists and quotations, with lines.

Takes the lines of a block of HTML, adds blocks and parts left out to a sheet. Elements whose content isn't prose
(tables, code, scripts, drawings), images, comments and all tags are left out. Unclosed elements and stray tags are no
error. The time grows in proportion to the text's length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from remix.corpus.blocks import LeftOut, Why
from remix.corpus.drafts import Draft
from remix.corpus.groups import Row, group
from remix.corpus.markdown_marks import OPAQUE, Marks
from remix.corpus.sheet import Sheet
from remix.corpus.wordless import has_words

_TAG = re.compile(
    r"<(?P<end>/?)(?P<name>[A-Za-z][\w:-]*+)(?:(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+>|[^<>]*+>)"
    r"|<!--|<[?!][^<>]*+>"
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_DIVISIONS = """
address article aside blockquote body center dd details dialog div dl dt fieldset figcaption figure footer form header
hgroup hr html legend li main menu nav ol p search section summary ul
"""
_BLOCKS = frozenset([*_HEADINGS, *_DIVISIONS.split()])
_GROUPS = frozenset(["ul", "ol", "menu", "li", "dl", "dd", "blockquote"])
"""Elements that make a list or a quotation."""

DEEPEST = 20
"""Nested lists and quotations; beyond this depth, the lists' text is read without the lists' structure."""


NO_BREAK = "&nbsp;"
"""An empty line, if alone between line breaks."""


class _Part(NamedTuple):
    """A tag, a comment, or an element without prose."""

    why: Why
    start: int
    end: int
    name: str = ""
    """Of a tag, in small letters."""
    is_end: bool = False


def read_html(lines: Sequence[str], first_line: int, sheet: Sheet) -> None:
    """Read a block of HTML."""
    _Reader("\n".join(lines), first_line, sheet).read()


def without_tags(lines: Sequence[str], first_line: int) -> tuple[list[str], list[LeftOut]]:
    """The lines without tags, comments and elements without prose; and the parts taken out."""
    text = "\n".join(lines)
    kept, left_out, at, line = [], [], 0, first_line
    for part in _parts(text):
        line += text.count("\n", at, part.start)
        source = text[part.start : part.end]
        kept += [text[at : part.start], "\n" * source.count("\n") or (" " if part.name in ("br", *_BLOCKS) else "")]
        left_out.append(LeftOut(part.why, source, (line, line + source.count("\n"))))
        line += source.count("\n")
        at = part.end
    return "".join([*kept, text[at:]]).split("\n"), left_out


def _parts(text: str) -> Iterator[_Part]:
    """All parts except text, in order."""
    marks = Marks(text)
    at = 0
    while match := _TAG.search(text, at):
        start, at = match.span()
        name = (match["name"] or "").casefold()
        if match[0] == "<!--":
            close = marks.end_after("comment", at)
            if close is None:
                continue
            at = close
            yield _Part("comment", start, at)
        elif name in OPAQUE and not match["end"]:
            at = marks.pairs.get(start, at)
            yield _Part(OPAQUE[name], start, at)
        else:
            yield _Part("image" if name in ("img", "source") else "html", start, at, name, bool(match["end"]))


class _Frame:
    """An open list, item or quotation."""

    def __init__(self, name: str, marker: str) -> None:
        self.name = name
        self._marker = marker
        self.has_lines = False

    def before(self) -> str:
        """The start of the next line: the marker once, then an indent of the same width."""
        marker = self._marker
        self.has_lines = True
        if self.name != "blockquote":
            self._marker = " " * len(marker)
        return marker


class _Reader:
    """A pass through a block of HTML."""

    def __init__(self, text: str, first_line: int, sheet: Sheet) -> None:
        self._text = text
        self._line = first_line
        self._sheet = sheet
        self._words: list[str] = []
        self._begin = first_line
        self._level = 0
        self._tags: list[str] = []
        self._tags_line = first_line
        self._frames: list[_Frame] = []
        self._rows: list[Row] = []
        self._breaks = 0
        """Line breaks since the last word."""

    def read(self) -> None:
        """Read all."""
        at = 0
        for part in _parts(self._text):
            self._add(self._text[at : part.start])
            self._leave_out(part)
            self._follow(part)
            at = part.end
        self._add(self._text[at:])
        self._end_tags()
        self._end_block()
        self._end_group()

    def _add(self, words: str) -> None:
        if not self._words:
            self._begin = self._line
        if words.strip() and words.strip() != NO_BREAK:
            self._breaks = 0
        self._words.append(words)
        self._line += words.count("\n")

    def _leave_out(self, part: _Part) -> None:
        source = self._text[part.start : part.end]
        breaks = source.count("\n")
        if breaks or part.why != "html" or self._line != self._tags_line:
            self._end_tags()
            self._tags_line = self._line
        if part.why == "html" and not breaks:
            self._tags.append(source)
        else:
            self._sheet.leave_out(LeftOut(part.why, source, (self._line, self._line + breaks)))
        self._add("\n" * breaks or (" " if part.name == "br" else ""))

    def _end_tags(self) -> None:
        """Leave out the tags of a line, all in the same part."""
        if self._tags:
            self._sheet.leave_out(LeftOut("html", " ".join(self._tags), (self._tags_line, self._tags_line)))
            self._tags = []

    def _follow(self, part: _Part) -> None:
        """Begin and end blocks, lists and quotations."""
        if part.name == "br":
            self._breaks += 1
            # Two breaks part paragraphs, as in posts exported from Blogger.
            if self._breaks > 1 and not self._level:
                self._end_block()
        if part.name not in _BLOCKS:
            return
        self._end_block()
        self._level = 0 if part.is_end else _HEADINGS.get(part.name, 0)
        if part.name not in _GROUPS:
            return
        if part.is_end:
            self._leave(part.name)
        elif len(self._frames) < DEEPEST:
            self._enter(part.name)

    def _enter(self, name: str) -> None:
        if name == "blockquote":
            self._frames.append(_Frame(name, "> "))
        elif name in ("li", "dd"):
            if self._frames and self._frames[-1].name == name:
                self._frames.pop()
            self._frames.append(_Frame(name, "- " if name == "li" else ": "))
        else:
            self._frames.append(_Frame(name, ""))

    def _leave(self, name: str) -> None:
        names = [frame.name for frame in self._frames]
        if name in names:
            del self._frames[len(names) - 1 - names[::-1].index(name) :]
        if not self._frames:
            self._end_group()

    def _end_block(self) -> None:
        source, self._words = "".join(self._words), []
        if not has_words(source):
            return
        begin = self._begin + source[: len(source) - len(source.lstrip())].count("\n")
        draft = Draft(source.strip().split("\n"), begin)
        if self._level:
            self._end_group()
            self._sheet.add_heading(draft, self._level)
        elif self._frames:
            self._add_rows(draft, begin)
        else:
            self._sheet.add_paragraph(draft)

    def _add_rows(self, draft: Draft, begin: int) -> None:
        draft.take_marks()
        draft.take_metadata()
        if self._frames[-1].name in ("li", "dd", "blockquote") and self._frames[-1].has_lines:
            self._rows.append(Row(begin, "".join(frame.before() for frame in self._frames).rstrip()))
        for number in range(draft.source.count("\n") + 1):
            before = "".join(frame.before() for frame in self._frames)
            self._rows.append(Row(begin + number, before, draft, number))

    def _end_group(self) -> None:
        if self._rows:
            self._sheet.add_group(group(self._rows))
            self._rows = []
