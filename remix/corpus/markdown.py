"""Markdown: headings, paragraphs, lists and quotations, with tags and lines.

Takes a file's text, gives a `Body`. Left out, each part with the reason: code, tables, formulas, images, tags of
HTML, shortcodes, footnotes, comments, metadata, lists of tags, and paragraphs without words. Prose in HTML is read,
and indented text that reads like prose.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from remix.corpus import heads
from remix.corpus.blocks import Body, LeftOut
from remix.corpus.drafts import Draft
from remix.corpus.groups import Row, group
from remix.corpus.html_blocks import read_html, without_tags
from remix.corpus.html_breaks import double_breaks
from remix.corpus.indented_text import reads_like_code
from remix.corpus.markdown_comments import without_comments
from remix.corpus.markdown_parts import Group, Leaf, TooManyTokensError, parts
from remix.corpus.sheet import Sheet, TooManyPartsError
from remix.corpus.wordless import has_words
from remix.errors import SeedError

DEEPEST = 4
"""Indented text within indented text; beyond, the indent has no meaning."""


def read(text: str, name: str) -> Body:
    """The front matter and blocks of a file. Raises `FrontMatterError`, and `SeedError` for too many blocks."""
    head = heads.split(text, name)
    sheet = Sheet()
    source = "\n".join(text.split("\n")[: head.body_line - 1])
    if has_words(source):
        sheet.leave_out(LeftOut("metadata", source, (1, head.body_line - 1)))
    try:
        body = head.body
        if "%%" in body or "<!--" in body:
            body, comments = without_comments(body, parts(body), head.body_line)
            sheet.leave_out(*comments)
        _Reader(body, head.body_line, sheet).read()
    except (TooManyTokensError, TooManyPartsError) as error:
        raise SeedError(
            f"{name}: has more headings, paragraphs and items than anyone reads.", "Split it into several files."
        ) from error
    title = next((block.text for block in sheet.blocks if block.kind == "heading" and block.level == 1), None)
    left_out = sorted(sheet.left_out, key=lambda part: part.lines)
    return Body(head.meta, title, tuple(sheet.blocks), tuple(left_out), tuple(sheet.tags), head.notes)


class _Reader:
    """A pass through a text: a file's body, or indented text whose indent was removed."""

    def __init__(self, text: str, first_line: int, sheet: Sheet, depth: int = 0) -> None:
        self._text = text
        self._starts = list(itertools.accumulate((len(line) + 1 for line in text.split("\n")), initial=0))
        self._end = 0
        """After the last leaf."""
        self._first = first_line
        self._sheet = sheet
        self._depth = depth

    def read(self) -> None:
        """Read all."""
        for part in parts(self._text):
            if isinstance(part, Group):
                self._read_group(part)
            else:
                self._read_leaf(part)

    def _words(self, leaf: Leaf) -> list[str]:
        """The leaf's lines without indent and markers."""
        return [self._text[start:end] for start, end in leaf.spans]

    def _read_leaf(self, leaf: Leaf) -> None:
        words, line = self._words(leaf), self._first + leaf.start
        self._end = leaf.spans[-1][1]
        match leaf.kind:
            case "words":
                self._read_paragraphs("\n".join(words), line)
            case "heading":
                self._sheet.add_heading(Draft(words, line), leaf.level)
            case "html":
                source = self._text[leaf.spans[0][0] : leaf.spans[-1][1]]
                read_html(source.split("\n"), line, self._sheet)
            case "indented" if not _is_code(leaf, words):
                least = _least_indent(leaf, words)
                indents = [max(indent - least, 0) if self._depth < DEEPEST else 0 for indent in leaf.indents]
                dedented = "\n".join(" " * indent + each for indent, each in zip(indents, words, strict=True))
                _Reader(dedented, line, self._sheet, self._depth + 1).read()
            case _:
                self._leave_out(leaf)

    def _read_paragraphs(self, source: str, line: int) -> None:
        """Read a paragraph, or several paragraphs separated by two line breaks in HTML."""
        at = 0
        for start, end in double_breaks(source):
            self._sheet.add_paragraph(Draft(source[at:start].rstrip().split("\n"), line))
            line += source.count("\n", at, start)
            breaks = source[start:end]
            self._sheet.leave_out(LeftOut("html", breaks.strip(), (line, line + breaks.rstrip().count("\n"))))
            line += breaks.count("\n")
            at = end
        self._sheet.add_paragraph(Draft(source[at:].split("\n"), line))

    # -- lists and quotations -------------------------------------------------------------------------------

    def _read_group(self, part: Group) -> None:
        rows: list[Row] = []
        at, line = max(self._end, self._starts[part.start]), self._first + part.start
        for leaf in part.leaves:
            for row, (start, end) in zip(self._rows(leaf), leaf.spans, strict=True):
                *between, before = self._text[at:start].split("\n")
                rows += _bare_rows(between, line, behind=bool(rows))
                rows.append(row._replace(before=before))
                at, line = end, line + len(between)
        self._end = at
        end = self._starts[part.end] if part.end < len(self._starts) else len(self._text)
        rows += _bare_rows(self._text[at:end].rstrip().split("\n"), line, behind=bool(rows))
        self._sheet.add_group(group(rows))

    def _rows(self, leaf: Leaf) -> Iterator[Row]:
        """A row for each line of a leaf; `before` is still empty."""
        words, line = self._words(leaf), self._first + leaf.start
        if leaf.kind == "indented" and _is_code(leaf, words):
            leaf = leaf._replace(kind="left out", why="indented")
        if leaf.kind == "left out":
            self._leave_out(leaf)
            yield from (Row(line + number, "", why=leaf.why) for number in range(len(words)))
            return
        kept = words
        if leaf.kind == "html":
            kept, left_out = without_tags(words, line)
            self._sheet.leave_out(*left_out)
        starts = [0, *(n for n in range(1, len(kept)) if leaf.kind != "words" and not kept[n].strip()), len(kept)]
        for start, end in itertools.pairwise(starts):
            yield from _draft_rows(words[start:end], kept[start:end], line + start)

    def _leave_out(self, leaf: Leaf) -> None:
        source = self._text[leaf.spans[0][0] : leaf.spans[-1][1]].rstrip()
        line = self._first + leaf.start
        self._sheet.leave_out(LeftOut(leaf.why or "indented", source, (line, line + source.count("\n"))))


