"""The process in which documents are converted: strangers' files, read by other people's libraries, within bounds.

Takes a file and what was asked for, gives a `Converted`, checked field by field. `convert` starts the process and
waits; `main` is what the process does. The process has bounds on time, memory and what it prints; it opens no
connection, starts nothing, and writes only into a folder of its own. These walls bound what libraries do by mistake,
or are made to do; they are none against a file that takes over the process itself.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from remix.documents.convert import Converted, Wanted, convert
from remix.documents.document import DocumentError
from remix.errors import RemixError
from remix.util.limits import limit
from remix.util.processes import Bounds, Ended, run_python
from remix.util.units import size

BOUNDS = Bounds(seconds=60, memory=2**30, output=128 * 2**20)
"""Of one document. A Word document of 400 pages takes 3 s of computing and 300 MiB."""

COMPUTING = 8
"""Seconds of computing, so that no command takes 10 s; on a busy machine they take longer by the clock."""

TROUBLE = 3
"""Exit status if a document can't be converted; what is printed then is why."""

NO_MEMORY = 4
"""Exit status if the memory didn't suffice."""

_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""numpy, which comes with remix.corpus, else takes address space for each of the processor's cores."""

_REFUSED = ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.system", "pty.")
"""Beginnings of the names of Python's audit events: connections and processes."""

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def convert_confined(path: Path, wanted: Wanted, bounds: Bounds = BOUNDS) -> Converted:
    """`convert`, in a process of its own. Raises `DocumentError`, also if the document takes more than the bounds."""
    request = json.dumps({"path": os.fspath(path), "wanted": wanted.model_dump()}).encode()
    # The process may be killed before it has removed what it wrote.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), folder)
        try:
            ended = run_python("remix.documents.confined:main", [], bounds, request, _ONE_THREAD | places)
        except OSError as error:
            raise DocumentError(
                f"{path}: no process can be started to read it ({error.strerror or error}).", "Try again."
            ) from error
    if ended.status != 0:
        raise _refused(path, ended, bounds)
    try:
        return Converted.model_validate_json(ended.output)
    except ValidationError as error:
        raise _unreadable(path, "what came of it isn't a seed") from error


def _refused(path: Path, ended: Ended, bounds: Bounds) -> DocumentError:
    """Why there is no seed, in words."""
    if ended.status is None or ended.status == _OVERTIME:
        limit = f"{bounds.seconds:g} s" if ended.status is None else f"{COMPUTING} s of computing"
        return DocumentError(f"{path}: takes longer than {limit} to read.", _SMALLER)
    if ended.status == NO_MEMORY:
        return DocumentError(f"{path}: takes more than {size(bounds.memory or 0)} of memory to read.", _SMALLER)
    if ended.status == TROUBLE:
        with suppress(ValueError, KeyError, TypeError):
            said = json.loads(ended.output)
            return DocumentError(str(said["message"]), str(said["hint"]))
    lines = ended.complaint.strip().splitlines()
    reason = f"signal {-ended.status}" if ended.status < 0 else lines[-1][:300] if lines else "no reason given"
    return _unreadable(path, reason)


_OVERTIME = -int(getattr(signal, "SIGXCPU", 0))
"""Exit status if the process has computed too long; 0 if the system knows no such limit."""

_SMALLER = "Split the document, or save it as plain text."


def _unreadable(path: Path, reason: str) -> DocumentError:
    return DocumentError(
        f"{path}: can't be read ({reason}).",
        "Save it as plain text. If other programs can read the document, this is a bug of remix: please report it.",
    )


# -- in the process -----------------------------------------------------------------------------------------


def main() -> None:
    """Convert the document that the request on standard input names, and print the `Converted`, or why not."""
    request = json.loads(sys.stdin.buffer.read())
    # What a library prints is no answer.
    answers, sys.stdout = sys.stdout.buffer, sys.stderr
    # Looking for unused objects takes half the time of a large document, and frees next to nothing before the end.
    gc.disable()
    _build_walls()
    try:
        answer, status = _answer(Path(request["path"]), Wanted.model_validate(request["wanted"]))
        answers.write(answer)
        answers.flush()
    except MemoryError:
        status = NO_MEMORY
    # Without the interpreter's own end, which for a large document takes as long as reading it.
    os._exit(status)


def _answer(path: Path, wanted: Wanted) -> tuple[bytes, int]:
    try:
        return convert(path, wanted).model_dump_json().encode(), 0
    except RemixError as error:
        return json.dumps({"message": error.message, "hint": error.hint}).encode(), TROUBLE


def _build_walls() -> None:
    """No Ctrl-C heard, which is for the parent; no process, no connection, and no file outside of the own folder."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(ImportError, AttributeError, ValueError, OSError):
        import resource

        # If both limits were the same, the signal would be one that says nothing of time.
        resource.setrlimit(resource.RLIMIT_CPU, (COMPUTING, COMPUTING + 5))
    limit("RLIMIT_NPROC", 0)
    folder = Path(tempfile.gettempdir()).resolve()

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event.startswith(_REFUSED):
            raise PermissionError(f"a document is read without {event}")
        if event == "open" and _writes(arguments, folder):
            raise PermissionError(f"a document is read without writing {arguments[0]!a}")

    sys.addaudithook(watch)


def _writes(arguments: tuple[Any, ...], folder: Path) -> bool:
    """Whether an `open` event is of a file to be written, outside of the folder."""
    path, _, flags = arguments
    if isinstance(path, int) or not flags & _WRITING:
        return False
    return not Path(os.fsdecode(path)).resolve().is_relative_to(folder)
