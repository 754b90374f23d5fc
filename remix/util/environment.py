"""The machine and the versions of the code: operating system, processor, cores, remix, Python, commit.

Takes a workspace's folder, gives an `Environment`, without the names of user and host.
"""

from __future__ import annotations

import os
import platform
from functools import cache
from importlib import metadata
from pathlib import Path

import psutil

from remix.records import Environment
from remix.records.bounds import MOST_THREADS
from remix.util import git

DISTRIBUTION = "essay-remix"


@cache
def version() -> str:
    """Version of remix. Kept, because each record names it and the metadata are parsed anew at each call."""
    return metadata.version(DISTRIBUTION)


def host() -> str:
    """Operating system and processor."""
    return f"{platform.system()} {platform.machine()}"


def describe(workspace: Path) -> Environment:
    """This machine, the versions, and the commit of the workspace's repository."""
    return Environment(remix=version(), python=platform.python_version(), host=host(), commit=git.commit(workspace))


def default_threads() -> int:
    """Threads to compute with unless the user chooses: `OMP_NUM_THREADS`, or as many as there are physical cores."""
    chosen = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    threads = int(chosen[:9]) if chosen.isdecimal() else 0
    return min(threads, MOST_THREADS) if threads else physical_cores()


def physical_cores() -> int:
    """Cores available to this process, without hyperthreads: more threads than cores slow llama.cpp down."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(psutil.cpu_count(logical=False) or allowed, allowed, _quota() or allowed))


def _quota() -> int | None:
    """The cgroup's limit on processor time, in cores; null without a limit."""
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        return max(1, int(quota) // int(period))
    except (OSError, ValueError):
        return None
