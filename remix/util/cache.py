"""The folder for caches, which remix can rebuild at any time.

Takes the environment, gives a folder, and stores of small records in the folder. Knows nothing of the records'
meaning.
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
    """`REMIX_CACHE`, or the user's cache folder. The folder may not exist yet."""
    named = Path(os.environ.get("REMIX_CACHE") or platformdirs.user_cache_dir("remix"))
    # `~` stays if the home folder is unknown.
    with suppress(RuntimeError):
        return named.expanduser()
    return named


class MemoStore(Generic[Model]):
    """Memos: records of one type, each in a JSON file of its own, in a folder of the user's cache."""

    def __init__(self, folder: str, record: type[Model]) -> None:
        self._folder = folder
        self._record = record

    def path(self, key: str) -> Path:
        """The file of the memo with a key; `key` must be usable as a file name."""
        return cache_folder() / self._folder / f"{key}.json"

    def read(self, key: str) -> Model | None:
        """The memo with a key. A memo that is missing, damaged or unreadable counts as none."""
        return self._read(self.path(key))

    def read_all(self) -> Iterator[Model]:
        """All memos, ordered by key."""
        with suppress(OSError):
            for path in sorted((cache_folder() / self._folder).glob("*.json")):
                if memo := self._read(path):
                    yield memo

    def write(self, key: str, memo: Model) -> None:
        """Keep a memo, in place of an earlier one. Raises `RunError` if the cache can't be written."""
        path = self.path(key)
        # The draft's name is this thread's own: readers see a whole memo or none, whoever else writes the same memo.
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
        """Remove a memo, if it is there."""
        with suppress(OSError):
            self.path(key).unlink()

    def _read(self, path: Path) -> Model | None:
        with suppress(OSError, ValueError):
            return json_values.read(self._record, read_bounded(path, MOST_MEMO))
        return None
