"""Would a reader see more, if it also read edits of each claim that say otherwise?

`python -m benchmarks.reading_edits MODEL --keep FILE`. Each claim is read beside its first `MOST` edits (`edits.py`).
Two more features come of that: the contrast, by how much the log-odds of *Supported* over *Contradicted* rise by the
best edit, and their mean rise. Weights with and without them are fitted on the cases of development and the free
claims (`tests/planted_free.py`), and compared by cross-validation; and, with `--apart`, once on all cases kept apart
and the claims written afresh. Answers are kept in FILE as they come, and `--only-kept` asks nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np

from benchmarks import reading_afresh
from benchmarks.edits import edits
from benchmarks.machine import describe, in_words
from benchmarks.reading import (
    FIELDS,
    Case,
    FloatArray,
    area,
    caught,
    cross_validated,
    fit,
    ordered,
    read,
    report,
    right,
)
from benchmarks.report import blank, show
from remix.records import Features, Label
from tests.planted_free import CLAIMS

MOST = 2
"""Edits read of a claim."""

NO_EDIT = (-1.0, -1.0)
"""Contrast and mean contrast of a claim without edits."""


class Compared(NamedTuple):
    """The cases to report on, with scores by the features as they are and with contrasts."""

    title: str
    cases: Sequence[Case]
    plain: FloatArray
    """(sentences, labels)."""
    contrasted: FloatArray
    """(sentences, labels)."""


def free() -> Iterator[Case]:
    """The free claims, for development."""
    for each in CLAIMS:
        label: Label = "said" if each.kind == "faithful" else "turned round"
        yield Case(f"{each.kind} (free)", each.passage, each.text, each.text, label)


def afresh() -> Iterator[Case]:
    """The claims written afresh, kept apart."""
    for each in reading_afresh.cases():
        yield each._replace(group=f"{each.group} (afresh)")


def edited(case: Case) -> list[Case]:
    """The first edits of a case's sentence, each a text by itself."""
    texts = [each.text for each in edits(case.sentence)[:MOST]]
    return [Case("edit", case.passage, text, text, "turned round") for text in texts]


def row(case: Case, known: Mapping[Case, Features]) -> list[float]:
    """A case's features, and the contrast and mean contrast of its edits."""
    features = known[case]
    rises = [features.contradicted - known[each].contradicted for each in edited(case)]
    contrasts = (max(rises), sum(rises) / len(rises)) if rises else NO_EDIT
    return [*(getattr(features, name) for name in FIELDS), *contrasts]


def compared(learned: Sequence[Case], apart: Sequence[Case], known: Mapping[Case, Features]) -> Iterator[Compared]:
    """Both weights by cross-validation, and on the cases kept apart, if there are any."""
    rows = np.array([row(each, known) for each in learned])
    short = rows[:, : len(FIELDS)]
    yield Compared("cross-validated", learned, cross_validated(learned, short), cross_validated(learned, rows))
    if apart:
        kept = np.array([row(each, known) for each in apart])
        plain = fit(learned, short).probabilities(kept[:, : len(FIELDS)])
        yield Compared("kept apart", apart, plain, fit(learned, rows).probabilities(kept))


@click.command()
@click.argument("model")
@click.option("--keep", type=click.Path(path_type=Path), required=True, help="Keep the answers in this file.")
@click.option("--apart", "with_apart", is_flag=True, help="Read and report the cases kept apart, too.")
@click.option("--only-kept", is_flag=True, help="Ask nothing: report on the cases that the file has.")
def main(model: str, keep: Path, with_apart: bool, only_kept: bool) -> None:
    """Measure what edits of claims are worth to a reader."""
    cases = [*free(), *ordered(), *afresh()]
    cases = [each for each in cases if with_apart or not _is_apart(each)]
    wanted = dict.fromkeys(one for each in cases for one in (each, *edited(each)))
    known = read(model, [] if only_kept else list(wanted), keep)
    whole = [each for each in cases if {each, *edited(each)} <= known.keys()]
    apart = [each for each in whole if _is_apart(each)]
    tables = []
    for each in compared([one for one in whole if not _is_apart(one)], apart, known):
        table = blank(f"{Path(model).stem}: {each.title}", "", "sentences", "as used", "with contrasts")
        for line in lines(each):
            table.add_row(*line)
        tables.append(table)
    show(tables)
    print(in_words(describe()))


def lines(each: Compared) -> Iterator[tuple[str, str, str, str]]:
    """Rows of what, sentences, and for both weights the area and the sentences found at one false alarm in ten."""
    small = [number for number, case in enumerate(each.cases) if case.group.endswith(("(free)", "(afresh)"))]
    rest = [number for number in range(len(each.cases)) if number not in set(small)]
    if rest:
        cases = [each.cases[number] for number in rest]
        pairs = zip(report(cases, each.plain[rest]), report(cases, each.contrasted[rest]), strict=True)
        for (what, counts, *plain), (_, _, *contrasted) in pairs:
            yield what, counts, "; ".join(plain), "; ".join(contrasted)
        (plain_right, count), (contrasted_right, _) = (
            right(cases, one[rest]) for one in (each.plain, each.contrasted)
        )
        yield "labelled as people did", str(count), str(plain_right), str(contrasted_right)
    if small:
        yield from _by_kind([each.cases[number] for number in small], each.plain[small], each.contrasted[small])


def _by_kind(cases: Sequence[Case], *scores: FloatArray) -> Iterator[tuple[str, str, str, str]]:
    groups = [case.group for case in cases]
    said = np.array([case.label == "said" for case in cases])
    for group in (*dict.fromkeys(group for group, is_said in zip(groups, said, strict=True) if not is_said), "all"):
        wrong = ~said & np.array([group in ("all", each) for each in groups])
        found = [(1 - each[wrong, 0], 1 - each[said, 0]) for each in scores]
        plain, contrasted = (f"{area(*both):.2f}; {caught(*both)} of {wrong.sum()}" for both in found)
        yield group, f"{wrong.sum()} beside {said.sum()}", plain, contrasted


def _is_apart(case: Case) -> bool:
    return case.is_apart or case.group.endswith("(afresh)")


if __name__ == "__main__":
    main()
