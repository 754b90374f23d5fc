"""Connections: how long a browser may take for a request and for its answer, and how many may be open.

Takes and gives uvicorn's protocol. uvicorn's own time-out counts only between two requests: one that is half sent, or
an answer that is not read, would keep its connection for ever. Knows nothing of what is asked.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

IDLE = 5
"""Seconds that a connection stays open between an answer and the next request."""

RECEIVING = 8.0
"""Seconds in which a request must be there to its last byte."""

SENDING = 20.0
"""Seconds in which a browser must read something of an answer."""

MOST = 100
"""Connections that are open at a time, where the system allows 800 open files or more; else an eighth of those.
As many may be accepted before the oldest are closed, and files are opened beside them."""

BACKLOG = 16
"""Connections that wait to be accepted; asyncio accepts all of them before it looks at any."""


class Connection(H11Protocol):
    """A connection that ends when it is waited for too long, or when newer ones need its place."""

    _since = 0.0
    _receiving: asyncio.TimerHandle | None = None
    _sending: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's own type
        """Take a place, if need be that of the connection that has waited longest."""
        super().connection_made(transport)
        self._since = self.loop.time()
        # `pause_writing` then tells whenever anything is unsent, not only when much is.
        transport.set_write_buffer_limits(0)
        others = [each for each in self.connections if isinstance(each, Connection) and each is not self]
        others = [each for each in others if not each.transport.is_closing()]
        if len(others) >= most_open():
            waiting = (each for each in others if each._is_waiting())
            min(waiting, key=lambda each: each._since, default=self).transport.abort()
        self._count()

    def data_received(self, data: bytes) -> None:
        """Take what was sent."""
        if self.timeout_keep_alive_task:
            self._stop_receiving()
        super().data_received(data)
        self._count()

    def send_400_response(self, msg: str) -> None:
        """Refuse what isn't HTTP. Behind a request that is being answered, end the connection without a word."""
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
        # A part of it may be there already, behind the last one.
        self._count()

    def pause_writing(self) -> None:
        """Something of an answer is unsent."""
        super().pause_writing()
        self._expect_less(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """Nothing is unsent."""
        self._stop_sending()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave the place to others."""
        self._stop_receiving()
        self._stop_sending()
        super().connection_lost(exc)

    def _is_waiting(self) -> bool:
        """Whether no request is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def _count(self) -> None:
        """Count the time while a request is being received, and only then."""
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._stop_receiving()
        elif self._receiving is None:
            self._receiving = self.loop.call_later(RECEIVING, self.transport.abort)

    def _expect_less(self, unsent: int) -> None:
        self._stop_sending()
        self._sending = self.loop.call_later(SENDING, self._look, unsent)

    def _look(self, before: int) -> None:
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
    """Connections that may be open: so few that files can still be opened beside them."""
    try:
        import resource
    except ImportError:
        return MOST
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if files == resource.RLIM_INFINITY else max(4, min(MOST, files // 8))


class Troubles(logging.Handler):
    """Tells what goes wrong in a server in one line, and the same line once."""

    def __init__(self, tell: Callable[[str], Any]) -> None:
        super().__init__(logging.ERROR)
        self._tell = tell
        self._told: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Tell it. What has no exception is uvicorn's talk."""
        error = record.exc_info[1] if record.exc_info else None
        # Whoever closes the desk cancels what is being answered.
        if error is None or isinstance(error, asyncio.CancelledError):
            return
        line = f"The desk failed at something ({type(error).__name__}: {error})."
        if line not in self._told and len(self._told) < 20:
            self._told.add(line)
            self._tell(line)
