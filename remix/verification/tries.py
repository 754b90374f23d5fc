"""Checks of the texts given up as copies, with `--retry-copies`.

Takes a record, gives problems in words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from remix.generation import retry
from remix.outputs.form import body_bytes
from remix.records import GivenUp, Record, sha256


class _Candidate(NamedTuple):
    """A text kept as a candidate, or as the output of a task without candidates."""

    number: int
    seed: int | None
    flags: tuple[str, ...]


def problems(record: Record, most: int | None) -> Iterator[str]:
    """All problems of a record's given-up texts; `most` is the number of further tries allowed by the run, null if
    the run's request was changed."""
    for each in record.given_up:
        if sha256(body_bytes(each.text)) != each.sha256:
            yield f"the text of a given-up try at candidate {each.candidate} isn't the one of its sha256"
    candidates = {each.number: _Candidate(each.number, each.seed, each.flags) for each in record.candidates or ()}
    if not candidates:
        sampling = record.derivation.sampling
        candidates[1] = _Candidate(1, sampling.seed if sampling else None, record.flags)
    tries = {number: [each for each in record.given_up if each.candidate == number] for number in candidates}
    if [each for found in tries.values() for each in found] != list(record.given_up):
        yield "its given-up tries aren't those of its candidates, in their order"
        return
    retried = record.derivation.retried
    kept = next((each.number for each in record.candidates or () if each.chosen), 1)
    if (retried.times if retried else 0) != len(tries.get(kept, ())):
        yield "its given-up tries aren't all here"
        return
    if retried and retried.rule != retry.RULE:
        # A different version of the rule may have given up for further reasons, and made different seeds.
        return
    draws = retry.draws(record.derivation.sampling)
    for number, candidate in candidates.items():
        yield from _of_one(candidate, tries[number], most, draws)


def _of_one(candidate: _Candidate, tries: Sequence[GivenUp], most: int | None, draws: bool) -> Iterator[str]:
    """Problems of the tries at a candidate; `draws` says whether a new seed may give a new text."""
    which = f"candidate {candidate.number}"
    if any(not retry.is_copy(each.flags) for each in tries):
        yield f"a try at {which} was given up, and is no copy"
    seeds = [*(each.seed for each in tries), candidate.seed]
    first = seeds[0]
    if first is not None and seeds[1:] != [retry.seed(first, number) for number in range(1, len(seeds))]:
        yield f"the seeds of the tries at {which} don't follow from the first"
    if most is None:
        return
    if len(tries) > most:
        yield f"{len(tries)} tries at {which} were given up, and the run allows {most}"
    elif draws and retry.is_copy(candidate.flags) and len(tries) < most:
        yield f"{which} is a copy, and was kept before the last try"
