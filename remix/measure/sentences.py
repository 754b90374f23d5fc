"""A text's sentences.

Takes a text, gives the sentences in order. Wikimedia's segmenter sentencex finds the boundaries: sentencex knows
abbreviations and quotations, and in doubt leaves two sentences together. The lists of abbreviations are part of the
package.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import sentencex

from remix.measure.lexicon import Lexicon, lexicon

_LETTER = re.compile(r"[^\W\d_]")
_DIGIT = re.compile(r"[^\W_]")

PIECE = 10_000
"""Characters segmented by sentencex at once, of a text at least twice as long. Of a text with an unclosed quotation,
sentencex takes time in the square of the length."""


_NEAR = 40
"""Characters before and after a cut in which to look for a cut that ends no sentence."""


def sentences(text: str, language: str | None = "en") -> list[str]:
    """The sentences of a text, each on a single line. Every word is kept, and every sentence has a word.

    `language` is a code of ISO 639; null counts as English. Texts in languages unknown to sentencex are cut at full
    stops, question and exclamation marks, and wrongly after abbreviations.
    """
    found: list[list[str]] = []
    number: list[str] = []
    for part in _parts(text, lexicon(language)):
        words = part.split()
        if _LETTER.search(part):
            found.append([*number, *words])
            number = []
        elif number or _DIGIT.search(part):
            number += words  # the number of a list's item belongs to the next sentence
        elif found:
            found[-1] += words
    return [" ".join(each) for each in ([*found, number] if number else found)]


def _parts(text: str, lex: Lexicon) -> Iterator[str]:
    """The parts of a text cut by sentencex, without the cuts that end no sentence."""
    whole = ""
    for part in (each for piece in pieces(text, PIECE) for each in sentencex.segment(lex.code, piece)):
        if whole and not _goes_on(whole[-_NEAR:], part[:_NEAR], lex):
            yield whole
            whole = ""
        whole += part
    yield whole


def _goes_on(before: str, after: str, lex: Lexicon) -> bool:
    """Whether a sentence goes on after a cut."""
    return lex.no_end is not None and any(match.end() == len(before) for match in lex.no_end.finditer(before + after))


def pieces(text: str, letters: int) -> Iterator[str]:
    """A text in pieces, cut at the ends of paragraphs, lines or words if possible. A text of at least twice `letters`
    is cut, and each piece but the last has at most `letters`; a shorter text is a single piece."""
    begin = 0
    while len(text) - begin >= 2 * letters:
        end = begin + letters
        at = max((text.rfind(mark, begin, end) + len(mark) for mark in ("\n\n", "\n", ". ")), default=0)
        at = at if at > begin + letters // 2 else text.rfind(" ", begin, end) + 1
        end = at if at > begin else end
        yield text[begin:end]
        begin = end
    yield text[begin:]
