"""A model's files kept open while the model is in use, to notice changes.

Takes a path and the expected `ModelFile`; raises `ModelError` if the content is or becomes different.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import ExitStack
from io import BufferedReader
from pathlib import Path

from remix.errors import ModelError, WeightsChangedError
from remix.models.identity import open_parts, read_identity
from remix.records import ModelFile


class OpenModelFile:
    """A model's open file, or the open files of all parts, checked so that records never name overwritten weights.

    The open files stay readable if the paths are taken by new files. Raises `ModelError` if the content isn't the
    expected model.
    """

    def __init__(self, path: Path, file: ModelFile) -> None:
        with ExitStack() as stack:
            self._files = stack.enter_context(open_parts(path))
            self._statuses = {each: _status(opened) for each, opened in self._files.items()}
            found = read_identity(self._files)
            if found.sha256 != file.sha256:
                raise ModelError(
                    f"{path}: is no longer {file.name} (sha256 {file.sha256[:12]}…): the content has changed.",
                    "Put the file back, or plan the run anew.",
                )
            # The hashes of the files, instead of the hashes in `file`, which may come from a forged run.
            self._sha256s = dict(zip(self._files, found.parts or (found.sha256,), strict=True))
            self._stack = stack.pop_all()

    def check(self) -> None:
        """Raise `WeightsChangedError` if the content has changed; a new modification time alone is no error."""
        for path, file in self._files.items():
            status = _status(file)
            if status == self._statuses[path]:
                continue
            # A second file object, since the first may have old content in the buffer.
            with os.fdopen(os.dup(file.fileno()), "rb") as again:
                again.seek(0)
                now = hashlib.file_digest(again, "sha256").hexdigest()
            if now != self._sha256s[path]:
                raise WeightsChangedError(
                    f"{path}: was changed while it was in use.",
                    "Finished texts are safe; put the file back or fetch it again, then `remix resume` the run.",
                )
            self._statuses[path] = status

    def check_place(self) -> None:
        """Raise `ModelError` if a path has become the path of a different file, which the engine may have loaded."""
        for path, file in self._files.items():
            try:
                is_there = os.path.samestat(path.stat(), os.fstat(file.fileno()))
            except OSError:
                is_there = False
            if not is_there:
                raise ModelError(f"{path}: was replaced while it was being loaded.", "Try again.")

    def close(self) -> None:
        """Close the files."""
        self._stack.close()


def _status(file: BufferedReader) -> tuple[int, int]:
    status = os.fstat(file.fileno())
    return status.st_size, status.st_mtime_ns
