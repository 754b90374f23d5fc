"""Watches the outputs folder: runs that come, go or change, and texts that another process finishes.

Looks once a second at the times of change of few folders, and reads names only where a folder has changed. Gives
events. Knows nothing of what runs are about, and opens a run's request only once.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from remix.errors import RunError
from remix.outputs.layout import FAILURES, HOLDER, LOCK, MANIFEST, RECORD, REQUEST, REVIEWS
from remix.outputs.lock import is_locked
from remix.outputs.run import RunFolder
from remix.outputs.runs import list_runs
from remix.records import Frozen, Task
from remix.studio.job_records import OutputEvent
from remix.studio.jobs import Publish
from remix.studio.output_files import key_of

PACE = 1.0
"""Seconds between looks."""

_OF_STATE = (REQUEST, MANIFEST, FAILURES, HOLDER, LOCK, REVIEWS)
"""Files whose coming, going or change is a change of the run."""

_Time = int | None


class RunsEvent(Frozen):
    """Runs that came, went, or changed."""

    runs: tuple[str, ...]
    """Names of the runs."""


class OutputsWatch:
    """What was seen of the outputs folder at the last look. For one thread."""

    def __init__(self, outputs: Path, publish: Publish, own_run: Callable[[], str | None]) -> None:
        """`own_run` gives the name of the run whose texts the studio knows from its engine process."""
        self._outputs, self._publish, self._own_run = outputs, publish, own_run
        self._runs: dict[Path, _SeenRun] | None = None

    def look(self) -> None:
        """Publish what has changed since the last look; the first look publishes nothing."""
        before = self._runs
        self._runs = {path: (before or {}).get(path) or _SeenRun(path) for path in list_runs(self._outputs)}
        changed = [path.name for path in (before or {}).keys() - self._runs.keys()]
        for path, run in self._runs.items():
            is_changed, finished = run.look()
            if before is None:
                continue
            if is_changed or finished:
                changed.append(path.name)
            if path.name != self._own_run():
                for task in finished:
                    self._publish("output", _event(path, task))
        if changed and before is not None:
            self._publish("runs", RunsEvent(runs=tuple(sorted(changed))))

    def watch(self, stop: threading.Event) -> None:
        """Look again and again. A folder that can't be read now may be readable later."""
        while not stop.is_set():
            with suppress(OSError):
                self.look()
            stop.wait(PACE)


class _SeenRun:
    """A run as it was seen at the last look."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._state: tuple[_Time, ...] = ()
        """The folder's time, which changes even if a lock was held only between two looks; the times of the files
        that say how the run is; and whether a process holds the lock, since a killed process leaves its files."""
        self._unfinished: dict[str, dict[str, Task]] | None = None
        """The tasks without a record, by folder and name of the record; null until the request was read."""
        self._times: dict[str, _Time] = {}
        """For each of these folders the time of its last change."""

    def look(self) -> tuple[bool, list[Task]]:
        """Whether the run is in another state than at the last look, and the tasks finished since."""
        times = [_changed(self._path / name) for name in _OF_STATE]
        is_written = times[_OF_STATE.index(HOLDER)] is not None and is_locked(self._path)
        state = (_changed(self._path), *times, is_written)
        is_changed, self._state = state != self._state, state
        return is_changed, self._finished() if is_changed or is_written else []

    def _finished(self) -> list[Task]:
        if self._unfinished is None:
            self._unfinished = self._planned()
        found = []
        for place, tasks in (self._unfinished or {}).items():
            time = _changed(self._path / place)
            if tasks and time != self._times.get(place):
                self._times[place] = time
                done = _names(self._path / place) & tasks.keys()
                found += [tasks.pop(name) for name in sorted(done)]
        return found

    def _planned(self) -> dict[str, dict[str, Task]] | None:
        """All tasks; null if the request can't be read."""
        planned: dict[str, dict[str, Task]] = {}
        try:
            tasks = RunFolder.open(self._path).run.tasks
        except RunError:
            return None
        for task in tasks:
            place, _, name = task.id.rpartition("/")
            planned.setdefault(place, {})[f"{name}{RECORD}"] = task
        return planned


def _names(folder: Path) -> set[str]:
    with suppress(OSError):
        return set(os.listdir(folder))  # noqa: PTH208 (names are enough)
    return set()


def _changed(path: Path) -> _Time:
    """The time of a file's or folder's last change; null if there is none."""
    with suppress(OSError):
        return path.stat().st_mtime_ns
    return None


def _event(path: Path, task: Task) -> OutputEvent:
    return OutputEvent(
        job=None,
        run=path.name,
        place=task.place,
        kind=task.kind,
        step=task.step,
        variant=task.variant,
        key=key_of(path, task.id),
        record=None,
    )
