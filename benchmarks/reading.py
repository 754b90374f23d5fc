"""What a reader is worth: does it see which sentences a passage doesn't say, and which turn the passage round?

`python -m benchmarks.reading MODEL --keep FILE`. Reads all cases (`reading_cases.py`), fits a probe and weights on
those of development (`reading_fit.py`), and reports on those kept apart. Answers are kept in FILE as they come: begun
again, the benchmark goes on where it was. `--toml` writes what goes into `calibration.toml`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from rich.table import Table
from sklearn.metrics import roc_auc_score

from benchmarks.machine import describe, in_words
from benchmarks.reading_cases import Case, all_cases, texts_of
from benchmarks.reading_fit import FIELDS, PLAIN, Answer, Fit, FloatArray, fitted, plain
from benchmarks.report import blank, show
from remix.engine.local import LoadOptions, LocalModel
from remix.models import prepared
from remix.reader.calibration import CLASSES, label_of
from remix.reader.reader import ask_claims, features
from remix.reader.state_probe import NUMBERS, StateProbe
from remix.records import Features
from remix.util import environment

CONTEXT = 2048
"""Tokens of the longest prompt."""

AHEAD = 8
"""Texts asked about at the same time."""

OF_MODELS = ("labelled", "texts")
"""Kinds of the sentences of texts by models."""


def read(model: str, cases: list[Case], keep: Path) -> dict[Case, Answer]:
    """The answers of a model about each case, and about those that `keep` holds, which aren't asked again."""
    path, file = prepared.resolve(model, ())
    known = dict(_kept(keep, file.sha256))
    missing = texts_of([case for case in cases if case not in known])
    if not missing:
        return known
    needs = LoadOptions(contexts=(CONTEXT,), parallel=None, threads=environment.physical_cores())
    with LocalModel(path, file, needs) as reader, keep.open("a", encoding="utf-8") as out:
        for first in range(0, len(missing), AHEAD):
            texts = missing[first : first + AHEAD]
            waiting = [(text, ask_claims(reader, text[0].passage, _claims(text))) for text in texts]
            for text, asked in waiting:
                states = [np.array(score.result().states[0]) for score in asked.scores]
                answers = map(Answer, features(asked, None), states)
                by_claim = dict(zip(asked.sentences, answers, strict=True))
                for case in text:
                    known[case] = by_claim[case.sentence]
                    out.write(_line(file.sha256, case, known[case]))
            out.flush()
    return known


def _claims(text: list[Case]) -> list[str]:
    """The sentences of the cases of one text."""
    return list(dict.fromkeys(case.sentence for case in text))


def _line(sha256: str, case: Case, answer: Answer) -> str:
    state = base64.b64encode(answer.state.astype(NUMBERS).tobytes()).decode()
    row = {"sha256": sha256, "case": case, "features": answer.features.model_dump(), "state": state}
    return json.dumps(row, ensure_ascii=False) + "\n"


def _kept(keep: Path, sha256: str) -> Iterator[tuple[Case, Answer]]:
    for line in keep.read_text(encoding="utf-8").splitlines() if keep.exists() else ():
        row = json.loads(line)
        if row["sha256"] == sha256:
            state = np.frombuffer(base64.b64decode(row["state"]), NUMBERS).astype(np.float64)
            yield Case(*row["case"]), Answer(Features(**row["features"]), state)


# -- report -------------------------------------------------------------------------------------------------


def area(wrong: FloatArray, right: FloatArray) -> float:
    """Area under the ROC curve: how often a wrong sentence has a higher score than a right one."""
    truth = [1] * len(wrong) + [0] * len(right)
    return float(roc_auc_score(truth, [*wrong, *right])) if len(wrong) and len(right) else float("nan")


def caught(wrong: FloatArray, right: FloatArray) -> int:
    """Wrong sentences found at one false alarm in ten: with higher scores than nine tenths of the right ones."""
    return int((wrong > np.quantile(right, 0.9, method="higher")).sum()) if len(right) else 0


def report(cases: Sequence[Case], found: FloatArray) -> Iterator[tuple[str, str, str, str]]:
    """Rows of what, sentences, area, found at one false alarm in ten; a score is 1 - p(said), or p(turned round)."""
    unsaid, turned = 1 - found[:, 0], found[:, 2]
    label = np.array([case.label for case in cases])
    kind = np.array([case.kind for case in cases])
    is_planted = ~np.isin(kind, [*OF_MODELS, "claims", "free", "afresh"])

    def row(what: str, scores: FloatArray, wrong: NDArray[np.bool_], right: NDArray[np.bool_]) -> tuple[str, ...]:
        counts = f"{wrong.sum()} beside {right.sum()}"
        at_one_in_ten = f"{caught(scores[wrong], scores[right])} of {wrong.sum()}"
        return what, counts, f"{area(scores[wrong], scores[right]):.2f}", at_one_in_ten

    def rows() -> Iterator[tuple[str, ...]]:
        for each in ("direction", "negation", "year", "number", "name", "hard"):
            yield row(f"planted: {each}", unsaid, kind == each, is_planted & (label == "said"))
        yield row("planted: all", unsaid, is_planted & (label != "said"), is_planted & (label == "said"))
        for each in ("claims", "free", "afresh"):
            turned_round = (kind == each) & (label == "turned round")
            yield row(f"{each}: turned round", unsaid, turned_round, (kind == each) & (label == "said"))
        for each in OF_MODELS:
            said, rest = ((kind == each) & (label == "said")), ((kind == each) & (label != "said"))
            yield row(f"{each}: all else beside said", unsaid, rest, said)
            yield row(f"{each}: not said beside said", unsaid, rest & (label == "not said"), said)
            yield row(f"{each}: turned round beside said", unsaid, rest & (label == "turned round"), said)
            others = (kind == each) & (label != "turned round")
            yield row(f"{each}: turned round beside all else", turned, rest & (label == "turned round"), others)

    for what, counts, share, at_one_in_ten in rows():
        if not counts.startswith("0 "):
            yield what, counts, share, at_one_in_ten


