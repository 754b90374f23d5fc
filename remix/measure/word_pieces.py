"""The pieces of a text by which sentences are compared however words are inflected: stems and letter runs.

Takes a text in any script, gives stems (the first letters of each word) and runs of letters within words. Scripts
without spaces between words have single letters for stems, and runs of two letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from remix.measure.words import words

STEM = 5
"""Letters of a stem: *carried* and *carries* have the same; *port* and *sport* don't."""

RUN = 4
"""Letters of a run. A word's ends count as letters: ` car`, `carr`, `arri`, `rrie`, `ried`, `ied `."""

_SPACELESS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"  # Japanese, Chinese
)


def stems(text: str) -> Iterator[str]:
    """The stems of a text's words, in order, each copy."""
    for word in words(text):
        yield from list(word) if _SPACELESS.search(word) else [word[:STEM]]


def runs(text: str) -> Iterator[str]:
    """The runs of letters of a text's words, in order, each copy."""
    for word in words(text):
        yield from _runs(word, 2) if _SPACELESS.search(word) else _runs(f" {word} ", RUN)


def _runs(letters: str, size: int) -> list[str]:
    """All runs of `size` letters; fewer letters are a run of their own."""
    return [letters[at : at + size] for at in range(max(1, len(letters) - size + 1))]
