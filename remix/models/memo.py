"""Models identified before: hashing a file takes a second for each gigabyte.

Takes the paths and statuses of a model's open files, gives the `ModelFile` kept in the user's cache.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from remix.errors import ModelError, RunError
from remix.models.parts import parts_of
from remix.records import Frozen, Many, ModelFile, sha256
from remix.util.cache import MemoStore


def printable_name(name: str) -> str:
    """A file name as text, even if the bytes aren't UTF-8: pydantic and JSON take only valid text."""
    return os.fsencode(name).decode("utf-8", "replace")


class IdentityMemo(Frozen):
    """A model's entry in the cache."""

    version: Literal[2]
    """Raised if more is read of a file: an earlier memo counts as none."""

    mtimes_ns: Many[int]
    """The modification time of each file, in nanoseconds. The memo is valid while these times and `model.size` are
    unchanged."""

    path: str | None
    """The path of the file, or of the first part; null for a path that can't be written down."""

    model: ModelFile


MEMOS = MemoStore("models", IdentityMemo)
"""Identified models, by the sha256 of the paths of a model's files, links resolved."""


def recall(paths: Sequence[Path], statuses: Sequence[os.stat_result]) -> ModelFile | None:
    """The identity of a model's files in the cache, if no file has changed since."""
    memo = MEMOS.read(key_of(*paths))
    size, mtimes = sum(status.st_size for status in statuses), tuple(status.st_mtime_ns for status in statuses)
    return memo.model if memo and (memo.model.size, memo.mtimes_ns) == (size, mtimes) else None


def remember(paths: Sequence[Path], statuses: Sequence[os.stat_result], model: ModelFile) -> None:
    """Keep the identity of a model's files, if the cache can be written."""
    where = os.path.abspath(paths[0])  # noqa: PTH100 (keeps links)
    place = where if printable_name(where) == where else None
    memo = IdentityMemo(
        version=2, mtimes_ns=tuple(status.st_mtime_ns for status in statuses), path=place, model=model
    )
    with contextlib.suppress(RunError):
        MEMOS.write(key_of(*paths), memo)


def known(path: Path) -> ModelFile | None:
    """The identity of the model at a path in the cache; None if the file would have to be read."""
    with contextlib.suppress(OSError, ModelError):
        paths = parts_of(path)
        return recall(paths, [each.stat() for each in paths])
    return None


def key_of(*paths: Path) -> str:
    """The key of a model's memo."""
    return sha256(b"\0".join(os.fsencode(path.resolve()) for path in paths))
