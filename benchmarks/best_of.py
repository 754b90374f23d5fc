"""What choosing among candidates earns, and what it costs.

`python -m benchmarks.best_of RUN_OF_ONE RUN_OF_SEVERAL`. Takes the folders of two runs of the same tasks with the
same seed, one of them with `--best-of N`, whose first candidates are the texts of the run of one. Prints what each
has of flags, inventions and kept sentences, the paired difference, and an interval for that: 2.5 to 97.5 % of the
mean differences in 10,000 resamplings of the tasks (the percentile bootstrap; Efron & Tibshirani 1993, ch. 13).

Fewer flags and inventions are no surprise, since the rule asks for them; what is shown is how many fewer there are to
be had, and that nothing else was paid for it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import describe, in_words
from benchmarks.report import blank, number, save, show
from remix.analysis import run_ledgers
from remix.analysis.run_ledgers import Measured
from remix.measure.ledger import Ledger
from remix.outputs import RunFolder

Numbers = NDArray[np.float64]

MEASURES: dict[str, Callable[[Ledger], float]] = {
    "flags a text": lambda each: len(each.flags),
    "texts that invent": lambda each: bool(each.facts.invented),
    "inventions a text": lambda each: len(each.facts.invented),
    "sentences kept": lambda each: each.kept,
    "mean score of the passage's sentences (chrF)": lambda each: float(np.mean([one.score for one in each.passage])),
    "hard facts kept": lambda each: each.facts.kept_share or 0.0,
    "sentences added": lambda each: each.added,
    "words for each of the passage's": lambda each: each.length.share,
    "off the wanted length, in doublings": lambda each: each.length.off or 0.0,
    "copied words (coverage)": lambda each: each.extractive.coverage,
}


@click.command()
@click.argument("one", type=click.Path(exists=True, path_type=Path))
@click.argument("several", type=click.Path(exists=True, path_type=Path))
@click.option("--json", "target", type=click.Path(path_type=Path), help="Write everything here.")
def main(one: Path, several: Path, target: Path | None) -> None:
    """Compare a run of single texts with one of the best of several."""
    before, after = (run_ledgers.measure(RunFolder.open(path)) for path in (one, several))
    if [each.task for each in before] != [each.task for each in after]:
        raise click.UsageError("the two runs have other tasks.")
    tables, results = [], []
    for kind in (None, *dict.fromkeys(each.task.kind for each in before)):
        rows = [_compared(name, measure, before, after, kind) for name, measure in MEASURES.items()]
        count = sum(kind in (None, each.task.kind) for each in before)
        table = blank(f"{kind or 'all kinds'}: {count} texts", "", "one", "the best", "difference", "95 % interval")
        for name, was, now, difference, low, high in rows:
            interval = f"{number(low, 3)} … {number(high, 3)}"
            table.add_row(name, number(was, 3), number(now, 3), number(difference, 3), interval)
        tables.append(table)
        results.append({"kind": kind, "texts": count, "rows": rows})
    show(tables)
    print(f"seconds from the first prompt to the last text: {_seconds(before):.0f} and {_seconds(after):.0f}")
    machine = describe()
    print(in_words(machine))
    save(target, machine, results)


def _compared(
    name: str, measure: Callable[[Ledger], float], before: list[Measured], after: list[Measured], kind: str | None
) -> tuple[str, float, float, float, float, float]:
    """A name, both means, their difference and its interval."""
    was, now = (
        np.array([measure(each.ledger) for each in run if kind in (None, each.task.kind)], dtype=float)
        for run in (before, after)
    )
    low, high = interval(now - was)
    return name, float(was.mean()), float(now.mean()), float((now - was).mean()), low, high


def interval(differences: Numbers) -> tuple[float, float]:
    """The middle 95 % of the means of 10,000 resamplings."""
    draw = np.random.default_rng(1)
    means = draw.choice(differences, (10_000, len(differences))).mean(axis=1)
    low, high = np.percentile(means, (2.5, 97.5))
    return float(low), float(high)


def _seconds(measured: list[Measured]) -> float:
    """From the first text's beginning to the last one's end."""
    all_ = [each.record.circumstances for each in measured]
    return (max(each.finished for each in all_) - min(each.started for each in all_)).total_seconds()


if __name__ == "__main__":
    main()
