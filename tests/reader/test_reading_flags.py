"""Flags of a reading: a text that costs a reader too many bits, and a sentence that is turned round."""

from __future__ import annotations

import pytest

from remix.reader.reading_flags import LEAST_WORDS, flags_of, most_bits
from remix.records import Reading, SentenceReading, Span
from tests.conftest import FILE

SMALL = FILE.model_copy(update={"labels": ("smollm2", "smollm2-135m-instruct.q4_1", "llama")})
LARGER = FILE.model_copy(update={"labels": ("qwen2.5-coder", "qwen2.5 coder 1.5b instruct gguf", "qwen2")})


def reading(bits_a_letter: float | None, words: int = LEAST_WORDS, label: str = "said") -> Reading:
    """A reading of a text of `words` words of four letters and a blank."""
    text = " word" * words
    sentence = SentenceReading.model_construct(sentence=text, label=label, said=0.9, turned_round=0.1, against="word")
    return Reading.model_construct(
        text_bits=None if bits_a_letter is None else bits_a_letter * len(text),
        text=(Span(text=text, bits=0.0),),
        sentences=(sentence,),
    )


def test_each_measured_reader_has_its_own_bound() -> None:
    assert (most_bits(SMALL), most_bits(LARGER), most_bits(FILE)) == (1.9, 1.8, None)


@pytest.mark.parametrize(
    ("found", "flags"),
    [
        (reading(1.85), ()),
        (reading(1.95), ("gibberish",)),
        (reading(1.95, LEAST_WORDS - 1), ()),
        (reading(None), ()),
        (reading(1.85, label="turned round"), ("turned round",)),
        (reading(1.95, label="turned round"), ("gibberish", "turned round")),
        (reading(1.85, label="not said"), ()),
    ],
)
def test_flags(found: Reading, flags: tuple[str, ...]) -> None:
    assert flags_of(found, SMALL) == flags


def test_a_reader_that_was_not_measured_finds_no_gibberish() -> None:
    assert flags_of(reading(9.0), FILE) == ()
    assert flags_of(reading(1.85), LARGER) == ("gibberish",)
