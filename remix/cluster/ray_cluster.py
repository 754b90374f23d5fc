"""Ray: a cluster that is running, or one on this machine alone for this run, and workers as its actors.

Takes an address, and what a worker wants of a machine; gives `Remote`s. The only module that imports Ray. Nothing
leaves the machines: Ray's reports to its makers are switched off.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future
from importlib.util import find_spec
from typing import Any, NamedTuple

from remix.cluster.remote import LostError, NoRoomError
from remix.cluster.worker import Load, Worker, load_local
from remix.errors import ModelError
from remix.util import environment

LOCAL = "local"
"""The address of a cluster on this machine that is started for the run, and ends with it."""

MOST_THREADS = 4
"""Threads of a worker if none are asked for: several small workers write more than one large."""

OBJECT_STORE = 128 * 2**20
"""Bytes of memory for Ray's objects on this machine: only weights take much room, a chunk at a time."""

LOOPBACK = "127.0.0.2" if sys.platform == "linux" else "127.0.0.1"
"""This machine's address of a cluster that only this machine can reach; for 127.0.0.1 Ray takes the network's."""

PATIENCE = 10.0
"""Seconds until a cluster's address counts as unreachable."""

AT_ONCE = 8
"""Threads of an actor: one waits for finished texts, the others take calls."""


class Wants(NamedTuple):
    """What workers want of machines."""

    workers: int | None
    """Number of workers; as many as there is room for, if null."""
    threads: int | None
    """Threads of each; at most `MOST_THREADS`, if null."""
    has_gpu: bool = False
    """Whether each worker has a GPU to itself."""


