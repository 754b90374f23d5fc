"""What chains do together: planted ones that converge, stay apart, or come to rest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from remix.analysis import diversity, intervals
from remix.analysis.diversity import vendi
from remix.analysis.run_survey import chrf
from remix.analysis.survey import survey
from remix.analysis.survey_records import Survey
from remix.analysis.text_sets import SimilarityMethods
from remix.analysis.trajectory import Trajectory
from remix.measure.embedding import Embedder
from remix.measure.vectors import bag_of_words

SUBJECTS = ("clock", "ferry", "wheat", "castle", "river", "atlas", "winter", "printer", "wolf", "ladder")
WAYS = SimilarityMethods(chrf, Embedder("words", bag_of_words))


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
    spreads = [step.diversity for step in kind.steps]
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
    assert (kind.endings.fixed, kind.endings.soonest) == (10, 0)


def test_how_texts_lose_their_passages(converging: Survey) -> None:
    drifts = [step.by_words for step in converging.kinds[0].steps[1:]]
    above = [drift.above_others.value for drift in drifts if drift and drift.above_others]
    assert above == sorted(above, reverse=True)
    # A platitude is nearer to some passages than to others by mere chance, on average not to its own.
    assert abs(above[-1]) < 0.02
    assert converging.kinds[0].steps[0].by_words is None


def test_halving_by_hand() -> None:
    """Each chain keeps half of what ties it to its passage at each of two steps; a third kind loses nothing."""
    names = [f"x/{at}" for at in range(6)]

    def scores(ones: Sequence[str], others: Sequence[str]) -> np.ndarray:
        return np.array([[_like(one, other) for other in others] for one in ones])

    def _like(one: str, other: str) -> float:
        (passage, _), (whose, step) = one.split(":"), other.split(":")
        wobble = 0.01 * names.index(whose)
        return (0.8 + wobble) * 0.5 ** int(step) if passage == whose else 0.0

    made = [Trajectory(name, "k", 1, tuple(f"{name}:{step}" for step in range(4))) for name in names]
    (found,) = survey(made, SimilarityMethods(scores, None)).kinds[0].half_lives
    assert (found.method, found.steps.count) == ("words", 6)
    assert (found.steps.value, found.steps.low, found.steps.high) == pytest.approx((1, 1, 1))


def test_what_does_not_fall_has_no_halving(staying: Survey, converging: Survey) -> None:
    assert staying.kinds[0].half_lives == ()
    # At the last step nothing is left, of which no half can be taken.
    assert converging.kinds[0].half_lives == ()


def test_halving_is_by_the_chains_that_reach_the_last_step() -> None:
    """Ends were held against the beginnings of other chains: an unfinished run seemed to forget faster or slower."""
    whole = chains(8, 5, 4)
    unfinished = [chain._replace(texts=chain.texts[:3]) for chain in whole[:3]] + whole[3:]
    found, alone = (survey(made, WAYS).kinds[0].half_lives for made in (unfinished, whole[3:]))
    assert [each.steps.count for each in found] == [7, 7]
    assert [each.method for each in found] == [each.method for each in alone] == ["words", "meaning"]


def test_a_large_set_is_drawn_from_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("remix.analysis.text_sets.MOST", 6)
    kind = survey(chains(8, 5), WAYS).kinds[0]
    assert kind.cut is not None
    assert (kind.cut.chains, kind.cut.left_out, kind.cut.drawn_from) == (6, 0, 10)
    spread = kind.steps[0].diversity
    assert spread is not None
    assert spread.vendi.value == pytest.approx(6)
    assert survey(chains(8, 5), WAYS).kinds[0] == kind


def test_a_change_has_the_interval_of_its_own_jackknife() -> None:
    """From parts that are shared with the scores themselves, as if it had been computed alone."""
    made = chains(8, 5, 2)
    change = next(each for each in survey(made, WAYS).kinds[0].changes if each.since == 0)
    bags = [bag_of_words([diversity.cut(chain.texts[at], 10) for chain in made]) for at in (0, -1)]

    def share(own: Sequence[int]) -> float:
        before, after = (vendi(each[list(own)]) for each in bags)
        return (after - before) / before

    alone = intervals.jackknife(range(10), share).estimate()
    assert (change.share.value, change.share.low) == pytest.approx((alone.value, alone.low))


def test_rest_is_held_against_the_same_texts() -> None:
    """The first rewriting, which changes most of all, counted in one similarity and not in the other."""
    texts = ("a passage", "x" * 20, "y" * 20, "y" * 10 + "z" * 10)
    endings = survey([Trajectory("e/1", "k", 1, texts)], SimilarityMethods(chrf, None)).kinds[0].endings
    assert endings.periodicity is not None
    assert endings.one_back is not None
    assert (endings.periodicity.value, endings.one_back.value) == (0, 0.5)


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
        return np.array([[similarities.get((one, other), 0.0) for other in others] for one in ones])

    found = survey(
        [Trajectory("x/1", "k", 1, ("p", "a")), Trajectory("x/2", "k", 1, ("q", "b"))],
        SimilarityMethods(scores, None),
    )
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
    assert twice.steps[1].diversity == once.steps[1].diversity


def test_kinds_are_apart() -> None:
    found = survey([*chains(8, kind="rewrite"), *chains(2, kind="summary")], WAYS)
    assert [kind.kind for kind in found.kinds] == ["rewrite", "summary"]
    assert found.passages == 10
    assert found.kinds[0] == survey(chains(8), WAYS).kinds[0]


def test_a_single_passage_says_what_it_can() -> None:
    found = survey(chains(8, 8)[:1], WAYS)
    kind = found.kinds[0]
    assert found.unrelated is None
    assert kind.cut is None
    assert kind.steps[1].by_words is not None
    assert kind.steps[1].by_words.to_others is None
    assert kind.endings.fixed == 1


def test_no_chains() -> None:
    assert survey([], WAYS).kinds == ()


def test_each_text_is_embedded_once_and_all_together() -> None:
    asked: list[list[str]] = []

    def embed(texts: object) -> np.ndarray:
        asked.append(list(texts))
        return bag_of_words(asked[-1])

    survey(chains(8, 8), SimilarityMethods(chrf, Embedder("counting", embed)))
    assert len(asked) == 1
    assert len(set(asked[0])) == len(asked[0])


def test_vendi_of_the_planted_texts() -> None:
    """Ten texts without a word in common are ten."""
    assert vendi(bag_of_words([about(subject) for subject in SUBJECTS])) == pytest.approx(10)
