"""What choosing by a model earns: labelled sentences of first candidates, and of those that a reader chooses.

`python -m benchmarks.choosing RUN --reader MODEL --keep FILE`. Takes the folder of a run with `--best-of N` whose
candidates were labelled sentence by sentence (`tests/labelled_texts.jsonl`, passages kept apart). The reader reads
all candidates and chooses as `remix generate --choose-by model` does. Gives the shares of the labels in first and in
chosen candidates, and in those that the labels themselves would choose, with 95 % intervals over passages
(`analysis/intervals.py`). Readings are kept in FILE: begun again, the benchmark goes on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import click

from benchmarks.machine import describe, in_words
from benchmarks.report import blank, show
from benchmarks.templates_read import identity
from remix.analysis import intervals
from remix.analysis.trajectory import passage_of
from remix.engine.local import LoadOptions, LocalModel
from remix.errors import RemixError
from remix.generation import choose
from remix.generation.candidate_reader import CandidateReader
from remix.measure.sentences import sentences
from remix.models import prepared
from remix.outputs import RunFolder
from remix.records import Candidate, Reading, Record, Weights
from remix.templates.template import settings_for, templates_of
from remix.util import environment
from tests.labelled import of_texts

CONTEXT = 2048
"""Tokens of the longest prompt."""

AHEAD = 2
"""Texts whose candidates are read at the same time."""

LABELS = ("said", "added", "turned round", "nonsense")

Labels = Mapping[tuple[str, str], str]
"""By passage and sentence."""


class Text(NamedTuple):
    """A text of the run, as far as its candidates are compared."""

    passage: str
    kind: str
    first: str
    """Candidate 1, which a run without `--best-of` writes."""
    chosen: str
    """The candidate that the reader chooses."""
    candidates: tuple[str, ...]

    def labels(self, candidate: str, known: Labels) -> list[str]:
        """The labels of a candidate's sentences."""
        try:
            return [known[self.passage, each] for each in sentences(candidate)]
        except KeyError as error:
            raise click.UsageError(f"a sentence without a label: {error.args[0][1]!r}") from error

    def ideal(self, known: Labels) -> str:
        """The candidate with the smallest share of sentences turned round, and then the largest share said."""

        def rank(candidate: str) -> tuple[float, float]:
            found = self.labels(candidate, known)
            return found.count("turned round") / len(found), -found.count("said") / len(found)

        return min(self.candidates, key=rank)


class Readings:
    """A reader's readings of candidates, kept in a file with those of other readers."""

    def __init__(self, model: str, path: Path) -> None:
        self._model, self._file = prepared.resolve(model, ())
        self._path = path
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        rows = [row for row in map(json.loads, lines) if row["reader"] == identity(self._file)]
        self._known = {tuple(row["of"]): Reading.model_validate(row["reading"]) for row in rows}

    def get(self, passage: str, text: str) -> Reading:
        """The reading of a candidate. Raises `KeyError` for a candidate that wasn't read."""
        return self._known[passage, text]

    def add(self, records: Sequence[Record]) -> None:
        """Read the candidates that weren't read yet."""
        missing = [(record, texts) for record in records if (texts := list(self._missing(record)))]
        if not missing:
            return
        needs = LoadOptions(contexts=(CONTEXT,), parallel=None, threads=environment.physical_cores())
        with (
            LocalModel(self._model, self._file, needs) as scorer,
            closing(CandidateReader(scorer, self._file)) as reader,
        ):
            for first in range(0, len(missing), AHEAD):
                part = missing[first : first + AHEAD]
                waiting = [(record, texts, reader.read(passage_of(record), texts)) for record, texts in part]
                for record, texts, readings in waiting:
                    for text, reading in zip(texts, readings.result(), strict=True):
                        self._keep(passage_of(record), text, reading)

    def _missing(self, record: Record) -> Iterator[str]:
        texts = dict.fromkeys(each.text for each in record.candidates or ())
        return (text for text in texts if (passage_of(record), text) not in self._known)

    def _keep(self, passage: str, text: str, reading: Reading | None) -> None:
        if reading is None:
            raise click.UsageError(f"a candidate is blank or exceeds the reader's context: {text[:60]!r}")
        self._known[passage, text] = reading
        row = {"reader": identity(self._file), "of": (passage, text), "reading": reading.model_dump(mode="json")}
        with self._path.open("a", encoding="utf-8") as out:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


