"""What was read of the texts asked for last, kept in memory as long as the texts' files are unchanged.

Takes keys of texts, the state of their files and a function that reads; gives what was read. Knows nothing of texts.
Threads may share a `KeptTexts`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

Read = TypeVar("Read")


class KeptTexts(Generic[Read]):
    """What was read of at most `most` texts."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._lock = Lock()
        self._read: OrderedDict[str, tuple[object, Read]] = OrderedDict()
        """The state of each text's files and what was read then; the text asked for last comes last."""

    def __len__(self) -> int:
        return len(self._read)

    def get(self, key: str, state: object, read: Callable[[], Read]) -> Read:
        """What was read of a text. Calls `read` if the text isn't kept, or its files had another state."""
        with self._lock:
            kept = self._read.get(key)
        found = read() if kept is None or kept[0] != state else kept[1]
        with self._lock:
            self._read[key] = state, found
            self._read.move_to_end(key)
            while len(self._read) > self.most:
                self._read.popitem(last=False)
        return found
