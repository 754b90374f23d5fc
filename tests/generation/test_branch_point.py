"""Where a branch begins, and which tokens its words become."""

from __future__ import annotations

import re

import pytest

from remix.errors import RunError
from remix.generation.branch_point import Put, Written, go_on, point_at, point_at_end, take_rank, take_word, write
from remix.records import Alternative, Choice


class Words:
    """A vocabulary of words with the space before them, letters, and the halves of é; longest match first."""

    NAMES = ("", " the", " map", " maps", " is", " old", " walk", " walking", "The", "ing", '"', ' "', ".", "é", " é")

    def __init__(self, adds_a_space: bool = False) -> None:
        self.pieces = [name.encode() for name in self.NAMES]
        self.pieces += [bytes([letter]) for letter in b" abcdefghijklmnopqrstuvwxyzABCDE'\n"]
        self.pieces += [b"\xc3", b"\xa9"]
        self._adds_a_space = adds_a_space

    def piece(self, token: int) -> bytes:
        return self.pieces[token]

    def tokenize_text(self, text: str) -> list[int]:
        data, tokens = f"{' ' if self._adds_a_space and text else ''}{text}".encode(), []
        while data:
            best = max((piece for piece in self.pieces if piece and data.startswith(piece)), key=len)
            tokens.append(self.pieces.index(best))
            data = data[len(best) :]
        return tokens

    def spelt(self, text: str) -> list[int]:
        return [token for token, piece in enumerate(self.pieces) if piece.decode("utf-8", "replace") == text]


WORDS = Words()


def found(text: str, opening: str = "", kept: int | None = None, **alternatives: tuple[str, ...]) -> Written:
    """A text that the model wrote behind an opening; `t3=(...)` are the alternatives for token 3."""
    tokens = tuple(WORDS.tokenize_text(text))
    pieces = tuple(WORDS.piece(token) for token in tokens)
    lead = len(opening) - (len(text) - len(text.lstrip()) if not opening else 0)
    ends = [lead + len(b"".join(pieces[:n]).decode("utf-8", "ignore")) for n in range(len(tokens) + 1)]
    choices = tuple(
        Choice(
            piece.decode("utf-8", "replace"),
            -1.0,
            1.0,
            tuple(Alternative(each, 0.1) for each in alternatives.get(f"t{number}", ())),
        )
        for number, piece in enumerate((*pieces, b""), 1)
    )
    whole = (opening + text).strip()
    return Written(whole[:kept], tokens, pieces, tuple(max(0, end) for end in ends), choices)


def spelt(put: Put) -> str:
    return b"".join(WORDS.piece(token) for token in put.tokens).decode()


def test_a_word_is_found_with_the_space_before_it():
    text = found(" the map is the old map.")
    point = point_at(text, "old")
    assert (point.token, point.between, point.was) == (4, " ", "old")
    assert text.text[point.character :].startswith(" old")
    assert point_at(text, "map:2").token == 5
    assert point_at(text, "the:1").token == 0


def test_words_that_are_unknown_or_ambiguous_are_refused_with_what_to_say():
    text = found(" the map is the old map.")
    for at, message in (
        ("maps", "--at maps: the model wrote no 'maps'"),
        ("ma", "the model wrote no 'ma'"),
        ("map", "'map' occurs 2 times"),
        ("map:3", "'map' occurs 2 times"),
        ("map:0", "'map' occurs 2 times"),
        ("0", "the text has 8 tokens"),
        ("9", "the text has 8 tokens"),
    ):
        with pytest.raises(RunError, match=re.escape(message)):
            point_at(text, at)


def test_words_of_the_opening_are_not_the_model_s():
    text = found(" map is old.", opening="The old")
    assert point_at(text, "old").token == 2
    with pytest.raises(RunError, match="the model wrote no 'The'"):
        point_at(text, "The")


def test_a_token_is_found_by_its_number_also_the_one_that_ended_the_text():
    text = found(" the map", t2=(" maps",))
    assert point_at(text, "2")[:1] == (1,)
    assert point_at(text, "2").was == "map"
    end = point_at(text, "3")
    assert (end.token, end.was) == (2, "")