def _least_indent(leaf: Leaf, words: Sequence[str]) -> int:
    return min(indent for indent, each in zip(leaf.indents, words, strict=True) if each)


def _is_code(leaf: Leaf, words: Sequence[str]) -> bool:
    """Whether indented text is code; lines indented further are ignored, since prose may contain code."""
    most = _least_indent(leaf, words) + 3
    return reads_like_code(each for indent, each in zip(leaf.indents, words, strict=True) if indent <= most)


def _bare_rows(lines: Sequence[str], line: int, *, behind: bool) -> Iterator[Row]:
    """Rows of markers alone; `behind` a leaf the first is only the rest of the leaf's last line."""
    for number, words in enumerate(lines, line):
        if number > line or not behind or has_words(words):
            yield Row(number, words)


def _draft_rows(words: Sequence[str], kept: Sequence[str], line: int) -> Iterator[Row]:
    """A row for each line of a paragraph; `kept` are the words without HTML, perhaps after empty lines."""
    empty = 0
    while empty < len(kept) and not kept[empty].strip():
        yield Row(line + empty, "", why="html" if words[empty].strip() else None)
        empty += 1
    if empty == len(kept):
        return
    draft = Draft(kept[empty:], line + empty)
    draft.take_callout()
    draft.take_marks()
    draft.take_certain_metadata()
    yield from (Row(line + empty + number, "", draft, number) for number in range(len(kept) - empty))
