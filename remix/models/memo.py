"""Models that were identified before: hashing a file takes a second for each gigabyte.

Takes an open file's path and status, gives the `ModelFile` that was kept in the user's cache for that path.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from remix.errors import RunError
from remix.records import Frozen, ModelFile, sha256
from remix.util.cache import MemoStore


def printable_name(name: str) -> str:
    """A file name as text, even if its bytes aren't UTF-8: pydantic and JSON take nothing else."""
    return os.fsencode(name).decode("utf-8", "replace")


class IdentityMemo(Frozen):
    """A model as the cache keeps it."""

    mtime_ns: int
    """The file's time of change, in nanoseconds; with `model.size`, what makes the memo valid."""

    path: str | None
    """Where the file lay; null for a path that can't be written down."""

    model: ModelFile


MEMOS = MemoStore("models", IdentityMemo)
"""What was identified, by the sha256 of a file's path, links resolved."""


def recall(path: Path, status: os.stat_result) -> ModelFile | None:
    """What was read of a file before, if the file hasn't changed since."""
    memo = MEMOS.read(key_of(path))
    is_valid = memo and (memo.model.size, memo.mtime_ns) == (status.st_size, status.st_mtime_ns)
    return memo.model if memo and is_valid else None


def remember(path: Path, status: os.stat_result, model: ModelFile) -> None:
    """Keep what was read of a file, if the cache can be written."""
    where = os.path.abspath(path)  # noqa: PTH100 (keeps links)
    place = where if printable_name(where) == where else None
    with contextlib.suppress(RunError):
        MEMOS.write(key_of(path), IdentityMemo(mtime_ns=status.st_mtime_ns, path=place, model=model))


def is_known(path: Path) -> bool:
    """Whether identifying a file costs nothing."""
    with contextlib.suppress(OSError):
        return recall(path, path.stat()) is not None
    return False


def key_of(path: Path) -> str:
    """The key of a file's memo."""
    return sha256(os.fsencode(path.resolve()))
