"""What a reader with its shipped weights finds in claims that no choice of features or weights has seen.

`python -m benchmarks.reading_afresh MODEL --keep FILE`. Reads the claims of `tests/planted_afresh.py` and reports, by
what is turned round, how many are found beside the true claims about the same passages. Answers are kept in FILE as
they come: begun again, the benchmark goes on where it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np

from benchmarks.machine import describe, in_words
from benchmarks.reading import Case, area, caught, read
from benchmarks.report import blank, show
from remix.models import prepared
from remix.reader.calibration import calibration_of, label_of
from tests.planted_afresh import afresh


def cases() -> Iterator[Case]:
    """The claims, each a text by itself."""
    for each in afresh():
        yield Case(
            each.kind, each.passage, each.claim, each.claim, "said" if each.kind == "faithful" else "turned round"
        )


@click.command()
@click.argument("model")
@click.option("--keep", type=click.Path(path_type=Path), required=True, help="Keep the answers in this file.")
def main(model: str, keep: Path) -> None:
    """Measure a reader on claims written afresh."""
    _, file = prepared.resolve(model, ())
    calibration = calibration_of(file)
    if calibration is None:
        raise click.ClickException("no reader has weights.")
    asked = list(cases())
    known = read(model, asked, keep)
    found = {case: calibration.probabilities(known[case]) for case in asked}
    scores = {kind: np.array([1 - found[case][0] for case in asked if case.group == kind]) for kind in _kinds(asked)}
    right = scores.pop("faithful")
    scores["all"] = np.concatenate([*scores.values()])
    title = f"{Path(model).stem}, weights of {calibration.name}: claims written afresh"
    table = blank(title, "", "sentences", "area", "found at 1 false alarm in 10")
    for kind, wrong in scores.items():
        counts = f"{len(wrong)} beside {len(right)}"
        table.add_row(kind, counts, f"{area(wrong, right):.2f}", f"{caught(wrong, right)} of {len(wrong)}")
    labels = blank("labels", "", "said", "not said", "turned round", "unsure")
    for kind in _kinds(asked):
        counted = Counter(label_of(*found[case]) for case in asked if case.group == kind)
        labels.add_row(kind, *(str(counted[each]) for each in ("said", "not said", "turned round", "unsure")))
    show([table, labels])
    print(in_words(describe()))


def _kinds(asked: list[Case]) -> list[str]:
    return list(dict.fromkeys(case.group for case in asked))


if __name__ == "__main__":
    main()
