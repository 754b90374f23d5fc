"""Names in a German text, where every noun is capitalised.

Takes words with positions, gives names: words after a form of address, two and more capitalised words in a row, and a
genitive before a noun. A single capitalised word can't be told from a noun, and isn't found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from remix.measure.lexicon import Lexicon
from remix.measure.word_positions import PositionedWord

_DETERMINER = re.compile(
    r"d(?:er|ie|as|en|em|es)|(?:k?ein|mein|dein|sein|ihr|unser|euer|dies|jen|jed|manch|welch|solch|all|viel|wenig"
    r"|einig|mehrer|beid|ander)(?:e[rnms]?)?|im|am|ins|ans|zum|zur|vom|beim|aufs|fürs|etwas|nichts|mehr|weniger"
    r"|zwei|drei|vier|fünf|sechs|zehn"
)
"""A word before a plain noun: an article, a pronoun, a number."""

_ADJECTIVE = re.compile(r"[a-zäöüß]{2,}e[rnms]?")
"""A word that may stand between a determiner and the noun."""

_MOST_ADJECTIVES = 3

_ACRONYM = 4
"""Most letters of an acronym."""

_PLAIN_ENDING = re.compile(r".{2,}(?:ung|heit|keit|schaft|tum|nis|tion|tät|ismus|chen|lein|ling)(?:e?[sn]|er|en)?")
"""The ending of a plain noun."""

_PLAIN_WORDS = """
abend abends anfang art bund dutzend ende eis fass flasche frühjahr fuß gegend glas gramm grad gruppe haus herbst
hälfte jahr jahre jahren jahrhundert kilo kilogramm kilometer kreis laib liter mal mark meile meilen menge meter
minuten mittag mitte monat monate monaten morgen nacht nummer ort paar pfund platz prozent reihe sack scheibe seite
sommer sorte stück stunden stunde tag tage tagen tasse teil tonnen tonne uhr viertel winter woche wochen zeit
zentner heute gestern euro dollar cent schilling taler penny
"""
_PLAIN = frozenset(_PLAIN_WORDS.split())
"""Nouns that stand before a noun without an article: measures and times."""

_TITLES_WORDS = """
stadt dorf insel fluss familie firma bezirk gemeinde provinz schloss kaufmann drucker lehrer arzt bauer müller
schmied maler dichter präsident kanzler minister general hauptmann bürgermeister richter dampfer schiff
"""
_TITLES = frozenset(_TITLES_WORDS.split())
"""Nouns before a name, beside forms of address."""


def german_names_in(text: Sequence[PositionedWord], lex: Lexicon) -> Iterator[str]:
    """Names in order, without forms of address.

    `text` is a whole text: a word with an article in any place is no name.
    """
    titles = _TITLES.union(lex.forms_of_address or ())
    plain = _plain_nouns(text, lex)
    for run in _runs(text, titles):
        name: list[str] = []
        for at, word in enumerate(run):
            low = word.casefold()
            if low in titles or low in plain or _is_plain(word, lex):
                yield from _name(name)
                # After a title a single word is a name.
                name = [""] if low in titles else []
            elif word.endswith("s") and at + 1 < len(run):
                yield " ".join(filter(None, [*name, word]))
                break
            else:
                name.append(word)
        else:
            yield from _name(name)


def _name(found: Sequence[str]) -> Iterator[str]:
    if len(found) > 1:
        yield " ".join(filter(None, found))


def _is_plain(word: str, lex: Lexicon) -> bool:
    """Whether a capitalised word is no name in any place. A long word all in capitals belongs to a title."""
    low = word.casefold()
    is_known = low in _PLAIN or low in lex.function_words or word in lex.calendar_words
    return is_known or (word.isupper() and len(word) > _ACRONYM) or bool(_PLAIN_ENDING.fullmatch(low))


def _runs(text: Sequence[PositionedWord], titles: frozenset[str]) -> Iterator[list[str]]:
    """Capitalised words in a row. The first word of a sentence belongs to a run only if the word is a title."""
    run: list[str] = []
    for word, opens, follows in text:
        is_capital = word[0].isupper() and (not opens or word.casefold() in titles)
        if run and not (is_capital and follows):
            yield run
            run = []
        if is_capital:
            run.append(word)
    yield run


def _plain_nouns(text: Sequence[PositionedWord], lex: Lexicon) -> frozenset[str]:
    """The nouns with a determiner in at least one place, perhaps with adjectives between."""
    found: set[str] = set()
    for at, (word, _, follows) in enumerate(text):
        before = at - 1
        while before > max(at - 1 - _MOST_ADJECTIVES, 0) and _ADJECTIVE.fullmatch(text[before].word):
            if _DETERMINER.fullmatch(text[before].word):
                break
            before -= 1
        if word[0].isupper() and follows and before >= 0 and _DETERMINER.fullmatch(text[before].word.casefold()):
            found.add(word.casefold())
    return frozenset(found)
