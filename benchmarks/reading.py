"""What a reader is worth: does it see which sentences a passage doesn't say, and which turn the passage round?

`python -m benchmarks.reading MODEL --keep FILE`. Reads the planted cases (`tests/planted.py`) and labelled sentences
(`tests/labelled.py`), fits weights on those of development, and reports on those kept apart: the planted cases of
`HELD_OUT`, `HARD` and `INNOCENT`, and the labelled sentences of a third of the passages. Answers are kept in FILE as
they come: begun again, the benchmark goes on where it was. `--toml` prints the weights for `calibration.toml`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.metrics import roc_auc_score

from benchmarks.machine import describe, in_words
from benchmarks.report import blank, show
from remix.engine.local import LoadOptions, LocalModel
from remix.measure.sentences import sentences
from remix.models import prepared
from remix.reader.calibration import CLASSES, label_of
from remix.reader.reader import ask_claims, features
from remix.records import Features, Label
from remix.util import environment
from tests import planted
from tests.labelled import labelled

CONTEXT = 2048
"""Tokens of the longest prompt."""

PENALTY = 1.0
"""Of the squared weights, in the logistic regression."""

FOLDS = 5
FIELDS = tuple(Features.model_fields)
FloatArray = NDArray[np.float64]


class Case(NamedTuple):
    """A sentence of a text, and its label."""

    group: str
    """`labelled`, or what was planted; of sentences kept apart with ` (kept apart)` behind."""
    passage: str
    text: str
    sentence: str
    label: Label

    @property
    def is_apart(self) -> bool:
        """Whether the case is for the final figures."""
        return self.group.endswith("(kept apart)")


def of_labels() -> Iterator[Case]:
    """The labelled sentences; *added* and *nonsense* are both *not said*."""
    for each in labelled():
        label: Label = "not said" if each.label in ("added", "nonsense") else each.label
        yield Case(
            "labelled (kept apart)" if each.held_out else "labelled", each.passage, each.text, each.sentence, label
        )


def of_plants() -> Iterator[Case]:
    """The planted cases: of a text in which one thing was planted, the sentence that differs."""
    for each in planted.FAITHFUL[::2]:
        yield from _whole("faithful", each)
    for each in planted.FREE:
        yield Case("faithful", each.passage, each.text, each.text, "said")
    found = [*planted.YEARS, *planted.NUMBERS, *planted.NAMES, *planted.WORDS]
    for each in [*planted.DIRECTIONS, *planted.NEGATIONS, *found[::2]]:
        yield _changed(each.kind, each)
    for each in planted.HELD_OUT:
        if each.kind == "paraphrase":
            yield from _whole("faithful (kept apart)", each)
        else:
            yield _changed(f"{each.kind} (kept apart)", each)
    for each in planted.INNOCENT:
        yield Case("innocent (kept apart)", each.passage, each.text, each.text, "said")
    for each in planted.HARD:
        yield _changed("hard (kept apart)", each)


def _whole(group: str, each: planted.Planted) -> Iterator[Case]:
    found = sentences(each.text)
    for at, sentence in enumerate(found, 1):
        yield Case(group, each.passage, " ".join(found[:at]), sentence, "said")


def _changed(group: str, each: planted.Planted) -> Case:
    paraphrases = [*planted.FAITHFUL, *(one for one in planted.HELD_OUT if one.kind == "paraphrase")]
    known = {*sentences(each.passage)}
    known.update(*(sentences(one.text) for one in paraphrases if one.passage == each.passage))
    found = sentences(each.text)
    at = next(number for number, sentence in enumerate(found) if sentence not in known)
    return Case(group, each.passage, " ".join(found[: at + 1]), found[at], "turned round")


def ordered() -> list[Case]:
    """All cases, those of a passage together: labelled sentences and cases kept apart in turns, then the rest."""
    plants = list(of_plants())
    parts = [
        [each for each in plants if each.is_apart],
        list(of_labels()),
        [each for each in plants if not each.is_apart],
    ]
    groups = [
        [list(cases) for _, cases in groupby(sorted(part, key=_place), key=lambda each: each.passage)]
        for part in parts
    ]
    places = [
        ((at + 0.5) / len(part) + (number == 2), cases)
        for number, part in enumerate(groups)
        for at, cases in enumerate(part)
    ]
    return [case for _, cases in sorted(places, key=lambda each: each[0]) for case in cases]


def _place(case: Case) -> tuple[str, str]:
    return case.passage, case.text


def read(model: str, cases: list[Case], keep: Path) -> dict[Case, Features]:
    """The features by a model of each case, and of those that `keep` holds, which aren't asked again."""
    path, file = prepared.resolve(model, ())
    lines = keep.read_text(encoding="utf-8").splitlines() if keep.exists() else []
    rows = [json.loads(line) for line in lines]
    known = {Case(*row["case"]): Features(**row["features"]) for row in rows if row["sha256"] == file.sha256}
    missing = [case for case in cases if case not in known]
    if not missing:
        return known
    needs = LoadOptions(contexts=(CONTEXT,), parallel=None, threads=environment.physical_cores())
    with LocalModel(path, file, needs) as reader, keep.open("a", encoding="utf-8") as out:
        texts = [list(group) for _, group in groupby(missing, key=_place)]
        waiting = [(group, ask_claims(reader, group[0].passage, _claims(group))) for group in texts]
        for group, asked in waiting:
            by_claim = dict(zip(asked.sentences, features(asked), strict=True))
            for case in group:
                known[case] = by_claim[case.sentence]
                row = {"sha256": file.sha256, "case": case, "features": known[case].model_dump()}
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
            out.flush()
    return known


