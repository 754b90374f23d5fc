"""The user's cache: a folder for data that remix can compute again, and stores of small records within the folder.

Takes the environment, gives the folder; takes keys and records, gives records. Knows nothing of a record's meaning.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Generic

import platformdirs

from remix.util import json_values
from remix.util.files import TEMPORARY, read_bounded, unwritable
from remix.util.json_values import Model

MOST_MEMO = 2**22
"""Bytes of a memo: the largest holds a chat template of 131,072 characters."""


def cache_folder() -> Path:
    """The user's cache folder, or the folder named by `REMIX_CACHE`. The folder may not exist yet."""
    named = Path(os.environ.get("REMIX_CACHE") or platformdirs.user_cache_dir("remix"))
    # Without a known home folder, `~` stays unchanged.
    with suppress(RuntimeError):
        return named.expanduser()
    return named


class MemoStore(Generic[Model]):
    """Memos: records of the same type, each in a JSON file, in a folder of the user's cache."""

    def __init__(self, folder: str, record: type[Model]) -> None:
        self._folder = folder
        self._record = record

    def path(self, key: str) -> Path:
        """The file of the memo with a key; `key` must be usable as a file name."""
        return cache_folder() / self._folder / f"{key}.json"

    def read(self, key: str) -> Model | None:
        """The memo with a key; None if the memo is missing, damaged or unreadable."""
        return self._read(self.path(key))

    def read_all(self) -> Iterator[Model]:
        """All memos, ordered by key."""
        with suppress(OSError):
            for path in sorted((cache_folder() / self._folder).glob("*.json")):
                if memo := self._read(path):
                    yield memo

    def write(self, key: str, memo: Model) -> None:
        """Keep a memo, in place of an earlier memo. Raises `RunError` if the cache can't be written."""
        path = self.path(key)
        # Each thread writes and renames a separate draft: readers see a whole memo or none.
        draft = path.with_name(f"{key}.{threading.get_ident()}.{os.getpid()}{TEMPORARY}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                draft.write_text(memo.model_dump_json(indent=2), encoding="utf-8")
                draft.replace(path)
            finally:
                draft.unlink(missing_ok=True)
        except OSError as error:
            raise unwritable(path, error) from error

    def forget(self, key: str) -> None:
        """Remove a memo, if the memo exists."""
        with suppress(OSError):
            self.path(key).unlink()

    def _read(self, path: Path) -> Model | None:
        with suppress(OSError, ValueError):
            return json_values.read(self._record, read_bounded(path, MOST_MEMO))
        return None
