"""Where a branch leaves a text, and the tokens that it puts there: from words to token ids.

Takes an output's record, text and trace, a vocabulary, and what a user asks for: a word or a token's number, and the
word, the rank of an alternative or the words to put there. Gives the given tokens of the branch. Typed words are
tokenised as the continuation of the text. Reads no file, plans no run.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile
from typing import NamedTuple, Protocol

from remix.errors import RunError
from remix.generation.trim import opening_of
from remix.records import Choice, Prompt, Record, Trace

SEAM = 8
"""Tokens before typed words that are tokenised again together with the words, to see whether any would change."""

_AT = re.compile(r"(?s)(.+?)(?::(\d+))?")


class Vocabulary(Protocol):
    """The tokens of the model that wrote a text."""

    def piece(self, token: int) -> bytes:
        """The bytes that a token stands for; none for control tokens."""

    def tokenize_text(self, text: str) -> list[int]:
        """Tokens of a text without control tokens."""

    def spelt(self, text: str) -> list[int]:
        """The tokens that stand for a text each alone."""


class Written(NamedTuple):
    """A text with its tokens."""

    text: str
    tokens: tuple[int, ...]
    """Without a token that ended the text."""
    pieces: tuple[bytes, ...]
    starts: tuple[int, ...]
    """Index in the text of the first character of each token, then the end of the last token."""
    choices: tuple[Choice, ...]
    """The choices of the tokens and of the token that ended the text; empty if no trace was kept."""


class Point(NamedTuple):
    """A place in a text where a branch may begin."""

    token: int
    """Index of the first token that is replaced; the number of tokens at the end of the text."""
    character: int
    """Index of that token's first character in the text."""
    between: str
    """What that token writes before the word: a space, mostly."""
    was: str
    """The word that stands there; empty at the end."""


class Put(NamedTuple):
    """The beginning of a branch's text."""

    tokens: tuple[int, ...]
    """The tokens up to the last that was put there."""
    kept: int
    """The number of tokens at the beginning that are the original's."""
    words: str
    """What was put there, in words."""


def written(record: Record, text: str, trace: Trace | None, vocabulary: Vocabulary) -> Written:
    """An output with its tokens. Raises `RunError` if the record doesn't have them."""
    tokens = record.output.token_ids
    if not tokens or record.derivation.sampling is None or not record.derivation.prompt.token_ids:
        raise RunError(
            f"{record.output.file}: its record holds no tokens, so no text can go on from one of them.",
            "Branch from a text that a local GGUF model wrote.",
        )
    pieces = [vocabulary.piece(token) for token in tokens]
    if record.output.finish == "stop" and not pieces[-1]:
        pieces.pop()
    ends = [len(b"".join(pieces[:count]).decode("utf-8", "ignore")) for count in range(len(pieces) + 1)]
    whole = b"".join(pieces).decode("utf-8", "ignore")
    used = record.derivation.prompt
    prompt = Prompt(template=used.template, messages=used.messages, keep_opening=used.keep_opening)
    opening = opening_of(prompt, whole)
    lead = len(opening) - (len(opening + whole) - len((opening + whole).lstrip()))
    return Written(
        text,
        tokens[: len(pieces)],
        tuple(pieces),
        tuple(max(0, lead + end) for end in ends),
        trace.choices if trace else (),
    )


def point_at(found: Written, at: str) -> Point:
    """The place of a word, `WORD` or `WORD:N` for its N-th occurrence, or of the token with a number, from 1.

    Raises `RunError` for a word that isn't there or occurs several times, and for a number without a token.
    """
    if at.isdecimal():
        return _at_number(found, int(at))
    parsed = _AT.fullmatch(at)
    word, number = (parsed[1], parsed[2]) if parsed else (at, None)
    places = _occurrences(found, word)
    if not places and number is not None:
        places, word, number = _occurrences(found, at), at, None
    if not places:
        raise RunError(
            f"--at {at}: the model wrote no '{word}' in this text.", "`remix show OUTPUT` shows its words."
        )
    if number is None and len(places) > 1:
        raise RunError(f"--at {at}: '{word}' occurs {len(places)} times.", f"Say which, from {word}:1 on.")
    if number is not None and not 1 <= int(number) <= len(places):
        raise RunError(f"--at {at}: '{word}' occurs {len(places)} times.", f"Say {word}:1 to {word}:{len(places)}.")
    place = places[int(number or 1) - 1]
    token = next(index for index, end in enumerate(found.starts[1:]) if end > place)
    while _decoded(found.pieces[:token]) is None:
        token -= 1
    start = found.starts[token]
    return Point(token, start, found.text[start:place], word)


def point_at_end(found: Written) -> Point:
    """The end of the kept text; tokens behind it, which were trimmed, are replaced."""
    token = next((index for index, end in enumerate(found.starts) if end >= len(found.text)), len(found.tokens))
    start = found.starts[token - 1] if found.starts[token] > len(found.text) else found.starts[token]
    token -= found.starts[token] > len(found.text)
    return _whole(found, Point(token, start, found.text[start:], ""))


