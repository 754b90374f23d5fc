"""A cluster of threads: workers in this process with fake models, which can be told to die."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from remix.cluster import ray_cluster
from remix.cluster.messages import Order
from remix.cluster.ray_cluster import Wants
from remix.cluster.remote import LostError, NoRoomError
from remix.cluster.worker import Model, Worker
from remix.engine.local import LoadOptions
from tests.conftest import FakeWriter

ORDER = Order(None, LoadOptions((4096,), None, threads=1))


def load_fake(order: Order, path: Path | None) -> Model:
    """The fake writer of all tests, with a trace."""
    return FakeWriter(trace=True)


class ThreadRemote:
    """A worker whose methods run in threads."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.calls: list[str] = []
        self._threads = ThreadPoolExecutor(4)
        self._dead = threading.Event()
        self._asked: set[Future[Any]] = set()

    def call(self, method: str, *arguments: Any) -> Any:
        return self.ask(method, *arguments).result()

    def ask(self, method: str, *arguments: Any) -> Future[Any]:
        answer: Future[Any] = Future()
        self.calls.append(method)
        self._asked.add(answer)
        if self._dead.is_set():
            answer.set_exception(LostError("the worker died."))
        else:
            self._threads.submit(self._answer, answer, method, arguments)
        return answer

    def kill(self) -> None:
        """Die: whatever was asked and isn't answered yet ends with the loss of the worker."""
        if self._dead.is_set():
            return
        self._dead.set()
        for answer in list(self._asked):
            with suppress(InvalidStateError):
                answer.set_exception(LostError("the worker died."))
        self._threads.shutdown(wait=False)
        self.worker.close()

    def _answer(self, answer: Future[Any], method: str, arguments: tuple[Any, ...]) -> None:
        result = getattr(self.worker, method)(*arguments)
        with suppress(InvalidStateError):
            answer.set_result(result)


class ThreadCluster:
    """Room for a number of workers, dead ones included."""

    threads = 1
    dashboard = None

    def __init__(self, load: Callable[[Order, Path | None], Model] = load_fake, room: int = 10) -> None:
        self.workers = 2
        """Workers to start, if a command chooses."""
        self.remotes: list[ThreadRemote] = []
        self.is_closed = False
        self._load = load
        self._room = room
        self._lock = threading.Lock()

    def start(self) -> ThreadRemote:
        with self._lock:
            if len(self.remotes) >= self._room:
                raise NoRoomError("no machine of the cluster is left.")
            self.remotes.append(ThreadRemote(Worker(self._load)))
            return self.remotes[-1]

    def close(self) -> None:
        self.is_closed = True


def take_for_ray(monkeypatch: pytest.MonkeyPatch, cluster: ThreadCluster) -> None:
    """Let commands take a cluster of threads, on which all models are, for that of Ray."""

    def join(address: str, wants: Wants) -> ThreadCluster:
        cluster.workers = wants.workers or cluster.workers
        return cluster

    monkeypatch.setattr(ray_cluster, "RayCluster", join)
    monkeypatch.setattr("remix.cluster.weights.find", lambda file, likely: Path("fake.gguf"))
