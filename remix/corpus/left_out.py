"""Unread parts, in numbers: the words of files outside of passages and headings, by reason.

Takes parts with their files, gives counts. Doesn't know how files are read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from remix.corpus.blocks import LeftOut, Why
from remix.corpus.select import Corpus
from remix.corpus.slugs import names_of, paths_of, typed
from remix.corpus.words import words

Part = tuple[str, LeftOut]
"""A file's path, as in `Essay.path`, and a part of the file."""

BOOKKEEPING: tuple[Why, ...] = ("tags", "link", "metadata", "html")
"""Reasons for leaving out parts that can't be prose."""


class LeftOutWords(NamedTuple):
    """Numbers of words left out."""

    prose: dict[Why, int]
    """Words of parts that may be prose, by reason, the largest number first."""
    files: int
    """Number of files with words that may be prose, left out."""
    bookkeeping: dict[Why, int]
    """Words of tags, addresses, metadata and HTML tags, in the order of `BOOKKEEPING`."""

    @property
    def by_reason(self) -> dict[Why, int]:
        """All words left out, by reason."""
        return self.prose | self.bookkeeping

    @property
    def total(self) -> int:
        """The number of all words left out."""
        return sum(self.by_reason.values())


def count_left_out(parts: Iterable[Part]) -> LeftOutWords:
    """The words of all parts; a part without a word isn't counted."""
    counts: Counter[Why] = Counter()
    files = set()
    for path, part in parts:
        number = number_of_words(part.text)
        counts[part.why] += number
        if number and part.why not in BOOKKEEPING:
            files.add(path)
    prose = [(why, number) for why, number in counts.most_common() if number and why not in BOOKKEEPING]
    return LeftOutWords(dict(prose), len(files), {why: counts[why] for why in BOOKKEEPING if counts[why]})


def number_of_words(text: str) -> int:
    """The number of words, split as for search: runs of letters and digits."""
    return len(words(text).split())


def parts_of(corpus: Corpus, essays: Iterable[str]) -> list[Part]:
    """The parts left out: of the named essays, or of all essays if `essays` is empty."""
    wanted = {typed(essay) for essay in essays}
    parts = corpus.left_out()
    if not wanted:
        return parts
    paths = {essay.path for essay in corpus.essays() if wanted & (names_of(essay) | paths_of(essay))}
    return [(path, part) for path, part in parts if path in paths]
