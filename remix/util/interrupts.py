"""Ctrl-C: ends a command at any instant, by an exception, by an event, or by ending the process.

While a command works, the main thread gets a `KeyboardInterrupt`, once, and again if a library swallowed the
exception; once a run has begun, an event is set instead. A thread ends the process at the second Ctrl-C, and if the
main thread doesn't stop within `PATIENCE` seconds. Unless `install` was called, Ctrl-C is handled by Python or a
library. Knows nothing of commands and of the words to print.
"""

from __future__ import annotations

import atexit
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Any, NoReturn, TypeVar

STOPPED = 130
"""Exit status of a process ended by Ctrl-C, as in shells."""

PATIENCE = 5.0
"""Seconds for the main thread to stop."""

PACE = 0.05
"""Seconds between attempts to stop the main thread."""

Result = TypeVar("Result")


class _Keyboard:
    """Whether Ctrl-C was pressed, and the present effect of Ctrl-C."""

    def __init__(self, on_first: Callable[[], None], on_quit: Callable[[], None]) -> None:
        self.on_first = on_first
        self.on_quit = on_quit
        self.is_pressed = False
        self.is_working = False
        """Whether a command works, and must be able to clean up."""
        self.is_over = False
        """Whether the command has ended."""
        self.is_raised = False
        """Whether the main thread got a `KeyboardInterrupt`."""
        self.stop: threading.Event | None = None

    def handle(self, *_: Any) -> None:
        """The signal handler, called by Python in the main thread between two instructions."""
        self.is_pressed = True
        if self.stop:
            if not self.stop.is_set():
                self.stop.set()
                self.on_first()
        elif self.is_working:
            if not self.is_raised:
                self.is_raised = True
                raise KeyboardInterrupt
        elif not self.is_over:
            self.quit()

    def quit(self) -> NoReturn:
        """End the process at once."""
        try:
            self.on_quit()
        finally:
            os._exit(STOPPED)

    def watch(self, pipe: int) -> None:
        """Make sure that the main thread stops; Python writes the number of each signal into the pipe."""
        pressed_at, own, main = None, 0, threading.main_thread().ident or 0
        while True:
            must_stop = pressed_at is not None and self.is_working and not self.stop
            if select.select([pipe], [], [], PACE if must_stop else None)[0]:
                for number in os.read(pipe, 64):
                    if number not in (signal.SIGINT, signal.SIGTERM) or signal.getsignal(number) != self.handle:
                        continue
                    if own:
                        own -= 1
                    elif pressed_at is None:
                        pressed_at = time.monotonic()
                    else:
                        self.quit()
            elif pressed_at is not None and time.monotonic() > pressed_at + PATIENCE:
                self.quit()
            elif not self.is_raised and not own:
                # A library swallowed the exception: send the signal again, also to wake the main thread from a wait.
                # Never a second one before the first has come: the two would come as one, and the next Ctrl-C would
                # be taken for the other.
                own += 1
                signal.pthread_kill(main, signal.SIGINT)


_keyboard: _Keyboard | None = None


def install(on_first: Callable[[], None], on_quit: Callable[[], None]) -> None:
    """Handle Ctrl-C from now on, unless the parent process had Ctrl-C ignored.

    Before a process ends at once, `on_quit` is called; `on_first` is called if a run is to stop. Both functions may
    be called while a line is being printed.
    """
    global _keyboard
    if signal.getsignal(signal.SIGINT) in (signal.SIG_IGN, None):
        return
    _keyboard = _Keyboard(on_first, on_quit)
    if os.name == "posix":
        source, target = os.pipe()
        os.set_blocking(target, False)
        signal.set_wakeup_fd(target, warn_on_full_buffer=False)
        threading.Thread(target=_keyboard.watch, args=(source,), name="remix-ctrl-c", daemon=True).start()
    # Python's last steps take milliseconds, and restore the system's own handler first.
    atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGINT, _keyboard.handle)


class Working:
    """Within this context Ctrl-C raises `KeyboardInterrupt` in the main thread; afterwards the command is over."""

    def __enter__(self) -> None:
        if _keyboard:
            _keyboard.is_working = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if _keyboard:
            _keyboard.is_over, _keyboard.is_working = True, False


def stop_gently(stop: threading.Event) -> None:
    """From now on Ctrl-C and SIGTERM set an event, and the process goes on until the command ends.

    Raises `KeyboardInterrupt` if Ctrl-C was pressed before, and a library swallowed the exception.
    """
    if _keyboard and threading.current_thread() is threading.main_thread():
        _keyboard.stop = stop
        signal.signal(signal.SIGTERM, _keyboard.handle)
        check()


def is_pressed() -> bool:
    """Whether Ctrl-C was pressed."""
    return _keyboard is not None and _keyboard.is_pressed


def is_gentle() -> bool:
    """Whether Ctrl-C sets an event."""
    return _keyboard is not None and _keyboard.stop is not None


def check() -> None:
    """Raise `KeyboardInterrupt` in the main thread if Ctrl-C was pressed and no event was set."""
    if not _keyboard or threading.current_thread() is not threading.main_thread():
        return
    if _keyboard.is_pressed and not (_keyboard.stop and _keyboard.stop.is_set()):
        _keyboard.is_raised = True
        raise KeyboardInterrupt


def swallowed() -> None:
    """Note that Python dropped a `KeyboardInterrupt`, in a callback of C or in a destructor: the exception is raised
    again."""
    if _keyboard:
        _keyboard.is_raised = False


def in_thread(function: Callable[[], Result]) -> Result:
    """Call a long function that runs no Python in a separate thread, so that Ctrl-C needn't wait for the function's
    end.

    After a Ctrl-C the thread goes on until the process ends.
    """
    future: Future[Result] = Future()

    def work() -> None:
        try:
            future.set_result(function())
        except BaseException as error:  # raised by `result`
            future.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return future.result()


def end_stopped() -> None:
    """End the process at once after Ctrl-C: threads may be at work in C, and Python's own shutdown would disturb
    these threads."""
    if is_pressed():
        end_at_once(STOPPED)


def end_at_once(status: int) -> NoReturn:
    """End the process without waiting for threads; what was printed is shown."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)
