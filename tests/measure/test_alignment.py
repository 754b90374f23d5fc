"""Which sentence became which."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sacrebleu.metrics import CHRF as SACRE

from remix.measure.alignment import align
from remix.measure.chrf import CHRF, chrf
from remix.measure.sentences import sentences
from remix.measure.similarity import Similarity, cosine
from tests import planted

TEXT = st.text(st.sampled_from("abcde é.,’“”\n"), max_size=30)


def test_chrf_by_hand() -> None:
    """`ab` for `abc`: P = 1 and R = 2/3 for letters, 1 and 1/2 for pairs; of three letters `ab` has none."""
    precision, recall = 1, (2 / 3 + 1 / 2) / 2
    assert chrf(["abc"], ["ab"])[0, 0] == pytest.approx(100 * 5 * precision * recall / (4 * precision + recall))


@given(st.lists(TEXT, min_size=1, max_size=4), st.lists(TEXT, min_size=1, max_size=4))
def test_chrf_is_that_of_sacrebleu(references: list[str], hypotheses: list[str]) -> None:
    theirs = SACRE()
    scores = chrf(references, hypotheses)
    assert scores.shape == (len(references), len(hypotheses))
    for row, reference in zip(scores, references, strict=True):
        for score, hypothesis in zip(row, hypotheses, strict=True):
            assert score == pytest.approx(theirs.sentence_score(hypothesis, [reference]).score)


def test_chrf_of_real_sentences_is_that_of_sacrebleu() -> None:
    theirs = SACRE()
    for case in planted.FAITHFUL:
        source, output = sentences(case.passage), sentences(case.text)
        expected = [[theirs.sentence_score(to, [of]).score for to in output] for of in source]
        assert chrf(source, output) == pytest.approx(np.array(expected))


def test_each_sentence_finds_its_counterpart_and_the_earliest_of_equals() -> None:
    source = ["The cat sat on the mat.", "It rained all night.", "Quite unrelated words."]
    output = ["It rained through the night.", "The cat sat on a mat.", "The cat sat on a mat."]
    found = align(source, output, CHRF)
    assert [(each.best, each.kept) for each in found] == [(2, True), (1, True), (found[2].best, False)]
    assert found[0].score > found[1].score > found[2].score
    assert [each.sentence for each in found] == source


def test_without_sentences_there_is_nothing_to_be_found() -> None:
    assert align([], ["One."], CHRF) == ()
    assert align([], [], CHRF) == ()
    (one,) = align(["One."], [], CHRF)
    assert (one.best, one.score, one.kept) == (None, 0, False)


def test_another_similarity_can_be_given() -> None:
    lengths = Similarity(
        "length", "1", 2.0, lambda a, b: np.array([[min(len(x), len(y)) for y in b] for x in a], dtype=float)
    )
    assert [each.best for each in align(["aaa", "b"], ["x", "yy"], lengths)] == [2, 1]
    assert [each.kept for each in align(["aaa", "b"], ["x", "yy"], lengths)] == [True, False]


def test_the_threshold_parts_paraphrases_from_what_stands_beside_them() -> None:
    """The numbers that docs/measures.md argues with."""
    own, beside, elsewhere = [], [], []
    for case in planted.FAITHFUL:
        source, output = sentences(case.passage), sentences(case.text)
        scores = np.sort(chrf(source, output), axis=1)
        own += list(scores[:, -1])
        beside += list(scores[:, -2])
        for other in planted.FAITHFUL:
            if other is not case:
                elsewhere += list(chrf(source, sentences(other.text)).max(axis=1))
    assert (sum(score >= CHRF.kept for score in own), len(own)) == (48, 48)
    assert (sum(score >= CHRF.kept for score in beside), len(beside)) == (1, 48)
    assert (sum(score >= CHRF.kept for score in elsewhere), len(elsewhere)) == (0, 528)


def test_a_long_passage_and_a_short_text_are_scored_as_any() -> None:
    """The letters of a whole book beside one sentence: either side may be the shorter."""
    passage = [f"Sentence number {at} of a long passage about nothing." for at in range(2000)]
    found = chrf(passage, ["Sentence number 7 of a long passage about nothing."])
    assert found.shape == (2000, 1)
    assert int(found.argmax()) == 7
    assert found.max() == pytest.approx(100)
    assert chrf(["Sentence number 7 of a long passage about nothing."], passage).argmax() == 7


def test_cosines_by_hand() -> None:
    vectors = {"a": np.array([1.0, 0.0]), "b": np.array([0.6, 0.8]), "c": np.array([-1.0, 0.0])}
    assert cosine(vectors)(["a", "b"], ["b", "c"]).tolist() == [[60, 0], [100, 0]]
