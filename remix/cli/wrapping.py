"""Wrapping: lines that fit a terminal, broken between words alone.

Takes a text and a width in columns, gives lines. A word, a path or a quoted argument longer than a line has a line to
itself and is never cut. Knows nothing of the terminal.
"""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"(\s*)((?:(?<!\S)'[^'\n]{0,400}'|\S)++)")
"""Space, and a word: quotation marks keep the words of an argument together."""


def wrap(text: str, width: int, first: str = "", further: str = "") -> list[str]:
    """A paragraph in lines of at most `width` columns: the first begins with `first`, the others with `further`."""
    lines, line, at = [], first, columns(first)
    is_empty = True
    for space, word in _WORD.findall(text.rstrip()):
        size = columns(word)
        if is_empty:
            line, at = line + word, at + size
        elif at + columns(space) + size <= width:
            line, at = line + space + word, at + columns(space) + size
        else:
            lines.append(line)
            line, at = further + word, columns(further) + size
        is_empty = False
    return [*lines, line] if not is_empty or first.strip() else [*lines, ""]


def columns(text: str) -> int:
    """Columns that a text takes on a terminal: two for a Chinese or Japanese letter, none for an accent."""
    if text.isascii():
        return len(text)
    return sum(map(_columns_of, text))


def _columns_of(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1
