"""The studio's HTTP server: listens, serves until Ctrl-C, and reads and verifies runs in background threads.

Takes a `Studio`; the answers are in `routes.py`. Knows nothing of run folders.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import uvicorn

from remix.errors import RemixError
from remix.records import sha256
from remix.studio import browser, connection_limits
from remix.studio.guard import Access
from remix.studio.routes import application
from remix.studio.studio import Studio
from remix.util.names import quoted

PACE = 10.0
"""Seconds between searches for new outputs if none are known of, and between updates of the runs' `index.md`."""

WRITING_PACE = 1.0
"""Seconds between readings while outputs are being written."""

HEAD_START = 5.0
"""Seconds to wait for the browser's first request before reading texts."""

DRAWN = 0.3
"""Seconds for the browser to show the list, before reading texts."""

ENDING = 1.0
"""Seconds that the background threads have to end after Ctrl-C."""

FIRST_PORT, PORTS = 20_000, 12_000
"""The ports among which each workspace has one of its own: below those that systems give to outgoing connections."""

_LOG = logging.getLogger(__name__)


class ReviewServerError(RemixError):
    """The server can't listen on a host and port."""


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free port. Raises `ReviewServerError`."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # asyncio sets TCP_NODELAY only if the protocol is named; else each answer's last packet waits for an ACK.
        bound = socket.socket(family, kind, protocol)
        try:
            # The port of a studio just closed can be used again at once. On Windows that of an open one could, too.
            if os.name == "posix":
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
            # The address is printed before the server answers: early connections wait.
            bound.listen()
        except OSError:
            bound.close()
            raise
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ReviewServerError(
            f"{host}:{port}: can't be listened on ({reason}).", "Take a different --port; 0 takes any free port."
        ) from error
    return bound


def bind_own(host: str, folder: Path) -> socket.socket:
    """A listening socket at a workspace's own port, or at a free one if that is taken. Raises `ReviewServerError`.

    What a browser keeps belongs to host and port: words that a killed studio hadn't stored are found by the next one.
    """
    with suppress(ReviewServerError):
        return bind(host, own_port(folder))
    return bind(host, 0)


def own_port(folder: Path) -> int:
    """The port of a workspace's studio, unless that is taken: a hash of the workspace's path."""
    return FIRST_PORT + int(sha256(os.fspath(folder.resolve()))[:8], 16) % PORTS


