"""Where a branch leaves a text, and the tokens that it puts there: from words to token ids.

Takes an output's record, text and trace, a vocabulary, and what a user asks for: a word or a token's number, and the
word, the rank of an alternative or the words to put there; or an edited version of the text. Gives the given tokens
of the branch. Typed words are tokenised as the continuation of the text. Reads no file, plans no run.
"""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Sequence
from itertools import accumulate, takewhile
from typing import NamedTuple, Protocol

from remix.errors import RunError
from remix.generation.text_places import number_of, occurrences, place_of, word_at
from remix.generation.trim import opening_of
from remix.records import Choice, Prompt, Record, Trace

SEAM = 8
"""Tokens before typed words that are tokenised again together with the words, to see whether any would change."""


class Vocabulary(Protocol):
    """The tokens of the model that wrote a text."""

    def piece(self, token: int) -> bytes:
        """The bytes that a token stands for; none for control tokens."""

    def tokenize_text(self, text: str) -> list[int]:
        """Tokens of a text without control tokens."""

    def spelt(self, text: str) -> list[int]:
        """The tokens that stand for a text each alone."""

    def refuse_marks(self, tokens: Sequence[int]) -> None:
        """Raise `RunError` if the text of a branch's given tokens begins or ends with a mark that no text holds."""


class Written(NamedTuple):
    """A text with its tokens."""

    text: str
    tokens: tuple[int, ...]
    """Without the tokens that ended the text."""
    pieces: tuple[bytes, ...]
    starts: tuple[int, ...]
    """Index in the text of the first character of each token, then the end of the last token."""
    choices: tuple[Choice, ...]
    """The choices of the tokens and of the tokens that ended the text; empty if no trace was kept."""
    trimmed: str = ""
    """What was cut off after the text."""
    stops: tuple[str, ...] = ()
    """Stop strings: a text ends before the first."""

    @property
    def whole(self) -> str:
        """The text with what was cut off."""
        return self.text + self.trimmed


class Point(NamedTuple):
    """A place in a text where a branch may begin."""

    token: int
    """Index of the first token that is replaced; the number of tokens at the end of the text."""
    character: int
    """Index of that token's first character in the text."""
    between: str
    """The first token's characters before the word: usually a space."""
    was: str
    """The original's word at the place; empty at the end of the text."""


class Put(NamedTuple):
    """The beginning of a branch's text."""

    tokens: tuple[int, ...]
    """All tokens from the text's beginning to the last given token."""
    kept: int
    """The number of tokens at the beginning that are the original's."""
    words: str
    """What was put there, in words; empty if all tokens are the original's."""
    was: str = ""
    """The original's word at the first token that isn't the original's; empty at the end of its text."""


def written(record: Record, text: str, trace: Trace | None, vocabulary: Vocabulary) -> Written:
    """An output with its tokens. Raises `RunError` if the record doesn't have them."""
    tokens = record.output.token_ids
    if not tokens or record.derivation.sampling is None or not record.derivation.prompt.token_ids:
        raise RunError(
            f"{record.output.file}: its record holds no tokens, so no text can go on from one of them.",
            "Branch from a text that a local GGUF model wrote.",
        )
    pieces = [vocabulary.piece(token) for token in tokens]
    # The number of characters before each token, then of all; a letter counts from the token that ends it.
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    lengths = (len(decoder.decode(piece, number == len(pieces))) for number, piece in enumerate(pieces, 1))
    ends = accumulate(lengths, initial=0)
    raw = b"".join(pieces).decode("utf-8", "replace")
    used = record.derivation.prompt
    prompt = Prompt(template=used.template, messages=used.messages, keep_opening=used.keep_opening)
    opening = opening_of(prompt, raw)
    lead = len(opening) - (len(opening + raw) - len((opening + raw).lstrip()))
    starts = tuple(max(0, lead + end) for end in ends)
    count = len(tokens)
    if record.output.finish == "stop":
        # Without the end-of-text token, or the tokens of a stop string. They begin where the text ends, or later.
        end = len(text) + len(record.output.trimmed)
        count = next((index for index, start in enumerate(starts) if index and start >= end), count)
    return Written(
        text,
        tokens[:count],
        tuple(pieces[:count]),
        starts[: count + 1],
        trace.choices if trace else (),
        record.output.trimmed,
        record.derivation.sampling.stop,
    )


