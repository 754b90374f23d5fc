"""The findings of a survey in sentences, each no stronger than its 95 % interval allows.

Takes a survey's records, gives sentences for the report. A change whose interval includes 0 is called uncertain.
"""

from __future__ import annotations

from collections.abc import Iterator

from remix.analysis.intervals import Estimate
from remix.analysis.survey_records import Change, Drift, KindSurvey, PropertyAttractor, Survey

SPACE = "\N{NO-BREAK SPACE}"

AT_ONCE = "From step 1 to the last no change is certain: all of it may have come with the change of author."


def convergence(kind: KindSurvey) -> Iterator[str]:
    """Whether texts from different passages become more alike."""
    if not kind.cut:
        yield "There are too few texts, or too short ones, to say whether they become more alike."
        return
    since_first = {change.method: change for change in kind.changes if change.since == 1}
    for change in kind.changes:
        if change.since:
            continue
        later = since_first.get(change.method)
        at_once = change.share.is_not_zero and later is not None and not later.share.is_not_zero
        yield _change(change, kind.cut.chains) + (f" {AT_ONCE}" if at_once else "")


def _change(change: Change, chains: int) -> str:
    share = change.share
    interval = "; too few passages for an interval"
    if share.low is not None and share.high is not None:
        interval = f", 95{SPACE}% interval {percent(share.low)} to {percent(share.high)}"
    numbers = (
        f"the last {chains} texts count as {change.after:.1f} different ones (Vendi score), "
        f"the passages, cut to the same length, as {change.before:.1f} ({percent(share.value)}{interval})"
    )
    if not share.is_not_zero:
        return f"By {change.method} no change in how alike they are is certain: {numbers}."
    return f"By {change.method} they become {'more' if share.value < 0 else 'less'} alike: {numbers}."


def percent(share: float) -> str:
    """A change in percent with its sign and without a line break: `+5 %`, `−12 %`, `0 %`."""
    rounded = round(share * 100)
    return f"{'+' if rounded > 0 else '−' if rounded < 0 else ''}{abs(rounded)}{SPACE}%"


def similarity_to_passage(kind: KindSurvey) -> str | None:
    """How similar texts are to their own passages, and the half-life of the tie; by meaning if there are
    embeddings."""
    drifts = [(step.step, step.by_meaning or step.by_words) for step in kind.steps]
    known = [(step, drift) for step, drift in drifts if drift and drift.to_others]
    if not known:
        return None
    method = "By meaning" if kind.steps[-1].by_meaning else "By words"
    (first, begin), (last, end) = known[0], known[-1]
    start = f"{method}, texts of step {first} have {_similarities(begin)}"
    if last == first:
        return f"{start}."
    start += f"; texts of step {last}, {_similarities(end)}."
    if not end.above_others or end.above_others.low is None:
        return start
    if end.above_others.low <= 0:
        return f"{start} At that step a text is not certainly more similar to its own passage than to others."
    if is_mostly_settled(kind):
        return f"{start} Most chains end in a fixed point or a loop, and lose no more from there on."
    found = half_life(kind)
    if not found:
        return f"{start} No loss between these steps is certain."
    between = "" if found.low is None else f" (95{SPACE}% interval {found.low:.1f} to {found.high:.1f})"
    return f"{start} The difference between the two halves about every {found.value:.1f} steps{between}."


def _similarities(drift: Drift) -> str:
    others = f", of {drift.to_others.value:.2f} to others" if drift.to_others else ""
    return f"a similarity of {drift.to_passage.value:.2f} to their own passage{others}"


def half_life(kind: KindSurvey) -> Estimate | None:
    """Half-life, in steps, of the tie between texts and their own passages; by meaning if there are embeddings."""
    method = "meaning" if kind.steps[-1].by_meaning else "words"
    return next((each.steps for each in kind.half_lives if each.method == method), None)


def is_mostly_settled(kind: KindSurvey) -> bool:
    """Whether more than half of the chains end in a fixed point or a loop: a half-life makes no sense then."""
    return 2 * (kind.endings.fixed + kind.endings.loops) > kind.endings.chains


def endings(kind: KindSurvey) -> str:
    """How many chains end in a fixed point or a loop."""
    endings = kind.endings
    if not endings.fixed + endings.loops:
        return f"None of the {endings.chains} chains ends in a fixed point or a loop."
    ends = []
    if endings.fixed:
        ends.append(f"{endings.fixed} of {endings.chains} chains end in a fixed point, a text that no longer changes")
    if endings.loops:
        ends.append(f"{endings.loops} of {endings.chains} chains end in a loop")
    return f"{', and '.join(ends)}; the first from step {endings.soonest} on."


def swings(kind: KindSurvey) -> bool | None:
    """Whether texts are certainly more similar to the text two steps before than to the previous one: the intervals
    don't overlap. Null if there are no intervals."""
    two, one = kind.endings.periodicity, kind.endings.one_back
    if not two or not one or two.low is None or one.high is None:
        return None
    return two.low > one.high


def attractor(found: PropertyAttractor) -> str | None:
    """To which value a property is drawn; null if the interval of the strength includes 0 or is wider than 1."""
    strength = found.strength
    if strength.low is None or strength.high is None or strength.low <= 0 or strength.high - strength.low > 1:
        return None
    gone = min(strength.value, 1) * 100
    return (
        f"{found.name}: from {found.before:.1f} on average to {found.after:.1f}. Of the difference between two "
        f"passages {gone:.0f}{SPACE}% is gone at the end (attractor strength {strength.value:.2f}, 95{SPACE}% "
        f"interval {strength.low:.2f} to {strength.high:.2f}; 0 means that every text keeps its value, 1 that all "
        "texts end at the same value)."
    )


def summary(survey: Survey) -> str:
    """The whole survey in a sentence or two, for the head of a page."""
    changes = [(kind, change) for kind in survey.kinds for change in kind.changes if not change.since]
    if not changes:
        return "There are too few texts to say whether chains from different passages converge."
    certain = [
        (f"{kind.kind} (by {change.method})", change.share.value)
        for kind, change in changes
        if change.share.is_not_zero
    ]
    alike = [name for name, share in certain if share < 0]
    apart = [name for name, share in certain if share > 0]
    parts = []
    if alike:
        parts.append(f"Texts from different passages become more alike in {_and(alike)}")
    if apart:
        parts.append(f"{'they' if parts else 'Texts from different passages'} become less alike in {_and(apart)}")
    if len(certain) < len(changes):
        parts.append("otherwise no convergence is certain" if parts else "No convergence of these chains is certain")
    return " ".join(filter(None, [f"{'; '.join(parts)}.", _half_lives(survey)]))


def _half_lives(survey: Survey) -> str | None:
    """The half-lives of all kinds whose chains don't mostly end in a fixed point or a loop."""
    found = [
        (each.kind, steps.value)
        for each in survey.kinds
        if not is_mostly_settled(each) and (steps := half_life(each))
    ]
    if not found:
        return None
    least, most = (f"{end(steps for _, steps in found):.1f}" for end in (min, max))
    range_ = least if least == most else f"{least} to {most}"
    tie = "What makes a text more similar to its own passage than to others"
    return f"{tie} halves about every {range_} steps in {_and([kind for kind, _ in found])}."


def _and(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
