"""A text's words.

Takes a text, gives words, stems and n-grams. Stems and function words are those of English.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

import snowballstemmer

_FUNCTION_WORDS = """
a about above across after again against all almost along already also although always am among an and another
any anybody anyone anything are around as at away back be became because become becomes been before began
begin being below between beyond both but by came can come comes could did do does doing done down during each
either else enough even ever every everybody everyone everything far few for from gave get gets give given
gives go goes going gone got had has have having he her here hers him himself his how however i if in indeed
instead into is it its itself just keep kept least less let like made make makes making many may me might mine
more most much must my myself never no nobody none nor not nothing now of off often on once one only onto or
other others otherwise our ours ourselves out over own perhaps put quite rather really said same say says see
seen several shall she should simply since so some somebody someone something sometimes soon still such take
taken takes than that the their theirs them themselves then there therefore these they thing things this those
though through thus to together too took toward towards under until up upon us very was way we well went were
what whatever when where whether which while who whole whom whose why will with within without would yet you
your yours
"""

FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())
"""English function words: grammar, not content."""

MOST_LETTERS = 100_000
"""Letters of a text that are measured: about forty pages; a passage is usually a few paragraphs."""

LONGEST = 60
"""Letters. A longer word isn't English, and is its own stem."""

_stem: Callable[[str], str] = lru_cache(maxsize=65536)(snowballstemmer.stemmer("english").stemWord)

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


def stem(word: str) -> str:
    """A word's stem by Porter's second English stemmer: “easily” and “easy” have the same stem."""
    return _stem(word) if len(word) <= LONGEST else word
