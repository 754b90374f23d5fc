"""A worker: a model and an engine in a process of their own, on any machine of a cluster.

Takes calls, gives answers, several at once. Finds the model's weights by their sha256, or receives them. Knows
nothing of runs, and nothing of Ray, which makes the process.
"""

from __future__ import annotations

import os
import platform
import queue
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from remix.cluster import weights
from remix.cluster.messages import Answer, Answers, Order, Place, Ready, Refusal, pack_answers, refusal, unpack
from remix.cluster.weights import Chunk, Receiver
from remix.engine.local import LocalModel
from remix.errors import ModelError
from remix.records import ModelFile, WriterInfo
from remix.util import environment

GATHER = 0.1
"""Seconds for which finished texts are gathered before they cross together: each crossing costs the run's process as
much as a hundred texts."""

WAIT = 5.0
"""Most seconds until a worker without finished texts gives a sign of life."""


class Model(Protocol):
    """What a worker asks of a model: a `LocalModel`."""

    @property
    def info(self) -> WriterInfo:
        """Who writes."""

    @property
    def sampled(self) -> int:
        """Tokens sampled so far."""

    def close(self) -> None:
        """Free everything."""


Load = Callable[[Order, Path | None], Model]
"""Loads the model of an order; the path is that of its weights, null if the order names no file."""


def load_local(order: Order, path: Path | None) -> LocalModel:
    """Load a GGUF. Raises `ModelError`."""
    if order.file is None or path is None:
        raise ModelError("no GGUF was named.", "Name one with --model.")
    return LocalModel(path, order.file, order.needs)


class Worker:
    """A model at work. Its methods are called by several threads at once."""

    def __init__(self, load: Load = load_local) -> None:
        self._load = load
        self._path: Path | None = None
        self._receiver: Receiver | None = None
        self._model: Model | None = None
        self._finished: queue.SimpleQueue[Answer] = queue.SimpleQueue()

    def introduce(self) -> Place:
        """Where the worker runs."""
        return Place(platform.node(), os.getpid(), environment.version())

    def find(self, file: ModelFile, likely: Sequence[Path]) -> bool:
        """Whether the model's weights are on this machine."""
        self._path = weights.find(file, likely)
        return self._path is not None

    def receive(self, chunk: Chunk) -> Refusal | None:
        """Take the next chunk of the weights."""
        try:
            self._receiver = self._receiver or Receiver()
            self._receiver.add(chunk)
        # An error crosses to the run's process in words: its class may not be known there.
        except Exception as error:
            return refusal(error)
        return None

    def received(self, file: ModelFile) -> Refusal | None:
        """Check the weights after the last chunk, and keep them."""
        if self._receiver is None:
            return Refusal("ModelError", f"{file.name}: nothing of it was received.", "Try again.")
        try:
            self._path = self._receiver.keep(file)
        # As in `receive`.
        except Exception as error:
            return refusal(error)
        finally:
            self._receiver = None
        return None

    def begin(self, order: Order) -> Ready | Refusal:
        """Load the model."""
        try:
            self._model = self._load(order, self._path)
            return Ready(self._model.info)
        # As in `receive`.
        except Exception as error:
            return refusal(error)

    def give(self, packed: bytes) -> None:
        """Queue calls. Each gets an answer, which `take` gives."""
        for call in unpack(packed):
            try:
                method: Callable[..., Future[Any]] = getattr(self._model, call.method)
                future = method(*call.positional, **call.named)
            # As in `receive`; and each call must have an answer.
            except Exception as error:
                self._finished.put(Answer(call.number, refusal(error)))
            else:
                future.add_done_callback(lambda done, number=call.number: self._note(number, done))  # type: ignore[misc]

    def take(self, packed: bytes) -> bytes:
        """Queue calls; gives the answers to calls that have ended: waits for one, and gathers those that follow."""
        self.give(packed)
        answers: list[Answer] = []
        with suppress(queue.Empty):
            answers.append(self._finished.get(timeout=WAIT))
            # In the worker's own process, while the engine goes on in its thread.
            time.sleep(GATHER)
            while True:
                answers.append(self._finished.get_nowait())
        return pack_answers(Answers(tuple(answers), self._model.sampled if self._model else 0))

    def close(self) -> None:
        """Free the model."""
        if self._model:
            self._model.close()

    def _note(self, number: int, done: Future[Any]) -> None:
        error = CancelledError() if done.cancelled() else done.exception()
        self._finished.put(Answer(number, refusal(error) if error else done.result()))
