"""A text's words.

Takes a text in any language, gives words and n-grams.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

MOST_LETTERS = 100_000
"""Characters measured of a text: about forty pages; a passage is usually a few paragraphs."""

_APOSTROPHES = str.maketrans("", "", "’'")


def beginning(text: str) -> str:
    """The first `MOST_LETTERS` letters of a text, cut at the end of a word if possible."""
    if len(text) <= MOST_LETTERS:
        return text
    cut = text[:MOST_LETTERS]
    return cut if cut[-1].isspace() or text[MOST_LETTERS].isspace() else (cut.rsplit(maxsplit=1) or [""])[0]


def words(text: str) -> list[str]:
    """The words of a text in lower case without apostrophes: “isn’t” and "isn't" are both isnt."""
    return re.findall(r"\w+", text.casefold().translate(_APOSTROPHES))


def ngrams(items: list[str], size: int) -> Iterator[tuple[str, ...]]:
    """All runs of `size` items, in order."""
    return zip(*(items[start:] for start in range(size)), strict=False)
