"""Tags: taking their list off the end of a paragraph, and telling when two are the same.

Takes strings, gives strings. Knows nothing of files.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from itertools import accumulate, chain
from typing import NamedTuple

from remix.records import Passage

ENDS = ".!?…。！？｡．؟۔।॥։።"
"""Of sentences, in the scripts that have such."""

CLOSING = r"\"'’”“‘»›)\]*_=~」』）】》〉"
"""What may stand behind the end of a sentence: quotation marks, parentheses, and Markdown's own, for use in `[]`."""

_BEGIN = re.compile(
    rf"(?:\A|\n|[{ENDS}](?:[{CLOSING}]|[ \u00a0\u202f]»|\[\^[^\]\s]{{1,40}}\])*)[ \t\u00a0\u3000]*(?=\#)"
)
"""Where a list of tags may begin. A sentence may end in a note's number (`[^1]`), in French in a blank and `»`."""

EMOJI = "\u231a-\u23ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"
JOINERS = "\u200c\u200d"
"""Within words of Persian, and within emoji."""

DEEPEST = 20
"""Parents of a tag: one of ten thousand slashes would fill the memory with them."""


@functools.cache
def marks() -> str:
    """Accents and vowel signs that stand as characters of their own: part of a word, though `\\w` knows none."""
    # Beyond these there are only scripts that nobody writes, and choices among ways to draw a character.
    places = chain(range(0x300, 0xFFFF), range(0x10A00, 0x12000), range(0x1E000, 0x1EA00))
    return "".join(mark for mark in map(chr, places) if unicodedata.category(mark)[0] == "M")


class _Patterns(NamedTuple):
    one: re.Pattern[str]
    """A tag."""
    listed: re.Pattern[str]
    """The same as it stands in a list, up to the next one."""


@functools.cache
def _patterns() -> _Patterns:
    """Made when the first essay is read: whoever asks the index needs none, and they take a while."""
    word = rf"(?:[^\W_]|[{EMOJI}])[\w{marks()}{EMOJI}{JOINERS}/'’&+.-]*"
    tag = rf"\#({word}(?:[ \t]+{word}){{0,4}})"
    return _Patterns(re.compile(tag), re.compile(rf"{tag}\s*(?:[,;，；、،؛]\s*)?"))


@functools.lru_cache(maxsize=2**14)
def tag_key(tag: str) -> str:
    """What makes two tags the same: case doesn't count, and spaces, `-` and `_` are alike."""
    return re.sub(r"[\s_-]+", " ", unicodedata.normalize("NFC", tag).casefold()).strip()


@functools.lru_cache(maxsize=2**14)
def tag_keys(tag: str) -> tuple[str, ...]:
    """The keys that a tag answers to: its own, then its parents', the nearest first (`a/b/c`: a/b/c, a/b, a).

    A passage has a wanted tag where `tag_key(wanted)` is among the `tag_keys` of one of its tags.
    """
    key = tag_key(tag)
    *above, _ = key.split("/", DEEPEST)
    parents = (parent.rstrip(" /") for parent in accumulate(above, "{}/{}".format))
    return (key, *reversed(dict.fromkeys(filter(None, parents))))


def split_trailing_tags(text: str) -> tuple[str, tuple[str, ...]]:
    """Take the list of tags off the end of a paragraph: `Words. #maps, #generic pastness`.

    A tag in such a list may have several words, so a list begins only after the end of a sentence or at the
    start of a line: in `I love #maps and cities` the tag is part of the sentence and stays. More than five words
    are a sentence, too.
    """
    start = _start_of_list(text)
    for begin in _BEGIN.finditer(text):
        if begin.end() >= start:
            tail = text[begin.end() :]
            tags = (match.group(1).rstrip(".").strip() for match in _patterns().one.finditer(tail))
            return text[: begin.end()].rstrip(), unique(tags)
    return text.rstrip(), ()


def _start_of_list(text: str) -> int:
    """Where the tags begin with which the text ends; its end, where it doesn't end with any.

    Read backwards from `#` to `#`, so that a long text with many of them takes no longer than its length.
    """
    end, listed = len(text), _patterns().listed
    while (start := text.rfind("#", 0, end)) >= 0 and listed.fullmatch(text, start, end):
        end = start
    return end


def unique(tags: Iterable[str]) -> tuple[str, ...]:
    """The tags without repetitions and without what names nothing (`-`), the first spelling of each."""
    first: dict[str, str] = {}
    for tag in tags:
        first.setdefault(tag_key(tag), tag)
    first.pop("", None)
    return tuple(first.values())


def count_tags(passages: Iterable[Passage]) -> list[tuple[str, int]]:
    """Each tag in its commonest spelling and on how many passages it stands, the commonest first."""
    return merge_spellings(Counter(tag for passage in passages for tag in passage.tags).items())


def merge_spellings(counts: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """The same from the number of each spelling."""
    spellings: dict[str, Counter[str]] = {}
    for tag, count in counts:
        spellings.setdefault(tag_key(tag), Counter())[tag] += count
    # Of two as common the one in small letters, wherever it stands.
    merged = [(min(each, key=lambda tag: (-each[tag], tag.swapcase())), each.total()) for each in spellings.values()]
    return sorted(merged, key=lambda item: (-item[1], tag_key(item[0])))
