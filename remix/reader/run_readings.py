"""The readings of a run's outputs by a local model.

Takes a run's folder and a model, gives a reading for each finished output. Readings are stored beside the outputs'
records, and what is stored is not asked again of the same model. A reading is no part of a record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, suppress
from pathlib import Path
from typing import NamedTuple

from remix.analysis.trajectory import passage_of
from remix.engine.local import LoadOptions, LocalModel, Vocabulary
from remix.errors import ModelError
from remix.models import catalog, prepared
from remix.outputs.form import dump
from remix.outputs.layout import READING
from remix.outputs.run import RunFolder
from remix.reader import reader
from remix.reader.calibration import calibration_of
from remix.reader.length import longest
from remix.records import ModelFile, Reading, ReadingFile, Record, Task
from remix.util import environment, json_values
from remix.util.files import write_whole
from remix.util.json_values import JsonError

OpenModel = Callable[[Path, ModelFile, LoadOptions], AbstractContextManager[reader.Scorer]]
"""Opens a model: a `LocalModel`, or workers of a cluster that have the model."""


class ToRead(NamedTuple):
    """An output and its passage."""

    task: Task
    record: Record
    text: str

    @property
    def passage(self) -> str:
        """The words of the passages behind the text."""
        return passage_of(self.record)


class ReadOutput(NamedTuple):
    """An output and its reading."""

    task: Task
    reading: Reading


class RunReadings(NamedTuple):
    """The readings of a run."""

    file: ModelFile
    """The reader."""
    outputs: list[ReadOutput]
    """In the order of the plan."""
    left_out: list[str]
    """Tasks whose text or passage is blank or exceeds the reader's context."""


def find_reader(model: str | None, folders: Sequence[Path]) -> tuple[Path, ModelFile]:
    """The reader by path or name; by default the largest chat model here that fits into memory.

    Raises `ModelError` if there is none.
    """
    if model is None:
        for found in sorted(filter(catalog.fits, catalog.available(folders)), key=lambda found: -found.size):
            with suppress(ModelError):
                path, file = prepared.resolve(str(found.path), folders)
                if file.chat_template:
                    return path, file
    return prepared.resolve(model, folders)


def read(folder: RunFolder, model: tuple[Path, ModelFile], open_model: OpenModel | None = None) -> RunReadings:
    """The readings of all finished outputs by a model. Only those not stored are asked for, and stored as they come.

    `open_model` opens the model if there is anything to read; by default in this process.
    Raises `RunError` if an output can't be read, a reading can't be written or another process is writing the run,
    and `ModelError` if the model can't be loaded.
    """
    path, file = model
    outputs = [ToRead(task, *folder.read(task.id)) for task in folder.done]
    known = {each.task.id: reading for each in outputs if (reading := _stored(folder, each, file))}
    missing = [each for each in outputs if each.task.id not in known and each.text.strip() and each.passage.strip()]
    for each, reading in _ask(path, file, missing, open_model or LocalModel):
        known[each.task.id] = reading
        data = dump(ReadingFile(version=reader.VERSION, record=each.record.id, reading=reading))
        with folder.lock():
            write_whole(folder.path / f"{each.task.id}{READING}", data)
    return RunReadings(
        file,
        [ReadOutput(each.task, known[each.task.id]) for each in outputs if each.task.id in known],
        [each.task.id for each in outputs if each.task.id not in known],
    )


def _stored(folder: RunFolder, output: ToRead, file: ModelFile) -> Reading | None:
    """The stored reading of an output by a model with the present questions and weights, if there is one."""
    with suppress(OSError, JsonError):
        found = json_values.read(ReadingFile, folder.read_bytes(f"{output.task.id}{READING}"))
        is_same = (found.version, found.record) == (reader.VERSION, output.record.id)
        if is_same and found.reading.reader_sha256 == file.sha256:
            return found.reading
    return None


def _ask(
    path: Path, file: ModelFile, outputs: Sequence[ToRead], open_model: OpenModel
) -> Iterator[tuple[ToRead, Reading]]:
    """The readings of outputs, without those that exceed the model's context."""
    if not outputs:
        return
    with closing(Vocabulary(path, file)) as tokens:
        lengths = [(longest(tokens, each.passage, each.text), each) for each in outputs]
    # Texts of one passage in a row: the passage is computed once.
    fitting = sorted((each for length, each in lengths if length <= file.context), key=lambda each: each.passage)
    if not fitting:
        return
    calibration = calibration_of(file)
    context = max(length for length, _ in lengths if length <= file.context)
    with open_model(path, file, LoadOptions((context,), None, environment.default_threads())) as model:
        scorer = reader.Remembering(model)
        asked = [(each, reader.ask(scorer, each.passage, each.text)) for each in fitting]
        for each, answers in asked:
            yield each, reader.answered(answers, file, calibration)
