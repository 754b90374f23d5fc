"""Numbers of a reading: bits kept of a passage, bits against in a text, features of a sentence.

Takes log-probabilities of a given text with and without another text before it; gives bits by token, by word and by
sentence. Knows no model. Bits are pointwise: log2 p(token | other text, before) − log2 p(token | before).

Summed over a passage, given a text made from it, they are the bits that the text saves a reader; their share of all
bits is the Shannon score (Egan, Vasilyev and Bohannon, “Play the Shannon Game with Language Models”, AAAI 2022; as a
length of code: Levin and Kipnis, ISIT 2024). Nothing is clamped: a word may have fewer than 0 bits, since a text can
mislead, and the words' bits sum to the passage's. Summed over a text, given its passage, they show the words that the
passage makes less probable (compare HaRiM+, Son et al. 2022).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from remix.records import Score, Span

MOST_ODDS = 20.0
"""Greatest log-odds: beyond, a probability in single precision is 0 or 1."""


class Tokens(NamedTuple):
    """Numbers of a sentence's tokens."""

    gain: float
    """Mean bits by which the other text makes a token more probable."""
    lowest: float
    """The least of these bits."""
    cost: float
    """Mean bits that a token costs given the other text."""
    word: str
    """The word of the token with the least bits."""


def gains(given: Score, alone: Score) -> tuple[float, ...]:
    """Bits by which another text makes each token more probable: `given` with that text before, `alone` without.

    Raises `ValueError` if these aren't scores of the same text.
    """
    if given.pieces != alone.pieces:
        raise ValueError("scores of two different texts")
    return tuple((one - other) / math.log(2) for one, other in zip(given.logprobs, alone.logprobs, strict=True))


def by_token(pieces: Sequence[bytes], bits: Sequence[float]) -> tuple[Span, ...]:
    """Tokens as text; tokens that share a character are joined, and their bits added."""
    spans: list[Span] = []
    held, sum_ = b"", 0.0
    for piece, each in zip(pieces, bits, strict=True):
        held, sum_ = held + piece, sum_ + each
        try:
            spans.append(Span(text=held.decode(), bits=round(sum_, 4)))
        except UnicodeDecodeError:
            continue
        held, sum_ = b"", 0.0
    if held:
        spans.append(Span(text=held.decode(errors="replace"), bits=round(sum_, 4)))
    return tuple(spans)


def by_word(pieces: Sequence[bytes], bits: Sequence[float]) -> tuple[Span, ...]:
    """Words with the white space before them, and the bits of the tokens that begin in each.

    A token begins at its first byte that is no white space; one of white space alone counts to the next word.
    """
    data = b"".join(pieces)
    words = list(_words(data))
    sums = [0.0] * len(words)
    at = start = 0
    for piece, each in zip(pieces, bits, strict=True):
        first = start + len(piece) - len(piece.lstrip()) if piece.strip() else start
        while at < len(words) - 1 and words[at][1] <= first:
            at += 1
        if words:
            sums[at] += each
        start += len(piece)
    return tuple(
        Span(text=data[begin:end].decode(errors="replace"), bits=round(sum_, 4))
        for (begin, end), sum_ in zip(words, sums, strict=True)
    )


def _words(data: bytes) -> Iterator[tuple[int, int]]:
    """Begin and end of each word in bytes, white space before it included."""
    for match in re.finditer(rb"\s*\S+", data):
        yield match.span()


def sentence_tokens(given: Score, alone: Score, sentences: Sequence[str]) -> list[Tokens]:
    """The numbers of each sentence's tokens. `sentences` are sentences of the scored text, in order."""
    data = b"".join(given.pieces)
    bits = gains(given, alone)
    ends, end = [], 0
    for piece in given.pieces:
        end += len(piece)
        ends.append(end)
    found, at = [], 0
    for sentence in sentences:
        begin, at = _place(data, sentence, at)
        inside = [
            number for number, end in enumerate(ends) if end > begin and end - len(given.pieces[number]) < at
        ] or [len(ends) - 1]
        least = min(inside, key=lambda number: bits[number])
        found.append(
            Tokens(
                gain=math.fsum(bits[number] for number in inside) / len(inside),
                lowest=bits[least],
                cost=-math.fsum(given.logprobs[number] for number in inside) / len(inside) / math.log(2),
                word=_word_at(data, ends[least] - len(given.pieces[least].lstrip() or given.pieces[least])),
            )
        )
    return found


def _place(data: bytes, sentence: str, start: int) -> tuple[int, int]:
    """Begin and end, in bytes, of a sentence whose words stand in `data` from `start` on, however spaced."""
    begin, end = -1, start
    for word in sentence.encode().split():
        at = data.find(word, end)
        if at >= 0:
            begin, end = (at if begin < 0 else begin), at + len(word)
    return max(begin, start), max(end, start)


def _word_at(data: bytes, place: int) -> str:
    """The word that a byte belongs to, without marks around it."""
    words = [data[begin:end] for begin, end in _words(data) if begin <= place < end]
    word = words[0].decode(errors="replace").strip() if words else ""
    return re.sub(r"^\W+|\W+$", "", word) or word


def log_odds(logprob: float) -> float:
    """Log-odds of an answer against all other answers, from its log-probability; at most `MOST_ODDS` either way."""
    other = -math.expm1(min(logprob, 0.0))
    odds = logprob - math.log(other) if other > 0 else MOST_ODDS
    return max(-MOST_ODDS, min(MOST_ODDS, odds))
