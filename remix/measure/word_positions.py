"""A text's words with the position in the sentence: a capital may be due to the position alone.

Takes a text, gives the words in order. `numbers.py` looks for months and `proper_names.py` for names among the words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from remix.measure.lexicon import Lexicon
from remix.measure.sentences import sentences

_WORD = re.compile(r"[^\W\d_][\w’'\-]*")
_OPENING = re.compile(r"[:“\"‘«„‚»›¿¡(\[—–\n*_]\W*$")
_NEAR = 99
"""Characters before a word to search for an opening mark."""


class PositionedWord(NamedTuple):
    """A word with position."""

    word: str
    opens: bool
    """Whether the word begins a sentence, or follows a mark after which a capital may stand: a colon, a quote."""
    follows: bool
    """Whether only a space separates the word from the previous word."""


def positioned_words(text: str, lex: Lexicon) -> Iterator[PositionedWord]:
    """The words of all sentences except titles, which have only capitalised words."""
    for sentence in sentences(text, lex.code):
        # A title ends without a full stop, and all words but function words are capitalised.
        has_stop = sentence.rstrip('”"’)»')[-1:] in ".!?…"
        content = (
            []
            if has_stop
            else [word for word in _WORD.findall(sentence) if word.casefold() not in lex.function_words]
        )
        if len(content) > 2 and all(word[0].isupper() for word in content):
            continue
        end = 0
        for match in _WORD.finditer(sentence):
            between = sentence[end : match.start()]
            opens = end == 0 or bool(_OPENING.search(between[-_NEAR:]))
            yield PositionedWord(match.group(), opens, end > 0 and between == " ")
            end = match.end()
