"""A watchdog: acts if a task takes too long.

One thread watches over any number of tasks, one after another: to start a thread takes longer than a short task.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

_TICK = 1.0
"""Most seconds between two looks at the clock."""

_IDLE = 5
"""Looks in a row without a task after which the thread ends, until the next task."""


@dataclass
class _Task:
    until: float
    act: Callable[[], object]
    is_late: bool = False


class Watchdog:
    """Watches over one task at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._task: _Task | None = None
        self._thread: threading.Thread | None = None

    def begin(self, seconds: float, act: Callable[[], object]) -> None:
        """Call `act`, in another thread, if `end` isn't called within some seconds; at most a second later."""
        with self._lock:
            self._task = _Task(time.monotonic() + seconds, act)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="remix-watchdog", daemon=True)
                self._thread.start()

    def end(self) -> bool:
        """The task has ended; gives whether it was too late."""
        with self._lock:
            task, self._task = self._task, None
            return bool(task and task.is_late)

    def _run(self) -> None:
        idle = 0
        while True:
            with self._lock:
                idle = 0 if self._task else idle + 1
                if idle > _IDLE:
                    self._thread = None
                    return
                seconds = self._look()
            # By the clock, and not woken by `begin` and `end`: waking a thread costs more than a short task.
            time.sleep(seconds)

    def _look(self) -> float:
        """Act if the task is late; gives the seconds until the next look."""
        task = self._task
        if task is None or task.is_late:
            return _TICK
        left = task.until - time.monotonic()
        if left > 0:
            return min(left, _TICK)
        task.is_late = True
        task.act()
        return _TICK
