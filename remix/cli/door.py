"""The last handler of exceptions: what a user sees of an error that no other code expected.

Takes an exception, gives lines for the terminal and an exit status; a traceback only if the user asked for one.
Knows nothing of the command that ran.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from remix.cli import printing
from remix.util import interrupts

BUG = 70
"""Exit status after an internal error; EX_SOFTWARE in `sysexits.h`."""

TRACEBACK = "REMIX_TRACEBACK"
"""Environment variable to ask for tracebacks, like `-v`."""

LONGEST = 20_000
"""Characters of a traceback to show, from the end."""

_PACKAGE = Path(__file__).parent.parent


class Unexpected(NamedTuple):
    """The message about an exception."""

    message: str
    hints: tuple[str, ...]
    status: int
    """Exit status."""


def describe(error: BaseException) -> Unexpected:
    """The message about an unexpected exception."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    where = f"{name} at {_place(error)}"
    if isinstance(error, RecursionError):
        hint = "Look for brackets, lists or folders within each other, hundreds deep; `remix -v ...` shows the code."
        return Unexpected(f"something is nested too deeply to be read ({where}).", (hint,), 1)
    if isinstance(error, MemoryError):
        hint = "Close other programs, or try fewer or smaller files, or a smaller model."
        return Unexpected(f"there is not enough memory ({where}).", (hint,), 1)
    line = f"{where}, {_versions()}"
    hints = (f"Please report this line, and what you did: {line}", "`remix -v ...` shows more about the error.")
    return Unexpected("this is a bug in remix.", hints, BUG)


def show(error: BaseException, arguments: Sequence[str] = ()) -> int:
    """Print the message about an exception to stderr; returns the exit status."""
    said = describe(error)
    # Printing fails if stderr is closed.
    with suppress(OSError, ValueError):
        if is_verbose(arguments):
            import traceback

            printing.text("".join(traceback.format_exception(error))[-LONGEST:], err=True)
        printing.error(said.message, *said.hints)
    return said.status


def is_verbose(arguments: Sequence[str]) -> bool:
    """Whether tracebacks are wanted. Reads the bare words of the command line, since parsing may have failed."""
    return bool(os.environ.get(TRACEBACK)) or "-v" in arguments or "--verbose" in arguments


def watch_threads() -> None:
    """Show exceptions in threads, and exceptions that Python can't raise, like all unexpected exceptions."""

    def in_thread(said: threading.ExceptHookArgs) -> None:
        if said.exc_value is not None and not isinstance(said.exc_value, SystemExit):
            show(said.exc_value, sys.argv)

    def unraisable(said: Any) -> None:
        # Python drops a Ctrl-C that comes while C calls Python, or while an object is being destroyed.
        if isinstance(said.exc_value, KeyboardInterrupt):
            interrupts.swallowed()
        elif said.exc_value is not None:
            show(said.exc_value, sys.argv)

    threading.excepthook = in_thread
    sys.unraisablehook = unraisable


def _place(error: BaseException) -> str:
    """File and line of the innermost frame in remix's own code, without the user's folders."""
    own, last = "", "an unknown place"
    at = error.__traceback__
    while at:
        path = Path(at.tb_frame.f_code.co_filename)
        last = f"{path.name}:{at.tb_lineno}"
        if path.is_relative_to(_PACKAGE):
            own = f"remix/{path.relative_to(_PACKAGE).as_posix()}:{at.tb_lineno}"
        at = at.tb_next
    return own or last


def _versions() -> str:
    import platform
    from importlib import metadata

    try:
        version = metadata.version("essay-remix")
    except Exception:  # the installation may be broken
        version = "of unknown version"
    return f"remix {version}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
