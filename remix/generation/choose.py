"""Which of a task's candidates is kept.

Takes finished candidates, gives the best candidate and the rule by which it was chosen. Pure, and reads only what a
record holds, so that verification can choose again from a record.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from remix.records import Candidate, Choice, Rule

MEASURES = Rule(name="flags-invented-merit", version=1)
"""Fewest flags, then fewest inventions, then the highest merit by the kind's weights, then the highest mean
log-probability, then the lowest number. Part of the derivation: raise the version if any choice would change, as it
does if a measure or a flag changes."""

RULE = Rule(name="flags-logprob", version=1)
"""Fewest flags, then the highest mean log-probability, then the lowest number: for candidates without measures."""

FLAGS_ALONE = Rule(name="flags", version=1)
"""Fewest flags, then the lowest number: for writers that don't tell their tokens' probabilities."""

Numbers = tuple[float, ...]

Score = Callable[[Candidate], Numbers | None]
"""How good a candidate is, apart from its flags: higher is better, the first number counts first; null if unknown."""


class Scoring(NamedTuple):
    """A rule, and the score by which it decides between candidates with equally many flags."""

    rule: Rule
    score: Score


class Chosen(NamedTuple):
    """The candidate that is kept, and the rule that chose it."""

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
    """The best candidate. If a single candidate has no score, scores are ignored: a missing number is no fault."""
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
    """A sort key: lower is better."""
    candidate, score, likely = each
    return len(candidate.flags), tuple(-part for part in (*score, *likely)), candidate.number


def choose_again(candidates: Sequence[Candidate], rule: Rule) -> Chosen | None:
    """The best candidate by the rule that a record names; null if the rule is unknown."""
    scorings = [each for each in (BY_MEASURES, LOGPROB) if each.rule == rule]
    if rule == FLAGS_ALONE:
        scorings = [LOGPROB]
    return choose(candidates, scorings[0]) if scorings else None


def mean_logprob(choices: Sequence[Choice] | None) -> float | None:
    """Mean natural log-probability of a text's tokens, with the token that ended the text; null without a trace."""
    if not choices:
        return None
    # `fsum` is exact whatever the order; digits beyond the sixth would be rounding errors of the logits.
    return round(math.fsum(choice.logprob for choice in choices) / len(choices), 6)
