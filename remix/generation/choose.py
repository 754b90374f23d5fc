"""The choice of the best of a task's candidates, with `--best-of`.

Takes finished candidates, gives the best candidate. Pure, and reads a record's contents only: verification chooses
again from the record.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from remix.records import Candidate, CandidateReading, Choice, Reading, Rule, Weights

MEASURES = Rule(name="flags-invented-merit", version=2)
"""Fewest flags, then fewest inventions, then the highest merit by the kind's weights, then the highest mean
log-probability, then the lowest number. Part of the derivation: raise the version if any choice would change, for
example because a measure or a flag changes."""

READING = Rule(name="flags-read-invented-merit", version=1)
"""Fewest flags, a reader's included, then candidates that were read, then as by `MEASURES`, with the merit to which a
reading adds. Labels and the flag for a label don't count: probabilities, in the merit, tell more than labels."""

_OF_LABELS = "turned round"
"""The reader's flag for a label."""


def by_measures(candidates: Sequence[Candidate]) -> Candidate:
    """The best candidate by `MEASURES`. Raises `ValueError` if a candidate has no measures.

    Log-probabilities count only if all candidates have log-probabilities: LangChain's models give none.
    """
    return _best(candidates, lambda candidate: (float(len(candidate.flags)), *_measured(candidate)))


def by_reading(candidates: Sequence[Candidate]) -> Candidate:
    """The best candidate by `READING`. Raises `ValueError` if a candidate has no measures.

    If no candidate could be read, measures decide.
    """
    return _best(candidates, _read)


RULES: Mapping[Rule, Callable[[Sequence[Candidate]], Candidate]] = MappingProxyType(
    {MEASURES: by_measures, READING: by_reading}
)
"""The rules of this version of remix."""


def _best(candidates: Sequence[Candidate], rank: Callable[[Candidate], tuple[float, ...]]) -> Candidate:
    """The candidate with the lowest rank, then the most probable, then the first."""
    by_logprob = all(candidate.logprob is not None for candidate in candidates)

    def key(candidate: Candidate) -> tuple[float, ...]:
        logprob = candidate.logprob or 0.0 if by_logprob else 0.0
        return *rank(candidate), -logprob, candidate.number

    return min(candidates, key=key)


def _measured(candidate: Candidate) -> tuple[float, float]:
    """Inventions and merit: lower is better."""
    measures = candidate.measures
    if measures is None:
        raise ValueError(f"candidate {candidate.number} has no measures")
    return measures.invented, -measures.merit


def _read(candidate: Candidate) -> tuple[float, ...]:
    """Flags, whether the candidate was read, inventions and merit: lower is better."""
    reading = candidate.reading
    invented, loss = _measured(candidate)
    if reading is None:
        return len(candidate.flags), 1, invented, loss
    flags = len(candidate.flags) + sum(flag != _OF_LABELS for flag in reading.flags)
    return flags, 0, invented, -reading.merit


def mean_logprob(choices: Sequence[Choice] | None) -> float | None:
    """Mean natural log-probability of a text's tokens, with the token that ended the text; null without a trace."""
    if not choices:
        return None
    # `fsum` is exact whatever the order; digits beyond the sixth would be rounding errors of the logits.
    return round(math.fsum(choice.logprob for choice in choices) / len(choices), 6)


def summed(reading: Reading, merit: float, weights: Weights) -> CandidateReading:
    """A reading as a candidate's record holds it; `merit` is the merit by measures."""
    found = reading.sentences
    labels = [each.label for each in found]
    said = _mean([each.said for each in found])
    turned_round = _mean([each.turned_round for each in found])
    kept_bits = round(reading.kept, 4)
    terms = (
        merit,
        weights.said * (said or 0.0),
        weights.turned_round * (turned_round or 0.0),
        weights.kept_bits * kept_bits,
    )
    return CandidateReading(
        labels={label: labels.count(label) for label in dict.fromkeys(labels)},
        said=said,
        turned_round=turned_round,
        kept_bits=kept_bits,
        flags=reading.flags,
        merit=round(math.fsum(terms), 6),
    )


def _mean(probabilities: Sequence[float | None]) -> float | None:
    """The mean, to four digits; null if there is no probability."""
    known = [each for each in probabilities if each is not None]
    return round(math.fsum(known) / len(known), 4) if known else None
