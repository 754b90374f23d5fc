"""Which turns made which word."""

from __future__ import annotations

import pytest

from remix.outputs.uncertain import HALF, Word, most_uncertain, words
from remix.records import Alternative, Choice
from tests.conftest import work_of_at_most
from tests.studio_server import TEXT, WORDS, choices


def pieces(text: str, found: list[Word]) -> list[tuple[str, str]]:
    """Each word with the pieces that made it."""
    return [(text[each.start : each.end], "".join(token.piece for token in each.tokens)) for each in found]


@pytest.mark.parametrize(
    ("text", "written", "expected"),
    [
        (TEXT, WORDS, ["The", "first", "clock", "is", "late.", "It", "knows."]),
        ("At issue: The first clock", (" The", " first", " clock"), ["The", "first", "clock"]),
        ("The first clock.", (*WORDS[:3], ".", " It", " never"), ["The", "first", "clock."]),
        ("unlikely so", ("un", "like", "ly", " ", "so", ""), ["unlikely", "so"]),
        ("Caf\u00e9 au lait", ("Caf", "\ufffd", "\ufffd", " au", " la", "it"), ["Caf\u00e9", "au", "lait"]),
        ("\u201cYes\u201d", ("\ufffd", "\ufffd", "Yes", "\ufffd", "\ufffd"), ["\u201cYes\u201d"]),
    ],
)
def test_words_and_turns(text: str, written: tuple[str, ...], expected: list[str]) -> None:
    """Openings, cut ends, words of several pieces and letters of several tokens."""
    found = words(text, choices(written))
    assert [text[each.start : each.end] for each in found] == expected


def test_a_word_has_all_its_turns_and_is_as_open_as_its_most_open() -> None:
    found = words(TEXT, choices(WORDS))
    assert pieces(TEXT, found)[4] == ("late.", " late.")
    assert [each.shade for each in found] == [0, 0, 3, 0, 3, 0, 3]


@pytest.mark.parametrize("written", [(), ("",), (" Another", " text")])
def test_another_texts_trace_tells_nothing(written: tuple[str, ...]) -> None:
    assert words(TEXT, choices(written)) == []


def _choice(piece: str, logprob: float = -1.0, entropy: float = 1.0, others: tuple[Alternative, ...] = ()) -> Choice:
    return Choice(piece, logprob, entropy, others)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("a" * 40_000, ["a"] * 39_999 + ["b"]),
        ("a" * 40_000, ["a" * 30_000] * 500),
        ("a" * 40_000, [HALF] * 40_000 + ["b"]),
        ("a" * 40_000, [HALF, "b"] * 20_000),
        (" " * 40_000, ["", " "] * 100_000),
        ("ab" * 20_000, ["ab"] * 19_000 + ["a", "x"]),
    ],
    ids=["all but the last", "long pieces", "halves", "halves between", "blanks", "pairs"],
)
def test_a_trace_of_another_text_is_given_up_in_bounded_time(text: str, pieces: list[str]) -> None:
    """Each place of a text was tried with all pieces: the square of its length, minutes for one of 40,000 letters."""
    choices = [_choice(piece) for piece in pieces]
    with work_of_at_most(30):
        assert isinstance(words(text, choices), list)


def test_tokens_have_their_numbers_and_the_most_uncertain_come_first() -> None:
    written = choices(WORDS)
    late = words(TEXT, written)[4]
    assert (late.numbers, late.number) == ((5, 6), 6)
    assert most_uncertain(written, 4) == [2, 5, 8, 0]
    assert sorted(most_uncertain(written)) == list(range(len(WORDS)))


@pytest.mark.parametrize(
    ("entropy", "perplexity", "among"),
    [
        (0.0, 1.0, "1.0"),
        (1.1631508, 3.2, "3.2"),
        (2.302, 9.994, "10"),
        (5.5, 244.69, "245"),
        (1e6, 485165195.4, None),
    ],
)
def test_uncertainty_is_told_as_a_choice_among_so_many(entropy: float, perplexity: float, among: str | None) -> None:
    choice = _choice("a", entropy=entropy)
    assert choice.perplexity == pytest.approx(perplexity, rel=1e-4)
    assert among in (None, choice.among)
    assert _choice("a", entropy=float("nan")).perplexity == 1.0