def take_rank(found: Written, point: Point, rank: int, vocabulary: Vocabulary) -> Put:
    """Put the alternative with a rank there, 1 for the most probable. Raises `RunError` if it isn't known."""
    alternatives = found.choices[point.token].alternatives if point.token < len(found.choices) else ()
    if not 1 <= rank <= len(alternatives):
        what = f"has {len(alternatives)} alternatives" if found.choices else "has no trace, so no alternatives"
        raise RunError(
            f"--take {rank}: token {point.token + 1} {what}.", "Give a word with --take, or --write words."
        )
    piece = alternatives[rank - 1].piece
    tokens = vocabulary.spelt(piece) if piece else []
    if len(tokens) != 1:
        raise RunError(
            f"--take {rank}: the alternative “{piece}” ends the text, or is part of a letter: the trace doesn't say "
            "which token it is.",
            "Take another rank, or give a word.",
        )
    return Put((*found.tokens[: point.token], *tokens), point.token, piece.strip() or piece)


def take_word(found: Written, point: Point, word: str, vocabulary: Vocabulary) -> Put:
    """Put a word at a branch's token: the alternative that spells the word, or else the word's own tokens."""
    alternatives = found.choices[point.token].alternatives if point.token < len(found.choices) else ()
    if any(each.piece == point.between + word for each in alternatives):
        tokens = vocabulary.spelt(point.between + word)
        if len(tokens) == 1:
            return Put((*found.tokens[: point.token], *tokens), point.token, word)
    return write(found, point, word, vocabulary)


def write(found: Written, point: Point, words: str, vocabulary: Vocabulary) -> Put:
    """Put typed words there, tokenised as continuation of the text before. Raises `RunError` if that fails."""
    if not words.strip():
        raise RunError("there are no words to put there.", "Give a word.")
    # A word in the place of a comma, or at the end, isn't to run into the word before.
    ahead = found.text[: point.character] if point.was else found.text
    is_joined = words[0].isalnum() and not point.was[:1].isalnum() and ahead and not ahead[-1].isspace()
    between = " " if is_joined and not point.between else point.between
    before = found.tokens[: point.token]
    tokens = go_on(before, between + words, vocabulary)
    kept = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, tokens, strict=False)))
    return Put(tokens, kept, words.strip())


def go_on(before: Sequence[int], words: str, vocabulary: Vocabulary) -> tuple[int, ...]:
    """The tokens of a text, followed by those of typed words.

    The text's last tokens change only if the tokenizer spells text and words together otherwise, as `walk` and `ing`.
    Raises `RunError` if the tokenizer can't spell the words there.
    """
    for start in range(max(0, len(before) - SEAM), len(before)):
        last = list(before[start:])
        text = _spell(last, vocabulary)
        if text is not None and vocabulary.tokenize_text(text) == last:
            tokens = vocabulary.tokenize_text(text + words)
            if _spell(tokens, vocabulary) == text + words:
                return (*before[:start], *tokens)
    # Some tokenizers put a space before a text: a line break before keeps it off the words.
    for mark in ("", "\n"):
        first = vocabulary.tokenize_text(mark)
        tokens = vocabulary.tokenize_text(mark + words)
        if tokens[: len(first)] == first and _spell(tokens[len(first) :], vocabulary) == words:
            return (*before, *tokens[len(first) :])
    raise RunError(
        f"the model's tokenizer can't spell “{words.strip()}” there.", "Give other words, or another place."
    )


def _at_number(found: Written, number: int) -> Point:
    count = max(len(found.tokens), len(found.choices))
    if not 1 <= number <= count:
        raise RunError(f"--at {number}: the text has {count} tokens.", f"Say 1 to {count}, or a word.")
    token = number - 1
    start = found.starts[token]
    piece = found.pieces[token].decode("utf-8", "replace") if token < len(found.pieces) else ""
    bare = piece.lstrip()
    return _whole(found, Point(token, start, piece[: len(piece) - len(bare)] if bare else "", bare.strip()))


def _occurrences(found: Written, word: str) -> list[int]:
    """The places of a whole word in what the model wrote and trimming kept."""
    pattern = rf"(?<!\w){re.escape(word)}(?!\w)" if word[:1].isalnum() else re.escape(word)
    return [
        match.start()
        for match in re.finditer(pattern, found.text)
        if found.starts[0] <= match.start() < found.starts[-1]
    ]


def _whole(found: Written, point: Point) -> Point:
    """The point, unless the tokens before it end within a letter."""
    if _decoded(found.pieces[: point.token]) is None:
        raise RunError(f"--at: token {point.token + 1} begins within a letter.", "Say another token, or a word.")
    return point


def _spell(tokens: Sequence[int], vocabulary: Vocabulary) -> str | None:
    return _decoded([vocabulary.piece(token) for token in tokens])


def _decoded(pieces: Sequence[bytes]) -> str | None:
    """The text of some pieces; null if it begins or ends within a letter."""
    try:
        return b"".join(pieces).decode()
    except UnicodeDecodeError:
        return None
