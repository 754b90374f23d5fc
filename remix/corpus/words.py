"""Words for search: a text's words without case, punctuation and differences in Unicode composition.

Takes a text, gives words separated by spaces. Doesn't know passages or queries.
"""

from __future__ import annotations

import functools
import re
import unicodedata

from remix.corpus.tags import marks

_SPACELESS = (
    "\\u0e00-\\u0eff\\u1000-\\u109f\\u1780-\\u17ff"  # Thai, Lao, Burmese, Khmer
    "\\u3040-\\u30ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff\\U00020000-\\U0003ffff"  # Japanese, Chinese
)
"""Letters of scripts without spaces between words: each counts as a word."""
_WORD = re.compile(rf"[{_SPACELESS}]|[^\W_{_SPACELESS}]+")
_POINTED = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0590-\u0dff\u0f00-\u0fff\u1700-\u1cff\ua660-\uabff"
    "\U00010a00-\U00011fff\U0001e000-\U0001e9ff]"
)
"""Combining accents, and scripts with vowel signs; rare in most texts."""
_POINTS = re.compile(
    "[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7-\u06ed]"
)
"""Vowel signs of Hebrew and Arabic, omitted in most texts."""
_WRITTEN = re.compile(rf"[{_SPACELESS}]|[^\s{_SPACELESS}]+")

LONGEST = 100
"""Characters of a word that count. SQLite cuts words at 32 KiB, and both kinds of corpus must cut alike."""


def words(text: str) -> str:
    """The words of a text in lower case, separated by a space: `Man’s best, they say` gives `man s best they say`."""
    folded = text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()
    if _POINTED.search(folded):
        return " ".join(word[:LONGEST] for word in _with_signs().findall(_POINTS.sub("", folded)))
    return " ".join(word[:LONGEST] for word in _WORD.findall(folded))


@functools.cache
def _with_signs() -> re.Pattern[str]:
    """As `_WORD`, including vowel signs: without vowel signs `की` would equal `कि`."""
    return re.compile(rf"[{_SPACELESS}]|(?:[^\W_{_SPACELESS}][{marks()}]*)+")


def count_words(text: str) -> int:
    """The number of words as a person counts: `poet’s` is a single word."""
    return sum(1 for _ in _WRITTEN.finditer(text))


def contains(text: str, phrase: str) -> bool:
    """Whether the text contains the words of the phrase consecutively."""
    return f" {words(phrase)} " in f" {words(text)} "
