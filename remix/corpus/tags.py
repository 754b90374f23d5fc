"""Tags: the characters of a tag, if two tags are the same, and the number of passages with each.

Takes strings and passages, gives strings and counts. Doesn't know files, nor how tags are marked in a text.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from itertools import accumulate, chain, pairwise

from remix.records import Passage

EMOJI = "\u231a-\u23ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"
JOINERS = "\u200c\u200d"
"""Within words of Persian, and within emoji."""

DEEPEST = 20
"""Parents of a tag: a tag of ten thousand slashes would fill the memory with parents."""


@functools.cache
def marks() -> str:
    """Accents and vowel signs that are characters by themselves: part of a word, but not matched by `\\w`."""
    # All further ranges hold only unused scripts and variation selectors.
    places = chain(range(0x300, 0xFFFF), range(0x10A00, 0x12000), range(0x1E000, 0x1EA00))
    return "".join(mark for mark in map(chr, places) if unicodedata.category(mark)[0] == "M")


_JOINTS = re.compile(r"[\s_-]+")
_NOT_BETWEEN_DIGITS = re.compile(r"(?<!\d) | (?!\d)")


@functools.lru_cache(maxsize=2**14)
def tag_key(tag: str) -> str:
    """The key of a tag: two tags with the same key are the same. Ignores case and joints (spaces, `-` and `_`).

    Between two digits a joint counts, as a space: `2023-05` is `2023_05`, and not `202305`. A key isn't for reading.
    """
    apart = _JOINTS.sub(" ", unicodedata.normalize("NFC", tag).casefold())
    return _NOT_BETWEEN_DIGITS.sub("", apart)


@functools.lru_cache(maxsize=2**14)
def tag_keys(tag: str) -> tuple[str, ...]:
    """The keys of a tag and of the tag's parents, the nearest parent first (`a/b/c`: a/b/c, a/b, a).

    A passage matches a wanted tag if `tag_key(wanted)` is among the `tag_keys` of a tag of the passage.
    """
    return tag_levels(tag_key(tag))


def tag_levels(tag: str) -> tuple[str, ...]:
    """A tag and the tag's parents as written, the nearest parent first."""
    *above, _ = tag.split("/", DEEPEST)
    parents = (parent.rstrip(" /") for parent in accumulate(above, "{}/{}".format))
    return (tag, *reversed(dict.fromkeys(filter(None, parents))))


def tag_words(tag: str) -> list[str]:
    """The words of a tag as written, in small letters: `Generic-Pastness` and `genericPastness` have two."""
    letters = unicodedata.normalize("NFC", tag)
    if not letters.islower():
        pairs = pairwise(f" {letters}")
        letters = "".join(f" {each}" if each.isupper() and before.islower() else each for before, each in pairs)
    return _between_joints(letters.casefold())


def _between_joints(tag: str) -> list[str]:
    return _JOINTS.sub(" ", tag).split()


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
    merged = [(_shown(each), each.total()) for each in spellings.values()]
    return sorted(merged, key=lambda item: (-item[1], tag_key(item[0])))


def _shown(spellings: Counter[str]) -> str:
    """The most frequent spelling; of equally frequent spellings the spelling with most words, then in small
    letters."""
    # Letters may be alike after `swapcase` (ß, ss): the tag itself decides last, which makes the result independent
    # of the order.
    return min(spellings, key=lambda tag: (-spellings[tag], -len(_between_joints(tag)), tag.swapcase(), tag))
