"""Sentences that say no more than the numbers."""

from __future__ import annotations

import pytest

from remix.analysis import findings
from remix.analysis.drift import Attractor
from remix.analysis.intervals import Estimate
from remix.analysis.survey_records import (
    ChainEndings,
    Change,
    Drift,
    EqualLengthCut,
    HalfLife,
    KindSurvey,
    PropertyAttractor,
    StepSurvey,
    Survey,
)


def estimate(value: float, low: float | None, high: float | None) -> Estimate:
    return Estimate(value=value, low=low, high=high, count=30)


def sure(value: float) -> Estimate:
    return estimate(value, value - 0.01, value + 0.01)


def drift(own: float, others: float) -> Drift:
    return Drift(to_passage=sure(own), to_previous=sure(0.5), to_others=sure(others), above_others=sure(own - others))


def kind(
    *changes: Change,
    drifts: tuple[Drift, ...] = (),
    endings: ChainEndings | None = None,
    halving: Estimate | None = None,
) -> KindSurvey:
    steps = [
        StepSurvey(step=at, count=30, words=20, by_words=each, by_meaning=None, diversity=None)
        for at, each in enumerate((None, *drifts))
    ]
    return KindSurvey(
        kind="rewrite",
        steps=tuple(steps),
        cut=EqualLengthCut(words=20, chains=28, left_out=2),
        changes=changes,
        half_by=None,
        half_lives=() if halving is None else (HalfLife(method="words", steps=halving),),
        attractors=(),
        endings=endings or ChainEndings(chains=30, fixed=0, loops=0, soonest=None, periodicity=None, one_back=None),
    )


def change(share: Estimate, since: int = 0) -> Change:
    return Change(method="words", since=since, before=20, after=20 * (1 + share.value), share=share)


def survey(*kinds: KindSurvey) -> Survey:
    return Survey(passages=30, embeddings=None, unrelated=None, kinds=kinds)


def plain(text: str) -> str:
    return text.replace(findings.SPACE, " ")


def test_a_change_that_is_sure() -> None:
    (said,) = findings.convergence(kind(change(estimate(-0.25, -0.4, -0.1)), change(estimate(-0.2, -0.3, -0.1), 1)))
    assert plain(said) == (
        "By words they become more alike: the last 28 texts count as 15.0 different ones (Vendi score), the "
        "passages, cut to the same length, as 20.0 (−25 %, 95 % interval −40 % to −10 %)."
    )


def test_a_change_that_came_with_the_first_step() -> None:
    (said,) = findings.convergence(kind(change(estimate(-0.25, -0.4, -0.1)), change(estimate(-0.02, -0.3, 0.1), 1)))
    assert said.endswith(findings.AT_ONCE)


def test_a_change_that_may_be_chance_is_no_finding() -> None:
    (said,) = findings.convergence(kind(change(estimate(-0.25, -0.6, 0.1))))
    assert said.startswith("By words no change in how alike they are is certain")
    found = findings.summary(survey(kind(change(estimate(-0.25, -0.6, 0.1)))))
    assert found == "No convergence of these chains is certain."


def test_a_change_without_an_interval_is_no_finding() -> None:
    (said,) = findings.convergence(kind(change(estimate(-0.9, None, None))))
    assert "no change in how alike they are is certain" in said
    assert "too few passages for an interval" in said


def test_too_little_to_say() -> None:
    bare = kind().model_copy(update={"cut": None})
    assert list(findings.convergence(bare)) == [
        "There are too few texts, or too short ones, to say whether they become more alike."
    ]
    assert findings.summary(survey(bare)).startswith("There are too few texts")


def test_the_head_names_both_directions() -> None:
    more = kind(change(sure(-0.2)))
    less = kind(change(sure(0.2))).model_copy(update={"kind": "counter"})
    assert findings.summary(survey(more, less)) == (
        "Texts from different passages become more alike in rewrite (by words); they become less alike in counter "
        "(by words)."
    )


def test_what_ties_a_text_to_its_passage_halves() -> None:
    begin, end = drift(0.6, 0.2), drift(0.2, 0.1)
    going = kind(drifts=(begin, drift(0.5, 0.2), end), halving=estimate(2.0, 1.7, 2.6))
    said = findings.similarity_to_passage(going)
    assert said is not None
    assert plain(said) == (
        "By words, texts of step 1 have a similarity of 0.60 to their own passage, of 0.20 to others; texts of step "
        "3, a similarity of 0.20 to their own passage, of 0.10 to others. The difference between the two halves "
        "about every 2.0 steps (95 % interval 1.7 to 2.6)."
    )


def test_a_loss_that_may_be_chance_does_not_halve() -> None:
    """From any two numbers, the second a little smaller, it told in how many steps they would halve."""
    said = findings.similarity_to_passage(kind(drifts=(drift(0.6, 0.2), drift(0.59, 0.2))))
    assert said is not None
    assert said.endswith("No loss between these steps is certain.")


