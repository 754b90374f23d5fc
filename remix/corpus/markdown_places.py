"""Places in markdown-it's state: the line on which a place lies, and whether a block can reach a place.

Takes markdown-it's state, gives numbers. Results of searches are kept in the state's `env`: many searches of the same
text take no longer than a single search.
"""

from __future__ import annotations

from bisect import bisect_left

from markdown_it.rules_block import StateBlock

from remix.corpus.markdown_marks import Marks


def marks_of(state: StateBlock) -> Marks:
    """The marks of the whole text."""
    if "marks" not in state.env:
        state.env["marks"] = Marks(state.src)
    marks: Marks = state.env["marks"]
    return marks


def line_of(state: StateBlock, place: int) -> int:
    """The line of the character before a place."""
    return bisect_left(state.eMarks, place)


def behind_blanks(state: StateBlock, line: int, place: int) -> int:
    """The first place in the line, from a place on, without a blank; the line's end if all are blanks."""
    return min(state.skipSpaces(place), state.eMarks[line])


def reaches(state: StateBlock, start: int, end: int, place: int, *, blank_lines: bool = True) -> bool:
    """Whether a block that begins on a line can extend to a place: list items and quotations may end sooner."""
    last = line_of(state, place)
    if last >= end:
        return False
    failed: dict[tuple[int, int, bool], tuple[int, int]] = state.env.setdefault("failed", {})
    key = (state.blkIndent, state.level, blank_lines)
    low, high = failed.get(key, (0, 0))
    if low <= start < high <= last:
        return False
    for line in range(start + 1, last + 1):
        empty = state.isEmpty(line)
        if (empty and not blank_lines) or (not empty and state.sCount[line] < state.blkIndent):
            failed[key] = (start, line)
            return False
    return True
