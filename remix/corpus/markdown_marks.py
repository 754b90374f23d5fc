"""Marks in pairs: where formulas, shortcodes, comments and elements of HTML end in a text of Markdown.

Takes the text, gives for each opening mark the end of its closing mark. Doesn't know blocks or lines. All marks are
found in a single pass, so that a text full of unclosed marks takes no longer than any text of the same length.
"""

from __future__ import annotations

import re
from bisect import bisect_left

from remix.corpus.blocks import Why

_OTHERS = """
script style svg iframe object textarea select canvas noscript template audio video
"""
OPAQUE: dict[str, Why] = {
    "table": "table",
    "pre": "code",
    "math": "formula",
    "picture": "image",
    **dict.fromkeys(_OTHERS.split(), "html"),
}
"""Elements of HTML whose content isn't prose, with the reason."""

_NAMES = "|".join(OPAQUE)

_MARK = re.compile(
    r"(?P<dollars>(?<![\\$])\$\$(?!\$))"
    r"|(?P<bracket>(?<!\\)\\{1,2}\])"
    r"|\\begin\{(?P<begin>[A-Za-z]++\*?+)\}"
    r"|\\end\{(?P<end>[A-Za-z]++\*?+)\}"
    r"|\{\{[<%][ \t]*+/[ \t]*+(?P<hugo_end>[\w-]++)[ \t]*+[%>]\}\}"
    r"|\{\{[<%][ \t]*+(?P<hugo>[\w-]++)"
    r"|\{%-?+[ \t]*+(?P<zola_end>end)[ \t]*+-?+%\}"
    r"|\{%-?+[ \t]*+end(?P<liquid_end>\w++)[ \t]*+-?+%\}"
    r"|\{%-?+[ \t]*+(?P<zola>\w++)(?=\()"
    r"|\{%-?+[ \t]*+(?P<liquid>\w++)"
    r"|\{::(?P<kramdown>comment)\}"
    r"|\{:/(?P<kramdown_end>comment)\}"
    r"|(?P<braces>\}\})"
    r"|(?P<percent>%\}(?!\}))"
    r"|(?P<angle>%>)"
    r"|(?P<comment>-->)"
    rf"|<(?P<html>(?i:{_NAMES}))(?=[\s/>])[^<>]*+>"
    rf"|</(?P<html_end>(?i:{_NAMES}))\s*+>"
)
_FENCE = re.compile(r"^[ \t>]*+(?:```|~~~)", re.MULTILINE)

_LONE = ("dollars", "bracket", "braces", "percent", "angle", "comment")
_OPENING = ("begin", "hugo", "liquid", "zola", "kramdown", "html")
_CLOSING = {
    "end": "begin",
    "hugo_end": "hugo",
    "liquid_end": "liquid",
    "zola_end": "zola",
    "kramdown_end": "kramdown",
    "html_end": "html",
}
_ENDS_WITH = {"hugo_end": "braces", "liquid_end": "percent", "zola_end": "percent"}
"""Closing marks whose last characters also end shortcodes in general."""


class Marks:
    """The marks of a text."""

    def __init__(self, text: str) -> None:
        self.pairs: dict[int, int] = {}
        """From the start of an opening mark to the end of the closing mark. Unclosed marks are missing."""
        self.opaque: list[int] = []
        """Starts of closed elements of HTML whose content isn't prose, in order."""
        self._ends: dict[str, list[int]] = {kind: [] for kind in _LONE}
        self._fences = [match.start() for match in _FENCE.finditer(text)]
        opened: dict[tuple[str, str], list[int]] = {}
        for match in _MARK.finditer(text):
            kind = str(match.lastgroup)
            # The end of Zola's shortcodes has no name.
            name = "" if kind.startswith("zola") else match[kind].casefold()
            if kind in _OPENING and not match[0].endswith("/>"):
                opened.setdefault((kind, name), []).append(match.start())
            elif kind in _CLOSING and (starts := opened.get((_CLOSING[kind], name))):
                self.pairs[starts.pop()] = match.end()
            if kind in _LONE or kind in _ENDS_WITH:
                self._ends[_ENDS_WITH.get(kind, kind)].append(match.end())
        self.opaque = sorted(start for start in self.pairs if text.startswith("<", start))

    def end_after(self, kind: str, at: int) -> int | None:
        """The end of the first mark of a kind with an end after `at`."""
        ends = self._ends[kind]
        found = bisect_left(ends, at + 1)
        return ends[found] if found < len(ends) else None

    def has_fence(self, start: int, end: int) -> bool:
        """Whether a line between two places begins a fence of code."""
        found = bisect_left(self._fences, start)
        return found < len(self._fences) and self._fences[found] < end

    def opaque_within(self, start: int, end: int) -> list[int]:
        """Starts of closed elements whose content isn't prose, from `start` to before `end`."""
        return self.opaque[bisect_left(self.opaque, start) : bisect_left(self.opaque, end)]
