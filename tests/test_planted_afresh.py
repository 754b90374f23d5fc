"""The claims for final figures are what they are said to be."""

from __future__ import annotations

from collections import Counter

from remix.measure.sentences import sentences
from tests import planted
from tests.labelled import labelled
from tests.planted_afresh import afresh
from tests.planted_free import CLAIMS


def test_each_passage_has_three_true_claims_and_three_turned_round() -> None:
    truth = Counter((each.passage, each.kind == "faithful") for each in afresh())
    assert set(truth.values()) == {3}
    assert Counter(each.kind for each in afresh()) == {"faithful": 60, "direction": 20, "negation": 15, "hard": 25}


def test_each_claim_is_a_sentence() -> None:
    assert all(sentences(each.claim) == [each.claim] for each in afresh())
    assert all(sentences(each.text) == [each.text] for each in CLAIMS)


def test_their_passages_are_in_no_other_cases() -> None:
    others = {each.passage for each in labelled()} | {each.passage for each in (*planted.FOUND, *planted.HELD_OUT)}
    assert others.isdisjoint(each.passage for each in afresh())
