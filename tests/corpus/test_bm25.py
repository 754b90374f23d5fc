"""BM25, by hand."""

from __future__ import annotations

import math

from remix.corpus.bm25 import MOST_COUNTED, MOST_WORDS, query_words, scores

TEXTS = ["the old clock", "the new clock, the old clock", "a map", "no words in common here", "nor here"]


def test_scores_by_the_formula() -> None:
    average = (3 + 6 + 2 + 5 + 2) / 5
    idf = math.log((5 - 2 + 0.5) / (2 + 0.5))
    once = idf * 1 * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 3 / average))
    twice = idf * 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 6 / average))
    found = scores("Clock!", TEXTS)
    assert found == {0: float(f"{once:.6g}"), 1: float(f"{twice:.6g}")}
    assert found[0] < found[1]


def test_only_what_shares_a_word_has_a_score() -> None:
    assert scores("zebra", TEXTS) == {}
    assert scores("", TEXTS) == {}
    assert scores("map", []) == {}
    assert set(scores("map here", TEXTS)) == {2, 3, 4}


def test_a_word_that_most_texts_have_says_next_to_nothing() -> None:
    found = scores("the map", ["the map", "the clock", "the sun", "a moon", "the map of the sun"])
    assert found[1] < 1e-5 < found[0]


def test_of_a_long_text_the_rarest_words_count() -> None:
    common = [f"common{number}" for number in range(100)]
    rare = [f"rare{number}" for number in range(MOST_WORDS)]
    texts = {**dict.fromkeys(common, 50), **dict.fromkeys(rare, 2)}
    like = " ".join([*common, *rare, "unknown"])
    assert query_words(like, lambda word: texts.get(word, 0)) == rare
    assert query_words("b a b", lambda _: 1) == ["b", "a"]


def test_of_a_text_with_a_million_different_words_the_first_are_looked_up() -> None:
    asked: list[str] = []

    def frequency(word: str) -> int:
        asked.append(word)
        return 1

    query_words(" ".join(f"word{number}" for number in range(100_000)), frequency)
    assert len(asked) == MOST_COUNTED
