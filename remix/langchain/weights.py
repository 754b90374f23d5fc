"""A local model, loaded at first use and shared by all copies of a chat model.

Takes a request for a model, gives futures of `Generation`s. Knows nothing of LangChain.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from remix.langchain.continued import begun
from remix.models import prepared
from remix.records import Choice, Generation, Message, ModelFile, Sampling
from remix.util import environment

if TYPE_CHECKING:
    from remix.engine.local import LocalModel


class LoadRequest(NamedTuple):
    """The model to load, and the number and the length of sequences."""

    model: str | None
    """Path or name of a GGUF; the bundled model, if null."""
    folders: tuple[Path, ...]
    """Folders to look for a named model in."""
    context: int
    """Most tokens of a sequence."""
    parallel: int
    """Most sequences in a batch."""
    threads: int | None
    """Threads to compute with; as many as physical cores, if null."""
    think: bool = False
    """Let the model think before the answer."""


class Weights:
    """A model located when the file's identity is asked for, and loaded at the first request.

    Thread-safe. The model is freed by `close`, with the last reference to the `Weights`, or when Python ends; a
    request after `close` loads the model again.
    """

    def __init__(self, request: LoadRequest) -> None:
        self.request = request
        self._lock = threading.RLock()
        self._identity: tuple[Path, ModelFile] | None = None
        self._local: LocalModel | None = None
        self._free: Callable[[], object] = lambda: None

    def __reduce__(self) -> tuple[type[Weights], tuple[LoadRequest]]:
        """Copies and pickles hold the request, never the loaded model."""
        return Weights, (self.request,)

    @property
    def file(self) -> ModelFile:
        """The file's identity. Hashes a file that is new on this machine. Raises `ModelError`."""
        return self._identify()[1]

    @property
    def is_loaded(self) -> bool:
        """Whether `submit` would queue a request without loading the model first."""
        return self._local is not None

    def load(self) -> LocalModel:
        """The model, loaded if necessary. Raises `ModelError`."""
        from remix.engine.local import LoadOptions, LocalModel

        with self._lock:
            if self._local is None:
                path, file = self._identify()
                threads = self.request.threads or environment.default_threads()
                contexts = (min(self.request.context, file.context),)
                needs = LoadOptions(contexts, self.request.parallel, threads, think=self.request.think)
                self._local = LocalModel(path, file, needs)
                self._free = weakref.finalize(self, self._local.close)
            return self._local

    def submit(
        self,
        messages: Sequence[Message],
        sampling: Sampling,
        on_text: Callable[[str], None] | None = None,
        on_choice: Callable[[Choice], None] | None = None,
    ) -> Future[Generation]:
        """Queue a conversation; the engine's thread calls `on_text` with new words, and `on_choice` with each token.

        A last message by the assistant is the beginning of the answer; the generation has only the words after the
        beginning.
        """
        # Within the lock, because tokenising reads memory that `close` frees.
        with self._lock:
            local = self.load()
            request, beginning = begun(local, messages, sampling)
            if not beginning.tokens:
                return local.engine.submit(request, on_text, on_choice)
            words = on_text and beginning.without_letters(on_text)
            choices = on_choice and beginning.without_tokens(on_choice)
            return beginning.after(local.engine.submit(request, words, choices))

    def tokenize(self, messages: Sequence[Message]) -> tuple[int, ...]:
        """The token ids of a conversation as a prompt."""
        with self._lock:
            return self.load().tokenize(messages)

    def tokenize_text(self, text: str) -> list[int]:
        """The token ids of a text alone, without the chat template."""
        with self._lock:
            return self.load().tokenize_text(text)

    def close(self) -> None:
        """Free the model; unfinished requests end with a `ModelError`."""
        with self._lock:
            self._local = None
            self._free()

    def _identify(self) -> tuple[Path, ModelFile]:
        with self._lock:
            if self._identity is None:
                self._identity = prepared.resolve(self.request.model, self.request.folders)
            return self._identity
