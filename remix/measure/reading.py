"""Numbers of a reading: bits kept of a passage, bits against in a text, features of a sentence.

Takes log-probabilities of a given text with and without a second text before the given text; gives bits by token, by
word and by sentence. Knows no model.

Bits are pointwise: log2 p(token | second text, before) − log2 p(token | before). The sum over a passage, given a
text made from the passage, is the number of bits that the text saves a reader; the sum's share of all bits of the
passage is the Shannon score (Egan, Vasilyev and Bohannon, “Play the Shannon Game with Language Models”, AAAI 2022;
as a length of code: Levin and Kipnis, ISIT 2024). Bits aren't clamped: a word may have fewer than 0 bits, since a
text can mislead, and the words' bits sum to the passage's. Bits of a text, given the passage, show the words that
the passage makes less probable (compare HaRiM+, Son et al. 2022).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from remix.records import Score, Span


class Piece(NamedTuple):
    """Neighbouring tokens of a text with the same bytes, without white space, as neighbouring tokens of the sentence
    asked about."""

    begin: int
    """Index of the first token in the text."""
    end: int
    """Index of the token after the last."""
    bits: float
    """Bits by which the second text makes the piece's tokens more probable."""


class Tokens(NamedTuple):
    """Indices of a sentence's tokens, and bits."""

    gain: float
    """Mean bits by which the second text makes a token more probable."""
    lowest: float
    """The bits of the piece with the least bits."""
    word: str
    """The word of the piece with the least bits."""
    pieces: tuple[Piece, ...]
    """The sentence, cut where tokens begin in both scores: white space before a sentence changes the first tokens."""


def gains(given: Score, alone: Score) -> tuple[float, ...]:
    """Bits by which a second text makes each token more probable: `given` is scored after the second text, `alone`
    without.

    Raises `ValueError` for scores of two different texts.
    """
    if given.pieces != alone.pieces:
        raise ValueError("scores of two different texts")
    return tuple((one - other) / math.log(2) for one, other in zip(given.logprobs, alone.logprobs, strict=True))


def by_token(pieces: Sequence[bytes], bits: Sequence[float]) -> tuple[Span, ...]:
    """Tokens as text; the tokens of a character are joined, and the bits added."""
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
    """Words with the white space before, and the bits of the tokens that begin in the word.

    A token begins at the first byte that is no white space; a token of white space counts to the next word.
    """
    data = b"".join(pieces)
    words = [match.span() for match in re.finditer(rb"\s*\S+", data)]
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


def beginning(score: Score, text: str) -> Score:
    """The score of the tokens of `text`, the beginning of the scored text."""
    length, count = len(text.encode()), 0
    while length > 0 and count < len(score.pieces):
        length -= len(score.pieces[count])
        count += 1
    return Score(score.pieces[:count], score.logprobs[:count])


def ending(score: Score, count: int) -> Score:
    """The score of the last tokens of the scored text."""
    return Score(score.pieces[-count:], score.logprobs[-count:])


def sentence_tokens(alone: Score, claims: Sequence[Score]) -> list[Tokens]:
    """The indices of each sentence's tokens: `alone` is scored within the text, `claims` after the second text.

    Sentences are in the text's order, and may be spaced differently. A sentence missing in the text gains 0 bits.
    """
    data, starts = _bare(b"".join(alone.pieces)), _starts(alone.pieces)
    costs = [-each / math.log(2) for each in alone.logprobs]
    found, at = [], 0
    for claim in claims:
        words = b"".join(claim.pieces).split()
        begin = data.find(b"".join(words), at)
        at = at if begin < 0 else begin + len(b"".join(words))
        mine = [-each / math.log(2) for each in claim.logprobs]
        cuts = sorted({begin + each for each in _starts(claim.pieces)} & set(starts)) if begin >= 0 else []
        pieces = []
        for low, high in pairwise([*cuts, at]):
            inside = [number for number, start in enumerate(starts) if low <= start < high]
            own = [number for number, start in enumerate(_starts(claim.pieces)) if low <= begin + start < high]
            bits = sum(costs[number] for number in inside) - sum(mine[number] for number in own)
            pieces.append(Piece(inside[0], inside[-1] + 1, bits))
        least = min(pieces, key=lambda piece: piece.bits, default=Piece(0, 0, 0.0))
        found.append(
            Tokens(
                gain=math.fsum(piece.bits for piece in pieces) / len(mine),
                lowest=least.bits,
                word=_word_at(words, starts[least.begin] - begin),
                pieces=tuple(pieces),
            )
        )
    return found


def text_spans(alone: Score, sentences: Sequence[Tokens]) -> tuple[Span, ...]:
    """The text's tokens with the bits gained; a token outside the sentences gains 0 bits."""
    bits = [0.0] * len(alone.pieces)
    for piece in (piece for sentence in sentences for piece in sentence.pieces):
        for number in range(piece.begin, piece.end):
            bits[number] = piece.bits / (piece.end - piece.begin)
    return by_token(alone.pieces, bits)


def _bare(data: bytes) -> bytes:
    """Bytes without white space."""
    return b"".join(data.split())


def _starts(pieces: Sequence[bytes]) -> list[int]:
    """For each token the number of bytes before, white space not counted."""
    return [0, *accumulate(len(_bare(piece)) for piece in pieces)][:-1]


def _word_at(words: Sequence[bytes], place: int) -> str:
    """The word with the byte at a place, white space not counted, without punctuation around the word."""
    end = 0
    for word in words:
        end += len(word)
        if place < end:
            text = word.decode(errors="replace")
            return re.sub(r"^\W+|\W+$", "", text) or text
    return ""
