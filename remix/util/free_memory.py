"""Memory that this process may take, in bytes: the machine's, or less if a container or a service has a limit.

Limits are those of Linux's control groups, version 2: of the process's own group and of all groups above. Knows
nothing of models.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil

CGROUPS = Path("/sys/fs/cgroup")
"""Where the control groups lie, a folder each."""

OWN_CGROUP = Path("/proc/self/cgroup")
"""Names the control group of this process, as the kernel's cgroups(7) says."""


def total() -> int:
    """All memory of the machine or of the container."""
    limits = (_number(group / "memory.max") for group in _groups())
    return min([psutil.virtual_memory().total, *(limit for limit in limits if limit is not None)])


def available() -> int:
    """Bytes of memory that are free now, or that the system frees on demand."""
    left = (_left(group, "memory") for group in _groups())
    return max(0, min([psutil.virtual_memory().available, *(each for each in left if each is not None)]))


def available_with_swap() -> int:
    """Memory that is free now, and free swap space."""
    left = (_left(group, "memory.swap") for group in _groups())
    swap = min([psutil.swap_memory().free, *(each for each in left if each is not None)])
    return available() + max(0, swap)


def _groups() -> Iterator[Path]:
    """The folders of this process's control group and of those above; none without control groups of version 2."""
    try:
        lines = OWN_CGROUP.read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    own = next((line.removeprefix("0::/") for line in lines if line.startswith("0::/")), None)
    if own is None or ".." in own.split("/"):
        return
    group = CGROUPS / own
    for each in (group, *group.parents):
        yield each
        if each == CGROUPS:
            return


def _left(group: Path, kind: str) -> int | None:
    """Bytes of `memory` or `memory.swap` that a group's processes may still take; null without a limit.

    The pages of files in memory count as free: the system can drop them.
    """
    limit, used = _number(group / f"{kind}.max"), _number(group / f"{kind}.current")
    if limit is None or used is None:
        return None
    return limit - used + (_files(group) if kind == "memory" else 0)


def _files(group: Path) -> int:
    """Bytes of a group's pages of files, from `memory.stat`."""
    try:
        lines = (group / "memory.stat").read_text(encoding="ascii").splitlines()
        facts = dict(line.split(maxsplit=1) for line in lines)
        return int(facts["inactive_file"]) + int(facts["active_file"])
    except (OSError, ValueError, KeyError):
        return 0


def _number(path: Path) -> int | None:
    """The number in a group's file; null if there is no such file, or it says `max`: no limit."""
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
