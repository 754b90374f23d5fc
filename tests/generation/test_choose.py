"""Choosing among candidates."""

from __future__ import annotations

from itertools import permutations

import pytest

from remix.generation.choose import by_measures as choose
from remix.generation.choose import mean_logprob
from remix.records import Candidate, CandidateMeasures, Choice, sha256


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


def measured(candidate: Candidate, invented: int, merit: float) -> Candidate:
    zero = dict.fromkeys(("kept", "facts", "added", "reversed", "coverage", "density", "length"), 0.0)
    measures = CandidateMeasures(version=1, invented=invented, merit=merit, **zero)
    return candidate.model_copy(update={"measures": measures})


@pytest.mark.parametrize(
    ("candidates", "number"),
    [
        ([measured(candidate(1), 0, 0.5)], 1),
        ([measured(candidate(1, ("copy",)), 0, 9.0), measured(candidate(2), 3, 0.1)], 2),
        ([measured(candidate(1, ("copy", "loop")), 0, 9.0), measured(candidate(2, ("truncated",)), 3, 0.1)], 2),
        ([measured(candidate(1, ("loop",)), 0, 0.5), measured(candidate(2, ("copy",), -0.5), 0, 0.5)], 2),
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
        assert choose(shuffled).number == number


def test_a_candidate_without_measures_is_refused() -> None:
    with pytest.raises(ValueError, match="candidate 2 has no measures"):
        choose([measured(candidate(1), 0, 1.0), candidate(2)])


def test_mean_logprob() -> None:
    assert mean_logprob(None) is None
    assert mean_logprob(()) is None
    choices = [Choice("", logprob, 1.0, ()) for logprob in (-0.1, -0.2, -0.4)]
    assert mean_logprob(choices) == -0.233333
    assert {mean_logprob(order) for order in permutations(choices)} == {-0.233333}
