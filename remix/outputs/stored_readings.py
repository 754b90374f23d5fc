"""Stored readings: the reading that lies beside an output's record.

Takes a run's folder, a task and a record's id, gives the `Reading` of that record. Loads no model.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from remix.outputs.layout import READING
from remix.outputs.run import RunFolder
from remix.records import Reading, ReadingFile
from remix.util import json_values
from remix.util.json_values import JsonError

MOST = 1e9
"""Greatest number of a reading that is shown, of bits or otherwise: no reading comes near."""


def stored_reading(folder: RunFolder, task_id: str, record: str) -> Reading | None:
    """The reading of a task's output, whose record has the id `record`, by whichever model read it last.

    Null if there is none, if it can't be read or belongs to another record, or if one of its numbers can't be a
    model's: infinite, not a number, or beyond `MOST`.
    """
    try:
        found = json_values.read(ReadingFile, folder.read_bytes(f"{task_id}{READING}"))
    except (OSError, JsonError):
        return None
    if found.record != record:
        return None
    numbers = (found.reading.kept, *_numbers(found.reading.model_dump()))
    return found.reading if all(math.isfinite(each) and abs(each) <= MOST for each in numbers) else None


def _numbers(value: object) -> Iterator[float]:
    """All numbers with a fraction in a value made of dictionaries and lists."""
    if isinstance(value, float):
        yield value
    elif isinstance(value, dict | list | tuple):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _numbers(each)
