"""What verification finds, and what it has read of an output."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import NamedTuple

from remix.errors import RunError
from remix.outputs.form import body_of
from remix.outputs.layout import RECORD, TEXT
from remix.outputs.refusals import LEADS_OUT
from remix.outputs.run import RunFolder
from remix.records import Record, Task, sha256
from remix.util import json_values
from remix.util.files import LeadsOutError

KEPT = 16 * 2**20
"""Bytes of outputs that are kept in memory, as files: as Python's values they may take 25 times as many. What goes
beyond is read again when it is asked for."""


class Finding(NamedTuple):
    """Something that isn't as it was written."""

    file: str
    """Below the run's folder."""
    what: str
    """In words."""


@dataclass(frozen=True, eq=False)
class Found:
    """An output as it lies there. Of large runs it is read again when it is asked for, and must be the same then."""

    task: Task
    id: str
    """The record's id, computed anew."""
    folder: RunFolder
    size: int
    """Bytes of its record and its text's file."""
    sha256s: tuple[str, str]
    """Of these two files."""
    kept: tuple[Record, bytes] | None
    """Record and text's file, if they are kept in memory."""

    @property
    def record(self) -> Record:
        """Its record. Raises `RunError` if it was changed since it was checked."""
        return (self.kept or _again(self))[0]

    @property
    def data(self) -> bytes:
        """Of the text's file. Raises `RunError` if it was changed since it was checked."""
        return (self.kept or _again(self))[1]

    @property
    def text(self) -> str:
        """Without front matter."""
        return body_of(self.data).decode(errors="replace").removesuffix("\n")

    @property
    def text_file(self) -> str:
        """Below the run's folder."""
        return f"{self.task.id}{TEXT}"

    @property
    def record_file(self) -> str:
        """Below the run's folder."""
        return f"{self.task.id}{RECORD}"


@functools.lru_cache(maxsize=1)
def _again(found: Found) -> tuple[Record, bytes]:
    """An output's record and its text's file, which aren't kept in memory. Raises `RunError`."""
    source, data = found.folder.bytes_of(found.record_file), found.folder.bytes_of(found.text_file)
    if (sha256(source), sha256(data)) != found.sha256s:
        raise RunError(f"{found.folder.path / found.text_file}: was changed while it was looked at.", "Ask again.")
    return json_values.read(Record, source), data


def unreadable(error: OSError) -> str:
    return LEADS_OUT if isinstance(error, LeadsOutError) else f"can't be read ({error.strerror})"
