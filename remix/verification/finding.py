"""Finding and FoundOutput: the results of verification, and an output as read from the disk."""

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


class Finding(NamedTuple):
    """A file that was changed, is missing or doesn't belong to the run."""

    file: str
    """The file's name, below the run's folder."""
    what: str
    """The problem in words."""


@dataclass(frozen=True, eq=False)
class FoundOutput:
    """An output as read from the disk. In a large run the content isn't kept, but read again when needed: the files
    must be unchanged then."""

    task: Task
    id: str
    """The record's id, computed anew."""
    folder: RunFolder
    size: int
    """Bytes of the record's and the text's file."""
    sha256s: tuple[str, str]
    """The sha256 of the record's file and of the text's file."""
    kept: tuple[Record, bytes] | None
    """The record and the bytes of the text's file; null if the content isn't kept in memory."""

    @property
    def record(self) -> Record:
        """The output's record. Raises `RunError` if a file was changed since verification read the file."""
        return (self.kept or _again(self))[0]

    @property
    def data(self) -> bytes:
        """The bytes of the text's file. Raises `RunError` if a file was changed since verification read the file."""
        return (self.kept or _again(self))[1]

    @property
    def text(self) -> str:
        """The output's text, without front matter."""
        return body_of(self.data).decode(errors="replace").removesuffix("\n")

    @property
    def text_file(self) -> str:
        """The name of the text's file, below the run's folder."""
        return f"{self.task.id}{TEXT}"

    @property
    def record_file(self) -> str:
        """The name of the record's file, below the run's folder."""
        return f"{self.task.id}{RECORD}"


@functools.lru_cache(maxsize=1)
def _again(found: FoundOutput) -> tuple[Record, bytes]:
    """Read the files of an output again. Raises `RunError` if a file was changed."""
    source, data = found.folder.bytes_of(found.record_file), found.folder.bytes_of(found.text_file)
    if (sha256(source), sha256(data)) != found.sha256s:
        raise RunError(f"{found.folder.path / found.text_file}: was changed during verification.", "Ask again.")
    return json_values.read(Record, source), data


def unreadable(error: OSError) -> str:
    """Why a file can't be read, in the words of a finding."""
    return LEADS_OUT if isinstance(error, LeadsOutError) else f"can't be read ({error.strerror})"
