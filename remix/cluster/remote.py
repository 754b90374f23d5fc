"""Workers in other processes, as the pool of workers sees them; and what a run wants of them.

`ray_cluster.py` makes such workers on machines, tests in threads.
"""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from remix.cluster.messages import Order
from remix.records import EngineUsed


class LostError(Exception):
    """A worker has died, or its machine can't be reached."""


class NoRoomError(LostError):
    """No machine of the cluster has room for a worker, and none will have."""


class Remote(Protocol):
    """A worker in another process: its methods by name."""

    def call(self, method: str, *arguments: Any) -> Any:
        """Call a method of the worker and wait for its result. Raises `LostError`."""

    def ask(self, method: str, *arguments: Any) -> Future[Any]:
        """Call a method of the worker; the future's error is `LostError`."""

    def kill(self) -> None:
        """End the worker's process."""


class Cluster(Protocol):
    """Machines on which workers can run."""

    def start(self) -> Remote:
        """A new worker, as soon as a machine has room for it.

        Raises `LostError`, and `NoRoomError` if no machine is left.
        """

    def close(self) -> None:
        """Leave the cluster; a cluster that was started for this run ends."""


class Wanted(NamedTuple):
    """The workers that a run wants."""

    workers: int
    order: Order
    path: Path | None
    """The weights on this machine, from which a machine without them gets a copy; null if the order names no file."""
    engine: EngineUsed | None = None
    """The engine of the run's first texts; null for that of the first worker."""
    exact: bool = False
    """Whether workers whose engine differs from the first are left out."""
