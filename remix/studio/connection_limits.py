"""Limits of connections: seconds for sending a request, seconds for reading an answer, number of open connections.

A subclass of uvicorn's HTTP protocol. uvicorn's own time-out counts only between two requests: a request half sent,
or an answer never read, would keep a connection open for ever. Knows nothing of the requests' contents.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

IDLE = 5
"""Seconds a connection stays open between an answer and the next request."""

RECEIVING = 8.0
"""Seconds within which a request must have arrived whole."""

SENDING = 20.0
"""Seconds within which a browser must read more of an answer."""

MOST = 100
"""Connections open at a time if the system allows 800 open files or more, else an eighth of the allowed files.
As many again may be accepted before the oldest are closed, and runs' files are opened meanwhile."""

BACKLOG = 16
"""Connections waiting to be accepted; asyncio accepts all of them before reading from any."""


class Connection(H11Protocol):
    """A connection with time limits, closed early if newer connections need its place."""

    _since = 0.0
    _receiving: asyncio.TimerHandle | None = None
    _sending: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's own type
        """Close the connection idle for longest if too many are open."""
        super().connection_made(transport)
        self._since = self.loop.time()
        # `pause_writing` is then called as soon as one byte is unsent, not only when many are.
        transport.set_write_buffer_limits(0)
        others = [each for each in self.connections if isinstance(each, Connection) and each is not self]
        others = [each for each in others if not each.transport.is_closing()]
        if len(others) >= most_open():
            # Idle connections: no request is being answered.
            idle = (each for each in others if each.cycle is None or each.cycle.response_complete)
            min(idle, key=lambda each: each._since, default=self).transport.abort()
        self._count()

    def data_received(self, data: bytes) -> None:
        """Receive bytes of a request."""
        if self.timeout_keep_alive_task:
            self._stop_receiving()
        super().data_received(data)
        self._count()

    def send_400_response(self, msg: str) -> None:
        """Refuse bytes that aren't HTTP. If an earlier request is still being answered, only close the connection."""
        is_answering = self.cycle is not None and not self.cycle.response_complete
        if is_answering:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if is_answering or self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.close()
        else:
            super().send_400_response(msg)

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        self._since = self.loop.time()
        super().on_response_complete()
        # A part of the next request may have arrived already.
        self._count()

    def pause_writing(self) -> None:
        """Some bytes of an answer are unsent."""
        super().pause_writing()
        self._expect_less(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """All bytes were sent."""
        self._stop_sending()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timers."""
        self._stop_receiving()
        self._stop_sending()
        super().connection_lost(exc)

    def _count(self) -> None:
        """Run the timer while a request is being received, and only then."""
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._stop_receiving()
        elif self._receiving is None:
            self._receiving = self.loop.call_later(RECEIVING, self.transport.abort)

    def _expect_less(self, unsent: int) -> None:
        self._stop_sending()
        self._sending = self.loop.call_later(SENDING, self._abort_unless_less, unsent)

    def _abort_unless_less(self, before: int) -> None:
        unsent = self.transport.get_write_buffer_size()
        if unsent < before:
            self._expect_less(unsent)
        else:
            self.transport.abort()

    def _stop_receiving(self) -> None:
        if self._receiving:
            self._receiving.cancel()
        self._receiving = None

    def _stop_sending(self) -> None:
        if self._sending:
            self._sending.cancel()
        self._sending = None


def most_open() -> int:
    """Number of connections that may be open, leaving enough file descriptors for reading runs."""
    try:
        import resource
    except ImportError:
        return MOST
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if files == resource.RLIM_INFINITY else max(4, min(MOST, files // 8))


class ErrorReporter(logging.Handler):
    """Reports a server's errors, each in one line, equal lines once."""

    def __init__(self, tell: Callable[[str], Any]) -> None:
        super().__init__(logging.ERROR)
        self._tell = tell
        self._told: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Report a record's exception; records without an exception are uvicorn's progress messages."""
        error = record.exc_info[1] if record.exc_info else None
        # Closing the studio cancels the requests being answered.
        if error is None or isinstance(error, asyncio.CancelledError):
            return
        line = f"The studio met an error ({type(error).__name__}: {error})."
        if line not in self._told and len(self._told) < 20:
            self._told.add(line)
            self._tell(line)
