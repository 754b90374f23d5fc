"""Tables of contents that a killed process left behind their reviews: written anew at the next command.

Takes the folder of all runs. Finds such runs by the times of two files, so that no command waits.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

REVIEWS, INDEX = "reviews.jsonl", "index.md"
"""As in `outputs/layout.py`, which takes a tenth of a second to import."""


def mend_indexes(outputs: Path) -> None:
    """Write `index.md` anew for each run whose reviews are newer. Errors are ignored: no program reads an index."""
    for path in _behind(outputs):
        from remix.errors import RunError
        from remix.outputs import RunFolder
        from remix.outputs.index import write_index

        with suppress(RunError, ValueError):
            write_index(RunFolder.open(path))


def _behind(outputs: Path) -> list[Path]:
    try:
        with os.scandir(outputs) as entries:
            folders = [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    return [Path(folder) for folder in folders if _is_behind(folder)]


def _is_behind(folder: str) -> bool:
    try:
        reviews, index = (os.lstat(f"{folder}/{name}").st_mtime_ns for name in (REVIEWS, INDEX))
    except OSError:
        return False
    return reviews > index
