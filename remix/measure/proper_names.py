"""Names in a text: capitalised words inside a sentence.

Takes words with positions, gives names; and the parts and roots for comparing names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from remix.measure.lexicon import Lexicon
from remix.measure.word_positions import PositionedWord
from remix.measure.words import words

_DEMONYM = re.compile(r"(?:ians?|ans?|ish|ese|ics?|is?|ns?|s)$")
_I = re.compile(r"I(?:[’'].*)?")
_ROMAN = re.compile(r"[IVX]+(?:e|er|ème)?")
_POSSESSIVE = re.compile(r"[’']s?$")
POSSESSIVES = re.compile(r"[’']s?\b")
CAPITALISED = re.compile(r"\b[^\W\d_a-zß-öø-ÿ][\w\-]+")


def names_in(text: Iterable[PositionedWord], lex: Lexicon) -> Iterator[str]:
    """Runs of capitalised words, without the first word of a sentence."""
    forms_of_address = lex.forms_of_address or frozenset()
    name: list[str] = []
    for positioned in text:
        bare = _POSSESSIVE.sub("", positioned.word)
        is_name = (
            not positioned.opens
            and positioned.word[0].isupper()
            and not _I.fullmatch(bare)
            and bare not in lex.calendar_words
            and not (lex.numerals.roman and _ROMAN.fullmatch(bare))
            and bare.casefold() not in forms_of_address
        )
        if name and not (is_name and positioned.follows):
            yield " ".join(name)
            name = []
        if is_name:
            name.append(bare)
            if bare != positioned.word:
                yield " ".join(name)
                name = []
    yield " ".join(name)


def longest_names(names: Sequence[str]) -> tuple[str, ...]:
    """The names that are not part of a longer name: Lovelace is left out beside Ada Lovelace."""
    having: dict[str, list[str]] = {}
    for name in names:
        for word in dict.fromkeys(name.split()):
            having.setdefault(word, []).append(name)
    # A longer name with the same words has the name's rarest word too: few pairs need comparing.
    among = {name: min((having[word] for word in name.split()), key=len) for name in names}
    return tuple(
        name for name in names if not any(f" {name} " in f" {longer} " for longer in among[name] if longer != name)
    )


def name_parts(name: str, lex: Lexicon) -> list[str]:
    """The words of a name without forms of address; if a name consists of forms of address, all words."""
    found = words(name.replace("-", " "))
    return [part for part in found if part not in (lex.forms_of_address or ())] or found


def word_root(word: str) -> str:
    """The root of a people's or a language's name, as ital for italian, by the endings of English; empty without such
    an ending."""
    root = _DEMONYM.sub("", word)
    return root if root != word and len(root) > 3 else ""
