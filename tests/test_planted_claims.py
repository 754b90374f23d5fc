"""The claims for fitting readers are what they are said to be."""

from __future__ import annotations

from collections import Counter

from tests import planted
from tests.labelled import labelled
from tests.planted_afresh import afresh
from tests.planted_claims import claims


def test_each_passage_has_six_true_claims_six_turned_round_and_two_additions() -> None:
    counts: dict[str, Counter[str]] = {}
    for each in claims():
        counts.setdefault(each.passage, Counter())[each.label] += 1
    assert len(counts) == 60
    assert all(count == {"said": 6, "turned round": 6, "not said": 2} for count in counts.values())


def test_no_claim_is_made_twice_about_a_passage() -> None:
    assert len({(each.passage, each.claim) for each in claims()}) == len(claims())


def test_their_passages_are_in_no_other_cases() -> None:
    others = {each.passage for each in (*labelled(), *afresh(), *planted.FOUND, *planted.HELD_OUT)}
    assert others.isdisjoint(each.passage for each in claims())
