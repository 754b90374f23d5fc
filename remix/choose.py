"""Which of a task's candidates is kept.

Takes finished candidates, gives the best of them and the rule that said so. Pure, and it asks nothing that a record
doesn't hold: whoever has a record can choose again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from remix.records import Candidate, Choice, Rule

RULE = Rule(name="flags-logprob", version=1)
"""Fewest flags, then the highest mean log-probability, then the lowest number. Part of the derivation: raise the
version when any choice would come out differently."""

FLAGS_ALONE = Rule(name="flags", version=1)
"""Fewest flags, then the lowest number: for writers that don't tell how likely their words were."""

Score = Callable[[Candidate], float | None]
"""How good a candidate is, its flags apart: the higher the better, and null where that can't be told."""


class Scoring(NamedTuple):
    """What decides among candidates with equally many flags, and the rule's name."""

    rule: Rule
    score: Score


class Chosen(NamedTuple):
    """The candidate that is kept, and why."""

    candidate: Candidate
    rule: Rule


LOGPROB = Scoring(RULE, lambda candidate: candidate.logprob)


def choose(candidates: Sequence[Candidate], scoring: Scoring = LOGPROB) -> Chosen:
    """The best candidate. Where even one has no score, none has: a missing number is no merit and no fault."""
    rule = scoring.rule
    scores = [score for score in map(scoring.score, candidates) if score is not None]
    if len(scores) < len(candidates):
        rule, scores = FLAGS_ALONE, [0.0] * len(candidates)
    ranked = zip(candidates, scores, strict=True)
    best, _ = min(ranked, key=lambda each: (len(each[0].flags), -each[1], each[0].number))
    return Chosen(best, rule)


def mean_logprob(choices: Sequence[Choice] | None) -> float | None:
    """Mean log-probability of a text's tokens, the one that ended it included; null where nobody looked."""
    if not choices:
        return None
    # `fsum` is exact, so the order of summing is nobody's business; more digits would be those of rounding.
    return round(math.fsum(choice.logprob for choice in choices) / len(choices), 6)
