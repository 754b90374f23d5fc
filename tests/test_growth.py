"""Measures take no longer than their text deserves: the work grows with the text, and is bounded."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from remix.measure.chrf import chrf
from remix.measure.ledger import MOST_SENTENCES, LedgerInput, ledger
from remix.measure.overlap import overlap
from remix.measure.proper_names import longest_names
from remix.measure.sentences import PIECE, pieces, sentences
from remix.measure.suffix_automaton import SuffixAutomaton
from remix.measure.words import MOST_LETTERS, beginning
from tests.conftest import work_of_at_most

HOSTILE = {
    "1,250 sentences": " ".join(f"The man number {n} walked to town {n * 7 % 1000}." for n in range(1250)),
    "15,000 brackets": "(" * 15_000 + "1 b",
    "75,000 quotation marks": "“a " * 25_000 + '"' * 50_000,
    "a sentence of 250 KB": "word and " * 29_000,
    "a word of 250 KB": "a" * 2**18,
    "5,000 equal words": "a " * 5000,
    "25,000 numbers": " ".join(map(str, range(25_000))),
    "numbers in words": "one and two hundred " * 2500,
    "names": "We saw " + " and ".join(f"Xy{n}ian Qz{n}" for n in range(1250)),
    "citations": " ".join(f"(Hui{n} {1000 + n})" for n in range(2250)),
    "quotations": " ".join(f"“word{n}”" for n in range(2500)),
    "negations": " ".join(f"not dog{n}." for n in range(2500)),
    "negations in a row": " ".join(f"not dog{n}" for n in range(2500)),
    "items": "1. " * 10_000,
    "no spaces between sentences": "我是。" * 10_000,
    "marks": "dog ! " * 5000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_text_takes_longer_than_it_should(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each took minutes or hours, or more memory than there is."""
    # Of texts a quarter as long, a quarter is measured.
    most_letters, most_sentences = MOST_LETTERS // 4, MOST_SENTENCES // 4
    for module in ("words", "ledger"):
        monkeypatch.setattr(f"remix.measure.{module}.MOST_LETTERS", most_letters)
    monkeypatch.setattr("remix.measure.ledger.MOST_SENTENCES", most_sentences)
    with work_of_at_most(25):
        of = ledger(LedgerInput(text=text, finish="stop", passage=f"{text[1:]} x", previous="", messages=()))
    assert ("of a text" in of.line) == (len(text) > most_letters or len(sentences(text)) > most_sentences)


def test_what_was_not_measured_is_said() -> None:
    made = LedgerInput(
        text="So. " * 2000 + "a " * MOST_LETTERS, finish="stop", passage="So it is.", previous="", messages=()
    )
    of = ledger(made)
    assert of.line.endswith("; measured by no more than the first 100,000 letters and 1,000 sentences of a text")
    assert len(of.text) == MOST_SENTENCES
    assert of.length.words == 2000 + MOST_LETTERS


def test_a_beginning_is_in_whole_words() -> None:
    assert beginning("a" * MOST_LETTERS) == "a" * MOST_LETTERS
    assert len(beginning("a" * (MOST_LETTERS + 1))) == MOST_LETTERS
    assert beginning("abc " * MOST_LETTERS).split() == ["abc"] * (MOST_LETTERS // 4)


@given(st.lists(st.sampled_from(["a b ", "x. ", "\n\n", "y\n", "z"]), max_size=60), st.integers(4, 20))
def test_pieces_are_the_text(parts: list[str], letters: int) -> None:
    text = "".join(parts)
    found = list(pieces(text, letters))
    assert "".join(found) == text
    assert all(len(each) < 2 * letters for each in found)


def test_a_usual_text_is_segmented_whole() -> None:
    text = "It was so. " * (PIECE // 6)
    assert list(pieces(text, PIECE)) == [text]


WORDS = st.lists(st.sampled_from("abc"), max_size=12)


@given(WORDS, WORDS)
def test_the_longest_run_is_the_longest(there: list[str], wanted: list[str]) -> None:
    def stands(run: Sequence[str]) -> bool:
        return any(there[at : at + len(run)] == list(run) for at in range(len(there) + 1))

    expected = max(length for length in range(len(wanted) + 1) if stands(wanted[:length]))
    assert SuffixAutomaton(there).longest_prefix(wanted) == expected


@given(st.lists(WORDS, max_size=5), st.lists(WORDS, max_size=5))
def test_the_overlap_counts_repeated_items(rows: list[list[str]], columns: list[list[str]]) -> None:
    found = overlap(rows, columns)
    assert found.shape == (len(rows), len(columns))
    for row, column in np.ndindex(found.shape):
        expected = sum(min(rows[row].count(item), columns[column].count(item)) for item in "abc")
        assert found[row, column] == expected


def test_chrf_of_a_thousand_sentences_takes_little_memory() -> None:
    """A table of sentences by n-grams took 8 GB."""
    lots = random.Random(1)
    texts = ["".join(lots.choice("abcdefghij ") for _ in range(100)) for _ in range(MOST_SENTENCES)]
    scores = chrf(texts, texts)
    assert scores.shape == (MOST_SENTENCES, MOST_SENTENCES)
    assert np.allclose(scores.diagonal(), 100)
    assert scores[:2, :2] == pytest.approx(chrf(texts[:2], texts[:2]))


def test_a_name_is_a_part_of_another_only_in_whole_words() -> None:
    names = ("Ada Lovelace", "Lovelace", "Ada", "Lace", "Ada Lovelace King", "King Ada")
    assert longest_names(names) == ("Lace", "Ada Lovelace King", "King Ada")
