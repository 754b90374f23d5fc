"""What looks wrong with a text, by cheap checks that read words and nothing else.

Takes the text and what it was made from, gives the names of the checks it fails. A text without flags may
still say the opposite of its source: these checks see form, and facts that stand there in so many letters.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import Literal, NamedTuple

from remix.generation.trim import OPEN_ENDS
from remix.measure.facts import hard_facts
from remix.measure.language import is_foreign
from remix.measure.words import beginning, ngrams, words
from remix.records import Message

COPIED = 0.6
"""Share of a text's word 4-grams found in what it was made from, above which it is a copy."""


def flags(
    text: str, finish: Literal["stop", "length"], passage: str, previous: str, messages: tuple[Message, ...]
) -> tuple[str, ...]:
    """The flags of an output, in alphabetical order.

    `copy`       more than 60 % of its word 4-grams stand in the passage or in the step before
    `echo`       five words in a row are the prompt's own, neither the passage's nor the step's before
    `empty`      it has no words
    `foreign`    it is in another language than the passage
    `invented`   a number, date, quotation, citation or name in it is from nothing that it was made from
    `loop`       five words in a row come twice, and don't in the passage
    `truncated`  `max_tokens` cut it
    `unfinished` it ends with a comma, a colon or the like

    Of longer texts than are measured, their beginnings alone are looked at for all but the last two.
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
        # Other languages have other capitals.
        "invented": not is_other and bool(hard_facts(text, passage, previous, *asked_in).invented),
        "loop": any(count > max(1, given[gram]) for gram, count in spoken.items() if count > 1),
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
    """A text's words and their runs. Passages and prompts are asked for again and again, so they are kept."""
    found = words(text)
    return _Read(found, list(ngrams(found, 5)), frozenset(ngrams(found, 4)))


def _copied(found: list[str], source: str) -> float:
    """Share of the words' 4-grams that the source has too; of a shorter text, whether it stands there whole."""
    size = min(4, len(found))
    if not size:
        return 0.0
    there = _read(source).fours if size == 4 else frozenset(ngrams(_read(source).words, size))
    grams = list(ngrams(found, size))
    return sum(gram in there for gram in grams) / len(grams)
