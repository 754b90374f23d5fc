"""A loose passage: a text from outside the essays' files.

Takes a text, gives a passage with an essay. Reads no file.
"""

from __future__ import annotations

from remix.errors import SeedError
from remix.records import Essay, Passage, sha256


def loose_passage(text: str) -> tuple[Essay, Passage]:
    """A text from standard input, as a passage with an essay. Raises `SeedError` for an empty text."""
    text = text.strip()
    if not text:
        raise SeedError("the passage is empty.", "Give the id of a passage, or a text on standard input.")
    passage = Passage(
        id="stdin/001",
        essay="stdin",
        title="standard input",
        section=None,
        path="-",
        lines=(1, text.count("\n") + 1),
        tags=(),
        text=text,
        sha256=sha256(text),
    )
    essay = Essay(slug="stdin", title=passage.title, author=None, date=None, tags=(), path="-", passages=(passage,))
    return essay, passage
