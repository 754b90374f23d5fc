"""Org's elements: the paragraphs, lists and quotations between two headings, and parts other than prose.

Takes lines, gives blocks and parts left out. Doesn't know headings. By the Org Syntax document
(orgmode.org/worg/org-syntax.html), "Elements". Each line is looked at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from remix.corpus.blocks import Block, LeftOut, Why, one_line
from remix.corpus.cuts import Shown
from remix.corpus.org_inline import shown
from remix.corpus.org_keywords import KEYWORD
from remix.corpus.org_regions import regions
from remix.corpus.tag_lists import without_tag_lists

_ITEM = re.compile(r"(?:[ \t]*(?:[-+]|\d+[.)])|[ \t]+\*)(?:[ \t]+(?:\[[ X-]\](?:[ \t]+|$))?|$)")
_FOOTNOTE = re.compile(r"\[fn:[\w-]+\]")
_LINKS = re.compile(
    r"[ \t]*+[-+][ \t]++[\w /-]{1,40}+(?<=[ \t])::[ \t]+(?:\[\[[^\[\]]*+\](?:\[[^\[\]]*+\])?\][\s,]*+)++"
)
"""An item of links alone, as `- source :: [[…]]` in org-roam."""

_TAGS = re.compile(r"[ \t]*[-+][ \t]+(?:tags?|keywords?|categor(?:y|ies)|topics?)[ \t]+::(?=[ \t]|$)", re.IGNORECASE)
"""An item of tags, as in org-roam."""

_TAG = re.compile(r"(?P<link>\[\[[^\[\]]*+\](?:\[[^\[\]]*+\])?+\])|[^\[\],;#:]++")

_NO_WORDS = re.compile(
    r"[ \t]*(?:"
    r"(?P<comment>#(?:[ \t]|$))"
    r"|(?P<code>:(?:[ \t]|$)|%%\()"  # fixed-width text, expressions of the diary
    r"|(?P<table>\||\+-[+-])"
    r"|(?P<metadata>-{5,}[ \t]*$|(?:CLOCK|SCHEDULED|DEADLINE|CLOSED):[ \t]*[\[<]"
    r"|- (?:State \"[^\"]*+\"[ \t]++from\b|Note taken on|Rescheduled from|New deadline from|Refiled on).*\[\d{4}-)"
    r")"
)
_WHY: dict[str, Why] = {"comment": "comment", "code": "code", "table": "table", "metadata": "metadata"}

_WORDLESS = re.compile(
    r"(?>\[\[[^\[\]]*+\](?:\[[^\[\]]*+\])?+\]|<?(?:https?|ftp|mailto):[^\s<>]++>?+|\[fn:[\w-]*+\]|<<[^<>\n]++>>"
    r"|\{\{\{[^{}\n]*+\}\}\}|@@[\w-]++:[^@\n]*+@@|[\W_])*+"
)
"""Links, marks of notes and signs alone."""
_FORMULA = re.compile(
    r"\s*+(?:\\\[[^\\]*+(?:\\[^\]][^\\]*+)*+\\\]|\$\$[^$]++\$\$|\$[^$]++\$|\\begin\{.*\\end\{\w+\*?\})[\s.,;]*+",
    re.DOTALL,
)
_IMAGE = re.compile(r"\[\[[^\[\]]*\.(?:png|jpe?g|gif|svg|webp|avif|tiff?|bmp)\]", re.IGNORECASE)


class _Line(NamedTuple):
    number: int
    """In the file, from 1."""
    text: str


class Elements:
    """The lines between two headings; `inline` gives the shown words of a stretch of Org."""

    def __init__(self, lines: Sequence[str], first_line: int, inline: Callable[[str], Shown]) -> None:
        self._lines = lines
        self._first = first_line
        self._inline = inline
        self._regions = regions(lines)
        self._ends = {region.last for region in self._regions.values() if region.why is None}
        self.left_out: list[LeftOut] = []
        self.tags: list[str] = []
        """Tags for the whole file."""

    def blocks(self) -> Iterator[Block]:
        """Yield the paragraphs and groups; afterwards `left_out` has all further parts."""
        at = 0
        while at < len(self._lines):
            end = self._end_of_unread(at)
            if end is None and self._lines[at].strip():
                end, block = self._block(at)
                if block.text or block.tags:
                    yield block
            at = end or at + 1

    def _block(self, at: int) -> tuple[int, Block]:
        """The block that begins at a line, and the number of the line after the block."""
        if at in self._regions:
            end = self._regions[at].last + 1
            return end, self._group(at, end)
        if _ITEM.match(self._lines[at]):
            end = self._end_of_list(at)
            return end, self._group(at, end)
        end = self._end_of_paragraph(at)
        return end, self._paragraph(at, end)

    # -- lines ----------------------------------------------------------------------------------------------

    def _why(self, at: int) -> Why | None:
        """The reason for leaving out a line outside of regions."""
        if match := _NO_WORDS.match(self._lines[at]):
            return _WHY[match.lastgroup or ""]
        return "metadata" if KEYWORD.fullmatch(self._lines[at]) else None

    def _begins(self, at: int) -> bool:
        """Whether a paragraph ends before a line."""
        line = self._lines[at]
        is_bound = at in self._regions or at in self._ends
        return not line.strip() or is_bound or bool(_ITEM.match(line) or _FOOTNOTE.match(line) or self._why(at))

    def _end_of_paragraph(self, at: int) -> int:
        end = at + 1
        while end < len(self._lines) and not self._begins(end):
            end += 1
        return end

    def _end_of_item(self, at: int) -> int:
        """The line after the first paragraph of an item."""
        indent = _indent(self._lines[at])
        end = at + 1
        while end < len(self._lines) and not self._begins(end) and _indent(self._lines[end]) > indent:
            end += 1
        return end

    def _end_of_list(self, at: int) -> int:
        """The line after a list, which ends at a line less indented than the items, and at two empty lines."""
        indent = _indent(self._lines[at])
        end = number = at
        while number < len(self._lines):
            line = self._lines[number]
            if line.strip():
                if number > at and (_indent(line) < indent or (_indent(line) == indent and not _ITEM.match(line))):
                    break
                number = self._regions[number].last if number in self._regions else number
                end = number + 1
            elif number - end >= 1:
                break
            number += 1
        return end

    # -- parts without prose ---------------------------------------------------------------------------------

    def _end_of_unread(self, at: int) -> int | None:
        """If a part without prose begins at a line, leave the part out and give the line after; None for prose."""
        line = self._lines[at]
        if region := self._regions.get(at):
            return self._leave_out(region.why, at, region.last + 1) if region.why else None
        if why := self._why(at):
            return self._leave_out(why, at, at + 1)
        if _FOOTNOTE.match(line):
            return self._leave_out("footnote", at, self._end_of_paragraph(at))
        if _TAGS.match(line):
            end = self._end_of_item(at)
            value = " ".join([line.partition("::")[2], *self._lines[at + 1 : end]])
            # Words of links, and further words between commas, `#` or `:`.
            found = (shown(match[0]).text if match["link"] else match[0] for match in _TAG.finditer(value))
            self.tags += filter(None, map(str.strip, found))
            return self._leave_out("metadata", at, end)
        return self._leave_out("metadata", at, at + 1) if _LINKS.fullmatch(line) else None

    def _leave_out(self, why: Why, at: int, end: int) -> int:
        text = "\n".join(self._lines[at:end])
        if _has_words(text):
            self.left_out.append(LeftOut(why, text, (self._first + at, self._first + end - 1)))
        return end

    # -- prose ----------------------------------------------------------------------------------------------

    def _paragraph(self, at: int, end: int) -> Block:
        text, line, tags, lists = without_tag_lists("\n".join(map(str.strip, self._lines[at:end])), self._first + at)
        self.left_out += lists
        words: list[str] = []
        if why := _why_wordless(text):
            self.left_out.append(LeftOut(why, text, (line, line + text.count("\n"))))
        else:
            words = self._words([_Line(line + n, each) for n, each in enumerate(text.split("\n"))])
        return Block("paragraph", one_line("\n".join(words)), tags, (self._first + at, self._first + end - 1))

    def _group(self, at: int, end: int) -> Block:
        """A list, or a block of prose with the lines that begin and end the block."""
        lines = self._prose(at, end)
        text, line, tags, lists = without_tag_lists("\n".join(each.text for each in lines), 0)
        for each in lists:
            first, last = each.lines
            self.left_out.append(each._replace(lines=(lines[first].number, lines[last].number)))
        lines = [_Line(lines[line + n].number, each) for n, each in enumerate(text.split("\n"))] if lines else []
        words: list[str] = []
        if why := _why_wordless("\n".join(_without_mark(each.text) for each in lines)):
            self.left_out += (LeftOut(why, text, (number, number)) for number, text in lines if _has_words(text))
        elif lines:
            starts = [0, *(n for n in range(1, len(lines)) if _is_apart(lines[n - 1], lines[n])), len(lines)]
            words = [each for first, last in pairwise(starts) for each in self._words(lines[first:last])]
        return Block("group", "\n".join(words).strip("\n"), tags, (self._first + at, self._first + end - 1))

    def _prose(self, at: int, end: int) -> list[_Line]:
        """The lines of prose within a group, without empty lines at both ends."""
        kept: list[_Line] = []
        while at < end:
            after = self._end_of_unread(at)
            if after is None and (at in self._ends or at in self._regions):
                after = self._leave_out("metadata", at, at + 1)
            if after is None:
                kept.append(_Line(self._first + at, self._lines[at].rstrip()))
            at = after or at + 1
        full = [n for n, each in enumerate(kept) if each.text]
        return kept[full[0] : full[-1] + 1] if full else []

    def _words(self, lines: Sequence[_Line]) -> list[str]:
        """Neighbouring lines as readers see the lines; lines without shown words are dropped."""
        seen = self._inline("\n".join(each.text for each in lines))
        for each in seen.removed:
            line = lines[0].number + each.line
            self.left_out.append(LeftOut(each.why, each.text, (line, line + each.text.count("\n"))))
        pairs = zip(lines, seen.text.split("\n"), strict=True)
        return [text for line, text in pairs if _has_words(text) or not _has_words(line.text)]


def _is_apart(above: _Line, line: _Line) -> bool:
    """Whether markup can't reach from a line to the next."""
    return not (above.text and line.text) or line.number != above.number + 1 or bool(_ITEM.match(line.text))


def _without_mark(line: str) -> str:
    """A line without the mark of an item."""
    match = _ITEM.match(line)
    return line[match.end() :] if match else line


def _why_wordless(source: str) -> Why | None:
    """The reason for leaving out a source with letters, but without words outside of links and formulas."""
    if not _has_words(source):
        return None
    if _FORMULA.fullmatch(source):
        return "formula"
    if _WORDLESS.fullmatch(source):
        return "image" if _IMAGE.search(source) else "link"
    return None


def _has_words(text: str) -> bool:
    """Whether a text has a letter or a digit."""
    return any(map(str.isalnum, text))


def _indent(line: str) -> int:
    line = line.expandtabs(8)
    return len(line) - len(line.lstrip())
