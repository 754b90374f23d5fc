"""Choosing among candidates."""

from __future__ import annotations

from itertools import permutations

import pytest

from remix.generation.choose import (
    BY_MEASURES,
    FLAGS_ALONE,
    MEASURES,
    RULE,
    Scoring,
    choose,
    choose_again,
    mean_logprob,
)
from remix.records import Candidate, CandidateMeasures, Choice, Rule, sha256


def candidate(number: int, flags: tuple[str, ...] = (), logprob: float | None = -1.0, text: str = "") -> Candidate:
    return Candidate(
        number=number,
        chosen=False,
        seed=number,
        text=text,
        sha256=sha256(f"{text}\n"),
        finish="stop",
        token_ids=(),
        trimmed="",
        flags=flags,
        logprob=logprob,
    )


@pytest.mark.parametrize(
    ("candidates", "number"),
    [
        ([candidate(1)], 1),
        ([candidate(1, logprob=-2.0), candidate(2, logprob=-1.5), candidate(3, logprob=-1.6)], 2),
        ([candidate(1, ("loop",), -0.1), candidate(2, (), -9.0)], 2),
        ([candidate(1, ("copy", "loop"), -0.1), candidate(2, ("truncated",), -9.0)], 2),
        ([candidate(1, ("loop",), -2.0), candidate(2, ("copy",), -1.0)], 2),
        ([candidate(1), candidate(2), candidate(3)], 1),
        ([candidate(1, ("loop",)), candidate(2), candidate(3)], 2),
    ],
)
def test_flags_then_likelihood_then_number(candidates: list[Candidate], number: int) -> None:
    for shuffled in permutations(candidates):
        chosen, rule = choose(shuffled)
        assert (chosen.number, rule) == (number, RULE)


@pytest.mark.parametrize("missing", [{1}, {2}, {1, 2, 3}])
def test_without_every_likelihood_flags_alone_decide(missing: set[int]) -> None:
    """A text whose likelihood nobody told is neither better nor worse for it."""
    flags = {1: ("loop",), 2: (), 3: ()}
    candidates = [candidate(n, flags[n], None if n in missing else -1.0 / n) for n in (1, 2, 3)]
    chosen, rule = choose(candidates)
    assert (chosen.number, rule) == (2, FLAGS_ALONE)


def test_another_score_can_be_given() -> None:
    longest = Scoring(Rule(name="longest", version=1), lambda candidate: (len(candidate.text),))
    candidates = [
        candidate(1, ("loop",), text="Quite a long one."),
        candidate(2, text="Ah."),
        candidate(3, text="So."),
    ]
    assert choose(candidates, longest) == (candidates[1], longest.rule)


def measured(candidate: Candidate, invented: int, merit: float) -> Candidate:
    zero = dict.fromkeys(("kept", "facts", "added", "reversed", "coverage", "density", "length"), 0.0)
    measures = CandidateMeasures(version=1, invented=invented, merit=merit, **zero)
    return candidate.model_copy(update={"measures": measures})


@pytest.mark.parametrize(
    ("candidates", "number"),
    [
        ([measured(candidate(1, ("copy",)), 0, 9.0), measured(candidate(2), 3, 0.1)], 2),
        ([measured(candidate(1), 1, 9.0), measured(candidate(2), 0, 0.1)], 2),
        ([measured(candidate(1), 0, 0.5), measured(candidate(2), 0, 0.6)], 2),
        ([measured(candidate(1), 0, 0.5), measured(candidate(2, logprob=-0.5), 0, 0.5)], 2),
        ([measured(candidate(1), 0, 0.5), measured(candidate(2), 0, 0.5)], 1),
        ([measured(candidate(1), 0, 0.5), measured(candidate(2, logprob=None), 0, 0.5)], 1),
        ([measured(candidate(1, logprob=None), 0, 0.5), measured(candidate(2), 0, 0.5)], 1),
    ],
)
def test_flags_then_inventions_then_merit_then_likelihood_then_number(
    candidates: list[Candidate], number: int
) -> None:
    for shuffled in permutations(candidates):
        chosen, rule = choose(shuffled, BY_MEASURES)
        assert (chosen.number, rule) == (number, MEASURES)
        assert choose_again(shuffled, MEASURES) == (chosen, MEASURES)


def test_where_one_was_not_measured_flags_alone_decide() -> None:
    candidates = [candidate(1, ("loop",), -0.1), candidate(2, (), -9.0), measured(candidate(3, (), -0.1), 0, 1.0)]
    assert choose(candidates, BY_MEASURES) == (candidates[1], FLAGS_ALONE)


def test_old_choices_are_made_again_by_the_old_rules() -> None:
    likelier = [measured(candidate(1, logprob=-2.0), 0, 9.0), measured(candidate(2, logprob=-1.0), 5, 0.0)]
    assert choose_again(likelier, RULE) == (likelier[1], RULE)
    untold = [candidate(1, logprob=None), candidate(2)]
    assert choose_again(untold, FLAGS_ALONE) == (untold[0], FLAGS_ALONE)
    assert choose_again(untold, Rule(name="flags-logprob", version=2)) is None


def test_the_rules_have_names_of_their_own() -> None:
    assert len({MEASURES.name, RULE.name, FLAGS_ALONE.name}) == 3


def test_mean_logprob() -> None:
    assert mean_logprob(None) is None
    assert mean_logprob(()) is None
    choices = [Choice("", logprob, 1.0, ()) for logprob in (-0.1, -0.2, -0.4)]
    assert mean_logprob(choices) == -0.233333
    assert {mean_logprob(order) for order in permutations(choices)} == {-0.233333}