def chosen(folder: RunFolder, readings: Readings) -> Iterator[Text]:
    """What a reader chooses among the candidates of each text, by the rule of `--choose-by model`."""
    assert folder.run.model, "a local model wrote"
    templates, labels = templates_of(folder.run), folder.run.model.labels
    for task in folder.done:
        record, _ = folder.read(task.id)
        weights = settings_for(templates[task.kind], folder.run.options, labels).weights
        passage, candidates = passage_of(record), record.candidates or ()
        texts = tuple(each.text for each in candidates)
        read = [_read(each, readings.get(passage, each.text), weights) for each in candidates]
        yield Text(passage, task.kind, texts[0], choose.by_reading(read).text, texts)


def _read(candidate: Candidate, reading: Reading, weights: Weights) -> Candidate:
    """A candidate with what a reader found."""
    assert candidate.measures, "candidates among which was chosen have measures"
    summed = choose.summed(reading, candidate.measures.merit, weights)
    return candidate.model_copy(update={"reading": summed})


# -- labels -------------------------------------------------------------------------------------------------


def rows(texts: Sequence[Text], known: Labels) -> Iterator[tuple[str, ...]]:
    """For each label: sentences of first and of chosen candidates, shares of a text's sentences, the difference, and
    the share in the candidates that the labels would choose."""
    passages = [each.passage for each in texts]
    sides = [
        [each.labels(candidate, known) for each, candidate in zip(texts, candidates, strict=True)]
        for candidates in zip(*((each.first, each.chosen, each.ideal(known)) for each in texts), strict=True)
    ]
    for label in LABELS:
        counts = [(sum(found.count(label) for found in side), sum(map(len, side))) for side in sides]
        first, chosen_, ideal = ([found.count(label) / len(found) for found in side] for side in sides)
        differences = [after - before for before, after in zip(first, chosen_, strict=True)]
        estimates = (intervals.over_passages(passages, values) for values in (first, chosen_, differences, ideal))
        yield label, *(f"{count} of {of}" for count, of in counts[:2]), *map(intervals.shown, estimates)


@click.command()
@click.argument("run", type=click.Path(exists=True, path_type=Path))
@click.option("--reader", "model", required=True, help="The GGUF that reads.")
@click.option("--keep", type=click.Path(path_type=Path), required=True, help="Keep the readings in this file.")
def main(run: Path, model: str, keep: Path) -> None:
    """Compare first candidates with those that a reader chooses."""
    try:
        folder = RunFolder.open(run)
        readings = Readings(model, keep)
        readings.add([folder.read(task.id)[0] for task in folder.done])
    except RemixError as error:
        raise click.ClickException(f"{error} {error.hint}") from error
    texts = list(chosen(folder, readings))
    known = {(each.passage, each.sentence): each.label for each in of_texts() if each.held_out}
    others = sum(each.first != each.chosen for each in texts)
    print(f"{len(texts)} texts, {others} with another candidate than the first")
    for kind in (None, *dict.fromkeys(each.kind for each in texts)):
        columns = ("first", "chosen", "share of first", "of chosen", "difference", "of the best by the labels")
        table = blank(kind or "all kinds", "sentences", *columns)
        for row in rows([each for each in texts if kind in (None, each.kind)], known):
            table.add_row(*row)
        show([table])
    print(in_words(describe()))


if __name__ == "__main__":
    main()
