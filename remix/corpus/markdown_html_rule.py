"""The rule for blocks of HTML within Markdown, for markdown-it.

Takes markdown-it's state at a line, gives a token `html_block`. Doesn't read the HTML.
"""

from __future__ import annotations

import re

from markdown_it.common.html_blocks import block_names
from markdown_it.common.html_re import HTML_OPEN_CLOSE_TAG_STR
from markdown_it.rules_block import StateBlock

from remix.corpus.markdown_marks import OPAQUE, Marks
from remix.corpus.markdown_places import line_of, marks_of, reaches

_RAW = ("script", "pre", "style", "textarea")
"""Elements whose end ends the block, even if more HTML follows."""

_ELEMENT = re.compile(rf"</?(?P<name>(?i:{'|'.join([*block_names, *OPAQUE, 'center', 'hgroup'])}))(?=[\s/>]|$)")
_HOLDS_MARKDOWN = re.compile(r"<[A-Za-z][^<>]*[ \t]markdown(?:=[\"']?(?:1|block|span)[\"']?)?[^<>]*>[ \t]*\Z")
"""kramdown's and PHP Markdown Extra's tag of an element that holds Markdown, at the end of a line."""

_ALONE = re.compile(rf"{HTML_OPEN_CLOSE_TAG_STR}\s*$")


def html_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A block of HTML, as in CommonMark, except for two cases: elements without prose extend to their closing tags,
    across empty lines; and unclosed elements end at an empty line."""
    at = state.bMarks[start] + state.tShift[start]
    if state.is_code_block(start) or not state.src.startswith("<", at):
        return False
    element = _ELEMENT.match(state.src, at, state.eMarks[start])
    if not element and state.src.startswith("<!--", at):
        close = marks_of(state).end_after("comment", at + 4)
        if close is None or not reaches(state, start, end, close):
            return False
        stop = line_of(state, close) + 1
    elif (
        element
        or state.src.startswith(("<?", "<!"), at)
        or (not silent and _ALONE.match(state.src[at : state.eMarks[start]]))
    ):
        stop = 0 if silent else _end_of_html(state, start, end, element["name"].casefold() if element else "")
    else:
        return False
    if silent:
        return True
    token = state.push("html_block", "", 0)
    token.map = [start, stop]
    state.line = stop
    return True


def _end_of_html(state: StateBlock, start: int, end: int, name: str) -> int:
    """The line after a block of HTML."""
    marks = marks_of(state)
    at = state.bMarks[start] + state.tShift[start]
    if name in _RAW and (close := marks.pairs.get(at)) and reaches(state, start, end, close):
        return line_of(state, close) + 1
    if _HOLDS_MARKDOWN.search(state.src, at, state.eMarks[start]):
        return start + 1
    line = start
    while True:
        stop = line + 1
        while stop < end and not state.isEmpty(stop) and state.sCount[stop] >= state.blkIndent:
            stop += 1
        close = _end_of_opaque(marks, at, state.eMarks[stop - 1])
        if close is None or not reaches(state, stop - 1, end, close):
            return stop
        line, at = line_of(state, close), close


def _end_of_opaque(marks: Marks, at: int, stop: int) -> int | None:
    """The end of the first element without prose that begins between two places and ends after the second place."""
    for opening in marks.opaque_within(at, stop):
        close = marks.pairs[opening]
        if opening >= at and close > stop:
            return close
        at = max(at, close)
    return None
