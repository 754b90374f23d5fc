"""How often is the lineage of sentences right? By words, and by a model.

`python -m benchmarks.lineage` measures the lineage by words; `--model MODEL --keep FILE` also the lineage by a model,
whose bits are kept in FILE as they come. The sentences are those of `tests/lineage_cases.py`. Bounds come from the
passages of development; the shares are of those kept apart. Intervals are Wilson's, 95 %, as if sentences were
independent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np
from scipy.stats import binomtest

from benchmarks.lineage_bits import Arrangement, Bits, read
from benchmarks.machine import describe, in_words
from benchmarks.report import blank, show
from remix.measure import lineage as by_words
from remix.measure.lineage import scores
from remix.reader import lineage_by_model
from tests.lineage_cases import ADDED, CaseKind, KnownEssay, LineageCase, known_essays, large_essays

KINDS: tuple[CaseKind, ...] = ("verbatim", "paraphrased", "said freely", "by models", "joined", *ADDED)

FALSE_ALARMS = 0.1
"""Share of the sentences with a passage behind them that may be called added."""


class Judged(NamedTuple):
    """A sentence, and what a method says of it."""

    case: LineageCase
    held_out: bool
    right: bool
    """Whether a right passage has the highest score."""
    both: bool
    """Whether the two highest scores are those of two right passages."""
    best: float
    """The highest score."""


def judged(case: LineageCase, held_out: bool, found: dict[str, float]) -> Judged:
    """A sentence with the score of each passage."""
    first, second = sorted(found, key=lambda each: -found[each])[:2]
    return Judged(case, held_out, first in case.passages, {first, second} == {*case.passages}, found[first])


def of_words(essays: Sequence[KnownEssay]) -> Iterator[Judged]:
    """All sentences, by words."""
    for essay in essays:
        rows = scores([case.sentence for case in essay.cases], essay.passages)
        yield from (judged(case, essay.held_out, row) for case, row in zip(essay.cases, rows, strict=True))


def of_model(kept: Sequence[Bits]) -> Iterator[Judged]:
    """The sentences that a model read: a passage's score is its bits for each token of the sentence."""
    for bits in kept:
        essay = bits.paragraph.essay
        for case, gains in zip(bits.paragraph.cases, bits.gains, strict=True):
            by_token = [each / max(1, gains.tokens) for each in gains.bits]
            yield judged(case, essay.held_out, dict(zip(essay.passages, by_token, strict=True)))


def bound(found: Sequence[Judged]) -> float:
    """The score at which `FALSE_ALARMS` of the true sentences of development are called added."""
    true = [each.best for each in found if each.case.passages and not each.held_out and each.case.kind != "joined"]
    return float(np.quantile(true, FALSE_ALARMS, method="lower")) if true else 0.0


def share(values: Sequence[bool]) -> str:
    """A share with its interval, and the count."""
    if not values:
        return "-"
    interval = binomtest(sum(values), len(values)).proportion_ci(method="wilson")
    low, high = interval.low, interval.high
    return f"{sum(values)} of {len(values)}: {sum(values) / len(values):.1%} ({low:.0%} … {high:.0%})"


def print_table(title: str, found: Sequence[Judged], least: float) -> None:
    """Both halves by kind: right passage first, and called added below `least`."""
    table = blank(
        f"{title}; called added below {least:.4g} (10 % false alarms in development: {bound(found):.4g})",
        *(
            "",
            "right passage first, kept apart",
            "called added, kept apart",
            "right, development",
            "added, development",
        ),
    )
    groups: list[tuple[str, tuple[CaseKind, ...]]] = [(kind, (kind,)) for kind in KINDS]
    groups += [("all true", ("verbatim", "paraphrased", "said freely", "by models")), ("all added", ADDED)]
    for name, kinds in groups:
        cells = []
        for apart in (True, False):
            own = [each for each in found if each.case.kind in kinds and each.held_out is apart]
            right = share([each.both if each.case.kind == "joined" else each.right for each in own])
            cells += ["" if kinds[0] in ADDED else right, share([each.best < least for each in own])]
        table.add_row(name, *cells)
    show([table])


def print_model(model: str, group: str, keep: Path, numbers: Sequence[int] | None) -> None:
    """How often a model is right on groups of passages, and on the same sentences in the other arrangements."""
    name = f"{Path(model).stem}, {group} groups"
    alone = read(model, group, "alone", keep, numbers)
    print_table(f"by {name}", list(of_model(alone.bits)), lineage_by_model.LEAST)
    others: tuple[Arrangement, ...] = ("in context", "left out")
    for arrangement in others:
        other = read(model, group, arrangement, keep, numbers)
        asked = {each.paragraph.text for each in other.bits}
        same = [each for each in alone.bits if each.paragraph.text in asked]
        for title, bits in (("alone", same), (arrangement, other.bits)):
            if found := list(of_model(bits)):
                print_table(f"{name}: the same sentences, {title}", found, bound(found) or lineage_by_model.LEAST)


@click.command()
@click.option("--model", help="Also measure the lineage by this model.")
@click.option("--keep", type=click.Path(path_type=Path), help="Keep what the model says in this file.")
@click.option("--only-kept", is_flag=True, help="Ask nothing: report on what the file has.")
def main(model: str | None, keep: Path | None, only_kept: bool) -> None:
    """Measure how often the lineage of sentences is right."""
    for name, essays in (("2 to 4 passages", known_essays()), ("10 passages", large_essays())):
        print_table(f"by words, {name}", list(of_words(essays)), by_words.LEAST)
    if model and keep:
        for group in ("small", "large"):
            print_model(model, group, keep, () if only_kept else None)
    print(in_words(describe()))


if __name__ == "__main__":
    main()
