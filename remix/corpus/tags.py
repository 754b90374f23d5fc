"""Tags: the characters of a tag, if two tags are the same, and the number of passages with each.

Takes strings and passages, gives strings and counts. Doesn't know files, nor how tags are marked in a text.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from itertools import accumulate, chain

from remix.records import Passage

EMOJI = "\u231a-\u23ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"
JOINERS = "\u200c\u200d"
"""Within words of Persian, and within emoji."""

DEEPEST = 20
"""Parents of a tag: a tag of ten thousand slashes would fill the memory with parents."""


@functools.cache
def marks() -> str:
    """Accents and vowel signs that are characters of their own: part of a word, but not matched by `\\w`."""
    # Outside these ranges are only unused scripts and variation selectors.
    places = chain(range(0x300, 0xFFFF), range(0x10A00, 0x12000), range(0x1E000, 0x1EA00))
    return "".join(mark for mark in map(chr, places) if unicodedata.category(mark)[0] == "M")


@functools.lru_cache(maxsize=2**14)
def tag_key(tag: str) -> str:
    """The key of a tag: two tags with the same key are the same. Ignores case; spaces, `-` and `_` are alike."""
    return re.sub(r"[\s_-]+", " ", unicodedata.normalize("NFC", tag).casefold()).strip()


@functools.lru_cache(maxsize=2**14)
def tag_keys(tag: str) -> tuple[str, ...]:
    """The keys of a tag and of the tag's parents, the nearest parent first (`a/b/c`: a/b/c, a/b, a).

    A passage matches a wanted tag if `tag_key(wanted)` is among the `tag_keys` of a tag of the passage.
    """
    key = tag_key(tag)
    *above, _ = key.split("/", DEEPEST)
    parents = (parent.rstrip(" /") for parent in accumulate(above, "{}/{}".format))
    return (key, *reversed(dict.fromkeys(filter(None, parents))))


def unique(tags: Iterable[str]) -> tuple[str, ...]:
    """The tags without repetitions and without empty keys (`-`), in the first spelling of each."""
    first: dict[str, str] = {}
    for tag in tags:
        first.setdefault(tag_key(tag), tag)
    first.pop("", None)
    return tuple(first.values())


def count_tags(passages: Iterable[Passage]) -> list[tuple[str, int]]:
    """Each tag in the most frequent spelling, and the number of passages with the tag, sorted by frequency."""
    return merge_spellings(Counter(tag for passage in passages for tag in passage.tags).items())


def merge_spellings(counts: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """As `count_tags`, from the number of passages of each spelling."""
    spellings: dict[str, Counter[str]] = {}
    for tag, count in counts:
        spellings.setdefault(tag_key(tag), Counter())[tag] += count
    # If two spellings are as frequent, prefer small letters.
    merged = [(min(each, key=lambda tag: (-each[tag], tag.swapcase())), each.total()) for each in spellings.values()]
    return sorted(merged, key=lambda item: (-item[1], tag_key(item[0])))
