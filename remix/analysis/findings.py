"""What a survey found, in sentences that say no more than its numbers.

Takes a kind's numbers, gives sentences. Of a change whose interval holds "none", it says so.
"""

from __future__ import annotations

from collections.abc import Iterator

from remix.analysis.intervals import Estimate
from remix.analysis.survey_records import Change, Drift, KindSurvey, PropertyAttractor, Survey

SPACE = "\N{NO-BREAK SPACE}"

AT_ONCE = "Between step 1 and the last nothing sure is added: it may all have come with the change of author."


def convergence(kind: KindSurvey) -> Iterator[str]:
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


def keeping(kind: KindSurvey) -> str | None:
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
    if not end.above_others or end.above_others.low is None:
        return said
    if end.above_others.low <= 0:
        return f"{said} By then nothing sure tells which passage it came from."
    if rests_mostly(kind):
        return f"{said} Most chains come to rest, and lose no more from then on."
    found = halving(kind)
    return (
        f"{said} What ties it to its passage {_halves(found)}."
        if found
        else f"{said} Between these steps no loss is sure."
    )


def _apart(drift: Drift) -> str:
    others = f", {drift.to_others.value:.2f} to others" if drift.to_others else ""
    return f"{drift.to_passage.value:.2f} similar to its own passage{others}"


def halving(kind: KindSurvey) -> Estimate | None:
    """Steps in which half goes of what ties its texts to their passages: by meaning where that is known."""
    way = "meaning" if kind.steps[-1].by_meaning else "words"
    return next((each.steps for each in kind.halvings if each.way == way), None)


def _halves(steps: Estimate) -> str:
    between = "" if steps.low is None else f" (likely between {steps.low:.1f} and {steps.high:.1f})"
    return f"halves about every {steps.value:.1f} steps{between}"


def rests_mostly(kind: KindSurvey) -> bool:
    """Whether more than half of its chains come to rest: they don't halve at every step then."""
    return 2 * (kind.rests.fixed + kind.rests.loops) > kind.rests.chains


def resting(kind: KindSurvey) -> str:
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


def swings(kind: KindSurvey) -> bool | None:
    """Whether each text resembles that before the last more than the last, beyond chance; null where too few tell."""
    two, one = kind.rests.periodicity, kind.rests.one_back
    if not two or not one or two.low is None or one.high is None:
        return None
    return two.low > one.high


def attraction(found: PropertyAttractor) -> str | None:
    """Where a property is drawn; nothing where it can't be told."""
    strength = found.strength
    if strength.low is None or strength.high is None or strength.low <= 0 or strength.high - strength.low > 1:
        return None
    gone = min(strength.value, 1) * 100
    return (
        f"{found.name}: from {found.before:.1f} on average to {found.after:.1f}. Of what two passages differ by, "
        f"{gone:.0f}{SPACE}% is gone at the end (attractor strength {strength.value:.2f}, likely between "
        f"{strength.low:.2f} and {strength.high:.2f}; 0 keeps every text in its place, 1 draws all to one)."
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
    found = [(each.kind, steps.value) for each in survey.kinds if not rests_mostly(each) and (steps := halving(each))]
    if not found:
        return None
    least, most = (f"{end(steps for _, steps in found):.1f}" for end in (min, max))
    range_ = least if least == most else f"{least} to {most}"
    kinds = _and([kind for kind, _ in found])
    return f"What ties a text to its own passage halves about every {range_} steps in {kinds}."


def _and(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
