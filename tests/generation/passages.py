"""Passages for tests of plans and graphs."""

from __future__ import annotations

from remix.records import Passage, sha256


def passage(number: int) -> Passage:
    """A passage of the essay `e` with a text of its own."""
    text = f"Passage {number}."
    return Passage(
        id=f"e/{number:03}",
        essay="e",
        title="E",
        section=None,
        path="seeds/e.md",
        lines=(number, number),
        tags=(),
        text=text,
        sha256=sha256(text),
    )