class RayCluster:
    """A Ray cluster with room for workers: a `remote.Cluster`."""

    def __init__(self, address: str, wants: Wants, load: Load = load_local) -> None:
        """Raises `ModelError` if Ray isn't installed, no cluster is at the address, or no machine has room."""
        _check_installed()
        # A short path, because it is part of the names of sockets.
        self._folder = tempfile.mkdtemp(prefix="remix-ray-")
        cores = environment.physical_cores()
        self.threads = wants.threads or min(MOST_THREADS, environment.default_threads())
        with _quiet(self._folder):
            import ray

            if address == LOCAL:
                self.dashboard = self._start(wants.workers or max(1, cores // self.threads), wants.has_gpu)
            else:
                self.dashboard = _join(address)
        self._actor = ray.remote(Worker).options(
            num_cpus=self.threads,
            num_gpus=int(wants.has_gpu),
            max_concurrency=AT_ONCE,
            max_restarts=0,
            scheduling_strategy="SPREAD",
        )
        self._load = load
        self._has_gpu = wants.has_gpu
        try:
            self.workers = wants.workers or _room(self.threads, wants.has_gpu)
            self._check_room(wants)
        except BaseException:
            self.close()
            raise

    def start(self) -> RayWorker:
        """A new worker, as soon as a machine has room for it. Raises `LostError`, and `NoRoomError` if no machine is
        left."""
        import ray

        try:
            actor = self._actor.remote(self._load)
            ready = actor.__ray_ready__.remote()
            while not ray.wait([ready], timeout=PATIENCE)[0]:
                if not ray.is_initialized() or not _room(self.threads, self._has_gpu):
                    raise NoRoomError("no machine of the cluster is left.")
            ray.get(ready)
        except LostError:
            raise
        # Ray has exceptions of its own and those of its C++ side.
        except Exception as error:
            raise _lost(error) from error
        return RayWorker(actor)

    def close(self) -> None:
        """Leave the cluster, or end it if it was started for this run."""
        import ray

        ray.shutdown()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self, workers: int, has_gpu: bool) -> str | None:
        """Start a cluster of this machine alone, which only this user can reach."""
        import ray

        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
        try:
            ray.init(
                num_cpus=workers * self.threads,
                num_gpus=None if has_gpu else 0,
                include_dashboard=False,
                object_store_memory=OBJECT_STORE,
                log_to_driver=False,
                logging_level="error",
                _temp_dir=self._folder,
                _node_ip_address=LOOPBACK,
            )
        # Ray raises a bare `Exception` if its processes take 30 s to start, and else exceptions of its own.
        except Exception as error:
            self.close()
            raise ModelError(
                f"--ray: Ray's processes didn't start ({_first_line(error)}).",
                "Try again when the machine is less busy, or leave --ray out; nothing is lost.",
            ) from error
        return None

    def _check_room(self, wants: Wants) -> None:
        room = _room(self.threads, wants.has_gpu)
        if not room:
            what = f"{self.threads} free processors" + (" and a GPU" if wants.has_gpu else "")
            raise ModelError(f"--ray: no machine of the cluster has {what}.", "Lower --threads.")
        if self.workers > room:
            raise ModelError(
                f"--workers: the cluster has room for {room} workers of {self.threads} threads.",
                "Lower --workers or --threads.",
            )


class RayWorker:
    """A worker as an actor: a `remote.Remote`."""

    def __init__(self, actor: Any) -> None:
        self._actor = actor

    def call(self, method: str, *arguments: Any) -> Any:
        """Call a method and wait. Raises `LostError`."""
        return self.ask(method, *arguments).result()

    def ask(self, method: str, *arguments: Any) -> Future[Any]:
        """Call a method; the future's error is a `LostError`."""
        answer: Future[Any] = Future()
        try:
            future = getattr(self._actor, method).remote(*arguments).future()
        # As in `start`: Ray has exceptions of its own, and those of its C++ side.
        except Exception as error:
            answer.set_exception(_lost(error))
        else:
            future.add_done_callback(lambda done: _hand_on(done, answer))
        return answer

    def kill(self) -> None:
        """End the worker's process, if Ray can still be asked."""
        import ray

        with contextlib.suppress(Exception):
            ray.kill(self._actor)


def _hand_on(done: Future[Any], answer: Future[Any]) -> None:
    error = done.exception()
    if error:
        answer.set_exception(_lost(error))
    else:
        answer.set_result(done.result())


def _lost(error: BaseException) -> LostError:
    """The loss of a worker in words."""
    return LostError(f"the worker died ({_first_line(error)}).")


def _first_line(error: BaseException) -> str:
    """The first line of what Ray says."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return " ".join(lines[0].split())[:200].rstrip(".")


def _join(address: str) -> str | None:
    """Connect to a running cluster; gives the address of its dashboard, if it has one."""
    import ray

    if "://" in address:
        raise ModelError(
            f"--ray {address}: is no address of a cluster's head, HOST:PORT.",
            "Run remix on a machine of the cluster, with --ray auto or --ray HOST:PORT.",
        )
    host, _, port = address.rpartition(":")
    try:
        if address != "auto":
            # Ray itself tries for many minutes.
            socket.create_connection((host, int(port)), PATIENCE).close()
        context = ray.init(address=address, log_to_driver=False, logging_level="error")
    # Sockets, Ray and its C++ side each have exceptions of their own.
    except Exception as error:
        words = " ".join(str(error).split())[:200]
        raise ModelError(
            f"--ray {address}: no cluster can be joined there ({words}).",
            "Start one with `ray start --head` and `ray start --address HOST:PORT` on each further machine; --ray "
            "alone takes this machine.",
        ) from error
    return context.dashboard_url or None


def _room(threads: int, has_gpu: bool) -> int:
    """The number of workers for which machines of the cluster have processors, and GPUs."""
    import ray

    resources = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    rooms = [int(each.get("CPU", 0) // threads) for each in resources]
    gpus = [int(each.get("GPU", 0)) for each in resources]
    return sum(min(pair) if has_gpu else pair[0] for pair in zip(rooms, gpus, strict=True))


def _check_installed() -> None:
    if find_spec("ray") is None:
        raise ModelError("--ray: Ray isn't installed.", "Install it with `pip install 'essay-remix[ray]'`.")


@contextlib.contextmanager
def _quiet(folder: str) -> Iterator[None]:
    """While Ray starts: no reports to its makers, and an empty folder as the current one.

    Ray has workers import modules from the folder in which the run was started, where a stranger's may lie.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    # A thread that still waits for Ray when the run has ended would start another cluster.
    os.environ["RAY_ENABLE_AUTO_CONNECT"] = "0"
    # Ray would let any other process of the machine go first.
    os.environ.setdefault("RAY_worker_niceness", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    with contextlib.chdir(folder):
        yield
