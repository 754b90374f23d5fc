"""The last net: what a user sees of an exception that no code expected.

Takes an exception, gives lines for the terminal and an exit status; never a traceback, unless it was asked for. Knows
nothing of what was being done.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from remix.cli import printing

BUG = 70
"""Exit status if remix itself is at fault; `sysexits.h` calls it EX_SOFTWARE."""

TRACEBACK = "REMIX_TRACEBACK"
"""Environment variable that asks for tracebacks, as `-v` does."""

LONGEST = 20_000
"""Characters of a traceback that are shown: its end."""

_PACKAGE = Path(__file__).parent.parent


class Unexpected(NamedTuple):
    """What is said of an exception."""

    message: str
    hints: tuple[str, ...]
    status: int
    """Exit status."""


def describe(error: BaseException) -> Unexpected:
    """What to say of an exception that no code expected."""
    where = f"{_name(error)} at {_place(error)}"
    if isinstance(error, RecursionError):
        hint = "Look for brackets, lists or folders within each other, hundreds deep; `remix -v ...` shows the code."
        return Unexpected(f"something is nested too deeply to be read ({where}).", (hint,), 1)
    if isinstance(error, MemoryError):
        hint = "Close other programs, or take fewer or smaller files, or a smaller model."
        return Unexpected(f"there is not enough memory ({where}).", (hint,), 1)
    line = f"{where}, {_versions()}"
    hints = (f"Please report this line, and what you did: {line}", "`remix -v ...` shows more of it.")
    return Unexpected("this is a bug in remix.", hints, BUG)


def show(error: BaseException, arguments: Sequence[str] = ()) -> int:
    """Print what is to be said of an exception, to stderr; gives the exit status."""
    said = describe(error)
    # Where stderr is closed there is nobody to tell.
    with suppress(OSError, ValueError):
        if is_verbose(arguments):
            import traceback

            printing.text("".join(traceback.format_exception(error))[-LONGEST:], err=True)
        printing.error(said.message, *said.hints)
    return said.status


def is_verbose(arguments: Sequence[str]) -> bool:
    """Whether tracebacks are wanted. By the words of the command line: parsing them may be what failed."""
    return bool(os.environ.get(TRACEBACK)) or "-v" in arguments or "--verbose" in arguments


@contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl-C raise `KeyboardInterrupt` in here; afterwards, with nothing left to do, it just ends the process."""
    if signal.getsignal(signal.SIGINT) not in (signal.SIG_DFL, signal.default_int_handler):
        # Whoever started the process has Ctrl-C ignored.
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def watch_threads() -> None:
    """Exceptions in threads, and those that Python can't raise, are told of in the same words from now on."""

    def in_thread(said: threading.ExceptHookArgs) -> None:
        if said.exc_value is not None and not isinstance(said.exc_value, SystemExit):
            show(said.exc_value, sys.argv)

    def unraisable(said: Any) -> None:
        # Python drops Ctrl-C if it comes while an object is being destroyed; that is no bug of remix.
        if said.exc_value is not None and not isinstance(said.exc_value, KeyboardInterrupt):
            show(said.exc_value, sys.argv)

    threading.excepthook = in_thread
    sys.unraisablehook = unraisable


def _name(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _place(error: BaseException) -> str:
    """File and line where remix's own code was last, without the user's folders."""
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
    except Exception:  # the installation itself may be what is broken
        version = "of unknown version"
    return f"remix {version}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
