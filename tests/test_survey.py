"""What chains do together: planted ones that converge, stay apart, or come to rest."""

from __future__ import annotations

import numpy as np
import pytest

from remix.measure.diversity import bag_of_words, vendi
from remix.measure.embedding import Embedder
from remix.measure.survey import Survey, Ways, survey
from remix.measure.trajectory import Trajectory
from remix.surveying import chrf

SUBJECTS = ("clock", "ferry", "wheat", "castle", "river", "atlas", "winter", "printer", "wolf", "ladder")
WAYS = Ways(chrf, Embedder("words", bag_of_words))


def about(subject: str) -> str:
    """Ten words no other subject has, each with its own."""
    return " ".join(f"{subject}{letter}" for letter in "abcdefghij") + "."


PLATITUDE = "it is important to note that things change over time."


def mixed(subject: str, own: int) -> str:
    """A text of ten words, `own` of them the subject's and the rest everybody's."""
    return " ".join([*about(subject).rstrip(".").split()[:own], *PLATITUDE.split()[own:]])


def chains(*own: int, kind: str = "rewrite") -> list[Trajectory]:
    """A chain a subject whose steps keep so many of its words."""
    return [
        Trajectory(f"essay/{number:03}", kind, 1, (about(subject), *(mixed(subject, each) for each in own)))
        for number, subject in enumerate(SUBJECTS, 1)
    ]


@pytest.fixture(scope="module")
def converging() -> Survey:
    return survey(chains(8, 5, 2, 0), WAYS)


@pytest.fixture(scope="module")
def staying() -> Survey:
    return survey(chains(10, 10, 10, 10), WAYS)


def test_chains_that_converge(converging: Survey) -> None:
    kind = converging.kinds[0]
    spreads = [step.spread for step in kind.steps]
    assert all(spreads)
    # Of ten texts each pair of which has a cosine of c: one eigenvalue (1 + 9c)/10 and nine (1 - c)/10.
    scores = [spread.vendi.value for spread in spreads if spread]
    assert scores == pytest.approx([10, 8.8018, 5.3489, 2.3795, 1], abs=0.0001)
    ratios = [spread.compression_ratio.value for spread in spreads if spread]
    assert ratios[-1] > 2 * ratios[0]
    for change in kind.changes:
        assert change.share.high is not None
        assert change.share.high < 0
    assert kind.half_by == 2


def test_chains_that_stay_apart(staying: Survey) -> None:
    kind = staying.kinds[0]
    assert {change.share.value for change in kind.changes} == {0}
    assert kind.half_by is None
    assert (kind.rests.fixed, kind.rests.soonest) == (10, 0)


def test_how_texts_lose_their_passages(converging: Survey) -> None:
    drifts = [step.by_words for step in converging.kinds[0].steps[1:]]
    above = [drift.above_others.value for drift in drifts if drift and drift.above_others]
    assert above == sorted(above, reverse=True)
    # A platitude is nearer to some passages than to others by mere chance, on average not to its own.
    assert abs(above[-1]) < 0.02
    assert converging.kinds[0].steps[0].by_words is None


def test_drift_by_hand() -> None:
    """With two passages the others are the one other; a similarity of letters alone."""
    similarities = {
        ("p", "p"): 1.0,
        ("q", "q"): 1.0,
        ("p", "a"): 0.8,
        ("q", "a"): 0.2,
        ("q", "b"): 0.6,
        ("p", "b"): 0.4,
    }

    def scores(ones: object, others: object) -> np.ndarray:
        return np.array([[similarities.get((one, other), 0.0) for other in others] for one in ones])  # type: ignore

    found = survey([Trajectory("x/1", "k", 1, ("p", "a")), Trajectory("x/2", "k", 1, ("q", "b"))], Ways(scores, None))
    drift = found.kinds[0].steps[1].by_words
    assert drift is not None
    assert drift.to_others is not None
    assert drift.above_others is not None
    values = drift.to_passage.value, drift.to_previous.value, drift.to_others.value, drift.above_others.value
    assert values == pytest.approx((0.7, 0.7, 0.3, 0.4))
    assert found.kinds[0].steps[1].by_meaning is None
    assert found.kinds[0].cut is None


def test_short_chains_are_left_out_and_counted() -> None:
    made = chains(10, 10)
    made[3] = made[3]._replace(texts=(about("castle"), "two words", "two words"))
    cut = survey(made, WAYS).kinds[0].cut
    assert cut is not None
    assert (cut.words, cut.chains, cut.left_out) == (10, 9, 1)


def test_an_unfinished_chain_counts_in_its_steps_and_in_no_set() -> None:
    made = chains(9, 8)
    made[0] = made[0]._replace(texts=made[0].texts[:2])
    kind = survey(made, WAYS).kinds[0]
    assert [step.count for step in kind.steps] == [10, 10, 9]
    assert kind.cut is not None
    assert (kind.cut.chains, kind.cut.left_out) == (9, 1)


def test_variants_of_a_passage_are_no_more_passages() -> None:
    """Intervals are over passages: the same texts again make nothing surer."""
    once = survey(chains(8, 5), WAYS).kinds[0]
    again = [chain._replace(variant=2) for chain in chains(8, 5)]
    twice = survey([*chains(8, 5), *again], WAYS).kinds[0]
    assert twice.steps[1].count == 2 * once.steps[1].count
    assert once.steps[1].by_words is not None
    assert twice.steps[1].by_words is not None
    assert twice.steps[1].by_words.to_passage == once.steps[1].by_words.to_passage
    assert twice.steps[1].spread == once.steps[1].spread


def test_kinds_are_apart() -> None:
    found = survey([*chains(8, kind="rewrite"), *chains(2, kind="summary")], WAYS)
    assert [kind.kind for kind in found.kinds] == ["rewrite", "summary"]
    assert found.passages == 10
    assert found.kinds[0] == survey(chains(8), WAYS).kinds[0]


def test_a_single_passage_says_what_it_can() -> None:
    found = survey(chains(8, 8)[:1], WAYS)
    kind = found.kinds[0]
    assert found.strangers is None
    assert kind.cut is None
    assert kind.steps[1].by_words is not None
    assert kind.steps[1].by_words.to_others is None
    assert kind.rests.fixed == 1


def test_no_chains() -> None:
    assert survey([], WAYS).kinds == ()


def test_each_text_is_embedded_once_and_all_together() -> None:
    asked: list[list[str]] = []

    def embed(texts: object) -> np.ndarray:
        asked.append(list(texts))  # type: ignore[call-overload]
        return bag_of_words(asked[-1])

    survey(chains(8, 8), Ways(chrf, Embedder("counting", embed)))
    assert len(asked) == 1
    assert len(set(asked[0])) == len(asked[0])


def test_vendi_of_the_planted_texts() -> None:
    """Ten texts without a word in common are ten."""
    assert vendi(bag_of_words([about(subject) for subject in SUBJECTS])) == pytest.approx(10)
