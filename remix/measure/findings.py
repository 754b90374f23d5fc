"""What a survey found, in sentences that say no more than its numbers.

Takes a kind's numbers, gives sentences. Of a change whose interval holds "none", it says so.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from remix.measure.intervals import Estimate
from remix.measure.survey import Attraction, Change, Drift, Kind, Survey

SPACE = "\N{NO-BREAK SPACE}"

AT_ONCE = "Between step 1 and the last nothing sure is added: it came with the change of author."


def convergence(kind: Kind) -> Iterator[str]:
    """Whether texts from different passages become alike."""
    if not kind.cut:
        yield "There are too few texts, or too short ones, to say whether they become alike."
        return
    since_first = {change.way: change for change in kind.changes if change.since == 1}
    for change in kind.changes:
        if change.since:
            continue
        later = since_first.get(change.way)
        at_once = _sure(change.share) and later is not None and not _sure(later.share)
        yield _change(change, kind.cut.chains) + (f" {AT_ONCE}" if at_once else "")


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
    """A share as a change in words: `+5 %`, `−12 %`, `0 %`; it doesn't break at a line's end."""
    rounded = round(share * 100)
    return f"{'+' if rounded > 0 else '−' if rounded < 0 else ''}{abs(rounded)}{SPACE}%"


def keeping(kind: Kind) -> str | None:
    """What a text still has of its own passage, and how fast that goes: by meaning where that is known."""
    drifts = [(step.step, step.by_meaning or step.by_words) for step in kind.steps]
    known = [(step, drift) for step, drift in drifts if drift and drift.to_others]
    if not known:
        return None
    way = "By what it is about" if kind.steps[-1].by_meaning else "By its words"
    (first, begin), (last, end) = known[0], known[-1]
    said = f"{way}, a text of step {first} is {_apart(begin)}"
    if last == first:
        return f"{said}."
    said += f"; of step {last}, {_apart(end)}."
    if not end.above_others or not _sure(end.above_others) or end.above_others.value <= 0:
        return f"{said} By then nothing sure tells which passage it came from."
    if rests_mostly(kind):
        return f"{said} Most chains come to rest, and lose no more from then on."
    halving = halving_steps(begin, end, last - first)
    return f"{said} What ties it to its passage halves about every {halving:.1f} steps." if halving else said


def _apart(drift: Drift) -> str:
    others = f", {drift.to_others.value:.2f} to others" if drift.to_others else ""
    return f"{drift.to_passage.value:.2f} similar to its own passage{others}"


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


def rests_mostly(kind: Kind) -> bool:
    """Whether more than half of its chains come to rest: they don't halve at every step then."""
    return 2 * (kind.rests.fixed + kind.rests.loops) > kind.rests.chains


def resting(kind: Kind) -> str:
    """How its chains end."""
    rests = kind.rests
    if not rests.fixed + rests.loops:
        return f"None of the {rests.chains} chains has come to rest."
    ends = []
    if rests.fixed:
        ends.append(f"{rests.fixed} of {rests.chains} chains end in a text that no longer changes")
    if rests.loops:
        ends.append(f"{rests.loops} of {rests.chains} go round in a loop")
    return f"{' and '.join(ends)}, the first from step {rests.soonest} on."


def swings(kind: Kind) -> bool:
    """Whether each text resembles that before the last more than the last, beyond what could be chance."""
    two, one = kind.rests.periodicity, kind.rests.one_back
    return bool(two and one and two.low is not None and one.high is not None and two.low > one.high)


def attraction(found: Attraction) -> str | None:
    """Where a property is drawn; nothing where it can't be told."""
    strength = found.strength
    if strength.low is None or strength.high is None or strength.low <= 0 or strength.high - strength.low > 1:
        return None
    return (
        f"{found.name}: from {found.before:.1f} on average to {found.after:.1f}. Of what two passages differ by, "
        f"{strength.value * 100:.0f}{SPACE}% is gone at the end (attractor strength {strength.value:.2f}, likely "
        f"between {strength.low:.2f} and {strength.high:.2f}; 0 keeps every text in its place, 1 draws all to one)."
    )


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
    return " ".join(filter(None, [f"{'; '.join(said)}.", _forgetting(survey)]))


def _forgetting(survey: Survey) -> str | None:
    """How fast texts lose their passages, over all kinds in which they go on doing so."""
    halvings = []
    for kind in (each for each in survey.kinds if not rests_mostly(each)):
        drifts = [drift for step in kind.steps if (drift := step.by_meaning or step.by_words)]
        found = halving_steps(drifts[0], drifts[-1], len(drifts) - 1) if drifts else None
        halvings += [found] if found else []
    if not halvings:
        return None
    least, most = f"{min(halvings):.1f}", f"{max(halvings):.1f}"
    steps = f"{least} steps" if least == most else f"{least} to {most} steps"
    names = _and([kind.kind for kind in survey.kinds if not rests_mostly(kind)])
    return f"What ties a text to its own passage halves about every {steps} in {names}."


def _and(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
