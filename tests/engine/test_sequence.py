"""From sampled tokens to text."""

from __future__ import annotations

from remix.engine.reasoning import Sampled
from remix.engine.sequence import Sequence
from remix.records import Greedy, Request, Sampling


def sequence(max_tokens: int = 9, stop: tuple[str, ...] = (), on_text=None) -> Sequence:
    sampling = Sampling(seed=1, chain=(Greedy(),), max_tokens=max_tokens, stop=stop)
    return Sequence(Request(token_ids=(1, 2, 3), sampling=sampling), on_text=on_text)


def spell(sequence: Sequence, *pieces: bytes) -> list[str | None]:
    return [sequence.accept(Sampled(token, piece, piece), is_end=False) for token, piece in enumerate(pieces, 10)]


def test_position_is_where_the_last_token_stands():
    one = sequence()
    spell(one, b"a")
    assert one.position == 3
    spell(one, b"b")
    assert one.position == 4


def test_a_letter_may_span_tokens():
    one = sequence()
    spell(one, b"caf", b"\xc3", b"\xa9")
    assert one.text == "café"


def test_half_a_letter_at_the_end_becomes_a_replacement_mark():
    one = sequence(max_tokens=2)
    assert spell(one, b"a", b"\xc3") == [None, "length"]
    assert one.text == "a\ufffd"


def test_an_end_token_ends_the_text_without_being_in_it():
    one = sequence()
    spell(one, b"so")
    assert one.accept(Sampled(2, b"", b"<end>"), is_end=True) == "stop"
    assert (one.text, one.token_ids) == ("so", [10, 2])


def test_a_stop_string_may_span_tokens():
    one = sequence(stop=("END",))
    assert spell(one, b"so E", b"N", b"D more") == [None, None, "stop"]
    assert one.text == "so "


def test_the_earliest_stop_string_counts():
    one = sequence(stop=("d", "b"))
    assert spell(one, b"abcd") == ["stop"]
    assert one.text == "a"


def test_blank_space_before_the_first_word_is_no_stop():
    one = sequence(stop=("\n",))
    assert spell(one, b"\n", b"\nWords", b"\n") == [None, None, "stop"]
    assert one.text == "\n\nWords"


def test_what_may_become_a_stop_string_is_held_back():
    heard: list[str] = []
    one = sequence(stop=("END",), on_text=heard.append)
    spell(one, b"so E", b"N")
    assert "".join(heard) == "so "
    spell(one, b"ough")
    assert "".join(heard) == "so ENou"
    one.accept(Sampled(2, b"", b"<end>"), is_end=True)
    assert "".join(heard) == "so ENough"
