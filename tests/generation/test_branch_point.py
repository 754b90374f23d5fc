"""Where a branch begins, and which tokens its words become."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from remix.errors import RunError
from remix.generation.branch_point import (
    Put,
    Written,
    go_on,
    go_on_from_edit,
    point_at,
    point_at_end,
    take_rank,
    take_word,
    write,
    written,
)
from remix.outputs import RunFolder
from remix.records import Alternative, Choice, Record, Trace

MARK = "<think>"


class Words:
    """A vocabulary of words with the space before them, letters, and the halves of é; longest match first."""

    NAMES = (
        "",
        " the",
        " map",
        " maps",
        " is",
        " old",
        " walk",
        " walking",
        "The",
        "ing",
        '"',
        ' "',
        ".",
        "é",
        " é",
        MARK,
    )

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

    def refuse_marks(self, tokens: Sequence[int]) -> None:
        if MARK.encode() in b"".join(map(self.piece, tokens)):
            raise RunError("the text would begin with a mark of thoughts.", "Leave it out of the words.")


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
    trimmed = whole[kept:] if kept is not None else ""
    return Written(whole[:kept], tokens, pieces, tuple(max(0, end) for end in ends), choices, trimmed)


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


def test_the_places_of_an_ambiguous_word_are_shown():
    with pytest.raises(RunError) as error:
        point_at(found(" the map is the old map."), "map")
    assert error.value.hint == "Say which: map:1 (…the map), map:2 (…is the old map)."


def test_a_word_that_was_cut_off_is_named_with_its_token():
    text = found("The map is old. The map is", kept=len("The map is old."))
    assert text.trimmed == " The map is"
    with pytest.raises(RunError, match=r"'The' was cut off after the last whole sentence") as error:
        point_at(text._replace(text=text.text.replace("The", "A"), trimmed=text.trimmed), "The")
    assert re.fullmatch(r"Its token is --at \d+\.", error.value.hint)
    put = write(text, point_at(text, "8"), "walk", WORDS)
    assert (spelt(put), put.was) == ("The map is old. The walk", "map")


def test_words_at_the_end_may_be_those_that_were_cut_off():
    text = found("The map is old. The map is", kept=len("The map is old."))
    put = write(text, point_at_end(text), " The map was", WORDS)
    kept = b"".join(text.pieces[: put.kept]).decode()
    assert kept == "The map is old. The map"
    assert (put.words, put.was) == ("was", "is")


def test_a_number_that_is_a_word_is_pointed_out():
    text = found(" the map")._replace(text="the 1929")
    with pytest.raises(RunError) as error:
        point_at(text, "1929")
    assert "for the word “1929”, say 1929:1" in error.value.hint
    for at in ("9" * 5000, "map:" + "9" * 5000):
        with pytest.raises(RunError):
            point_at(found(" the map is the map"), at)


@pytest.mark.parametrize("at", ["", " ", "\n"])
def test_no_word_is_no_place(at: str) -> None:
    with pytest.raises(RunError, match="--at: there is no word"):
        point_at(found(" the map"), at)


def test_stop_strings_are_refused_among_the_words():
    text = found("The map is old.")._replace(stops=("\n", "walking"))
    for words, name in ((" is\nold", "a line break"), (" walk\n", "a line break"), (" walking the", "“walking”")):
        with pytest.raises(RunError, match=f"there would be {name} in the text"):
            write(text, point_at_end(text), words, WORDS)
    with pytest.raises(RunError, match="a line break"):
        take_rank(found(" the map", t2=("\n",))._replace(stops=("\n",)), point_at(found(" the map"), "2"), 1, WORDS)
    # White space before a text ends no text.
    first = point_at(text, "1")
    assert spelt(write(text, first, "\nthe", WORDS)) == "\nthe"


def test_a_letter_of_a_script_without_spaces_gets_none_before():
    class Wide(Words):
        NAMES = (*Words.NAMES, "地", "図")

    text = found("The map is old.")
    assert b"".join(map(Wide().piece, write(text, point_at_end(text), "地図", Wide()).tokens)).endswith(
        "old.地図".encode()
    )


def test_words_that_are_no_utf_8_are_refused():
    text = found("The map")
    with pytest.raises(RunError, match="the words aren't UTF-8"):
        write(text, point_at_end(text), "a\udcff", WORDS)


def test_spaces_behind_the_words_are_left_to_the_model():
    text = found("The map")
    assert spelt(write(text, point_at_end(text), "is  ", WORDS)) == "The map is"


def test_the_end_within_a_token_keeps_what_belongs_to_the_text():
    """A stop string may begin within a token: what stands before it is put there again, and a space."""
    text = found("The map is old.")
    joined = text._replace(pieces=(*text.pieces[:4], b".\n"), starts=(0, 3, 7, 10, 14, 16))
    put = write(joined, point_at_end(joined), "the", WORDS)
    assert spelt(put) == "The map is old. the"


# -- broken letters -----------------------------------------------------------------------------------------


@pytest.fixture
def a_record(finished: RunFolder) -> Record:
    return finished.read("two-clocks/001/again.1")[0]


def recorded(record: Record, tokens: list[int], finish: str = "length") -> Record:
    """A record of a text with other tokens."""
    output = record.output.model_copy(update={"token_ids": tuple(tokens), "finish": finish, "trimmed": ""})
    prompt = record.derivation.prompt.model_copy(update={"token_ids": (1,), "keep_opening": False})
    return record.model_copy(
        update={"output": output, "derivation": record.derivation.model_copy(update={"prompt": prompt})}
    )


def test_a_broken_letter_shifts_no_place(a_record: Record) -> None:
    """Half a letter becomes a character of its own: the words after it stand one place farther on."""
    half, space = WORDS.pieces.index(b"\xc3"), WORDS.pieces.index(b" ")
    tokens = [*WORDS.tokenize_text("The"), space, half, *WORDS.tokenize_text(" old map is")]
    text = b"".join(map(WORDS.piece, tokens)).decode("utf-8", "replace")
    assert text == "The \ufffd old map is"
    place = written(recorded(a_record, tokens), text, None, WORDS)
    assert place.text[place.starts[4] :] == " map is"
    point = point_at(place, "map")
    assert (point.token, point.was, text[point.character :]) == (4, "map", " map is")
    put = write(place, point, "walk", WORDS)
    assert b"".join(map(WORDS.piece, put.tokens)).decode("utf-8", "replace") == "The \ufffd old walk"
    assert (put.kept, put.was, put.words) == (4, "map", "walk")


def test_a_text_that_ends_with_half_a_letter(a_record: Record) -> None:
    half = WORDS.pieces.index(b"\xc3")
    tokens = [*WORDS.tokenize_text("The map"), half]
    text = "The map\ufffd"
    place = written(recorded(a_record, tokens), text, None, WORDS)
    assert point_at(place, "\ufffd").token == 2
    assert spelt(write(place, point_at(place, "\ufffd"), ".", WORDS)) == "The map."


def test_new_words_that_share_half_a_letter_with_the_old() -> None:
    """The first token of `é` and of `è` is the same: the branch parts within the letter, and names it whole."""

    class Halves(Words):
        NAMES = tuple(name for name in Words.NAMES if "é" not in name)

        def __init__(self) -> None:
            super().__init__()
            self.pieces.append(b"\xa8")

    halves = Halves()
    tokens = tuple(halves.tokenize_text("The mé"))
    pieces = tuple(map(halves.piece, tokens))
    place = Written("The mé", tokens, pieces, (0, 3, 4, 5, 5, 6), ())
    put = write(place, point_at(place, "mé"), "mè", halves)
    assert (put.words, put.was, len(put.tokens) - put.kept) == ("è", "é", 1)


def test_tokens_of_a_stop_string_are_not_the_text_s(a_record: Record) -> None:
    tokens = [*WORDS.tokenize_text("The map."), *WORDS.tokenize_text("\n")]
    place = written(recorded(a_record, tokens, "stop"), "The map.", None, WORDS)
    assert b"".join(place.pieces) == b"The map."
    choices = tuple(Choice(WORDS.piece(token).decode(), -1.0, 1.0, (Alternative(" old", 0.1),)) for token in tokens)
    trace = Trace(record=a_record.id, choices=(*choices, *choices))
    place = written(recorded(a_record, tokens, "stop"), "The map.", trace, WORDS)
    end = point_at(place, "4")
    assert (end.token, end.was) == (3, "")
    assert spelt(take_rank(place, end, 1, WORDS)) == "The map. old"
    with pytest.raises(RunError, match="the text has 4 tokens"):
        point_at(place, "5")


# -- edited versions ----------------------------------------------------------------------------------------


def test_an_edited_version_keeps_the_tokens_of_the_common_beginning():
    text = found(" the map is the old map.")
    put = go_on_from_edit(text, "the map is old and the map", None, WORDS)
    assert spelt(put) == " the map is old and the map"
    assert put.tokens[: put.kept] == text.tokens[:3]
    assert (put.words, put.was) == ("old and the map", "the")


def test_an_edited_version_up_to_a_word():
    text = found(" the map is the old map.")
    put = go_on_from_edit(text, "the map is old and the map", "the:2", WORDS)
    assert (spelt(put), put.words) == (" the map is old and", "old and")
    for at, message in (
        ("nowhere", "the edited version has no 'nowhere'"),
        ("the", "'the' occurs 2 times"),
        ("3", "the edited version has words, and no tokens of its own"),
        ("the:1", "the edited version has no words before “the:1”"),
    ):
        with pytest.raises(RunError, match=re.escape(message)):
            go_on_from_edit(text, "the map is old and the map", at, WORDS)


def test_an_edited_version_that_shortens_the_text_has_no_other_words():
    text = found(" the map is the old map.")
    put = go_on_from_edit(text, "the map is", None, WORDS)
    assert (put.tokens, put.kept, put.words, put.was) == (text.tokens[:3], 3, "", "the")
    # A cut within a token leaves other tokens.
    put = go_on_from_edit(found("The map is walking"), "The map is walk", None, WORDS)
    assert (spelt(put), put.kept, put.words, put.was) == ("The map is walk", 3, "walk", "walking")


def test_an_edited_version_with_nothing_new_or_nothing_at_all():
    text = found(" the map is old.", opening="The old")
    for edited, message in (
        (text.text, "the edited version is the same as the text"),
        (f" {text.text}\n", "the edited version is the same as the text"),
        ("The old", "the edited version has no words"),
        ("A map is old.", "the edited version doesn't begin with “The old”, which belongs to the prompt"),
        ("", "the edited version doesn't begin with “The old”"),
    ):
        with pytest.raises(RunError, match=re.escape(message)):
            go_on_from_edit(text, edited, None, WORDS)
    with pytest.raises(RunError, match="the edited version has no words"):
        go_on_from_edit(found("The map"), " ", None, WORDS)
    put = go_on_from_edit(text, "The old walk is old", None, WORDS)
    assert (spelt(put), put.was) == (" walk is old", "the")


def test_an_edited_word_that_joins_a_token_of_the_text_takes_its_place():
    put = go_on_from_edit(found("The map is walk"), "The map is walking old", None, WORDS)
    assert (spelt(put), put.kept, put.words, put.was) == ("The map is walking old", 3, "walking old", "walk")