def serve(studio: Studio, access: Access, bound: socket.socket, browse: bool, tell: Callable[[str], None]) -> bool:
    """Answer until Ctrl-C, SIGTERM, or the terminal is closed; if `browse`, open the studio in the browser.

    `tell` gets messages for the user: new addresses, and errors. From the first signal on the process is to end, and
    ignores Ctrl-C. Returns whether a background thread is still at work: the process must then end at
    once (`interrupts.end_at_once`), because Python's own end would end the thread within a library written in Rust,
    which aborts the process.
    """
    open_runs = studio.runs
    visited, stop, redirect = threading.Event(), threading.Event(), ExitStack()
    # Reading may be broken off at the end (daemon), writing `index.md` may not.
    verifying = threading.Thread(target=_repeat, args=(open_runs.verify, stop), daemon=True)
    reading = threading.Thread(target=_read_on, args=(studio, visited, stop, verifying.start), daemon=True)
    tidying = threading.Thread(target=_repeat, args=(open_runs.tidy, stop))
    watching = threading.Thread(target=studio.watch.watch, args=(stop,), daemon=True)
    watching_drafts = threading.Thread(target=studio.drafts.watch, args=(stop,), daemon=True)

    def on_visit() -> None:
        visited.set()
        redirect.close()

    config = uvicorn.Config(
        application(studio, access, on_visit),
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        loop="asyncio",
        ws="none",
        http=connection_limits.Connection,
        backlog=connection_limits.BACKLOG,
        timeout_keep_alive=connection_limits.IDLE,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    _end_by_signals(server)
    with _errors_told(tell):
        if browse:
            _open_browser(access, redirect, tell)
        browser.listen(access, tell)
        reading.start()
        tidying.start()
        watching.start()
        watching_drafts.start()
        try:
            server.run(sockets=[bound])
        finally:
            _ignore_further_signals()
            for event in (stop, visited, studio.stirred):
                event.set()
            redirect.close()
            if run := studio.jobs.active_run:
                tell(f"Stopping {quoted(run)}; to finish it: remix resume {quoted(run)}")
            studio.jobs.close()
            tidying.join()
            open_runs.tidy()
            bound.close()
            _let_be_ended()
    return _are_at_work(reading, verifying, watching, watching_drafts)


def _open_browser(access: Access, redirect: ExitStack, tell: Callable[[str], None]) -> None:
    """Open the studio in the browser, by a file that `redirect` removes when it is closed."""
    try:
        browser.browse(redirect.enter_context(browser.redirect_file(access)))
    except OSError as error:
        tell(f"The browser can't be opened ({error.strerror or error}): open the address yourself.")


def _are_at_work(*threads: threading.Thread) -> bool:
    """Wait for the threads' ends; returns whether any is still at work after `ENDING` seconds."""
    end = time.monotonic() + ENDING
    for thread in threads:
        # One may never have been started.
        if thread.is_alive():
            thread.join(max(0.0, end - time.monotonic()))
    return any(thread.is_alive() for thread in threads)


_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _end_by_signals(server: uvicorn.Server) -> None:
    """From now on Ctrl-C, SIGTERM, and SIGHUP of a closed terminal end the server, so that `index.md` is written and
    no file for the browser stays.

    A signal before the server runs ends it as soon as it does. uvicorn sends itself each signal again after the end:
    with the handlers of before, SIGTERM would then end the process, and Ctrl-C would break off what is still to do.
    """

    def end(number: int, frame: object) -> None:
        server.should_exit = True

    if _is_main_thread():
        for number in _ENDS:
            # `nohup` has SIGHUP ignored.
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, end)


def _ignore_further_signals() -> None:
    """Let no second Ctrl-C break off writing `index.md`."""
    if _is_main_thread():
        for number in _ENDS:
            signal.signal(number, signal.SIG_IGN)


def _let_be_ended() -> None:
    """Let SIGTERM end the process at once, if its end takes long: everything is written."""
    if _is_main_thread():
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


@contextmanager
def _errors_told(tell: Callable[[str], None]) -> Iterator[None]:
    """Report errors in one line each; uvicorn and asyncio would print thousands of tracebacks."""
    handler = connection_limits.ErrorReporter(tell)
    loggers = [logging.getLogger(name) for name in ("uvicorn", "asyncio", __name__)]
    for logger in loggers:
        logger.addHandler(handler)
        logger.propagate = False
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
            logger.propagate = True


def _read_on(studio: Studio, visited: threading.Event, stop: threading.Event, verify: Callable[[], None]) -> None:
    """Read all outputs, start to `verify`, and go on reading new outputs, while the page is in use already."""
    open_runs = studio.runs
    # The first listing takes longest: make it while the browser starts.
    _try(open_runs.find_runs)
    _try(open_runs.listing().model_dump_json)
    visited.wait(HEAD_START)
    if stop.wait(DRAWN):
        return

    def read() -> None:
        open_runs.find_runs()
        open_runs.read()

    _try(read)
    verify()
    while not stop.is_set():
        studio.stirred.wait(PACE)
        studio.stirred.clear()
        _try(read)
        stop.wait(WRITING_PACE)


def _repeat(work: Callable[[], None], stop: threading.Event) -> None:
    while not stop.is_set():
        _try(work)
        stop.wait(PACE)


def _try(work: Callable[[], object]) -> None:
    """Run background work; an error is logged and doesn't end the thread."""
    try:
        work()
    except Exception as error:
        _LOG.error("", exc_info=error)
