"""A model's file held open while it is used, so that a change is noticed."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from remix.errors import ModelError, WeightsChangedError
from remix.models.identity import check_is_file, read_identity, unreadable_model
from remix.records import ModelFile


class Held:
    """A model's file while it is in use, so that no record names weights that were written over meanwhile.

    It is kept open: another file put in its place changes nothing for who has loaded this one. Raises `ModelError`
    where it isn't the model it is taken for.
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
            is_it = read_identity(self._file, path).sha256 == file.sha256
        except BaseException:
            self.close()
            raise
        if not is_it:
            self.close()
            raise ModelError(
                f"{path}: is no longer {file.name} (sha256 {file.sha256[:12]}…): its content is another.",
                "Put the file back, or plan the run anew.",
            )

    def check(self) -> None:
        """Raise `WeightsChangedError` where the content has changed since; a new time of change alone is nothing."""
        status = self._now()
        if status == self._status:
            return
        # With a buffer of its own: the old one holds what was read before.
        with os.fdopen(os.dup(self._file.fileno()), "rb") as again:
            again.seek(0)
            now = hashlib.file_digest(again, "sha256").hexdigest()
        if now != self._sha256:
            raise WeightsChangedError(
                f"{self._path}: was changed while it was in use.",
                "What was finished before is safe; put the file back, then `remix resume` the run.",
            )
        self._status = status

    def check_place(self) -> None:
        """Raise `ModelError` where another file stands in its place: that one may have been loaded."""
        try:
            is_there = os.path.samestat(self._path.stat(), os.fstat(self._file.fileno()))
        except OSError:
            is_there = False
        if not is_there:
            raise ModelError(f"{self._path}: was replaced while it was being loaded.", "Try again.")

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _now(self) -> tuple[int, int]:
        status = os.fstat(self._file.fileno())
        return status.st_size, status.st_mtime_ns
