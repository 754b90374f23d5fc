"""Org's regions: blocks, drawers and formulas, each from an opening line to a closing line.

Takes the lines between two headings, gives the regions by first line. Doesn't know how the lines are used. By the Org
Syntax document; each line is looked at once. An opening line without a closing line is text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from remix.corpus.blocks import Why

_BEGIN = re.compile(r"[ \t]*#\+begin(?:_([\w-]+)|:)", re.IGNORECASE)
_DRAWER = re.compile(r"[ \t]*:(?!end:)[\w-]+:[ \t]*", re.IGNORECASE)
_LATEX = re.compile(r"[ \t]*\\begin\{(\w+\*?)\}")
_FORMULA = re.compile(r"[ \t]*(\\\[|\$\$)")

_END = re.compile(r"[ \t]*(#\+end_[\w-]+|#\+end:|:end:)", re.IGNORECASE)
_END_OF_LATEX = re.compile(r"\\end\{\w+\*?\}")
_END_OF_FORMULA = re.compile(r"(?:\\\]|\$\$)(?=[\s.,;:]*(?:\(\d{1,4}\))?\s*\Z)")

_VERBATIM: dict[str, Why] = {
    "comment": "comment",
    **dict.fromkeys(("src", "example", "export", "html", "latex", "ascii"), "code"),
}
"""Blocks without prose; in all further blocks (quotation, verse, centred, own names) the lines are prose."""


class Region(NamedTuple):
    """Lines from the beginning to the end of a block, a drawer or a formula."""

    last: int
    """The last line."""
    why: Why | None
    """The reason for leaving the lines out; None if the lines between the first and the last are prose."""


def regions(lines: Sequence[str]) -> dict[int, Region]:
    """The regions by their first lines, counted from 0; regions of prose may hold further regions."""
    found: dict[int, Region] = {}
    prose = _OpenBlocks()
    ends = _ends(lines)
    at = 0
    while at < len(lines):
        line = lines[at]
        if opened := _verbatim(line):
            ending, why = opened
            numbers = ends.get(ending, [])
            after = bisect_right(numbers, at)
            if after < len(numbers):
                found[at] = Region(numbers[after], why)
                at = numbers[after]
        elif match := _BEGIN.match(line):
            prose.open(match[1].lower(), at)
        elif match := _END.match(line):
            begin = prose.close(match[1].lower().removeprefix("#+end_"))
            if begin is not None:
                found[begin] = Region(at, None)
        at += 1
    return found


class _OpenBlocks:
    """Open blocks of prose."""

    def __init__(self) -> None:
        self._opened: list[tuple[str, int]] = []
        self._counts: Counter[str] = Counter()

    def open(self, name: str, line: int) -> None:
        """A block begins."""
        self._opened.append((name, line))
        self._counts[name] += 1

    def close(self, name: str) -> int | None:
        """The line where the nearest block of a name began; unclosed blocks within the block are forgotten."""
        if not self._counts[name]:
            return None
        while True:
            opened, line = self._opened.pop()
            self._counts[opened] -= 1
            if opened == name:
                return line


def _ends(lines: Sequence[str]) -> dict[str, list[int]]:
    """The numbers of the lines that end regions, by the ending in small letters."""
    found: dict[str, list[int]] = {}
    for number, line in enumerate(lines):
        for ending in _endings(line):
            found.setdefault(ending, []).append(number)
    return found


def _endings(line: str) -> Iterator[str]:
    if match := _END.match(line):
        yield match[1].lower()
    if "\\end{" in line:
        yield from (each.lower() for each in _END_OF_LATEX.findall(line))
    if ("\\]" in line or "$$" in line) and (match := _END_OF_FORMULA.search(line)):
        yield match[0]


def _verbatim(line: str) -> tuple[str, Why] | None:
    """If a region without prose begins on the line: the region's ending, and the reason for leaving the region
    out."""
    if match := _BEGIN.match(line):
        name = (match[1] or "").lower()
        if not name:
            return "#+end:", "shortcode"
        return (f"#+end_{name}", _VERBATIM[name]) if name in _VERBATIM else None
    if _DRAWER.fullmatch(line):
        return ":end:", "metadata"
    if match := _LATEX.match(line):
        return f"\\end{{{match[1]}}}".lower(), "formula"
    if (match := _FORMULA.match(line)) and match[1] not in line[match.end() :]:
        return ("\\]" if match[1] == "\\[" else "$$"), "formula"
    return None
