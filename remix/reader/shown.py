"""A reading joined with the passage and the text: words with levels, sentences with labels, in the order of the
texts.

Takes a `Reading`, the passage and the text; gives a `ShownReading` for terminal and pages. Knows nothing of colours.
A level counts the bounds that a word's bits reach. Bounds are fixed, which makes texts comparable: 1 bit makes a word
twice as probable, 4 bits 16 times, 8 bits 256 times.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from remix.reader import calibration, summary
from remix.records import Frozen, Label, Reading, SentenceReading, Span
from remix.util.names import shortened

KEPT = (1.0, 4.0, 8.0)
"""Least bits kept for levels 1, 2 and 3 of a word of the passage."""

AGAINST = (-1.0, -2.0, -4.0)
"""Most bits for levels 1, 2 and 3 of a word of the text: the passage makes a token of the word half as probable, a
quarter or a sixteenth."""

LONGEST_WORD = 200
"""Characters of the word with the least bits; of a longer word the middle is left out."""

WORDS = re.compile(r"[^ \t\n\r\f\v]+")
"""A word, as in `measure.reading.by_word`."""


class ShownWord(NamedTuple):
    """A word of a passage or text, or the characters between two words."""

    text: str
    """The characters."""
    bits: float | None
    """Of the passage: bits kept. Of the text: the least bits of the word's tokens. Null between words."""
    level: int
    """Number of bounds reached in `KEPT` or `AGAINST`, 0 … 3; 0 for a word of the passage is *lost*."""
    sentence: int | None
    """Index into `ShownReading.sentences`; null in a passage and between sentences."""


class ShownSentence(Frozen):
    """A sentence of the text and the sentence's label."""

    sentence: str
    """The sentence."""
    label: Label
    """Whether the passage supports the sentence."""
    probability: float | None
    """Probability of the label; null for *unsure*."""
    against: str
    """The word that the passage makes least probable."""

    about: str
    """Label, probability and word in a line: `turned round (71 %), most against the passage at “fewer”`."""


class ShownReading(Frozen):
    """A reading with passage and text."""

    line: str
    """The reading in a line."""
    trust: str
    """The model that read, and how often the model is right."""
    passage: tuple[ShownWord, ...]
    """The whole passage, in order."""
    text: tuple[ShownWord, ...]
    """The whole text, in order."""
    sentences: tuple[ShownSentence, ...]
    """The sentences of the text."""
    kept: tuple[float, ...] = KEPT
    """Bounds of the levels of the passage's words, in bits."""
    against: tuple[float, ...] = AGAINST
    """Bounds of the levels of the text's words, in bits."""


def shown(reading: Reading, passage: str, text: str) -> ShownReading | None:
    """A reading joined with its passage and text; null if the words or the sentences aren't the given texts'."""
    if _letters(passage) != _letters_of(reading.passage) or _letters(text) != _letters_of(reading.text):
        return None
    places = _places(_letters(text), reading.sentences)
    if places is None:
        return None
    return ShownReading(
        line=summary.line(reading),
        trust=calibration.reading_in_words(reading),
        passage=tuple(_passage(passage, reading.passage)),
        text=tuple(_text(text, reading.text, places)),
        sentences=tuple(map(_sentence, reading.sentences)),
    )


def _sentence(found: SentenceReading) -> ShownSentence:
    probability = None
    if found.said is not None and found.turned_round is not None:
        not_said = 1 - found.said - found.turned_round
        known = {"said": found.said, "turned round": found.turned_round, "not said": not_said}
        probability = known.get(found.label)
    against = shortened(found.against, LONGEST_WORD)
    sure = "" if probability is None else f" ({probability:.0%})".replace("%", " %")
    return ShownSentence(
        sentence=found.sentence,
        label=found.label,
        probability=probability,
        against=against,
        about=f"{found.label}{sure}, most against the passage at “{against}”",
    )


# -- words and bits: places are counted in letters, white space left out --------------------------------------


def _letters(text: str) -> str:
    return "".join(text.split())


def _letters_of(spans: Sequence[Span]) -> str:
    return "".join(_letters(each.text) for each in spans)


def _passage(passage: str, spans: Sequence[Span]) -> Iterator[ShownWord]:
    """The words of the passage; the bits of a word are the sum of the spans that begin in the word."""
    starts = _starts(spans)
    for text, begin, end in _words(passage):
        bits = [each.bits for each in spans[bisect_left(starts, begin) : bisect_left(starts, end)]]
        sum_ = round(sum(bits), 4) if bits else None
        level = sum(sum_ is not None and sum_ >= each for each in KEPT)
        yield ShownWord(text=text, bits=sum_, level=level, sentence=None)


def _text(text: str, spans: Sequence[Span], places: Sequence[tuple[int, int]]) -> Iterator[ShownWord]:
    """The words of the text; the bits of a word are the least bits of the tokens with a letter of the word."""
    starts = _starts(spans)
    for part, begin, end in _words(text):
        # Tokens of white space alone begin where the next token begins.
        first = max(0, bisect_right(starts, begin) - 1)
        tokens = spans[first : bisect_left(starts, end)] if begin < end else ()
        least = min((each.bits for each in tokens), default=None)
        level = sum(least is not None and least <= each for each in AGAINST)
        yield ShownWord(text=part, bits=least, level=level, sentence=_sentence_around(begin, end, places))


def _sentence_around(begin: int, end: int, places: Sequence[tuple[int, int]]) -> int | None:
    """Index of the sentence that contains the beginning of a stretch.

    A stretch without letters lies before the letter at `begin`, and is no part of a sentence that begins with this
    letter.
    """
    side = bisect_right if begin < end else bisect_left
    at = side(places, begin, key=lambda place: place[0]) - 1
    return at if at >= 0 and begin < places[at][1] else None


def _starts(spans: Sequence[Span]) -> list[int]:
    lengths = [len(_letters(each.text)) for each in spans]
    return list(accumulate(lengths, initial=0))[:-1]


def _words(text: str) -> Iterator[tuple[str, int, int]]:
    """Each word and each stretch between words, with the places of the letters."""
    place = end = 0
    for match in WORDS.finditer(text):
        if match.start() > end:
            yield text[end : match.start()], place, place
        after = place + len(_letters(match[0]))
        yield match[0], place, after
        place, end = after, match.end()
    if end < len(text):
        yield text[end:], place, place


def _places(letters: str, sentences: Sequence[SentenceReading]) -> list[tuple[int, int]] | None:
    """For each sentence the place of the first letter and the place after the last; null if a sentence isn't in the
    text."""
    found: list[tuple[int, int]] = []
    at = 0
    for each in sentences:
        own = _letters(each.sentence)
        begin = letters.find(own, at) if own else -1
        if begin < 0:
            return None
        at = begin + len(own)
        found.append((begin, at))
    return found
