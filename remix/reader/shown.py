"""A reading laid on its passage and its text: words with levels, sentences with labels, in the order of the texts.

Takes a `Reading`, the passage and the text; gives a `ShownReading`, from which terminal and pages are made. Knows
nothing of colours. A level counts the bounds that a word's bits reach. Bounds are fixed, so that two texts can be
compared: 1 bit makes a word twice as probable, 4 bits 16 times, 8 bits 256 times.
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
"""Bits kept from which a word of the passage has level 1, 2 and 3."""

AGAINST = (-1.0, -2.0, -4.0)
"""Bits down to which a word of the text has level 1, 2 and 3: the passage makes one of the word's tokens half as
probable, a quarter or a sixteenth."""

LONGEST_WORD = 200
"""Letters of the word that goes most against the passage; of a longer word the middle is left out."""

WORDS = re.compile(r"[^ \t\n\r\f\v]+")
"""A word, as in `measure.reading.by_word`."""


class ShownWord(NamedTuple):
    """A word of a passage or text, or what stands between two words."""

    text: str
    """The characters."""
    bits: float | None
    """Of the passage: bits kept. Of the text: the bits of the token that goes most against the passage. Null between
    words."""
    level: int
    """Number of bounds reached in `KEPT` or `AGAINST`, 0 … 3; 0 for a word of the passage is *lost*."""
    sentence: int | None
    """Index into `ShownReading.sentences`; null in a passage and between sentences."""


class ShownSentence(Frozen):
    """A sentence of the text and its label."""

    sentence: str
    """The sentence."""
    label: Label
    """Whether the passage says so."""
    probability: float | None
    """Probability of the label; null for *unsure*."""
    against: str
    """The word that goes most against the passage."""

    about: str
    """Label, probability and word in a line: `turned round (71 %), most against the passage at “fewer”`."""


class ShownReading(Frozen):
    """A reading with its passage and text."""

    line: str
    """The reading in a line."""
    trust: str
    """Which model read, and how often it is right."""
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
    """A reading laid on its passage and text; null if its words aren't theirs, or its sentences aren't the text's."""
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
    """Each word has the bits of the spans that begin in it."""
    starts = _starts(spans)
    for text, begin, end in _words(passage):
        bits = [each.bits for each in spans[bisect_left(starts, begin) : bisect_left(starts, end)]]
        sum_ = round(sum(bits), 4) if bits else None
        level = sum(sum_ is not None and sum_ >= each for each in KEPT)
        yield ShownWord(text=text, bits=sum_, level=level, sentence=None)


def _text(text: str, spans: Sequence[Span], places: Sequence[tuple[int, int]]) -> Iterator[ShownWord]:
    """Each word has the least bits of the tokens that wrote any of its letters."""
    starts = _starts(spans)
    for part, begin, end in _words(text):
        # Tokens of white space alone begin where the next token begins.
        first = max(0, bisect_right(starts, begin) - 1)
        tokens = spans[first : bisect_left(starts, end)] if begin < end else ()
        least = min((each.bits for each in tokens), default=None)
        level = sum(least is not None and least <= each for each in AGAINST)
        yield ShownWord(text=part, bits=least, level=level, sentence=_sentence_around(begin, end, places))


def _sentence_around(begin: int, end: int, places: Sequence[tuple[int, int]]) -> int | None:
    """Index of the sentence in which a stretch begins. A stretch without letters lies before the letter at `begin`,
    and so not in a sentence that begins there."""
    side = bisect_right if begin < end else bisect_left
    at = side(places, begin, key=lambda place: place[0]) - 1
    return at if at >= 0 and begin < places[at][1] else None


def _starts(spans: Sequence[Span]) -> list[int]:
    lengths = [len(_letters(each.text)) for each in spans]
    return list(accumulate(lengths, initial=0))[:-1]


def _words(text: str) -> Iterator[tuple[str, int, int]]:
    """Each word and each stretch between words, with the places of its letters."""
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
    """Of each sentence the place of the first letter and the place after the last; null if one isn't in the text."""
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
