"""Choosing among candidates."""

from __future__ import annotations

from itertools import permutations

import pytest

from remix.choose import FLAGS_ALONE, RULE, Scoring, choose, mean_logprob
from remix.records import Candidate, Choice, Rule, sha256


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


def test_the_two_rules_have_two_names() -> None:
    assert RULE.name != FLAGS_ALONE.name


def test_another_score_can_be_given() -> None:
    longest = Scoring(Rule(name="longest", version=1), lambda candidate: (len(candidate.text),))
    candidates = [
        candidate(1, ("loop",), text="Quite a long one."),
        candidate(2, text="Ah."),
        candidate(3, text="So."),
    ]
    assert choose(candidates, longest) == (candidates[1], longest.rule)


def test_mean_logprob() -> None:
    assert mean_logprob(None) is None
    assert mean_logprob(()) is None
    choices = [Choice("", logprob, 1.0, ()) for logprob in (-0.1, -0.2, -0.4)]
    assert mean_logprob(choices) == -0.233333
    assert {mean_logprob(order) for order in permutations(choices)} == {-0.233333}
