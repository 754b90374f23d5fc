"""What a model as reader says of the texts of `benchmarks.templates`: the shares of their sentences by label.

Takes pairs of passage and text, gives shares. Answers are kept in a file as they come.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from remix.engine.local import LoadOptions, LocalModel
from remix.measure.sentences import sentences
from remix.models import prepared
from remix.reader.calibration import calibration_of, label_of
from remix.reader.reader import VERSION, ask_claims, features
from remix.records import ModelFile, canonical_sha256
from remix.util import environment

CONTEXT = 1024
"""Tokens of the longest question."""

AHEAD = 8
"""Texts asked about at the same time."""


def identity(file: ModelFile) -> str:
    """The sha256 of all that decides what a reader says: model, version, and weights."""
    calibration = calibration_of(file)
    weights = calibration.model_dump(mode="json") if calibration else None
    return canonical_sha256({"model": file.sha256, "version": VERSION, "weights": weights})


class Pair(NamedTuple):
    """A text and the passage it was made from."""

    passage: str
    text: str


class Shares(NamedTuple):
    """Shares of a text's sentences."""

    said: float
    turned_round: float


def shares(model: str, pairs: Iterable[Pair], keep: Path) -> dict[tuple[str, str], Shares]:
    """The shares for each pair, by a model; those in `keep` aren't asked again. Raises `RemixError`."""
    path, file = prepared.resolve(model, ())
    calibration = calibration_of(file)
    assert calibration, "some weights are shipped"
    lines = keep.read_text(encoding="utf-8").splitlines() if keep.exists() else []
    rows = [json.loads(line) for line in lines]
    known: dict[tuple[str, str], Shares] = {
        Pair(*row["pair"]): Shares(*row["shares"]) for row in rows if row["reader"] == identity(file)
    }
    missing = [pair for pair in sorted(set(pairs)) if pair not in known and sentences(pair.text)]
    if not missing:
        return known
    needs = LoadOptions(contexts=(CONTEXT,), parallel=None, threads=environment.physical_cores())
    with LocalModel(path, file, needs) as reader, keep.open("a", encoding="utf-8") as out:
        for first in range(0, len(missing), AHEAD):
            part = missing[first : first + AHEAD]
            for pair, asked in [(each, ask_claims(reader, each.passage, sentences(each.text))) for each in part]:
                found = [calibration.probabilities(each) for each in features(asked, calibration.probe)]
                labels = [label_of(*each) for each in found]
                known[pair] = Shares(*(labels.count(label) / len(labels) for label in ("said", "turned round")))
                row = {"reader": identity(file), "pair": pair, "shares": known[pair]}
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
            out.flush()
    return known
