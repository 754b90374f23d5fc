"""Flags: cheap checks for signs of a bad text.

Takes a text, the passage, the previous step and the prompt; gives the names of the failed checks. A text without
flags may still say the opposite of the passage: the checks see form and literal facts only.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import Literal, NamedTuple

from rapidfuzz.distance import Indel

from remix.generation.trim import OPEN_ENDS
from remix.measure.facts import hard_facts
from remix.measure.language import is_foreign, language_of
from remix.measure.words import beginning, ngrams, words
from remix.records import Message

COPIED = 0.6
"""Share of a text's word 4-grams in the passage or in the previous step above which the text is a copy."""

SAME = 0.9
"""Share of words, in the same order, common to a text and its input from which the text is a standstill."""

COPIES = frozenset({"copy", "standstill"})
"""Flags of a text that repeats its input."""


def flags(
    text: str, finish: Literal["stop", "length"], passage: str, previous: str, messages: tuple[Message, ...]
) -> tuple[str, ...]:
    """The flags of an output, in alphabetical order.

    `copy`       more than 60 % of the word 4-grams are in the passage or in the previous step
    `echo`       five words in a row are from the prompt, and in neither the passage nor the previous step
    `empty`      no words
    `foreign`    in a different language than the passage
    `invented`   a number, date, quotation, citation or name is in none of the sources
    `loop`       five words in a row occur twice, and only once or never in the passage and the previous step
    `standstill` the input once more, with at most a tenth of the words changed: the previous step, or for step 1 the
                 passage. A `copy` may be an extract; a `standstill` has nearly all of the input.
    `truncated`  `max_tokens` ended the text
    `unfinished` ends with a comma, a colon or a similar mark

    A run's record may have a further flag, `thoughts`: the model wrote only thoughts.

    Of texts longer than `MOST_LETTERS` all checks but the last two read only the beginning.
    """
    is_open = text.endswith(OPEN_ENDS)
    text, passage, previous = beginning(text), beginning(passage), beginning(previous)
    messages = tuple(each.model_copy(update={"content": beginning(each.content)}) for each in messages)
    given = Counter([*_read(passage).fives, *_read(previous).fives])
    asked = {gram for message in messages if message.role != "assistant" for gram in _read(message.content).fives}
    asked_in = [each.content for each in messages]
    read = _read(text)
    spoken = Counter(read.fives)
    is_other = is_foreign(text, passage)
    found = {
        "copy": max(_copied(read.words, passage), _copied(read.words, previous)) > COPIED,
        "echo": bool((asked - given.keys()) & spoken.keys()),
        "empty": not read.words,
        "foreign": is_other,
        # Facts are found by the rules of the passage's language.
        "invented": not is_other
        and bool(hard_facts(text, passage, previous, *asked_in, language=language_of(passage)).invented),
        "loop": any(count > max(1, given[gram]) for gram, count in spoken.items() if count > 1),
        "standstill": bool(read.words) and _same(read.words, previous or passage),
        "truncated": finish == "length",
        "unfinished": is_open,
    }
    return tuple(name for name, is_so in found.items() if is_so)


class _Read(NamedTuple):
    words: list[str]
    fives: list[tuple[str, ...]]
    fours: frozenset[tuple[str, ...]]


@lru_cache(maxsize=256)
def _read(text: str) -> _Read:
    """A text's words and n-grams. Cached, because the same passages and prompts come with many outputs."""
    found = words(text)
    return _Read(found, list(ngrams(found, 5)), frozenset(ngrams(found, 4)))


def _copied(found: list[str], source: str) -> float:
    """Share of a text's word 4-grams found in the source; a text of n < 4 words counts as a single n-gram."""
    size = min(4, len(found))
    if not size:
        return 0.0
    there = _read(source).fours if size == 4 else frozenset(ngrams(_read(source).words, size))
    grams = list(ngrams(found, size))
    return sum(gram in there for gram in grams) / len(grams)


def _same(found: list[str], source: str) -> bool:
    """Whether nine tenths of a text's words are the source's, in the same order: 2·LCS / (words of both) is `SAME` or
    more, where LCS is the number of words in the longest common subsequence."""
    return Indel.normalized_similarity(found, _read(source).words) >= SAME
