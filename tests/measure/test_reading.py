"""Numbers of readings, worked by hand."""

from __future__ import annotations

import math

import pytest

from remix.measure.reading import beginning, by_token, by_word, ending, gains, sentence_tokens, text_spans
from remix.records import Score, Span


def score(*tokens: tuple[str | bytes, float]) -> Score:
    """A score of tokens with their probabilities."""
    pieces = tuple(piece if isinstance(piece, bytes) else piece.encode() for piece, _ in tokens)
    return Score(pieces, tuple(math.log(probability) for _, probability in tokens))


ALONE = score(("Few", 1 / 8), (" is", 1 / 2), ("landers", 1 / 4), (".", 1 / 2), (" So", 1 / 4), (".", 1 / 4))
GIVEN = score(("Few", 1 / 64), (" is", 1 / 2), ("landers", 1), (".", 1), (" So", 1 / 2), (".", 1 / 8))


def test_bits_are_what_the_other_text_gains_or_costs():
    assert gains(GIVEN, ALONE) == pytest.approx((-3, 0, 2, 1, 1, -1))


def test_scores_of_two_texts_cannot_be_compared():
    with pytest.raises(ValueError, match="different texts"):
        gains(GIVEN, score(("Few", 0.5)))


def test_the_bits_of_words_sum_to_the_bits_kept():
    spans = by_word(ALONE.pieces, gains(GIVEN, ALONE))
    assert spans == tuple(
        Span(text=text, bits=bits) for text, bits in (("Few", -3.0), (" islanders.", 3.0), (" So.", 0.0))
    )
    assert sum(span.bits for span in spans) == pytest.approx(ALONE.bits - GIVEN.bits)


def test_a_token_of_white_space_counts_to_the_next_word():
    assert by_word((b"one", b"\n\n", b"two", b" "), (1, 2, 4, 8)) == (
        Span(text="one", bits=1.0),
        Span(text="\n\ntwo", bits=14.0),
    )


def test_a_token_across_two_words_counts_to_the_one_in_which_it_begins():
    assert by_word((b"a b", b"c"), (1, 2)) == (Span(text="a", bits=1.0), Span(text=" bc", bits=2.0))


def test_tokens_that_share_a_character_are_joined():
    first, second = "é".encode()[:1], "é".encode()[1:]
    assert by_token((b"caf", first, second, b"s", first), (1, 2, 4, 8, 16)) == (
        Span(text="caf", bits=1.0),
        Span(text="é", bits=6.0),
        Span(text="s", bits=8.0),
        Span(text="�", bits=16.0),
    )


def test_each_sentence_has_the_numbers_of_its_own_tokens():
    few = score((" Few", 1 / 64), (" is", 1 / 2), ("landers", 1), (".", 1))
    so = score((" So", 1 / 2), (".", 1 / 8))
    first, second = sentence_tokens(ALONE, [few, so])
    assert first.gain == pytest.approx(0)
    assert (first.lowest, first.word) == (pytest.approx(-3), "Few")
    assert second.gain == pytest.approx(0)
    assert (second.lowest, second.word) == (pytest.approx(-1), "So")
    assert [span.bits for span in text_spans(ALONE, [first, second])] == pytest.approx([-3, 0, 2, 1, 1, -1])


def test_tokens_are_compared_from_where_one_begins_in_both_scores():
    # In the text the first token is another, since no space is before the sentence.
    alone = score(("Isl", 1 / 4), ("and", 1 / 4), ("ers", 1 / 2), (" so.", 1 / 2))
    claim = score((" Island", 1 / 2), ("ers", 1 / 8), (" so", 1 / 2), (".", 1 / 2))
    (found,) = sentence_tokens(alone, [claim])
    assert [(piece.begin, piece.end) for piece in found.pieces] == [(0, 2), (2, 3), (3, 4)]
    assert [piece.bits for piece in found.pieces] == pytest.approx([4 - 1, 1 - 3, 1 - 2])
    assert (found.word, found.gain) == ("Islanders", pytest.approx(0))
    assert [span.bits for span in text_spans(alone, [found])] == pytest.approx([1.5, 1.5, -2, -1])


def test_sentences_are_found_however_the_text_is_spaced():
    alone = score(("A", 0.5), ("\n\n", 0.5), ("b. ", 0.5), ("A", 0.25), (" b.", 0.25))
    claim = score((" A", 1), (" b.", 1))
    found = sentence_tokens(alone, [claim, claim])
    assert [(each.pieces[0].begin, each.pieces[-1].end) for each in found] == [(0, 3), (3, 5)]
    assert [each.gain for each in found] == pytest.approx([1.5, 2])


def test_a_sentence_that_is_not_in_the_text_gains_nothing():
    (found,) = sentence_tokens(ALONE, [score((" Nobody", 1 / 4), (".", 1 / 4))])
    assert (found.gain, found.lowest, found.pieces) == (0, 0, ())
    assert {span.bits for span in text_spans(ALONE, [found])} == {0.0}


def test_a_text_and_what_was_scored_behind_it_are_told_apart():
    assert beginning(ALONE, "Few islanders.").pieces == ALONE.pieces[:4]
    assert ending(ALONE, 2) == Score(ALONE.pieces[4:], ALONE.logprobs[4:])
