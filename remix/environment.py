"""What machine and code this is.

Takes a workspace's folder, gives an `Environment`. Names no user and no host.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import psutil

from remix.records import Environment

DISTRIBUTION = "essay-remix"


def version() -> str:
    """Version of remix."""
    return metadata.version(DISTRIBUTION)


def host() -> str:
    """Operating system and processor."""
    return f"{platform.system()} {platform.machine()}"


def describe(workspace: Path, watched: list[Path]) -> Environment:
    """This machine, and the state of the workspace's repository as far as the watched folders go."""
    commit = _git(workspace, "rev-parse", "HEAD")
    safe = commit and not _own_filters(workspace)
    command = ("status", "--porcelain", "--ignore-submodules=all", "--", *map(str, watched))
    status = _git(workspace, *command) if safe else None
    return Environment(
        remix=version(),
        python=platform.python_version(),
        host=host(),
        commit=commit,
        dirty=None if status is None else bool(status),
    )


def physical_cores() -> int:
    """Cores this process may use, hyperthreads not counted: more threads than that slow llama.cpp down."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(psutil.cpu_count(logical=False) or allowed, allowed, _quota() or allowed))


def _quota() -> int | None:
    """Cores' worth of time a container may use, where its cgroup sets a limit."""
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        return max(1, int(quota) // int(period))
    except (OSError, ValueError):
        return None


def python_path() -> dict[str, str]:
    """The environment in which another Python finds what was found here; start it with `-P`, or it looks into the
    current folder first, which may be a stranger's."""
    return {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def _own_filters(folder: Path) -> bool:
    """Whether a repository brings commands of its own that looking at a file's state would run."""
    listed = _git(folder, "config", "--includes", "--show-scope", "--name-only", "--get-regexp", r"^filter\.") or ""
    return any(line.split()[0] not in ("system", "global") for line in listed.splitlines())


def _git(folder: Path, *arguments: str) -> str | None:
    """What git prints, or nothing where there is no git, no repository or no commit.

    A workspace may be a stranger's, with its repository: the monitor that one may name isn't started.
    """
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), "-c", "core.fsmonitor=false", *arguments],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