def test_few_passages_do_not_make_a_passage_forgotten() -> None:
    """Of fewer than five there is no interval; it said that nothing tells which passage a text came from."""
    few = drift(0.6, 0.2).model_copy(update={"above_others": estimate(0.4, None, None)})
    said = findings.similarity_to_passage(kind(drifts=(few, few)))
    assert said is not None
    assert said.endswith("texts of step 2, a similarity of 0.60 to their own passage, of 0.20 to others.")


def test_chains_at_rest_do_not_go_on_halving() -> None:
    endings = ChainEndings(chains=30, fixed=16, loops=0, soonest=3, periodicity=None, one_back=None)
    ends = (drift(0.6, 0.2), drift(0.2, 0.1))
    rested = kind(change(sure(0)), drifts=ends, endings=endings, halving=sure(1))
    said = findings.similarity_to_passage(rested)
    assert said is not None
    assert said.endswith("Most chains end in a fixed point or a loop, and lose no more from there on.")
    assert "halves" not in findings.summary(survey(rested))
    going = kind(change(sure(0)), drifts=ends, halving=sure(1))
    assert findings.summary(survey(rested, going)).endswith("halves about every 1.0 steps in rewrite.")


def test_the_head_names_only_the_kinds_that_halve() -> None:
    """It named all that hadn't come to rest."""
    ends = (drift(0.6, 0.2), drift(0.2, 0.1))
    going = kind(change(sure(0)), drifts=ends, halving=sure(2))
    staying = kind(change(sure(0)), drifts=ends).model_copy(update={"kind": "counter"})
    assert findings.summary(survey(going, staying)).endswith("halves about every 2.0 steps in rewrite.")


def test_a_passage_that_is_forgotten() -> None:
    end = drift(0.2, 0.2).model_copy(update={"above_others": estimate(0.0, -0.1, 0.1)})
    said = findings.similarity_to_passage(kind(drifts=(drift(0.6, 0.2), end)))
    assert said is not None
    assert said.endswith("a text is not certainly more similar to its own passage than to others.")


@pytest.mark.parametrize(
    ("fixed", "loops", "said"),
    [
        (0, 0, "None of the 30 chains ends in a fixed point or a loop."),
        (26, 0, "26 of 30 chains end in a fixed point, a text that no longer changes; the first from step 3 on."),
        (0, 2, "2 of 30 chains end in a loop; the first from step 3 on."),
        (
            1,
            2,
            "1 of 30 chains end in a fixed point, a text that no longer changes, and 2 of 30 chains end in a loop; "
            "the first from step 3 on.",
        ),
    ],
)
def test_rest(fixed: int, loops: int, said: str) -> None:
    endings = ChainEndings(chains=30, fixed=fixed, loops=loops, soonest=3, periodicity=None, one_back=None)
    assert findings.endings(kind(endings=endings)) == said


@pytest.mark.parametrize(("two", "one", "swings"), [(0.9, 0.4, True), (0.4, 0.9, False), (0.405, 0.4, False)])
def test_swinging(two: float, one: float, swings: bool) -> None:
    endings = ChainEndings(chains=30, fixed=0, loops=0, soonest=None, periodicity=sure(two), one_back=sure(one))
    assert findings.swings(kind(endings=endings)) is swings


def test_too_few_passages_to_say_whether_they_swing() -> None:
    few = estimate(0.9, None, None)
    endings = ChainEndings(chains=3, fixed=0, loops=0, soonest=None, periodicity=few, one_back=few)
    assert findings.swings(kind(endings=endings)) is None
    assert findings.swings(kind()) is None


def attraction(strength: Estimate) -> PropertyAttractor:
    line = Attractor(slope=0, intercept=12, strength=strength.value, position=12)
    return PropertyAttractor(name="words", attractor=line, strength=strength, position=None, before=130, after=12.5)


def test_attraction_is_told_only_where_it_is_known() -> None:
    assert findings.attractor(attraction(estimate(0.9, 0.1, 1.7))) is None
    assert findings.attractor(attraction(estimate(0.2, -0.1, 0.5))) is None
    assert findings.attractor(attraction(estimate(0.9, None, None))) is None
    said = findings.attractor(attraction(estimate(0.92, 0.75, 1.08)))
    assert said is not None
    assert plain(said).startswith(
        "words: from 130.0 on average to 12.5. Of the difference between two passages 92 % is gone"
    )


def test_no_more_than_all_is_gone() -> None:
    """A slope below 0 read as 105 % of a difference gone."""
    said = findings.attractor(attraction(estimate(1.05, 0.9, 1.2)))
    assert said is not None
    assert "100 % is gone" in plain(said)


@pytest.mark.parametrize(("share", "shown"), [(0.049, "+5 %"), (-0.12, "−12 %"), (0.004, "0 %"), (-0.004, "0 %")])
def test_percent(share: float, shown: str) -> None:
    assert plain(findings.percent(share)) == shown
