"""What a survey found, in sentences that say no more than its numbers.

Takes a kind's numbers, gives sentences. Of a change whose interval holds "none", it says so.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from remix.measure.intervals import Estimate
from remix.measure.survey import Attraction, Change, Drift, Kind, Survey

RESTING = 0.5
"""From this share of chains on, resting is what a kind's chains do."""


def convergence(kind: Kind) -> Iterator[str]:
    """Whether texts from different passages become alike."""
    if not kind.cut:
        yield "There are too few texts, or too short ones, to say whether they become alike."
        return
    for change in kind.changes:
        if not change.since:
            yield _change(change, kind.cut.chains)
    own = next(change for change in kind.changes if not change.since)
    after_first = next((each for each in kind.changes if each.since == 1 and each.way == "words"), None)
    if _sure(own.share) and after_first and not _sure(after_first.share):
        yield "That is done at step 1, when the model takes over; the later steps add nothing that is sure."


def _change(change: Change, chains: int) -> str:
    way = "their words" if change.way == "words" else "what they are about"
    now = f"the last {chains} texts amount to {change.after:.1f} different ones"
    then = f"the passages, cut to the same length, to {change.before:.1f}"
    share, range_ = change.share, _range(change.share)
    if not _sure(share):
        return f"By {way} they become neither more nor less alike, as far as can be told: {now}, {then} ({range_})."
    word = "more" if share.value < 0 else "less"
    return f"By {way} they become {word} alike: {now}, {then} ({range_})."


def _sure(estimate: Estimate) -> bool:
    return estimate.is_not_zero


def _range(share: Estimate) -> str:
    if share.low is None or share.high is None:
        return f"{percent(share.value)}; too few passages for an interval"
    return f"{percent(share.value)}, likely between {percent(share.low)} and {percent(share.high)}"


def percent(share: float) -> str:
    """A share as a change in words: `+5 %`, `-12 %`, `0 %`."""
    rounded = round(share * 100)
    return f"{'+' if rounded > 0 else '−' if rounded < 0 else ''}{abs(rounded)} %"


def keeping(kind: Kind, meaning: bool) -> Iterator[str]:
    """What a text still has of its own passage, and how fast that goes."""
    drifts = [(step.step, step.by_meaning if meaning else step.by_words) for step in kind.steps if step.step]
    known = [(step, drift) for step, drift in drifts if drift]
    if not known:
        return
    (first, begin), (last, end) = known[0], known[-1]
    way = "by what it is about" if meaning else "by its words"
    yield (
        f"{way.capitalize()}, a text of step {first} is {begin.to_passage.value:.2f} similar to its own passage"
        + (f" and {begin.to_others.value:.2f} to others" if begin.to_others else "")
        + (f"; of step {last} {end.to_passage.value:.2f}" if last > first else "")
        + (f" and {end.to_others.value:.2f}" if last > first and end.to_others else "")
        + "."
    )
    if end.above_others:
        if not _sure(end.above_others) or end.above_others.value <= 0:
            yield "By then nothing sure tells which passage it came from."
        elif halving := halving_steps(begin, end, last - first):
            yield f"What ties it to its own passage halves about every {halving:.1f} steps."


def halving_steps(begin: Drift, end: Drift, steps: int) -> float | None:
    """Steps in which the similarity to the own passage above that to others halves; null where it doesn't fall.

    ln 2 / -ln(r^(1/n)), r being what is left of it after n steps: as if each step kept the same share.
    """
    if not begin.above_others or not end.above_others or steps < 1:
        return None
    before, after = begin.above_others.value, end.above_others.value
    if before <= 0 or after <= 0 or after >= before:
        return None
    return steps * math.log(2) / math.log(before / after)


def resting(kind: Kind) -> str:
    """How its chains end."""
    rests = kind.rests
    if not rests.fixed + rests.loops:
        return f"None of the {rests.chains} chains has come to rest."
    ends = []
    if rests.fixed:
        ends.append(f"{rests.fixed} of {rests.chains} chains end in a text that no longer changes")
    if rests.loops:
        ends.append(
            f"{rests.loops} {'of ' + str(rests.chains) + ' chains ' if not rests.fixed else ''}go round in a loop"
        )
    return f"{' and '.join(ends)}, the first from step {rests.soonest} on."


def swinging(kind: Kind) -> str | None:
    """Whether each text resembles that before the last more than the last."""
    two, one = kind.rests.periodicity, kind.rests.one_back
    if not two or not one:
        return None
    said = (
        f"A text shares {two.value:.0%} of its letters with that two steps back, {one.value:.0%} with the one before"
    )
    if two.low is not None and one.high is not None and two.low > one.high:
        return f"{said}: the chains swing between two forms."
    return f"{said}: no swinging between two forms."


def attraction(found: Attraction) -> str | None:
    """Where a property is drawn; nothing where it can't be told."""
    strength = found.strength
    if strength.low is None or strength.high is None or strength.low <= 0 or strength.high - strength.low > 1:
        return None
    went = f"{found.name}: from {found.before:.1f} on average to {found.after:.1f}"
    pull = f"{strength.value:.2f} ({strength.low:.2f} to {strength.high:.2f})"
    if strength.value >= RESTING and strength.low > RESTING:
        return f"{went}, whatever the passage had (attractor strength {pull}; 1 would be all alike)."
    return f"{went}, and what differed at first still differs (attractor strength {pull}; 0 would be unmoved)."


def summary(survey: Survey) -> str:
    """The whole in a sentence or two, for the head of a page."""
    ways = [(kind, change) for kind in survey.kinds for change in kind.changes if not change.since]
    if not ways:
        return "There are too few texts to say whether chains from different passages converge."
    alike = [
        f"{kind.kind} (by {change.way})" for kind, change in ways if _sure(change.share) and change.share.value < 0
    ]
    apart = [
        f"{kind.kind} (by {change.way})" for kind, change in ways if _sure(change.share) and change.share.value > 0
    ]
    said = []
    if alike:
        said.append(f"Texts from different passages become more alike in {_and(alike)}")
    if apart:
        said.append(f"{'they' if said else 'Texts from different passages'} become less alike in {_and(apart)}")
    if len(alike) + len(apart) < len(ways):
        rest = "otherwise" if said else "In these chains"
        said.append(f"{rest} there is no convergence that couldn't be chance")
    return f"{'; '.join(said)}."


def _and(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
