"""A model's file kept open while the model is in use, to notice changes.

Takes a path and the expected `ModelFile`, gives nothing; raises `ModelError` if the content is or becomes different.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from remix.errors import ModelError, WeightsChangedError
from remix.models.identity import check_is_file, read_identity, unreadable_model
from remix.records import ModelFile


class OpenModelFile:
    """An open model file, checked so that records don't name weights overwritten during a run.

    The open file stays readable if another file replaces it. Raises `ModelError` if the content isn't the expected
    model.
    """

    def __init__(self, path: Path, file: ModelFile) -> None:
        check_is_file(path)
        self._path = path
        self._sha256 = file.sha256
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise unreadable_model(path, error) from error
        try:
            self._status = self._now()
            is_expected = read_identity(self._file, path).sha256 == file.sha256
        except BaseException:
            self.close()
            raise
        if not is_expected:
            self.close()
            raise ModelError(
                f"{path}: is no longer {file.name} (sha256 {file.sha256[:12]}…): the content has changed.",
                "Put the file back, or plan the run anew.",
            )

    def check(self) -> None:
        """Raise `WeightsChangedError` where the content has changed since; a new time of change alone is nothing."""
        status = self._now()
        if status == self._status:
            return
        # A second file object, since the first may have old content in its buffer.
        with os.fdopen(os.dup(self._file.fileno()), "rb") as again:
            again.seek(0)
            now = hashlib.file_digest(again, "sha256").hexdigest()
        if now != self._sha256:
            raise WeightsChangedError(
                f"{self._path}: was changed while it was in use.",
                "Finished texts are safe; put the file back, then `remix resume` the run.",
            )
        self._status = status

    def check_place(self) -> None:
        """Raise `ModelError` if the path names a different file by now, which the engine may have loaded."""
        try:
            is_there = os.path.samestat(self._path.stat(), os.fstat(self._file.fileno()))
        except OSError:
            is_there = False
        if not is_there:
            raise ModelError(f"{self._path}: was replaced while it was being loaded.", "Try again.")

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _now(self) -> tuple[int, int]:
        status = os.fstat(self._file.fileno())
        return status.st_size, status.st_mtime_ns
