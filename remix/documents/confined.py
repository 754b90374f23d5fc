"""The confined process for converting documents: strangers' files, read by third-party libraries.

Takes a file and options, gives a `Conversion`, validated field by field. `convert_confined` starts the process and
waits; `main` runs in the process. The process has bounds on time, memory and output, and can't open connections,
start processes, or write outside of a temporary folder. The bounds hold for libraries' mistakes and for hostile
documents, but not against a document that takes over the process itself.
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

from remix.documents.convert import Conversion, ConversionOptions, convert
from remix.documents.document import DocumentError
from remix.errors import RemixError
from remix.util.limits import limit
from remix.util.processes import Bounds, Ended, run_python
from remix.util.units import size

BOUNDS = Bounds(seconds=60, memory=2**30, output=128 * 2**20)
"""For a document. A Word document of 400 pages takes 4.6 s of computing and 260 MiB, measured on an AMD EPYC."""

COMPUTING = 8
"""Seconds of CPU time, chosen to keep every command below 10 s; on a busy machine the elapsed time is longer."""

TROUBLE = 3
"""Exit status if a document can't be converted; the output then is the error."""

NO_MEMORY = 4
"""Exit status if memory runs out."""

OVERTIME = -int(getattr(signal, "SIGXCPU", 0))
"""Exit status if the process exceeds its CPU time; 0 on systems without a limit on CPU time."""

_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""numpy, imported by remix.corpus, would otherwise take address space for each CPU core."""

_REFUSED = ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.system", "pty.")
"""Prefixes of Python's audit events for connections and processes."""

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def convert_confined(path: Path, options: ConversionOptions, bounds: Bounds = BOUNDS) -> Conversion:
    """Run `convert` in a confined process. Raises `DocumentError`, also if the document exceeds a bound."""
    request = json.dumps({"path": os.fspath(path), "options": options.model_dump()}).encode()
    # A killed process leaves its temporary files behind; the `with` block removes the files.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), folder)
        try:
            ended = run_python("remix.documents.confined:main", [], bounds, request, _ONE_THREAD | places)
        except OSError as error:
            raise DocumentError(
                f"{path}: no process can be started to read it ({error.strerror or error}).", "Try again."
            ) from error
    if ended.status != 0:
        raise _error_of(path, ended, bounds)
    try:
        return Conversion.model_validate_json(ended.output)
    except ValidationError as error:
        raise _unreadable(path, "the result isn't an essay") from error


def _error_of(path: Path, ended: Ended, bounds: Bounds) -> DocumentError:
    """The error of a failed process."""
    if ended.status is None or ended.status == OVERTIME:
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


_SMALLER = "Split the document, or save it as plain text."


def _unreadable(path: Path, reason: str) -> DocumentError:
    return DocumentError(
        f"{path}: can't be read ({reason}).",
        "Save it as plain text. If other programs can read the document, this is a bug of remix: please report it.",
    )


# -- in the process -----------------------------------------------------------------------------------------


def main() -> None:
    """Convert the document named by the request on standard input, and print the `Conversion` or the error."""
    request = json.loads(sys.stdin.buffer.read())
    # Output of libraries must not mix with the answer.
    answers, sys.stdout = sys.stdout.buffer, sys.stderr
    # Garbage collection takes half the time of a large document, and frees almost no memory before the end.
    gc.disable()
    _build_walls()
    try:
        converted = convert(Path(request["path"]), ConversionOptions.model_validate(request["options"]))
        answers.write(converted.model_dump_json().encode())
        status = 0
    except RemixError as error:
        answers.write(json.dumps({"message": error.message, "hint": error.hint}).encode())
        status = TROUBLE
    except MemoryError:
        status = NO_MEMORY
    answers.flush()
    # Skip the interpreter's shutdown: for a large document the shutdown takes as long as reading.
    os._exit(status)


def _build_walls() -> None:
    """Ignore Ctrl-C, which the parent handles; deny processes, connections, and files outside of the temporary
    folder."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(ImportError, AttributeError, ValueError, OSError):
        import resource

        # With equal limits the signal would be SIGKILL, which doesn't say that the CPU time ran out.
        resource.setrlimit(resource.RLIMIT_CPU, (COMPUTING, COMPUTING + 5))
    limit("RLIMIT_NPROC", 0)
    folder = Path(tempfile.gettempdir()).resolve()

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event.startswith(_REFUSED):
            raise PermissionError(f"a document is read without {event}")
        if event == "open":
            path, _, flags = arguments
            is_writing = not isinstance(path, int) and flags & _WRITING
            if is_writing and not Path(os.fsdecode(path)).resolve().is_relative_to(folder):
                raise PermissionError(f"a document is read without writing {path!a}")

    sys.addaudithook(watch)
