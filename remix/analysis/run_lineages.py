"""The lineage of the sentences of a run's outputs.

Takes an output, gives its `LineageFile`: as stored beside the record, or else by words.
"""

from __future__ import annotations

from remix.measure import lineage as by_words
from remix.measure.language import language_of
from remix.outputs.run import RunFolder
from remix.outputs.stored_lineages import stored_lineage
from remix.records import Record
from remix.records.lineage import Lineage, LineageFile


def lineage_of(folder: RunFolder, task_id: str, record: Record, text: str) -> LineageFile:
    """The lineage of an output's sentences; stored lineages of earlier versions are made anew."""
    stored = stored_lineage(folder, task_id, record.id)
    if stored and stored.words.version == by_words.VERSION:
        return stored
    return LineageFile(record=record.id, words=of_record(record, text), model=stored.model if stored else None)


def of_record(record: Record, text: str) -> Lineage:
    """The lineage by words of an output's text."""
    passages = {source.passage: source.text for source in record.sources}
    return by_words.lineage(text, passages, language_of("\n\n".join(passages.values())))
