"""Python in a process of its own: started so that no folder has a say in what runs, ended when it takes too much.

Takes the name of a function of remix, its arguments and bounds; gives what the process printed and how it ended.
Also gives what other processes are started with: command, environment, and where a program lies. What a process does,
this module doesn't know.
"""

from __future__ import annotations

import os
import shutil
import site
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from remix.util.files import is_within
from remix.util.limits import limit

SEARCHED = (
    "PATH",
    "PYTHONPATH",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "DYLD_FALLBACK_LIBRARY_PATH",
    "DYLD_FRAMEWORK_PATH",
)
"""Environment variables with lists of folders, in which an empty or relative one means the current folder."""

WATCH = 1.0
"""Seconds between looks whether the process that started this one is still there."""


class Bounds(NamedTuple):
    """What a process may take."""

    seconds: float | None
    """From its start to its end, by the clock; it is killed then. Null if only its own end or Ctrl-C ends it."""
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
    environment: Mapping[str, str | None] | None = None,
) -> Ended:
    """Call a function, named `package.module:function`, in a new process, and wait for its end.

    The function takes no parameters: it finds `arguments` in `sys.argv[1:]` and `data` on standard input.
    `environment` adds variables, or takes away those that are null. The process ends at the latest `WATCH` seconds
    after the one that started it. Raises `OSError` if the process can't be started.
    """
    limits = [str(os.getpid()), str(bounds.memory or 0), str(bounds.output)]
    # Files, not pipes: what a process prints is bounded by the limit on files.
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as complaint:
        try:
            done = subprocess.run(
                command("remix.util.processes:begin", [function, *limits, *arguments]),
                input=data,
                stdout=output,
                stderr=complaint,
                timeout=bounds.seconds,
                env=clean_environment(environment),
                check=False,
            )
            status: int | None = done.returncode
        except subprocess.TimeoutExpired:
            status = None
        output.seek(0)
        complaint.seek(max(0, complaint.seek(0, os.SEEK_END) - 4000))
        return Ended(status, output.read(), complaint.read().decode("utf-8", "replace"))


def command(function: str, arguments: Sequence[str] = (), options: Sequence[str] = ("-I",)) -> list[str]:
    """The command that calls a function, named `package.module:function`, in another Python.

    The function finds `arguments` in `sys.argv[1:]`. `options` are Python's own.
    """
    path = search_path()
    return [*python(options), "-c", _CALL, str(len(path)), *path, function, *arguments]


_CALL = """\
import sys
from importlib import import_module

end = int(sys.argv[1]) + 2
sys.path[:], name = sys.argv[2:end], sys.argv[end]
del sys.argv[1:end + 1]
module, _, function = name.partition(":")
getattr(import_module(module), function)()
"""


def python(options: Sequence[str] = ("-I",)) -> list[str]:
    """This Python; by its options neither its environment nor the current folder says what it imports."""
    kept = [*(["-B"] if sys.dont_write_bytecode else []), *(["-X", "utf8"] if sys.flags.utf8_mode else [])]
    return [sys.executable, *options, *kept]


def search_path() -> list[str]:
    """The folders in which another Python finds what this one found, remix among them.

    Relative folders are left out, and those in the current folder, unless Python or remix itself is installed there.
    """
    remix = os.fspath(Path(__file__).parents[2])
    own = [sys.prefix, sys.base_prefix, remix, *([site.USER_SITE] if site.USER_SITE else [])]
    found = [
        path
        for path in sys.path
        if Path(path).is_absolute() and (not _is_here(path) or any(is_within(Path(path), Path(each)) for each in own))
    ]
    return found if remix in found else [*found, remix]


def clean_environment(changes: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """This process's environment, without relative folders in the lists of folders that programs are found by.

    `changes` adds variables, or takes away those that are null.
    """
    inherited = {name: _absolute(value) if name in SEARCHED else value for name, value in os.environ.items()}
    changed: dict[str, str | None] = {**inherited, **(changes or {})}
    return {name: value for name, value in changed.items() if value is not None}


def leave_out(workspace: Path) -> None:
    """From now on no program is found by a relative path or in a workspace, by this process or those it starts."""
    os.environ.update(clean_environment())
    places = os.environ.get("PATH", os.defpath).split(os.pathsep)
    if workspace.resolve() != workspace.resolve().parent:
        os.environ["PATH"] = os.pathsep.join(each for each in places if not is_within(Path(each), workspace))


def program(name: str) -> str | None:
    """The absolute path of a program; one in the current folder doesn't count, for it may be a stranger's. Null if
    there is none."""
    places = [place for place in _absolute(os.environ.get("PATH", os.defpath)).split(os.pathsep) if place]
    found = shutil.which(name, path=os.pathsep.join(place for place in places if not _is_here(place)) or os.devnull)
    return found if found and Path(found).is_absolute() else None


def _absolute(folders: str) -> str:
    """A list of folders without those that are relative or empty."""
    return os.pathsep.join(each for each in folders.split(os.pathsep) if Path(each).is_absolute())


def _is_here(path: str) -> bool:
    """Whether a path lies in the current folder; all lie in the topmost one, which is no stranger's."""
    try:
        here = Path(os.path.realpath(os.curdir))
    except OSError:  # the current folder is gone
        return False
    return here != here.parent and is_within(Path(path), here)


def begin() -> None:
    """What the new process does first: set its own limits, then import the function and call it."""
    name, parent, memory, output = sys.argv[1:5]
    del sys.argv[1:5]
    threading.Thread(target=_end_with, args=(int(parent),), daemon=True).start()
    limit("RLIMIT_CORE", 0)
    limit("RLIMIT_FSIZE", int(output))
    if int(memory):
        limit("RLIMIT_AS", int(memory))
    module, _, function = name.partition(":")
    getattr(import_module(module), function)()


def _end_with(parent: int) -> None:
    """End this process when the one that started it is gone, killed or closed: nobody waits for it any more."""
    while os.getppid() == parent:
        time.sleep(WATCH)
    os._exit(1)