def point_at(found: Written, at: str) -> Point:
    """The place of a word, `WORD` or `WORD:N` for its N-th occurrence, or of the token with a number, from 1.

    Raises `RunError` for a word that isn't there or occurs several times, and for a number without a token.
    """
    if at.isdecimal():
        return _at_number(found, at)
    place, word = place_of(found.text, at, found.starts[0], lambda word: _not_written(found, word))
    token = _letter_begin(found, next(index for index, end in enumerate(found.starts[1:]) if end > place))
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
    if not piece:
        raise RunError(
            f"--take {rank}: this alternative ends the text before token {point.token + 1}, so nothing goes on.",
            "Take another rank, or give a word.",
        )
    if len(tokens) != 1:
        raise RunError(
            f"--take {rank}: the alternative “{piece}” is part of a letter, or several tokens spell it: the trace "
            "doesn't say which token it is.",
            "Take another rank, or give a word.",
        )
    return _put(found, point, (*found.tokens[: point.token], *tokens), vocabulary)


def take_word(found: Written, point: Point, word: str, vocabulary: Vocabulary) -> Put:
    """Put a word at a branch's token: the alternative that spells the word, or else the word's own tokens.

    Raises the same errors as `write`.
    """
    alternatives = found.choices[point.token].alternatives if point.token < len(found.choices) else ()
    if word.strip() and any(each.piece == point.between + word for each in alternatives):
        tokens = vocabulary.spelt(point.between + word)
        if len(tokens) == 1:
            return _put(found, point, (*found.tokens[: point.token], *tokens), vocabulary)
    return write(found, point, word, vocabulary)


def write(found: Written, point: Point, words: str, vocabulary: Vocabulary) -> Put:
    """Put typed words there, tokenised as continuation of the text before.

    Spaces after the words are left out: a model that goes on writes its own. Raises `RunError` for no words, and for
    words that the tokenizer can't spell.
    """
    words = words.rstrip(" \t")
    if not words.strip():
        raise RunError("there are no words to put there.", "Give a word.")
    try:
        words.encode()
    except UnicodeEncodeError as error:  # words from a terminal with another encoding
        raise RunError("the words aren't UTF-8.", "Write them in a terminal that is set to UTF-8.") from error
    # A word in the place of a comma, or at the end, isn't to run into the word before.
    ahead = found.text[: point.character] if point.was else found.text
    begins_word = words[0].isalnum() and unicodedata.east_asian_width(words[0]) not in ("W", "F")
    is_joined = begins_word and not point.was[:1].isalnum() and ahead and not ahead[-1].isspace()
    between = f"{point.between} " if is_joined and not point.between[-1:].isspace() else point.between
    tokens = go_on(found.tokens[: point.token], between + words, vocabulary)
    return _put(found, point, tokens, vocabulary)


def go_on_from_edit(found: Written, edited: str, at: str | None, vocabulary: Vocabulary) -> Put:
    """Put an edited version of the text there, whole or up to a word of it, `WORD` or `WORD:N`.

    The tokens that spell the longest common beginning stay. Raises `RunError` for an edited version that is the same
    as the text or has no words before the word, for a word that isn't there or occurs several times, and if a changed
    beginning belongs to the prompt.
    """
    if edited.strip() == found.text.strip():
        raise RunError(
            "the edited version is the same as the text.", "Edit it, or leave --from-edit out and say where: --at."
        )
    opening = found.text[: found.starts[0]]
    begun = edited[: _place_in_edit(edited, at, len(opening))] if at is not None else edited
    begun = begun.rstrip(" \t")
    if not begun.startswith(opening):
        raise RunError(
            f"the edited version doesn't begin with “{opening.strip()}”, which belongs to the prompt.",
            "Leave the text's beginning as it is.",
        )
    raw = b"".join(found.pieces).decode("utf-8", "replace")
    space = raw[: len(raw) - len(raw.lstrip())] if not opening else ""
    rest = (space + begun[len(opening) :]).encode()
    if not rest.strip():
        where = f"no words before “{at}”" if at is not None else "no words"
        raise RunError(f"the edited version has {where} that the model could go on from.", "Say a later word.")
    kept = 0
    for piece in found.pieces:
        if not rest.startswith(b"".join(found.pieces[kept : kept + 1])):
            break
        rest, kept = rest.removeprefix(piece), kept + 1
    begin = _letter_begin(found, kept)
    words = (b"".join(found.pieces[begin:kept]) + rest).decode()
    tokens = go_on(found.tokens[:begin], words, vocabulary) if words else found.tokens[:begin]
    return _put(found, None, tokens, vocabulary)


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


