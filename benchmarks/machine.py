"""What machine and which llama.cpp the numbers come from. Names no user, no host and no path."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

import psutil

from benchmarks import ENVIRONMENT
from remix.engine import llama
from remix.records import Frozen
from remix.util import environment


class Machine(Frozen):
    """Everything about this machine that touches speed, as far as it is known."""

    date: datetime
    cpu: str
    cores: int
    memory: int
    """Bytes in all."""
    system: str
    python: str
    remix: str
    llama_cpp_python: str
    system_info: str
    """llama.cpp's own list of the CPU features it uses."""
    load: float
    """Processes that were running, on average over a minute, when measuring began."""
    openmp: dict[str, str]
    """The user's own settings for threads; remix adds one where there are none."""


def describe() -> Machine:
    """This machine, now."""
    openmp = {key: value for key, value in ENVIRONMENT.items() if key.startswith(("OMP_", "GOMP_"))}
    return Machine(
        date=datetime.now(UTC),
        cpu=_cpu(),
        cores=environment.physical_cores(),
        memory=psutil.virtual_memory().total,
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        remix=environment.version(),
        llama_cpp_python=llama.version(),
        system_info=llama.system_info(),
        load=round(os.getloadavg()[0], 2),
        openmp=openmp,
    )


def in_words(machine: Machine) -> str:
    """The machine in a line."""
    return (
        f"{machine.date:%Y-%m-%d}, {machine.cpu}, {machine.cores} cores, {machine.memory / 2**30:.0f} GiB, "
        f"{machine.system}, llama-cpp-python {machine.llama_cpp_python}, load {machine.load} at the start"
    )


def _cpu() -> str:
    """The processor's name, with family and model where its maker gave it none of its own."""
    facts: dict[str, str] = {}
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text().splitlines():
            key, _, value = line.partition(":")
            facts.setdefault(key.strip(), value.strip())
    name = facts.get("model name") or platform.processor() or platform.machine()
    return f"{name} (family {facts['cpu family']}, model {facts['model']})" if "cpu family" in facts else name