def test_a_token_that_begins_within_a_letter_is_refused():
    halves = found("The é")
    tokens = (*halves.tokens[:1], *(WORDS.pieces.index(piece) for piece in (b" ", b"\xc3", b"\xa9")))
    pieces = tuple(WORDS.piece(token) for token in tokens)
    text = halves._replace(tokens=tokens, pieces=pieces, starts=(0, 3, 4, 4, 5), choices=())
    assert point_at(text, "3").token == 2
    with pytest.raises(RunError, match="token 4 begins within a letter"):
        point_at(text, "4")
    assert spelt(write(text, point_at(text, "é"), "old", WORDS)) == "The old"


def test_an_alternative_is_taken_by_rank_or_by_its_word():
    text = found(" the map is old", t2=(" maps", " walk", "\ufffd", ""))
    point = point_at(text, "map")
    for put in (take_rank(text, point, 1, WORDS), take_word(text, point, "maps", WORDS)):
        assert spelt(put) == " the maps"
        assert (put.kept, put.words) == (1, "maps")
    for rank, message in ((5, "token 2 has 4 alternatives"), (3, "part of a letter"), (4, "ends the text")):
        with pytest.raises(RunError, match=message):
            take_rank(text, point, rank, WORDS)
    with pytest.raises(RunError, match="no trace"):
        take_rank(text._replace(choices=()), point, 1, WORDS)


def test_a_word_that_is_no_alternative_is_spelled():
    text = found(" the map is old", t2=(" maps",))
    put = take_word(text, point_at(text, "map"), "walking", WORDS)
    assert (spelt(put), put.kept) == (" the walking", 1)


def test_words_that_the_tokenizer_joins_with_the_text_replace_its_last_token():
    before = WORDS.tokenize_text("The map is walk")
    tokens = go_on(before, "ing", WORDS)
    assert [WORDS.pieces[token] for token in tokens[-2:]] == [b" is", b" walking"]
    text = found("The map is walk")
    put = write(text, point_at_end(text)._replace(was="x"), "ing", WORDS)
    assert (spelt(put), put.kept) == ("The map is walking", 3)


def test_tokens_that_the_tokenizer_would_not_choose_stay():
    """Far from the words, and beside them: what the model wrote is kept unless words and text join."""
    letters = [WORDS.pieces.index(bytes([letter])) for letter in b" map"]
    before = [*WORDS.tokenize_text("The"), *letters]
    assert go_on(before, " is", WORDS) == (*before, WORDS.pieces.index(b" is"))


def test_words_at_the_end_begin_with_a_space_of_their_own():
    text = found("The map is old")
    assert spelt(write(text, point_at_end(text), "the map", WORDS)) == "The map is old the map"
    assert spelt(write(text, point_at_end(text), ".", WORDS)) == "The map is old."


def test_what_was_trimmed_is_replaced_by_words_at_the_end():
    text = found("The map is old. The map is", kept=len("The map is old."))
    assert spelt(write(text, point_at_end(text), "é", WORDS)) == "The map is old. é"


def test_a_tokenizer_that_puts_a_space_before_a_text_adds_none_here():
    spaced = Words(adds_a_space=True)
    before = (*spaced.tokenize_text("map"), spaced.pieces.index(b"."))
    assert b"".join(map(spaced.piece, go_on(before, "old", spaced))) == b" map.old"


def test_words_that_no_tokens_spell_are_refused():
    class Deaf(Words):
        def tokenize_text(self, text: str) -> list[int]:
            return super().tokenize_text(text.replace("z", "y"))

    with pytest.raises(RunError, match="can't spell “z”"):
        go_on((1, 2), " z", Deaf())


def test_no_words_are_refused():
    text = found("The map")
    with pytest.raises(RunError, match="no words"):
        write(text, point_at_end(text), " \n", WORDS)


def test_the_place_of_each_token_is_where_it_stands_in_the_text():
    text = found(" the map is old.", opening="The")
    places = [point_at(text, str(number)).character for number in range(1, 6)]
    assert [text.text[place:] for place in places] == [" the map is old.", " map is old.", " is old.", " old.", "."]


def test_a_word_in_the_place_of_a_mark_does_not_run_into_the_word_before() -> None:
    text = found("The map. The old")
    point = point_at(text, "3")
    assert point.was == "."
    put = take_word(text, point, "walk", WORDS)
    assert b"".join(map(WORDS.piece, put.tokens)) == b"The map walk"
