"""Stored lineages: the lineage of sentences that lies beside an output's record.

Takes a run's folder, a task and a record's id, gives the `LineageFile` of that record. Computes nothing.
"""

from __future__ import annotations

from remix.outputs.layout import LINEAGE
from remix.outputs.run import RunFolder
from remix.records.lineage import LineageFile
from remix.util import json_values
from remix.util.json_values import JsonError


def stored_lineage(folder: RunFolder, task_id: str, record: str) -> LineageFile | None:
    """The lineage of a task's output, whose record has the id `record`; null if there is none, if the file can't be
    read, or if the file belongs to another record."""
    try:
        found = json_values.read(LineageFile, folder.read_bytes(f"{task_id}{LINEAGE}"))
    except (OSError, JsonError):
        return None
    return found if found.record == record else None
