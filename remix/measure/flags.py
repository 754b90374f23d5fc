"""What looks wrong with a text, by cheap checks that read words and nothing else.

Takes the text and what it was made from, gives the names of the checks it fails. A text without flags may
still say the opposite of its source: these checks see form.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Literal

from remix.records import Message
from remix.trim import OPEN_ENDS

COPIED = 0.6
"""Share of a text's word 4-grams found in what it was made from, above which it is a copy."""


def flags(
    text: str, finish: Literal["stop", "length"], passage: str, previous: str, messages: tuple[Message, ...]
) -> tuple[str, ...]:
    """The flags of an output, in alphabetical order.

    `copy`       more than 60 % of its word 4-grams stand in the passage or in the step before
    `echo`       five words in a row are the prompt's own, neither the passage's nor the step's before
    `empty`      it has no words
    `loop`       five words in a row come twice, and don't in the passage
    `truncated`  `max_tokens` cut it
    `unfinished` it ends with a comma, a colon or the like
    """
    words = _words(text)
    given = [*_ngrams(_words(passage), 5), *_ngrams(_words(previous), 5)]
    asked = {
        gram for message in messages if message.role != "assistant" for gram in _ngrams(_words(message.content), 5)
    }
    spoken = Counter(_ngrams(words, 5))
    found = {
        "copy": max(_copied(words, passage), _copied(words, previous)) > COPIED,
        "echo": bool((asked - set(given)) & set(spoken)),
        "empty": not words,
        "loop": any(count > max(1, given.count(gram)) for gram, count in spoken.items()),
        "truncated": finish == "length",
        "unfinished": text.endswith(OPEN_ENDS),
    }
    return tuple(name for name, is_so in found.items() if is_so)


def _copied(words: list[str], source: str) -> float:
    """Share of the words' 4-grams that the source has too; of a shorter text, whether it stands there whole."""
    size = min(4, len(words))
    grams = _ngrams(words, size) if size else []
    there = set(_ngrams(_words(source), size)) if size else set()
    return sum(gram in there for gram in grams) / len(grams) if grams else 0.0


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold().replace("’", "").replace("'", ""))


def _ngrams(words: list[str], size: int) -> list[tuple[str, ...]]:
    return [tuple(words[at : at + size]) for at in range(len(words) - size + 1)]
