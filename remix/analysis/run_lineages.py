"""The lineage of the sentences of a run's outputs.

Takes an output, gives its `LineageFile`: as stored beside the record, or else by words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from remix.measure import lineage as by_words
from remix.measure.language import language_of
from remix.measure.sentences import sentences
from remix.measure.words import beginning
from remix.outputs.run import RunFolder
from remix.outputs.stored_lineages import is_of, store_lineage, stored_lineage
from remix.records import Record, Source, Task
from remix.records.lineage import Lineage, LineageFile


class OutputLineage(NamedTuple):
    """An output and its lineage."""

    task: Task
    record: Record
    file: LineageFile


def lineage_of(folder: RunFolder, task_id: str, record: Record, text: str) -> LineageFile:
    """The lineage of an output's sentences.

    What is stored is used if it can be the text's, and made anew by words if an earlier version made it.
    """
    stored = stored_lineage(folder, task_id, record.id)
    passages, own = passages_of(record), sentences_of(record, text)
    words = stored.words if stored else None
    if (
        words is None
        or (words.method, words.version) != ("words", by_words.VERSION)
        or not is_of(words, list(passages), own)
    ):
        words = of_record(record, text)
    model = stored.model if stored else None
    if model and (model.method != "model" or not is_of(model, list(passages), own)):
        model = None
    return LineageFile(record=record.id, words=words, model=model)


def of_record(record: Record, text: str) -> Lineage:
    """The lineage by words of an output's text."""
    return of_sources(record.sources, text)


def of_sources(sources: Sequence[Source], text: str) -> Lineage:
    """The lineage by words of a text made from these sources."""
    passages = {source.passage: source.text for source in sources}
    return by_words.lineage(text, passages, _language(passages))


def passages_of(record: Record) -> dict[str, str]:
    """The text of each passage behind an output by id, in the order of the record's `sources`."""
    return {source.passage: source.text for source in record.sources}


def sentences_of(record: Record, text: str) -> list[str]:
    """The sentences of an output's text, as lineages number them."""
    return sentences(beginning(text), _language(passages_of(record)))


def is_stored(task: Task, record: Record) -> bool:
    """Whether a lineage is stored beside an output: made from several passages, or for a woven essay."""
    return len(record.sources) > 1 or task.is_woven


def lineages(folder: RunFolder) -> Iterator[OutputLineage]:
    """The lineage of each finished output that was made from several passages, or for a woven essay, in the order of
    the plan.

    Raises `RunError` if an output can't be read or differs from its record.
    """
    for task in folder.done:
        record, text = folder.read(task.id)
        if is_stored(task, record):
            yield OutputLineage(task, record, lineage_of(folder, task.id, record, text))


def store(folder: RunFolder, task_id: str, lineage: LineageFile) -> None:
    """Write a lineage beside the record, unless the same is there. The caller holds the run's lock. Raises `RunError`
    if it can't be written."""
    if stored_lineage(folder, task_id, lineage.record) != lineage:
        store_lineage(folder, task_id, lineage)


def store_all(folder: RunFolder, found: Iterable[OutputLineage]) -> None:
    """Write lineages beside their records, unless the same are there. Raises `RunError` if another process is writing
    the run, or a file can't be written."""
    with folder.lock():
        for each in found:
            store(folder, each.task.id, each.file)


def _language(passages: dict[str, str]) -> str | None:
    return language_of("\n\n".join(passages.values()))