def right(cases: Sequence[Case], found: FloatArray) -> tuple[int, int]:
    """Labelled sentences whose most probable label is the references' and reaches `SURE`, and all of them."""
    pairs = [(case.label, row) for case, row in zip(cases, found, strict=True) if case.kind in OF_MODELS]
    return sum(label_of(float(row[0]), float(row[2])) == label for label, row in pairs), len(pairs)


@click.command()
@click.argument("model")
@click.option("--keep", type=click.Path(path_type=Path), required=True, help="Keep the answers in this file.")
@click.option("--only-kept", is_flag=True, help="Ask nothing: report on the cases that the file has.")
@click.option("--apart/--not-apart", default=True, help="Report on the cases kept apart, too.")
@click.option("--toml", type=click.Path(path_type=Path), help="Write probe and weights for calibration.toml here.")
def main(model: str, keep: Path, only_kept: bool, apart: bool, toml: Path | None) -> None:
    """Measure what a reader is worth."""
    cases = [case for case in all_cases() if apart or not case.is_apart]
    known = read(model, [] if only_kept else cases, keep)
    learned, kept = ([case for case in cases if case in known and case.is_apart is each] for each in (False, True))
    made = fitted(learned, [known[case] for case in learned])
    answers = [known[case] for case in kept]
    parts: dict[str, tuple[list[Case], FloatArray]] = {"cross-validated on development": (learned, made.crossed)}
    if kept:
        parts["kept apart"] = kept, made.probabilities(answers)
        parts["kept apart, without the probe"] = kept, made.plain.probabilities(plain(answers))
    show(_table(f"{Path(model).stem}: {title}", *part) for title, part in parts.items())
    print(in_words(describe()))
    if toml and kept:
        name = Path(model).stem
        words = [word for word in name.lower().split("-") if not word.startswith("instruct")]
        whole = _as_toml(name, words, made.fit, FIELDS, parts["kept apart"], made.probe)
        without = _as_toml(f"{name} without its probe", [], made.plain, PLAIN, parts["kept apart, without the probe"])
        toml.write_text(f"{whole}\n{without}", encoding="utf-8")


def _table(title: str, cases: Sequence[Case], found: FloatArray) -> Table:
    table = blank(title, "", "sentences", "area", "found at 1 false alarm in 10")
    for row in report(cases, found):
        table.add_row(*row)
    same, of = right(cases, found)
    table.add_row("labelled as the references", str(of), "", f"{same} ({same / max(1, of):.0%})")
    for kind in ("claims", "free", "afresh"):
        for label in ("said", "turned round"):
            chosen = [row for case, row in zip(cases, found, strict=True) if (case.kind, case.label) == (kind, label)]
            labels = [label_of(float(row[0]), float(row[2])) for row in chosen]
            if chosen:
                counts = ", ".join(f"{labels.count(each)} {each}" for each in (*CLASSES, "unsure"))
                table.add_row(f"{kind}: {label}", str(len(chosen)), "", counts)
    return table


def _as_toml(
    name: str,
    matches: list[str],
    made: Fit,
    names: Sequence[str],
    apart: tuple[Sequence[Case], FloatArray],
    probe: StateProbe | None = None,
) -> str:
    same, of = right(*apart)
    cases, found = apart
    of_models = np.array([case.kind in OF_MODELS for case in cases])
    said = np.array([case.label == "said" for case in cases])
    unsaid = 1 - found[:, 0]
    lines = [
        "[[reader]]",
        f'name = "{name}"',
        f"matches = {json.dumps(matches)}",
        f"means = {_inline(names, made.means)}",
        f"scales = {_inline(names, made.scales)}",
        f"found = {{ sentences = {of}, right = {same / max(1, of):.4f}, "
        f"area = {area(unsaid[of_models & ~said], unsaid[of_models & said]):.2f} }}",
        "[reader.weights]",
        *(f'"{label}" = {_inline((*names, "bias"), row)}' for label, row in zip(CLASSES, made.weights, strict=True)),
        *(["[reader.probe]", f"bias = {list(probe.bias)}", f'weights = "{probe.weights}"'] if probe else []),
    ]
    return "\n".join(lines) + "\n"


def _inline(names: Sequence[str], values: Iterable[float]) -> str:
    pairs: Mapping[str, float] = dict(zip(names, values, strict=True))
    return "{ " + ", ".join(f"{key} = {value:.4f}" for key, value in pairs.items()) + " }"


if __name__ == "__main__":
    main()
