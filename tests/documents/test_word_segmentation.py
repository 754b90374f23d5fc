"""Word segmentation: how words that were run together are taken apart, and which places are doubtful."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remix.documents.document import DocumentError, Doubt
from remix.documents.word_segmentation import MOST_LETTERS, Vocabulary, english_words, segment

TEXT = "The tailor measured the cloth by the light of the sea. The UK had no recursion then; it had a weltladen."
TAGS = ["generic pastness", "Local_Knowledge", "posthumanism"]


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary(TEXT, TAGS)


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("clothlightsea", ("cloth", "light", "sea")),
        ("mapsmemorycities", ("maps", "memory", "cities")),
        ("memory", ("memory",)),
        ("nowhere", ("nowhere",)),
        ("autoregressiveserialisation", ("autoregressive", "serialisation")),
        ("genericpastnesssealocalknowledge", ("generic pastness", "sea", "Local_Knowledge")),
        ("seaposthumanism", ("sea", "posthumanism")),
        ("weltladentailor", ("weltladen", "tailor")),
        ("UKsea", ("UK", "sea")),
        ("TailorsMapMemory", ("Tailors", "Map", "Memory")),
        ("theland", ("the", "land")),
    ],
)
def test_words_of_the_document_the_corpus_and_english(
    vocabulary: Vocabulary, word: str, parts: tuple[str, ...]
) -> None:
    split = segment(word, vocabulary)
    assert split.parts == parts
    assert split.doubts == ()
    assert split.word == word


def test_two_ways_that_are_nearly_as_likely_are_both_told(vocabulary: Vocabulary) -> None:
    (doubt,) = segment("clothdatacentre", vocabulary).doubts
    assert {doubt.read, *doubt.instead} == {("datacentre",), ("data", "centre")}


def test_half_a_word_is_doubtful(vocabulary: Vocabulary) -> None:
    split = segment("hyperobjectsea", vocabulary)
    assert split.parts == ("hyper", "object", "sea")
    assert split.doubts == (Doubt(read=("hyper", "object"), instead=(("hyperobject",),)),)


def test_what_nobody_knows_is_kept_and_doubtful(vocabulary: Vocabulary) -> None:
    split = segment("tailorclothqzxvkkw", vocabulary)
    assert split.parts == ("tailor", "cloth", "qzxvkkw")
    assert any("qzxvkkw" in doubt.read for doubt in split.doubts)
    assert segment("qzxv", vocabulary).doubts == (Doubt(read=("qzxv",), instead=()),)


def test_what_is_too_long_is_kept_and_doubtful(vocabulary: Vocabulary) -> None:
    word = "sea" * MOST_LETTERS
    split = segment(word, vocabulary)
    assert (split.parts, [doubt.read for doubt in split.doubts]) == ((word,), [(word,)])


@given(st.text(st.characters(categories=("Ll", "Lu", "Lo", "Nd"), max_codepoint=0x3FF), min_size=1, max_size=30))
def test_no_letter_is_lost(word: str) -> None:
    assert "".join(segment(word, Vocabulary(TEXT, ())).parts) == word


def test_without_the_word_list_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wordsegment", None)
    english_words.cache_clear()
    with pytest.raises(DocumentError, match="wordsegment") as caught:
        segment("seaside", Vocabulary("", ()))
    assert "pip install 'essay-remix[add]'" in caught.value.hint