def _claims(group: list[Case]) -> list[str]:
    """The sentences of the cases of one text."""
    return list(dict.fromkeys(case.sentence for case in group))


# -- weights ------------------------------------------------------------------------------------------------


class Fit(NamedTuple):
    """A multinomial logistic regression."""

    means: FloatArray
    scales: FloatArray
    weights: FloatArray
    """(labels, features and bias)."""

    def probabilities(self, rows: FloatArray) -> FloatArray:
        """(sentences, labels)."""
        return _softmax(_with_bias((rows - self.means) / self.scales) @ self.weights.T)


def fit(cases: Sequence[Case], rows: FloatArray) -> Fit:
    """The weights that make labels most probable, less `PENALTY` times half their squares.

    Planted cases together count as much as labelled sentences, of which there are more.
    """
    is_labelled = np.array([case.group.startswith("labelled") for case in cases])
    counts = np.where(is_labelled, 1.0, is_labelled.sum() / max(1, (~is_labelled).sum()))
    means, scales = rows.mean(axis=0), rows.std(axis=0)
    given = _with_bias((rows - means) / scales)
    wanted = np.array([[case.label == each for each in CLASSES] for case in cases], float)

    def loss(flat: FloatArray) -> tuple[float, FloatArray]:
        weights = flat.reshape(len(CLASSES), -1)
        found = _softmax(given @ weights.T)
        free = weights * ([1.0] * (weights.shape[1] - 1) + [0.0])
        losses = -np.log(np.maximum((found * wanted).sum(axis=1), 1e-12))
        slopes = counts[:, None] * (found - wanted)
        return float(counts @ losses + PENALTY / 2 * (free**2).sum()), (slopes.T @ given + PENALTY * free).ravel()

    best = minimize(loss, np.zeros(len(CLASSES) * given.shape[1]), jac=True, method="L-BFGS-B")
    return Fit(means, scales, best.x.reshape(len(CLASSES), -1))


def cross_validated(cases: Sequence[Case], rows: FloatArray) -> FloatArray:
    """Probabilities of cases by weights that were fitted without the case's passage."""
    passages = sorted({case.passage for case in cases})
    fold = np.array([passages.index(case.passage) % FOLDS for case in cases])
    found = np.zeros((len(cases), len(CLASSES)))
    for each in range(FOLDS):
        learned = [case for case, at in zip(cases, fold, strict=True) if at != each]
        found[fold == each] = fit(learned, rows[fold != each]).probabilities(rows[fold == each])
    return found


def _with_bias(rows: FloatArray) -> FloatArray:
    return np.hstack([rows, np.ones((len(rows), 1))])


def _softmax(logits: FloatArray) -> FloatArray:
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    found: FloatArray = odds / odds.sum(axis=1, keepdims=True)
    return found


# -- report -------------------------------------------------------------------------------------------------


def area(wrong: FloatArray, right: FloatArray) -> float:
    """Area under the ROC curve: how often a wrong sentence has a higher score than a right one."""
    truth = [1] * len(wrong) + [0] * len(right)
    return float(roc_auc_score(truth, [*wrong, *right])) if len(wrong) and len(right) else float("nan")


def caught(wrong: FloatArray, right: FloatArray) -> int:
    """Wrong sentences found at one false alarm in ten: with higher scores than nine tenths of the right ones."""
    return int((wrong > np.quantile(right, 0.9, method="higher")).sum()) if len(right) else 0


