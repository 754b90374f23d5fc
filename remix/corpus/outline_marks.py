"""Outline marks: Logseq's marks between the words of a block, as in Org.

Takes the lines of a paragraph or an item, tells which lines hold no prose: dates of planning, drawers, code, and the
marks around quotations. Doesn't know files. The time grows in proportion to the text's length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from remix.corpus.blocks import Why

_PLANNING = re.compile(r"(?:(?:SCHEDULED|DEADLINE|CLOSED):[ \t]*+[<\[]\d{4}-[^<>\[\]]*+[>\]][ \t]*+)++")
_MARK = re.compile(r"#\+(?P<end>BEGIN|END)_(?P<name>\w++)(?:[ \t].*)?", re.IGNORECASE)
_DRAWER = re.compile(r":(?:LOGBOOK|PROPERTIES):")
_DRAWER_END = ":END:"
_WITHOUT_PROSE: dict[str, Why] = {
    **dict.fromkeys(["src", "example", "export"], "code"),
    "query": "shortcode",
    "comment": "comment",
}
"""Blocks whose content isn't prose, with the reason."""


def without_prose(lines: Sequence[str]) -> Iterator[tuple[int, Why]]:
    """The numbers of the lines without prose, from 0, each with the reason. Unclosed blocks are prose."""
    ends = {line.casefold(): number for number, line in enumerate(lines) if line.startswith(("#+", _DRAWER_END))}
    until = -1
    why: Why | None = None
    for number, line in enumerate(lines):
        if number <= until and why:
            yield number, why
        elif _PLANNING.fullmatch(line):
            yield number, "metadata"
        elif _DRAWER.fullmatch(line) and ends.get(_DRAWER_END.casefold(), -1) > number:
            until, why = _next(lines, number, _DRAWER_END), "metadata"
            yield number, "metadata"
        elif line.startswith("#+") and (mark := _MARK.fullmatch(line)):
            name = mark["name"].casefold()
            if mark["end"].casefold() == "begin" and ends.get(f"#+end_{name}", -1) > number:
                why = _WITHOUT_PROSE.get(name)
                until = _next(lines, number, f"#+end_{name}") if why else -1
            yield number, why if number <= until and why else "shortcode"


def _next(lines: Sequence[str], number: int, end: str) -> int:
    """The number of the next line equal to `end`, in capital or small letters."""
    return next(at for at in range(number, len(lines)) if lines[at].casefold() == end.casefold())