def _put(found: Written, point: Point | None, tokens: tuple[int, ...], vocabulary: Vocabulary) -> Put:
    """Given tokens, with the place where they leave the original and the words on both sides.

    Raises `RunError` for a stop string among them: the text would end there, and the words after would be lost.
    """
    _refuse_stop(b"".join(map(vocabulary.piece, tokens)).decode("utf-8", "replace"), found.stops)
    kept = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(found.tokens, tokens, strict=False)))
    begin = _letter_begin(found, kept)
    words = _spell(tokens[begin:], vocabulary) or ""
    was = point.was if point and point.token == begin else word_at(found.whole, found.starts[begin])
    return Put(tokens, kept, words.strip() or words, was)


def _refuse_stop(text: str, stops: Sequence[str]) -> None:
    """Raise `RunError` if a text holds a stop string behind white space at its beginning."""
    begun = text.lstrip()
    for stop in stops if begun else ():
        if stop in begun:
            name = "a line break" if stop.strip("\r\n") == "" else f"“{stop}”"
            raise RunError(
                f"there would be {name} in the text, at which the kind's texts end: nothing could follow.",
                "Leave it out of the words, or say an earlier place.",
            )


def _at_number(found: Written, at: str) -> Point:
    count = len(found.tokens) + (len(found.choices) > len(found.tokens))
    if not 1 <= number_of(at) <= count:
        hint = f"Say 1 to {count}, or a word."
        if occurrences(found.text, at, found.starts[0]):
            hint = f"Say 1 to {count}; for the word “{at}”, say {at}:1."
        raise RunError(f"--at {at}: the text has {count} tokens.", hint)
    token = number_of(at) - 1
    start = found.starts[token]
    piece = found.pieces[token].decode("utf-8", "replace") if token < len(found.pieces) else ""
    bare = piece.lstrip()
    return _whole(found, Point(token, start, piece[: len(piece) - len(bare)] if bare else "", bare.strip()))


def _place_in_edit(edited: str, at: str, begin: int) -> int:
    """The place of a word in an edited version. Raises `RunError` as `place_of` does, and for a token's number."""
    if at.isdecimal():
        raise RunError(
            f"--at {at}: the edited version has words, and no tokens of its own.",
            f"Say a word; for the word “{at}”, say {at}:1.",
        )

    def missing(word: str) -> RunError:
        return RunError(f"--at {at}: the edited version has no '{word}'.", "`remix show OUTPUT` shows its words.")

    return place_of(edited, at, begin, missing)[0]


def _not_written(found: Written, word: str) -> RunError:
    """The error for a word that isn't in a text, or only in what was cut off."""
    for place in occurrences(found.whole, word, len(found.text)):
        token = next((number for number, end in enumerate(found.starts) if end > place), None)
        if token:
            return RunError(
                f"--at {word}: '{word}' was cut off after the last whole sentence.", f"Its token is --at {token}."
            )
    return RunError(f"--at {word}: the model wrote no '{word}' in this text.", "`remix show OUTPUT` shows its words.")


def _letter_begin(found: Written, token: int) -> int:
    """The last token up to a token that begins with a letter, and not within one."""
    while not _is_whole(found.pieces[:token]):
        token -= 1
    return token


def _is_whole(pieces: Sequence[bytes]) -> bool:
    """Whether no letter is begun by some pieces and not ended."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    decoder.decode(b"".join(pieces))
    return not decoder.getstate()[0]


def _whole(found: Written, point: Point) -> Point:
    """The point, unless the tokens before it end within a letter."""
    if not _is_whole(found.pieces[: point.token]):
        raise RunError(f"--at: token {point.token + 1} begins within a letter.", "Say another token, or a word.")
    return point


def _spell(tokens: Sequence[int], vocabulary: Vocabulary) -> str | None:
    """The text of some tokens; null if it begins or ends within a letter."""
    try:
        return b"".join(map(vocabulary.piece, tokens)).decode()
    except UnicodeDecodeError:
        return None