def report(cases: Sequence[Case], found: FloatArray) -> list[tuple[str, str, str, str]]:
    """Rows of what, sentences, area, found at one false alarm in ten; a score is 1 - p(said), or p(turned round)."""
    unsaid, turned = 1 - found[:, 0], found[:, 2]
    label = np.array([case.label for case in cases])
    is_labelled = np.array([case.group.startswith("labelled") for case in cases])
    faithful = ~is_labelled & (label == "said")
    rows = []

    def add(what: str, scores: FloatArray, wrong: NDArray[np.bool_], right: NDArray[np.bool_]) -> None:
        counts = f"{wrong.sum()} beside {right.sum()}"
        at_one_in_ten = f"{caught(scores[wrong], scores[right])} of {wrong.sum()}"
        rows.append((what, counts, f"{area(scores[wrong], scores[right]):.2f}", at_one_in_ten))

    for kind in ("direction", "negation", "year", "number", "name", "hard"):
        chosen = np.array([case.group.split(" (")[0] == kind for case in cases])
        if chosen.any():
            add(f"planted: {kind}", unsaid, chosen, faithful)
    if (planted_ := ~is_labelled & (label != "said")).any():
        add("planted: all", unsaid, planted_, faithful)
    said = is_labelled & (label == "said")
    add("labelled: all else beside said", unsaid, is_labelled & (label != "said"), said)
    add("labelled: not said beside said", unsaid, is_labelled & (label == "not said"), said)
    add("labelled: turned round beside said", unsaid, is_labelled & (label == "turned round"), said)
    add(
        "labelled: turned round beside all else",
        turned,
        is_labelled & (label == "turned round"),
        is_labelled & (label != "turned round"),
    )
    return rows


def right(cases: Sequence[Case], found: FloatArray) -> tuple[int, int]:
    """Labelled sentences whose most probable label is the people's and reaches `SURE`, and all of them."""
    pairs = [(case.label, row) for case, row in zip(cases, found, strict=True) if case.group.startswith("labelled")]
    return sum(label_of(float(row[0]), float(row[2])) == label for label, row in pairs), len(pairs)


@click.command()
@click.argument("model")
@click.option("--keep", type=click.Path(path_type=Path), required=True, help="Keep the answers in this file.")
@click.option("--only-kept", is_flag=True, help="Ask nothing: report on the cases that the file has.")
@click.option("--toml", "as_toml", is_flag=True, help="Print the weights for calibration.toml.")
def main(model: str, keep: Path, only_kept: bool, as_toml: bool) -> None:
    """Measure what a reader is worth."""
    found = read(model, [] if only_kept else ordered(), keep)
    cases = [case for case in ordered() if case in found]
    rows = np.array([[getattr(found[case], name) for name in FIELDS] for case in cases])
    apart = np.array([case.is_apart for case in cases])
    learned, kept = ([case for case in cases if case.is_apart is each] for each in (False, True))
    made = fit(learned, rows[~apart])
    probabilities = made.probabilities(rows[apart])
    tables = []
    for title, what, scores in (
        (
            f"cross-validated in {FOLDS} parts of the passages of development",
            learned,
            cross_validated(learned, rows[~apart]),
        ),
        ("kept apart", kept, probabilities),
    ):
        table = blank(f"{Path(model).stem}: {title}", "", "sentences", "area", "found at 1 false alarm in 10")
        for row in report(what, scores):
            table.add_row(*row)
        same, of = right(what, scores)
        table.add_row("labelled as people did", str(of), "", f"{same} ({same / max(1, of):.0%})")
        tables.append(table)
    show(tables)
    print(in_words(describe()))
    if as_toml:
        same, of = right(kept, probabilities)
        _print_toml(Path(model).stem, made, same / of, of, float(report(kept, probabilities)[-4][2]))


def _print_toml(name: str, made: Fit, share: float, sentences_: int, area_: float) -> None:
    def line(values: Iterable[float], names: Sequence[str] = FIELDS) -> str:
        return "{ " + ", ".join(f"{key} = {value:.4f}" for key, value in zip(names, values, strict=True)) + " }"

    words = [word for word in name.lower().split("-") if not word.startswith("instruct")]
    print(f'\n[[reader]]\nname = "{name}"\nmatches = {json.dumps(words)}')
    print(f"means = {line(made.means)}\nscales = {line(made.scales)}")
    print(f"found = {{ sentences = {sentences_}, right = {share:.4f}, area = {area_:.2f} }}\n[reader.weights]")
    for label, weights in zip(CLASSES, made.weights, strict=True):
        print(f'"{label}" = {line(weights, (*FIELDS, "bias"))}')


if __name__ == "__main__":
    main()
