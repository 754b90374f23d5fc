"""Events for open pages: published once, sent to every listening page, as server-sent events.

Takes the names and values of events from any thread, gives each page a stream of bytes. Buffers are bounded: a page
that reads too slowly loses its stream, and begins anew with the present state. Knows nothing of the events' meaning.
"""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterable

from remix.records import Frozen

MOST_STREAMS = 6
"""Streams of one session: a browser opens at most six connections to a server over HTTP/1.1."""

MOST_PAGES = 24
"""Streams of all sessions."""

MOST_UNREAD = 2000
"""Unread events after which a page's stream ends: many texts make this number in some seconds."""

HEARTBEAT = 15.0
"""Seconds without an event after which a line is sent: sending fails if the page is gone."""

RETRY = 1000
"""Milliseconds until a browser asks again after a stream has ended."""


class Events:
    """All open streams. Threads may share an `Events`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._streams: dict[Stream, str] = {}
        """The open streams; the value is the stream's session."""
        self._epoch, self._number = secrets.token_hex(4), 0

    def publish(self, name: str, value: Frozen) -> None:
        """Send an event to every listening page."""
        with self._lock:
            self._number += 1
            if not self._streams:
                return
            data = _encoded(name, value, f"{self._epoch}.{self._number}")
            for stream in self._streams:
                stream.put(data)

    def open(self, session: str) -> Stream | None:
        """A new stream for a page of a session, from the event loop's thread; null if too many are open."""
        with self._lock:
            if len(self._streams) >= MOST_PAGES or Counter(self._streams.values())[session] >= MOST_STREAMS:
                return None
            stream = Stream()
            self._streams[stream] = session
            return stream

    def close(self, stream: Stream) -> None:
        """End a stream, without sending its unread events."""
        with self._lock:
            self._streams.pop(stream, None)
        stream.end()

    async def sent(self, stream: Stream, present: Iterable[tuple[str, Frozen]]) -> AsyncIterator[bytes]:
        """The bytes of a stream: the present state as events, then each new event, until the page or the studio ends.

        `present` must have been taken after the stream was opened, or else changes could be lost.
        """
        try:
            yield f"retry: {RETRY}\n\n".encode()
            with self._lock:
                id_ = f"{self._epoch}.{self._number}"
            for name, value in present:
                yield _encoded(name, value, id_)
            async for data in stream:
                yield data
        finally:
            self.close(stream)


class Stream:
    """The events that a page hasn't read yet."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._unread: deque[bytes] = deque()
        self._is_there = asyncio.Event()
        self._is_over = False

    def put(self, data: bytes) -> None:
        """Add an event, from any thread."""
        if len(self._unread) >= MOST_UNREAD:
            self._is_over = True
        elif not self._is_over:
            self._unread.append(data)
        self._wake()

    def end(self) -> None:
        """Let the stream end, from any thread."""
        self._is_over = True
        self._wake()

    def _wake(self) -> None:
        # The loop may have been closed, at the studio's end.
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._is_there.set)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while not self._is_over:
            try:
                await asyncio.wait_for(self._is_there.wait(), HEARTBEAT)
            except TimeoutError:
                yield b": still here\n\n"
                continue
            self._is_there.clear()
            # All unread events in one packet.
            data = b"".join(self._unread.popleft() for _ in range(len(self._unread)))
            if data and not self._is_over:
                yield data


def _encoded(name: str, value: Frozen, id_: str) -> bytes:
    """An event in the format of server-sent events; JSON has no line breaks."""
    return f"id: {id_}\nevent: {name}\ndata: {value.model_dump_json()}\n\n".encode()
