"""A process of its own for everything that is measured: takes a command and its input, gives its output.

None inherits what another did to memory, caches or the settings of threads.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from pathlib import Path

import psutil

from benchmarks import ENVIRONMENT
from benchmarks.work import Measure, Work

ROOT = Path(__file__).parent.parent


class MeasuringError(RuntimeError):
    """A process failed; the message is the end of what it said."""


QUIET = 0.1
"""Cores that others may keep busy on a quiet machine."""


def measure(contender: str, work: Work, server: str | None = None, patience: float = 0) -> Measure:
    """One contender, once, after waiting at most so many seconds for a quiet machine. Raises `MeasuringError`."""
    wait_for_quiet(patience)
    more = {"LLAMA_SERVER": server} if server else {}
    begun, busy, own = time.perf_counter(), _busy(), _own()
    done = run([sys.executable, "-m", "benchmarks.contenders", contender], work.model_dump_json(), more)
    others = (_busy() - busy - (_own() - own)) / (time.perf_counter() - begun)
    measured = Measure.model_validate_json(done.splitlines()[-1])
    return measured.model_copy(update={"others": round(max(0.0, others), 2)})


def wait_for_quiet(patience: float) -> None:
    """Until other processes leave the cores alone, or so many seconds have passed."""
    given_up = time.monotonic() + patience
    while time.monotonic() < given_up:
        busy = _busy()
        time.sleep(2)
        if (_busy() - busy) / 2 < QUIET:
            return


def _busy() -> float:
    """Seconds that all cores together have worked."""
    times = psutil.cpu_times()
    return float(sum(times[:8]) - times.idle - getattr(times, "iowait", 0.0))


def _own() -> float:
    """Seconds that processes started here have worked."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(command: list[str], given: str = "", more: dict[str, str] | None = None) -> str:
    """What a command prints. Raises `MeasuringError`."""
    done = subprocess.run(
        command, input=given, capture_output=True, text=True, cwd=ROOT, env=ENVIRONMENT | (more or {})
    )
    if done.returncode:
        raise MeasuringError(f"{Path(command[0]).name}: {done.stderr[-2000:]}")
    return done.stdout
