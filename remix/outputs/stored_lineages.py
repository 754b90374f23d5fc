"""Stored lineages: the lineage of sentences that lies beside an output's record.

Takes a run's folder, a task and a record's id, gives the `LineageFile` of that record, and writes one. Computes
nothing. A run's folder may be a stranger's: a lineage is used only if it can be one of the text's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from remix.outputs.form import dump
from remix.outputs.layout import LINEAGE
from remix.outputs.run import RunFolder
from remix.records.lineage import Lineage, LineageFile, SentenceLineage
from remix.util import json_values
from remix.util.files import write_whole
from remix.util.json_values import JsonError


def stored_lineage(folder: RunFolder, task_id: str, record: str) -> LineageFile | None:
    """The lineage of a task's output, whose record has the id `record`; null if there is none, if the file can't be
    read, or if the file belongs to another record."""
    try:
        found = json_values.read(LineageFile, folder.read_bytes(f"{task_id}{LINEAGE}"))
    except (OSError, JsonError):
        return None
    return found if found.record == record else None


def store_lineage(folder: RunFolder, task_id: str, lineage: LineageFile) -> None:
    """Write the lineage of a task's output beside the record. The caller holds the run's lock.

    Raises `RunError` if the file can't be written.
    """
    write_whole(folder.path / f"{task_id}{LINEAGE}", dump(lineage))


def is_of(lineage: Lineage, passages: Sequence[str], sentences: Sequence[str]) -> bool:
    """Whether a lineage fits a text: the same ids of passages, the same sentences, and sound shares."""
    return (
        lineage.passages == tuple(passages)
        and [each.sentence for each in lineage.sentences] == list(sentences)
        and all(_is_sound(each, passages) for each in lineage.sentences)
    )


def _is_sound(sentence: SentenceLineage, passages: Sequence[str]) -> bool:
    """Whether the passages behind a sentence are some of the text's, each once, with shares of at most 1 together."""
    behind = [each.passage for each in sentence.behind]
    return (
        sentence.added == (not behind)
        and len(set(behind)) == len(behind)
        and set(behind) <= set(passages)
        and math.fsum(each.share for each in sentence.behind) <= 1 + 1e-6
    )
