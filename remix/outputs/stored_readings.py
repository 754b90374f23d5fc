"""Stored readings: the reading that lies beside an output's record.

Takes a run's folder, a task and a record's id, gives the `Reading` of that record. Loads no model.
"""

from __future__ import annotations

import math

from remix.outputs.layout import READING
from remix.outputs.run import RunFolder
from remix.records import Reading, ReadingFile
from remix.util import json_values
from remix.util.json_values import JsonError


def stored_reading(folder: RunFolder, task_id: str, record: str) -> Reading | None:
    """The reading of a task's output, whose record has the id `record`, by whichever model read it last.

    Null if there is none, if it can't be read or belongs to another record, or if one of its numbers isn't finite.
    """
    try:
        found = json_values.read(ReadingFile, folder.read_bytes(f"{task_id}{READING}"))
    except (OSError, JsonError):
        return None
    return found.reading if found.record == record and _is_finite(found.reading) else None


def _is_finite(reading: Reading) -> bool:
    """Whether all bits are finite numbers: JSON for other programs has no others."""
    bits = [each.bits for side in (reading.passage, reading.text) for each in side]
    odds = [each for sentence in reading.sentences for each in (sentence.said, sentence.turned_round)]
    return all(map(math.isfinite, (reading.passage_bits, reading.kept_bits, *bits, *(each or 0.0 for each in odds))))
