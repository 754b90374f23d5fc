"""Readings laid on their passage and text."""

from __future__ import annotations

import pytest

from remix.reader import calibration, shown
from remix.reader.shown import ShownWord
from remix.records import Reading, Span
from tests.reader.made import made
from tests.reader.test_calibration import MADE

PASSAGE = "The clock runs fast.\n\nNobody asked  the sun."
TEXT = "The clock is late. It knows."


def laid(reading: Reading, passage: str = PASSAGE, text: str = TEXT) -> shown.ShownReading:
    found = shown.shown(reading, passage, text)
    assert found
    return found


def levels(words: tuple[ShownWord, ...]) -> dict[str, int]:
    return {each.text: each.level for each in words if each.bits is not None}


def test_words_have_levels_by_fixed_bounds() -> None:
    kept = {"clock": 1.0, "runs": 3.9, "fast.": 4.0, "Nobody": 8.0, "asked": 0.99, "sun.": -5.0}
    against = {"is": -1.0, "late.": -2.0, "It": -4.0, "clock": -0.99, "knows.": 9.0}
    found = laid(made(PASSAGE, TEXT, kept, against))
    assert levels(found.passage) == {
        "The": 0,
        "clock": 1,
        "runs": 1,
        "fast.": 2,
        "Nobody": 3,
        "asked": 0,
        "the": 0,
        "sun.": 0,
    }
    assert levels(found.text) == {"The": 0, "clock": 0, "is": 1, "late.": 2, "It": 3, "knows.": 0}


def test_nothing_of_passage_and_text_is_left_out() -> None:
    found = laid(made(PASSAGE, f"\n {TEXT}\n"), text=f"\n {TEXT}\n")
    assert "".join(each.text for each in found.passage) == PASSAGE
    assert "".join(each.text for each in found.text) == f"\n {TEXT}\n"


def test_a_word_has_the_least_bits_of_its_tokens() -> None:
    tokens = [
        Span(text=piece, bits=bits) for piece, bits in ((" The cl", 3.0), ("ock", -3.0), (" ", -9.0), ("is", 1.0))
    ]
    found = laid(made(PASSAGE, TEXT).model_copy(update={"text": tuple(tokens), "sentences": ()}), text="The clock is")
    assert [(each.text, each.bits) for each in found.text if each.bits is not None] == [
        *(("The", 3.0), ("clock", -3.0), ("is", 1.0))
    ]


def test_each_word_lies_in_its_sentence_and_the_space_between_two_in_none() -> None:
    found = laid(made(PASSAGE, TEXT))
    assert [each.sentence for each in found.text] == [0, 0, 0, 0, 0, 0, 0, None, 1, 1, 1]
    assert [each.sentence for each in found.sentences] == ["The clock is late.", "It knows."]


def test_words_parted_by_a_no_break_space_stay_one_word() -> None:
    text = "It is 10\N{NO-BREAK SPACE}km long."
    reading = made(PASSAGE, text).model_copy(
        update={
            "text": tuple(
                Span(text=each, bits=-1.0) for each in ("It", " is", " 10", "\N{NO-BREAK SPACE}km", " long.")
            )
        }
    )
    assert levels(laid(reading, text=text).text) == dict.fromkeys(("It", "is", "10\N{NO-BREAK SPACE}km", "long."), 1)


@pytest.mark.parametrize(("passage", "text"), [(PASSAGE, "Other words."), ("Other words.", TEXT)])
def test_a_reading_of_other_words_is_not_shown(passage: str, text: str) -> None:
    assert shown.shown(made(PASSAGE, TEXT), passage, text) is None


def test_a_reading_of_other_sentences_is_not_shown() -> None:
    reading = made(PASSAGE, TEXT)
    first, second = reading.sentences
    for found in ((second, first), (first, second, second), (first.model_copy(update={"sentence": "..."}),)):
        assert shown.shown(reading.model_copy(update={"sentences": found}), PASSAGE, TEXT) is None


def test_the_middle_of_a_word_without_end_is_left_out() -> None:
    reading = made(PASSAGE, TEXT)
    first = reading.sentences[0].model_copy(update={"against": "x" * 100_000})
    assert len(laid(reading.model_copy(update={"sentences": (first,)})).sentences[0].about) < 400


def test_labels_in_words() -> None:
    found = laid(made(PASSAGE, TEXT, labels=["turned round"]))
    assert [each.about for each in found.sentences] == [
        "turned round (70 %), most against the passage at “late”",
        "unsure, most against the passage at “knows”",
    ]
    assert laid(made(PASSAGE, TEXT, labels=["not said"])).sentences[0].probability == pytest.approx(0.6)


def test_who_read_and_what_that_is_worth(monkeypatch: pytest.MonkeyPatch) -> None:
    reading = made(PASSAGE, TEXT)
    assert "weights of a larger model that this version of remix hasn't" in calibration.reading_in_words(reading)
    monkeypatch.setattr(calibration, "calibrations", lambda: (MADE.model_copy(update={"name": "a larger model"}),))
    assert "the probabilities are those of a larger model" in calibration.reading_in_words(reading)
    own = reading.model_copy(update={"calibrated": True})
    assert "of 10 labelled sentences kept apart, it labelled 70 %" in calibration.reading_in_words(own)
    without = reading.model_copy(update={"calibration": None})
    assert "sentences have no labels" in calibration.reading_in_words(without)
