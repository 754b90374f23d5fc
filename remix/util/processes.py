"""Python functions in separate processes, within bounds; and the search path, environment and programs of processes.

Takes the name of a remix function, arguments and bounds; gives the process's output and exit status. Gives also the
command and the environment for a process, and the path of a program. No folder of a stranger influences the imports
and programs of a process. Knows nothing of the processes' tasks.
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
"""Environment variables with lists of folders, in which an empty or relative entry means the current folder."""

WATCH = 1.0
"""Seconds between checks whether the parent process is still alive."""


class Bounds(NamedTuple):
    """Limits of a process."""

    seconds: float | None
    """Wall-clock time until the process is killed; null for no limit."""
    memory: int | None = None
    """Bytes of address space, if the system supports the limit (Linux; macOS only loosely); null for no limit."""
    output: int = 256 * 2**20
    """Bytes of standard output, and of any file the process writes."""


class Ended(NamedTuple):
    """The result of a process."""

    status: int | None
    """Exit status, or -signal if a signal ended the process; null if the time limit was exceeded."""
    output: bytes
    """Standard output."""
    complaint: str
    """The last 4,000 characters of standard error."""


def run_python(
    function: str,
    arguments: Sequence[str],
    bounds: Bounds,
    data: bytes = b"",
    environment: Mapping[str, str | None] | None = None,
) -> Ended:
    """Call a function, named `package.module:function`, in a new process, and wait for the process to end.

    The function takes no parameters: `arguments` are in `sys.argv[1:]`, `data` is on standard input. `environment`
    adds variables, or removes variables whose value is null. The process ends at most `WATCH` seconds after the
    parent process. Raises `OSError` if the process can't be started.
    """
    limits = [str(os.getpid()), str(bounds.memory or 0), str(bounds.output)]
    # Files instead of pipes: the limit on file sizes then bounds the output.
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
    """The command for calling a function, named `package.module:function`, in a new Python process.

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
    """The command of the running Python; with `-I`, environment and current folder don't influence imports."""
    kept = [*(["-B"] if sys.dont_write_bytecode else []), *(["-X", "utf8"] if sys.flags.utf8_mode else [])]
    return [sys.executable, *options, *kept]


def search_path() -> list[str]:
    """`sys.path` for a new Python process.

    Relative folders and folders in the current folder are left out, except folders with Python or remix.
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
    """This process's environment without relative folders in `PATH` and the further variables of `SEARCHED`.

    `changes` adds variables, or removes the variables whose value is null.
    """
    inherited = {name: _absolute(value) if name in SEARCHED else value for name, value in os.environ.items()}
    changed: dict[str, str | None] = {**inherited, **(changes or {})}
    return {name: value for name, value in changed.items() if value is not None}


def leave_out(workspace: Path) -> None:
    """Remove relative folders and folders in a workspace from `PATH`, for this process and all child processes."""
    os.environ.update(clean_environment())
    places = os.environ.get("PATH", os.defpath).split(os.pathsep)
    if workspace.resolve() != workspace.resolve().parent:
        os.environ["PATH"] = os.pathsep.join(each for each in places if not is_within(Path(each), workspace))


def program(name: str) -> str | None:
    """The absolute path of a program; null if not found. Programs in the current folder, perhaps a stranger's, don't
    count."""
    places = [place for place in _absolute(os.environ.get("PATH", os.defpath)).split(os.pathsep) if place]
    found = shutil.which(name, path=os.pathsep.join(place for place in places if not _is_here(place)) or os.devnull)
    return found if found and Path(found).is_absolute() else None


def _absolute(folders: str) -> str:
    """A list of folders without relative and empty entries."""
    return os.pathsep.join(each for each in folders.split(os.pathsep) if Path(each).is_absolute())


def _is_here(path: str) -> bool:
    """Whether a path lies in the current folder; no if the current folder is the root folder."""
    try:
        here = Path(os.path.realpath(os.curdir))
    except OSError:  # the current folder is gone
        return False
    return here != here.parent and is_within(Path(path), here)


def begin() -> None:
    """The entry point of the new process: set limits, then import and call the function."""
    name, parent, memory, output = sys.argv[1:5]
    del sys.argv[1:5]

    def end_with_parent() -> None:
        while os.getppid() == int(parent):
            time.sleep(WATCH)
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()
    limit("RLIMIT_CORE", 0)
    limit("RLIMIT_FSIZE", int(output))
    if int(memory):
        limit("RLIMIT_AS", int(memory))
    module, _, function = name.partition(":")
    getattr(import_module(module), function)()
