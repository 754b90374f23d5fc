"""Python in a process of its own: started so that no folder has a say in what runs, ended when it takes too much.

Takes the name of a function of remix, its arguments and bounds; gives what the process printed and how it ended. What
the function does, this module doesn't know.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from typing import NamedTuple

from remix.environment import python_path


class Bounds(NamedTuple):
    """What a process may take."""

    seconds: float
    """From its start to its end, by the clock; it is killed then."""
    memory: int | None = None
    """Bytes of address space, where the system limits that (Linux, and macOS only loosely); unlimited if null."""
    output: int = 256 * 2**20
    """Bytes that it may print, and that any file it writes may have."""


class Ended(NamedTuple):
    """How a process ended."""

    status: int | None
    """Its exit status, below 0 the signal that ended it; null if it took more than its seconds."""
    output: bytes
    """What it printed."""
    complaint: str
    """What it printed to stderr: the last 4,000 characters."""


def run_python(
    function: str,
    arguments: Sequence[str],
    bounds: Bounds,
    data: bytes = b"",
    environment: Mapping[str, str] | None = None,
) -> Ended:
    """Call a function, named `package.module:function`, in a new process, and wait for its end.

    The function takes no parameters: it finds `arguments` in `sys.argv[1:]` and `data` on standard input. Raises
    `OSError` if the process can't be started.
    """
    code = "from remix.processes import begin; begin()"
    limits = [str(bounds.memory or 0), str(bounds.output)]
    # Files, not pipes: what a process prints is bounded by the limit on files.
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as complaint:
        try:
            done = subprocess.run(
                [sys.executable, "-P", "-s", "-c", code, function, *limits, *arguments],
                input=data,
                stdout=output,
                stderr=complaint,
                timeout=bounds.seconds,
                env=os.environ | python_path() | dict(environment or {}),
                check=False,
            )
            status: int | None = done.returncode
        except subprocess.TimeoutExpired:
            status = None
        output.seek(0)
        complaint.seek(max(0, complaint.seek(0, os.SEEK_END) - 4000))
        return Ended(status, output.read(), complaint.read().decode("utf-8", "replace"))


def begin() -> None:
    """What the new process does first: set its own limits, then import the function and call it."""
    name, memory, output = sys.argv[1:4]
    del sys.argv[1:4]
    _limit("RLIMIT_CORE", 0)
    _limit("RLIMIT_FSIZE", int(output))
    if int(memory):
        _limit("RLIMIT_AS", int(memory))
    module, _, function = name.partition(":")
    getattr(import_module(module), function)()


def _limit(name: str, value: int) -> None:
    """Set one of the system's limits, if it has such limits and lets us."""
    try:
        import resource
    except ImportError:
        return
    with suppress(AttributeError, ValueError, OSError):
        resource.setrlimit(getattr(resource, name), (value, value))
