"""Which of a task's candidates is kept.

Takes finished candidates, gives the best of them and the rule that said so. Pure, and it asks nothing that a record
doesn't hold: whoever has a record can choose again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from remix.records import Candidate, Choice, Rule

MEASURES = Rule(name="flags-invented-merit", version=1)
"""Fewest flags, then fewest inventions, then the highest merit by the kind's weights, then the highest mean
log-probability, then the lowest number. Part of the derivation: raise the version when any choice would come out
differently, as when a measure or a flag changes."""

RULE = Rule(name="flags-logprob", version=1)
"""Fewest flags, then the highest mean log-probability, then the lowest number: used before there were measures."""

FLAGS_ALONE = Rule(name="flags", version=1)
"""Fewest flags, then the lowest number: for writers that don't tell how likely their words were."""

Numbers = tuple[float, ...]

Score = Callable[[Candidate], Numbers | None]
"""How good a candidate is, its flags apart: the higher the better, the first number first; null where nobody can
tell."""


class Scoring(NamedTuple):
    """What decides among candidates with equally many flags, and the rule's name."""

    rule: Rule
    score: Score


class Chosen(NamedTuple):
    """The candidate that is kept, and why."""

    candidate: Candidate
    rule: Rule


def _by_logprob(candidate: Candidate) -> Numbers | None:
    return (candidate.logprob,) if candidate.logprob is not None else None


def _by_measures(candidate: Candidate) -> Numbers | None:
    measures = candidate.measures
    return (-measures.invented, measures.merit) if measures else None


LOGPROB = Scoring(RULE, _by_logprob)
BY_MEASURES = Scoring(MEASURES, _by_measures)


def choose(candidates: Sequence[Candidate], scoring: Scoring = LOGPROB) -> Chosen:
    """The best candidate. Where even one has no score, none has: a missing number is no merit and no fault."""
    rule = scoring.rule
    scores = _all_or_none([scoring.score(candidate) for candidate in candidates])
    likely = _all_or_none([_by_logprob(candidate) for candidate in candidates])
    if scores is None:
        rule, scores, likely = FLAGS_ALONE, [()] * len(candidates), None
    ranked = zip(candidates, scores, likely or [()] * len(candidates), strict=True)
    best, *_ = min(ranked, key=_rank)
    return Chosen(best, rule)


def _all_or_none(scores: Sequence[Numbers | None]) -> list[Numbers] | None:
    told = [score for score in scores if score is not None]
    return told if len(told) == len(scores) else None


def _rank(each: tuple[Candidate, Numbers, Numbers]) -> tuple[int, Numbers, int]:
    """The lower the better."""
    candidate, score, likely = each
    return len(candidate.flags), tuple(-part for part in (*score, *likely)), candidate.number


def choose_again(candidates: Sequence[Candidate], rule: Rule) -> Chosen | None:
    """The best candidate by the rule that a record names; null where that is none of ours."""
    scorings = [each for each in (BY_MEASURES, LOGPROB) if each.rule == rule]
    if rule == FLAGS_ALONE:
        scorings = [LOGPROB]
    return choose(candidates, scorings[0]) if scorings else None


def mean_logprob(choices: Sequence[Choice] | None) -> float | None:
    """Mean log-probability of a text's tokens, the one that ended it included; null where nobody looked."""
    if not choices:
        return None
    # `fsum` is exact, so the order of summing is nobody's business; more digits would be those of rounding.
    return round(math.fsum(choice.logprob for choice in choices) / len(choices), 6)
