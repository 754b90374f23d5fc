"""Runs one target: makes cases, has each checked in a process that may die, and tells what went wrong.

Takes a `Target`, gives a `Report`. The same seed gives the same cases. What the cases mean, it doesn't know.
"""

from __future__ import annotations

import itertools
import multiprocessing
import random
import resource
import shutil
import tempfile
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path

import psutil

SECONDS = 10.0
"""Of computing, in the process and those that it starts: a case that takes longer hangs."""

PATIENCE = 20
"""A case that takes this many times its seconds by the clock hangs too: it waits for something, or the machine is
busier than any test can bear."""

MEMORY = 2**30
"""Bytes that a case may add to what the process takes."""

MOST_BYTES = 2**20
"""Of a case that is grown by chance."""


@dataclass(frozen=True)
class Target:
    """What is fuzzed."""

    name: str
    """The module's name."""
    corpus: Callable[[Path], list[bytes]]
    """Real inputs to begin from; may use the folder that it is given."""
    check: Callable[[bytes, Path], None]
    """Try one case in a folder. Raises for whatever remix must not do; a `RemixError` that is caught is an answer."""
    words: tuple[bytes, ...] = ()
    """Pieces worth putting in: keywords, brackets, extreme numbers."""
    mutate: Callable[[random.Random, bytes], bytes] | None = None
    """Changes a case in its own form (a JSON tree, a zip's members); half of all cases go through it, if given."""
    seconds: float = SECONDS
    """Of computing; a case that takes longer hangs."""


@dataclass
class Report:
    """What came of it."""

    cases: int = 0
    faults: list[tuple[str, bytes]] = field(default_factory=list)
    """What went wrong, and the case with which it did."""


def run(
    name: str,
    seed: int = 1,
    seconds: float | None = None,
    cases: int | None = None,
    tell: Callable[[str, bytes], object] | None = None,
) -> Report:
    """Fuzz one target for a number of seconds or cases, whichever ends first; `tell` hears of each fault at once."""
    target: Target = import_module(f"tests.fuzz.{name}").TARGET
    chance = random.Random(seed)
    report, child = Report(), Child(name)
    end = time.monotonic() + seconds if seconds else float("inf")
    with tempfile.TemporaryDirectory() as folder:
        pool = target.corpus(Path(folder))
        try:
            # The real inputs come first, as they are.
            for number in itertools.count():
                if time.monotonic() > end or (cases is not None and number >= cases):
                    break
                case = pool[number] if number < len(pool) else make(chance, target, pool)
                fault = child.check(case, target.seconds)
                report.cases += 1
                if fault:
                    report.faults.append((fault, case))
                    if tell:
                        tell(fault, case)
        finally:
            child.close()
    return report


def make(chance: random.Random, target: Target, pool: list[bytes]) -> bytes:
    """A new case."""
    case = chance.choice(pool)
    if target.mutate and chance.random() < 0.5:
        return target.mutate(chance, case)
    for _ in range(chance.choice((1, 1, 2, 4, 8, 16))):
        case = _change(chance, case, target.words, pool)
    return case[:MOST_BYTES]


def _change(chance: random.Random, case: bytes, words: tuple[bytes, ...], pool: list[bytes]) -> bytes:
    """One change by chance."""
    at = chance.randint(0, len(case))
    to = min(len(case), at + chance.choice((1, 2, 8, 64, 1024)))
    match chance.randrange(8):
        case 0 if case:
            at = min(at, len(case) - 1)
            return case[:at] + bytes([case[at] ^ (1 << chance.randrange(8))]) + case[at + 1 :]
        case 1:
            return case[:at] + chance.randbytes(chance.choice((1, 2, 4, 8))) + case[at:]
        case 2:
            return case[:at] + case[to:]
        case 3:
            return case[:at] + case[at:to] * chance.choice((2, 10, 300)) + case[to:]
        case 4 if words:
            return case[:at] + chance.choice(words) + case[at:]
        case 5 if words:
            return case[:at] + chance.choice(words) * chance.choice((2, 50, 3000)) + case[at:]
        case 6:
            other = chance.choice(pool)
            start = chance.randint(0, len(other))
            return case[:at] + other[start : start + chance.choice((8, 64, 1024))] + case[to:]
        case _:
            return case[:at]


class Child:
    """The process in which cases are checked. One that dies or hangs is replaced."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._process: SpawnProcess | None = None
        self._pipe: Connection | None = None

    def check(self, case: bytes, seconds: float) -> str:
        """What goes wrong with a case; empty if nothing does."""
        if self._pipe is None:
            self._start()
        assert self._pipe
        assert self._process
        try:
            self._pipe.send_bytes(case)
            if self._answers_within(seconds):
                return self._pipe.recv_bytes().decode()
            fault = f"hangs: no answer after {seconds:.0f} s of computing, or {PATIENCE * seconds:.0f} s by the clock"
        except (EOFError, OSError):
            self._process.join(seconds)
            fault = f"dies with status {self._process.exitcode}"
        self.close()
        return fault

    def _answers_within(self, seconds: float) -> bool:
        """Whether an answer comes before the process and those that it started have computed for `seconds`."""
        assert self._pipe
        assert self._process
        assert self._process.pid
        before, end = computed(self._process.pid), time.monotonic() + PATIENCE * seconds
        while time.monotonic() < end and computed(self._process.pid) < before + seconds:
            if self._pipe.poll(1.0):
                return True
        return self._pipe.poll(0)

    def close(self) -> None:
        """End it."""
        if self._process:
            self._process.kill()
            self._process.join()
        if self._pipe:
            self._pipe.close()
        self._process = self._pipe = None

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(self._name, theirs), daemon=True)
        self._process.start()
        theirs.close()
        # Importing everything takes longer than any case may.
        assert self._pipe.recv_bytes() == b"ready"


def computed(pid: int) -> float:
    """Seconds that a process, and those that it started, have computed; infinite if it is gone."""
    try:
        process = psutil.Process(pid)
        times = [process.cpu_times()]
        for child in process.children(recursive=True):
            with suppress(psutil.Error):
                times.append(child.cpu_times())
    except psutil.Error:
        return float("inf")
    # Of children that are gone, only the process itself knows.
    return sum(each.user + each.system for each in times) + times[0].children_user + times[0].children_system


def _serve(name: str, pipe: Connection) -> None:
    target: Target = import_module(f"tests.fuzz.{name}").TARGET
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    pipe.send_bytes(b"ready")
    with tempfile.TemporaryDirectory() as folder:
        for number in itertools.count():
            try:
                case = pipe.recv_bytes()
            except EOFError:
                return
            place = Path(folder, str(number))
            place.mkdir()
            fault = ""
            try:
                target.check(case, place)
            except BaseException:
                fault = traceback.format_exc(limit=-6)
            taken = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before
            if taken > MEMORY:
                fault = fault or f"takes {taken / 2**20:.0f} MiB"
            shutil.rmtree(place, ignore_errors=True)
            pipe.send_bytes(fault.encode("utf-8", "replace"))
            if taken > MEMORY:
                return
