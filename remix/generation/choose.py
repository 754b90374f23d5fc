"""The choice of the best of a task's candidates, with `--best-of`.

Takes finished candidates, gives the best candidate. Pure, and reads a record's contents only: verification chooses
again from the record.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from remix.records import Candidate, Choice, Rule

MEASURES = Rule(name="flags-invented-merit", version=2)
"""Fewest flags, then fewest inventions, then the highest merit by the kind's weights, then the highest mean
log-probability, then the lowest number. Part of the derivation: raise the version if any choice would change, for
example because a measure or a flag changes."""


def choose(candidates: Sequence[Candidate]) -> Candidate:
    """The best candidate by `MEASURES`. Raises `ValueError` if a candidate has no measures.

    Log-probabilities count only if all candidates have log-probabilities: LangChain's models give none.
    """
    by_logprob = all(candidate.logprob is not None for candidate in candidates)
    return min(candidates, key=lambda candidate: _rank(candidate, by_logprob))


def _rank(candidate: Candidate, by_logprob: bool) -> tuple[float, ...]:
    """A sort key: lower is better."""
    measures = candidate.measures
    if measures is None:
        raise ValueError(f"candidate {candidate.number} has no measures")
    logprob = candidate.logprob or 0.0 if by_logprob else 0.0
    return len(candidate.flags), measures.invented, -measures.merit, -logprob, candidate.number


def mean_logprob(choices: Sequence[Choice] | None) -> float | None:
    """Mean natural log-probability of a text's tokens, with the token that ended the text; null without a trace."""
    if not choices:
        return None
    # `fsum` is exact whatever the order; digits beyond the sixth would be rounding errors of the logits.
    return round(math.fsum(choice.logprob for choice in choices) / len(choices), 6)
