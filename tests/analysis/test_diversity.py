"""How unlike each other texts are."""

from __future__ import annotations

import gzip
import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sacrebleu.metrics import CHRF
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import normalize
from vendi_score import vendi as friedman_dieng

from remix.analysis import diversity
from remix.analysis.diversity import common_length, compression_ratio, cut, distinct, groups, pairs, vendi
from remix.analysis.run_survey import chrf
from remix.measure.vectors import bag_of_words, unit
from remix.measure.words import words

TEXTS = [
    "The table lists what leaves, and never what stays behind.",
    "The table lists what stays; nobody knows what leaves.",
    "A hundred fields went in at the top of the tower.",
    "Nobody knows what stays behind at the top of the tower.",
]


# -- equal length -------------------------------------------------------------------------------------------


def test_the_length_that_nine_chains_in_ten_reach() -> None:
    chains = [["a " * 20, "b " * size] for size in (3, 12, 13, 14, 15, 16, 17, 18, 19, 20)]
    assert common_length(chains) == 12
    assert common_length(chains, reached=1) == 3
    assert common_length([]) == 0


def test_cutting_to_equal_length() -> None:
    assert cut("The table, it’s said, lists!", 3) == "the table its"
    assert cut("Short.", 9) == "short"


# -- words --------------------------------------------------------------------------------------------------


def test_compression_ratio_by_gzip() -> None:
    row = " ".join(TEXTS).encode()
    assert compression_ratio(TEXTS) == len(row) / len(gzip.compress(row))
    assert compression_ratio([TEXTS[0]] * 4) > 1.5 * compression_ratio(TEXTS)
    assert compression_ratio([]) == 0


def test_self_repetition_by_hand() -> None:
    """The first two share one run of four words; the last two share three: “at the top of the tower” holds them."""
    once, thrice = math.log(2), math.log(4)
    assert diversity.self_repetition(TEXTS) == pytest.approx((once + once + thrice + thrice) / 4)
    assert diversity.self_repetition(["a b c"]) == 0
    assert diversity.self_repetition([]) == 0


def test_distinct_by_hand() -> None:
    assert distinct(["a b a", "b c"], 1) == 3 / 5
    assert distinct(["a b a", "b c"], 2) == 1
    assert distinct(["a b", "a b"], 2) == 0.5
    assert distinct([], 1) == 0


def test_self_similarity_against_sacrebleu() -> None:
    """Over all ordered pairs, the first of which is the hypothesis."""
    scorer = CHRF()
    scores = [scorer.sentence_score(one, [other]).score / 100 for one, other in permutations(TEXTS, 2)]
    assert diversity.self_similarity(pairs(TEXTS, TEXTS, chrf)) == pytest.approx(np.mean(scores), abs=1e-6)


def test_self_similarity_of_some() -> None:
    some = pairs([TEXTS[0], TEXTS[2]], [TEXTS[0], TEXTS[2]], chrf)
    assert diversity.self_similarity(pairs(TEXTS, TEXTS, chrf), [0, 2]) == diversity.self_similarity(some)
    assert diversity.self_similarity(pairs(TEXTS, TEXTS, chrf), [1]) == 0


@given(st.integers(1, 200))
def test_groups_hold_each_text_once(count: int) -> None:
    dealt = [at for group in groups(count) for at in group]
    assert sorted(dealt) == list(range(count))
    sizes = [len(group) for group in groups(count)]
    assert max(sizes) <= diversity.GROUP
    assert max(sizes) - min(sizes) <= 1


def test_a_large_set_is_compared_in_groups() -> None:
    texts = [f"text {number}" for number in range(90)]
    found = pairs(texts, texts, lambda ones, others: np.ones((len(ones), len(others))))
    assert len(found.scores) == 3 * 30 * 29
    assert all(one % 3 == other % 3 and one != other for one, other in zip(found.one, found.other, strict=True))


# -- vectors ------------------------------------------------------------------------------------------------


def test_vendi_of_all_different_and_all_the_same() -> None:
    assert vendi(np.eye(5)) == pytest.approx(5)
    assert vendi(np.ones((5, 1))) == pytest.approx(1)
    assert vendi(np.repeat(np.eye(3), 2, axis=0)) == pytest.approx(3)
    assert vendi(np.zeros((0, 3))) == 0


def test_vendi_by_hand() -> None:
    """Two texts with a cosine of 1/2: eigenvalues 3/4 and 1/4 of K/2."""
    vectors = np.array([[1, 0], [0.5, math.sqrt(0.75)]])
    assert vendi(vectors) == pytest.approx(math.exp(-(0.75 * math.log(0.75) + 0.25 * math.log(0.25))))


def test_texts_without_words_are_like_nothing() -> None:
    assert vendi(bag_of_words(["", "", "one"])) == pytest.approx(3)


@given(st.integers(1, 12), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_vendi_against_its_authors(count: int, width: int, seed: int) -> None:
    vectors = unit(np.random.default_rng(seed).normal(size=(count, width)))
    assert vendi(vectors) == pytest.approx(friedman_dieng.score_dual(vectors), rel=1e-6)


def test_bag_of_words_against_scikit_learn() -> None:
    counts = CountVectorizer(analyzer=words).fit_transform(TEXTS).toarray()
    np.testing.assert_allclose(bag_of_words(TEXTS), normalize(counts))
