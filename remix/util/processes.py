"""Python functions in a process of their own, within bounds; and the search path, environment and programs of
processes.

Takes the name of a remix function, arguments and bounds; gives the process's output and exit status. No folder of a
stranger influences what a process imports or runs. Knows nothing of what processes do.
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
    adds variables, or removes variables whose value is null. The process ends at most `WATCH` seconds after its
    parent. Raises `OSError` if the process can't be started.
    """
    code = "import sys; n = int(sys.argv[1]); sys.path[:] = sys.argv[2:n + 2]; del sys.argv[1:n + 2]; "
    code += "from remix.util.processes import begin; begin()"
    limits = [str(os.getpid()), str(bounds.memory or 0), str(bounds.output)]
    variables = clean_environment() | dict(environment or {})
    # Files, not pipes, so that the limit on file sizes bounds the output.
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as complaint:
        try:
            done = subprocess.run(
                [*python(), "-c", code, *counted(search_path()), function, *limits, *arguments],
                input=data,
                stdout=output,
                stderr=complaint,
                timeout=bounds.seconds,
                env={name: value for name, value in variables.items() if value is not None},
                check=False,
            )
            status: int | None = done.returncode
        except subprocess.TimeoutExpired:
            status = None
        output.seek(0)
        complaint.seek(max(0, complaint.seek(0, os.SEEK_END) - 4000))
        return Ended(status, output.read(), complaint.read().decode("utf-8", "replace"))


def counted(words: Sequence[str]) -> list[str]:
    """The number of words and the words, so that further arguments may follow."""
    return [str(len(words)), *words]


def python() -> list[str]:
    """The command of this Python in isolated mode: environment and current folder don't influence imports."""
    kept = [*(["-B"] if sys.dont_write_bytecode else []), *(["-X", "utf8"] if sys.flags.utf8_mode else [])]
    return [sys.executable, "-I", *kept]


def search_path() -> list[str]:
    """`sys.path` for a new Python process.

    Relative folders and folders in the current folder are left out, unless Python or remix is installed there.
    """
    own = [sys.prefix, sys.base_prefix, os.fspath(Path(__file__).parents[2])]
    own += [site.USER_SITE] if site.USER_SITE else []
    return [
        path
        for path in sys.path
        if Path(path).is_absolute() and (not _is_here(path) or any(is_within(Path(path), Path(each)) for each in own))
    ]


def clean_environment() -> dict[str, str]:
    """This process's environment without relative folders in `PATH` and the other variables of `SEARCHED`."""
    return {name: _absolute(value) if name in SEARCHED else value for name, value in os.environ.items()}


def leave_out(workspace: Path) -> None:
    """Remove relative folders and folders in a workspace from `PATH`, for this process and its children."""
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
    """The entry point of the new process: set limits, then import the function and call it."""
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
    """End this process once its parent has ended."""
    while os.getppid() == parent:
        time.sleep(WATCH)
    os._exit(1)
