"""A process of its own for everything that is measured: takes a command and its input, gives its output.

None inherits what another did to memory, caches or the settings of threads.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks import ENVIRONMENT
from benchmarks.work import Measure, Work

ROOT = Path(__file__).parent.parent


class MeasuringError(RuntimeError):
    """A process failed; the message is the end of what it said."""


def measure(contender: str, work: Work, server: str | None = None) -> Measure:
    """One contender, once. Raises `MeasuringError`."""
    more = {"LLAMA_SERVER": server} if server else {}
    done = run([sys.executable, "-m", "benchmarks.contenders", contender], work.model_dump_json(), more)
    return Measure.model_validate_json(done.splitlines()[-1])


def run(command: list[str], given: str = "", more: dict[str, str] | None = None) -> str:
    """What a command prints. Raises `MeasuringError`."""
    done = subprocess.run(
        command, input=given, capture_output=True, text=True, cwd=ROOT, env=ENVIRONMENT | (more or {})
    )
    if done.returncode:
        raise MeasuringError(f"{Path(command[0]).name}: {done.stderr[-2000:]}")
    return done.stdout
