"""A text as the words that are searched for: case, punctuation and ways of composing letters don't count.

Takes a text, gives its words between spaces. Knows nothing of passages or queries.
"""

from __future__ import annotations

import re
import unicodedata

_SPACELESS = (
    "\\u0e00-\\u0eff\\u1000-\\u109f\\u1780-\\u17ff"  # Thai, Lao, Burmese, Khmer
    "\\u3040-\\u30ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff\\U00020000-\\U0003ffff"  # Japanese, Chinese
)
"""Letters that stand without spaces between words: each counts as one."""
_WORD = re.compile(rf"[{_SPACELESS}]|[^\W_{_SPACELESS}]+")
_WRITTEN = re.compile(rf"[{_SPACELESS}]|[^\s{_SPACELESS}]+")

LONGEST = 100
"""Letters of a word that count. SQLite cuts words too, at 32 KiB, and both must cut alike."""


def words(text: str) -> str:
    """The words of a text in lower case, with one space between each two: `Man’s best, they say` is
    `man s best they say`."""
    folded = text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()
    return " ".join(word[:LONGEST] for word in _WORD.findall(folded))


def count_words(text: str) -> int:
    """How many words a text has, as a person counts them: `poet’s` is one."""
    return sum(1 for _ in _WRITTEN.finditer(text))


def holds(text: str, phrase: str) -> bool:
    """Whether the words of a phrase stand in a text, in that order and next to each other."""
    return f" {words(phrase)} " in f" {words(text)} "
