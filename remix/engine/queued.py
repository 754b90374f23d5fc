"""An entry of the engine's queue: tokens in chunks, a place in the KV cache, and a future.

Takes chunks, gives a future that is claimed or cancelled once. Knows neither the use of the tokens nor a model.
"""

from __future__ import annotations

from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from itertools import chain
from typing import Any

from remix.engine.chunks import Chunk
from remix.records import Sampling


class Queued:
    """Tokens to be computed in a slot, and the future of the result."""

    def __init__(self, chunks: tuple[Chunk, ...], sampling: Sampling | None = None) -> None:
        """`sampling` says how further tokens are sampled, if any are."""
        self.chunks = chunks
        """The tokens in chunks."""
        self.sampling = sampling
        self.future: Future[Any] = Future()
        self.slot = -1
        self._is_told = False

    @property
    def tokens(self) -> tuple[int, ...]:
        """All tokens known before the first call."""
        return tuple(chain.from_iterable(self.chunks))

    @property
    def beginning(self) -> tuple[Chunk, ...]:
        """The chunks for finding a slot to copy from: all except the last can be copied."""
        return self.chunks

    @property
    def needed(self) -> int:
        """Most tokens of the slot."""
        return len(self.tokens) + (self.sampling.most if self.sampling else 0)

    def claim(self) -> bool:
        """Whether the sequence may run; from then on the future can't be cancelled.

        Two threads must not call this method and `tell_if_cancelled` at the same time.
        """
        if self.future.done():
            return False
        self._is_told = not self.future.set_running_or_notify_cancel()
        return not self._is_told

    def tell_if_cancelled(self) -> None:
        """If the future was cancelled, notify `wait` and `as_completed`: `Future.cancel` alone doesn't."""
        if self.future.cancelled() and not self._is_told:
            self._is_told = True
            self.future.set_running_or_notify_cancel()

    def start(self, slot: int) -> None:
        """Note the sequence's slot."""
        self.slot = slot

    def settle(self, outcome: object) -> None:
        """Set the future's result, or the future's error if the outcome is an exception, unless the future was
        cancelled."""
        with suppress(InvalidStateError):
            if isinstance(outcome, BaseException):
                self.future.set_exception(outcome)
            else:
                self.future.set_result(outcome)
