"""What was identified before: hashing a file takes a second for each gigabyte."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path

from remix.records import Frozen, ModelFile, sha256
from remix.util.cache import cache_folder
from remix.util.files import read_bounded


def printable_name(name: str) -> str:
    """A file name as text, even if its bytes aren't UTF-8: pydantic and JSON take nothing else."""
    return os.fsencode(name).decode("utf-8", "replace")


class IdentityMemo(Frozen):
    """A model as the cache keeps it."""

    mtime_ns: int
    """The file's time of change; with `model.size`, what makes the memo valid."""

    path: str | None
    """Where it lay; null for a path that can't be written down."""

    model: ModelFile


def recall(path: Path, status: os.stat_result) -> ModelFile | None:
    """What was read of the file before, if it hasn't changed since."""
    # A cache nobody can read is as good as none.
    with contextlib.suppress(OSError, ValueError):
        memo = IdentityMemo.model_validate_json(read_bounded(_memo_file(path)))
        if (memo.model.size, memo.mtime_ns) == (status.st_size, status.st_mtime_ns):
            return memo.model
    return None


def remember(path: Path, status: os.stat_result, model: ModelFile) -> None:
    """Keep what was read; a cache that can't be written is done without."""
    memo = _memo_file(path)
    where = os.path.abspath(path)  # noqa: PTH100 (keeps links)
    place = where if printable_name(where) == where else None
    text = IdentityMemo(mtime_ns=status.st_mtime_ns, path=place, model=model).model_dump_json()
    # A name of this thread's own, then a rename: readers see the whole memo or none.
    draft = memo.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
    with contextlib.suppress(OSError):
        memo.parent.mkdir(parents=True, exist_ok=True)
        try:
            draft.write_text(text, encoding="utf-8")
            draft.replace(memo)
        finally:
            draft.unlink(missing_ok=True)


def is_known(path: Path) -> bool:
    """Whether identifying the file costs nothing."""
    with contextlib.suppress(OSError):
        return recall(path, path.stat()) is not None
    return False


def _memo_file(path: Path) -> Path:
    return cache_folder() / "models" / (sha256(os.fsencode(path.resolve())) + ".json")
