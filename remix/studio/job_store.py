"""The jobs that wait, kept on disk: what was acknowledged to a page outlives the studio.

Takes the outputs folder and jobs that have no run yet, gives those that an ended studio left. Jobs with a run need no
such file: the run can be resumed. Files may be a stranger's: nothing in them is begun unasked.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import psutil
from pydantic import Field, TypeAdapter

from remix.records import Frozen
from remix.studio.engine_messages import JobRequest
from remix.util import json_values
from remix.util.files import read_bounded, remove, write_whole
from remix.util.json_values import JsonError

MOST_BYTES = 2**24
"""Bytes of a file: more than the requests of a full queue have, unless they are made of long texts."""

_NAME = re.compile(r"\.queue-(\d{1,10})\.json")


class WaitingJob(Frozen):
    """A job without a run."""

    id: str = Field(min_length=1, max_length=40)
    created: datetime
    request: JobRequest


class StoredJobs(Frozen):
    """The file's content."""

    begun: float
    """When the studio's process began, in seconds since 1970: another process may have its number later."""
    jobs: tuple[WaitingJob, ...] = Field(max_length=1000)


_STORED = TypeAdapter(StoredJobs)


class JobStore:
    """The file of a studio, and those of studios that have ended."""

    def __init__(self, outputs: Path) -> None:
        self._outputs = outputs
        self._path = outputs / f".queue-{os.getpid()}.json"
        self._is_empty = True

    def take_over(self) -> list[WaitingJob]:
        """The jobs that ended studios left, the oldest first, now in this studio's file. Raises `RunError`.

        Files that can't be read are left where they are.
        """
        found: dict[Path, tuple[WaitingJob, ...]] = {}
        for path in self._abandoned():
            with suppress(OSError, JsonError):
                found[path] = self._stored(path).jobs
        jobs = sorted((job for each in found.values() for job in each), key=lambda job: job.created)
        self.write(jobs)
        for path in found:
            remove(path)
        return jobs

    def write(self, jobs: Sequence[WaitingJob]) -> None:
        """Keep these jobs and no others. Raises `RunError` if the disk takes nothing."""
        if not jobs:
            if not self._is_empty:
                remove(self._path)
            self._is_empty = True
            return
        stored = StoredJobs(begun=psutil.Process().create_time(), jobs=tuple(jobs))
        write_whole(self._path, stored.model_dump_json().encode())
        self._is_empty = False

    def _abandoned(self) -> Iterator[Path]:
        """Files of studios whose processes have ended."""
        names: list[str] = []
        with suppress(OSError):
            names = sorted(os.listdir(self._outputs))  # noqa: PTH208 (names are enough)
        for name in names:
            number = _NAME.fullmatch(name)
            path = self._outputs / name
            if number and path != self._path and not self._is_open(path, int(number[1])):
                yield path

    def _is_open(self, path: Path, pid: int) -> bool:
        try:
            return abs(psutil.Process(pid).create_time() - self._stored(path).begun) < 1
        except (psutil.Error, OSError, OverflowError, JsonError):
            return False

    def _stored(self, path: Path) -> StoredJobs:
        return json_values.read_as(_STORED, read_bounded(path, MOST_BYTES, within=self._outputs))
