"""A local model that is loaded when it is first asked, and shared by copies of the chat model that asks."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from remix.models import prepared
from remix.records import Generation, Message, ModelFile, Request, Sampling
from remix.util import environment

if TYPE_CHECKING:
    from remix.engine.local import LocalModel


class Wanted(NamedTuple):
    """What decides which model is loaded, and with how much room."""

    model: str | None
    folders: tuple[Path, ...]
    context: int
    parallel: int
    threads: int | None


class Weights:
    """A model that is looked for when its name is asked for, and loaded when it first has to write.

    Thread-safe. Freed when closed, when nobody holds it any more, or when Python ends; asked again after
    `close`, it is loaded again.
    """

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self._lock = threading.RLock()
        self._identity: tuple[Path, ModelFile] | None = None
        self._local: LocalModel | None = None
        self._free: Callable[[], object] = lambda: None

    def __reduce__(self) -> tuple[type[Weights], tuple[Wanted]]:
        """Copy and pickle what is wanted, never what is loaded."""
        return Weights, (self.wanted,)

    @property
    def file(self) -> ModelFile:
        """What the file is. Hashes it, the first time anybody asks on this machine. Raises `ModelError`."""
        return self._identify()[1]

    @property
    def is_loaded(self) -> bool:
        """Whether `submit` would answer at once."""
        return self._local is not None

    def load(self) -> LocalModel:
        """Load it, if it isn't. Raises `ModelError`."""
        from remix.engine.local import LoadOptions, LocalModel

        with self._lock:
            if self._local is None:
                path, file = self._identify()
                threads = self.wanted.threads or environment.physical_cores()
                needs = LoadOptions((min(self.wanted.context, file.context),), self.wanted.parallel, threads)
                self._local = LocalModel(path, file, needs)
                self._free = weakref.finalize(self, self._local.close)
            return self._local

    def submit(
        self, messages: Sequence[Message], sampling: Sampling, on_text: Callable[[str], None] | None = None
    ) -> Future[Generation]:
        """Queue a conversation; `on_text` hears the new words, from the engine's thread."""
        # Within the lock, for a vocabulary that `close` had freed would be read all the same.
        with self._lock:
            local = self.load()
            return local.engine.submit(Request(token_ids=local.tokenize(messages), sampling=sampling), on_text)

    def tokenize(self, messages: Sequence[Message]) -> tuple[int, ...]:
        """The token ids of a conversation as a prompt."""
        with self._lock:
            return self.load().tokenize(messages)

    def tokenize_text(self, text: str) -> list[int]:
        """The token ids of a text alone, without the chat template."""
        with self._lock:
            return self.load().tokenize_text(text)

    def close(self) -> None:
        """Free it; whoever still waits for an answer gets a `ModelError`."""
        with self._lock:
            self._local = None
            self._free()

    def _identify(self) -> tuple[Path, ModelFile]:
        with self._lock:
            if self._identity is None:
                self._identity = prepared.resolve(self.wanted.model, self.wanted.folders)
            return self._identity
