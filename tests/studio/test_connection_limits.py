"""Connections to the studio: half requests, answers that nobody reads, and many at a time."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from remix.outputs import RunFolder, reviews
from remix.studio import connection_limits
from remix.studio.connection_limits import Connection, ErrorReporter, most_open
from remix.studio.guard import Access
from remix.studio.routes import application
from remix.studio.server import bind
from remix.studio.studio import Studio
from remix.workspace import Workspace
from tests.conftest import make_workspace
from tests.studio_server import FIRST, Client, served, variants

LONG = 60.0
"""Seconds: the machine may be busy."""

LARGE = 50 * 2**20

App = Callable[..., Any]


class Served:
    """An application behind the studio's connections, in a thread."""

    def __init__(self, app: App) -> None:
        self.bound = bind("127.0.0.1", 0)
        self.port = self.bound.getsockname()[1]
        config = uvicorn.Config(
            app,
            log_config=None,
            lifespan="off",
            ws="none",
            loop="asyncio",
            http=Connection,
            backlog=connection_limits.BACKLOG,
            timeout_keep_alive=connection_limits.IDLE,
            timeout_graceful_shutdown=1,
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.bound]})
        self.thread.start()

    @property
    def open(self) -> int:
        return len(self.server.server_state.connections)

    def connect(self, sent: bytes = b"") -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=LONG)
        connection.sendall(sent)
        return connection


@contextmanager
def serving(app: App) -> Iterator[Served]:
    it = Served(app)
    try:
        yield it
    finally:
        it.server.should_exit = True
        it.thread.join(LONG)
        it.bound.close()
    assert not it.thread.is_alive()


async def _answer(send: Any, body: bytes) -> None:
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def short(scope: Any, receive: Any, send: Any) -> None:
    """Reads what it is sent, and answers."""
    while (message := await receive()).get("more_body"):
        pass
    if message["type"] != "http.disconnect":
        await _answer(send, b"read")


async def large(scope: Any, receive: Any, send: Any) -> None:
    await _answer(send, b"x" * LARGE)


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + LONG
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def rest_of(connection: socket.socket) -> bytes:
    """What comes until the server closes the connection. Raises `TimeoutError` where it doesn't."""
    found = bytearray()
    with connection, suppress(ConnectionResetError):
        while data := connection.recv(2**16):
            found += data
    return bytes(found)


GET = b"GET / HTTP/1.1\r\nHost: x\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\n"

HALF = {
    "nothing": b"",
    "a letter": b"G",
    "an empty line": b"\r\n",
    "a method": b"GET ",
    "half a line": b"GET / HTT",
    "no headers": b"GET / HTTP/1.1\r\n",
    "half a header": GET + b"X: ",
    "no end of the headers": GET + b"X: y\r\n",
    "half an end": GET + b"\r",
    "a body that doesn't come": POST + b"Content-Length: 5\r\n\r\n",
    "half a body": POST + b"Content-Length: 5\r\n\r\nab",
    "a body without an end": POST + b"Content-Length: 99999999999\r\n\r\n" + b"x" * 100_000,
    "a chunk that doesn't come": POST + b"Transfer-Encoding: chunked\r\n\r\n",
    "half a chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
    "no last chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
    "half of the last chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n",
    "waiting to be asked": POST + b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n",
    "a half one behind a whole one": GET + b"\r\n" + GET,
    "a half body behind a whole one": GET + b"\r\n" + POST + b"Content-Length: 5\r\n\r\nab",
    "a half one behind many": (GET + b"\r\n") * 50 + b"G",
    "a TLS greeting": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(20),
}


@pytest.mark.parametrize("sent", HALF.values(), ids=HALF)
def test_what_is_half_sent_is_given_up(sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stayed open for ever, as long as nothing or something came."""
    monkeypatch.setattr(connection_limits, "RECEIVING", 0.3)
    with serving(short) as it:
        rest_of(it.connect(sent))
        until(lambda: it.open == 0)


@pytest.mark.parametrize("name", ["half a header", "a body without an end", "nothing"])
def test_what_trickles_is_given_up(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte began the waiting anew."""
    monkeypatch.setattr(connection_limits, "RECEIVING", 0.5)
    with serving(short) as it, it.connect(HALF[name]) as connection:
        piece = b"\r\n" if name == "nothing" else b"x"

        def is_closed() -> bool:
            try:
                connection.sendall(piece)
            except OSError:
                return True
            return False

        until(is_closed)
        until(lambda: it.open == 0)


def test_a_connection_serves_many_requests_whole() -> None:
    with serving(short) as it, it.connect() as connection:
        for _ in range(3):
            for piece in (GET[:10], GET[10:], b"\r\n"):
                connection.sendall(piece)
                time.sleep(0.01)
            # Head and body may come one after the other.
            answer = b""
            while b"read" not in answer:
                answer += connection.recv(2**16) or pytest.fail(f"closed after {answer!r}")


def test_an_answer_that_nobody_reads_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """It stayed in memory for ever, with its connection."""
    monkeypatch.setattr(connection_limits, "SENDING", 0.3)
    begun = threading.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        begun.set()
        await large(scope, receive, send)

    with serving(app) as it, it.connect(GET + b"\r\n"):
        assert begun.wait(LONG)
        until(lambda: it.open == 0)


def test_an_answer_that_is_read_slowly_comes_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_limits, "SENDING", 10.0)
    with serving(large) as it:
        assert len(rest_of(it.connect(GET + b"Connection: close\r\n\r\n"))) > LARGE


def test_of_many_connections_the_one_that_waits_longest_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_limits, "MOST", 5)
    begun, go_on = threading.Event(), threading.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        begun.set()
        while scope["path"] == "/slow" and not go_on.is_set():
            await asyncio.sleep(0.01)
        await _answer(send, b"read")

    with serving(app) as it, ExitStack() as stack:
        slow = stack.enter_context(it.connect(b"GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
        assert begun.wait(LONG)
        waiting = [stack.enter_context(it.connect(GET)) for _ in range(50)]
        assert rest_of(waiting[0]) == b""
        until(lambda: it.open <= 6)
        waiting[-1].sendall(b"Connection: close\r\n\r\n")
        assert b"read" in rest_of(waiting[-1]), "the newest has its place"
        go_on.set()
        assert b"read" in rest_of(slow), "what is being answered stays"


def test_where_all_are_being_answered_a_new_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_limits, "MOST", 4)
    go_on = threading.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while not go_on.is_set():
            await asyncio.sleep(0.01)
        await _answer(send, b"read")

    with serving(app) as it, ExitStack() as stack:
        asking = [stack.enter_context(it.connect(GET + b"Connection: close\r\n\r\n")) for _ in range(4)]
        until(lambda: it.open == 4)
        assert rest_of(it.connect(GET + b"\r\n")) == b""
        go_on.set()
        assert all(b"read" in rest_of(each) for each in asking)


@pytest.mark.parametrize(
    ("files", "most"), [(1_000_000, 100), (1024, 100), (256, 32), (64, 8), (12, 4), (0, 4), (-1, 100)]
)
def test_connections_leave_descriptors_for_files(files: int, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(resource, "getrlimit", lambda which: (files, files))
    assert most_open() == most


@pytest.mark.skipif(sys.platform != "linux", reason="another process's limits are set by prlimit")
def test_with_few_descriptors_the_studio_goes_on(workspace: Workspace) -> None:
    """It span on accept, printed a traceback each time, and answered nobody."""
    import resource

    variants(workspace)
    with served(workspace.root) as (address, process), ExitStack() as stack:
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (64, 64))
        with Client(address) as client:
            client.enter()
            # What is read when the studio is opened has been read.
            client.get("/desk")
            until(lambda: client.get("/api/changes").json()["unread"] == 0)
            port = int(client.origin.rpartition(":")[2])
            for _ in range(300):
                stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=LONG)).sendall(GET)
            before = _cpu(process.pid)
            time.sleep(3)
            assert _cpu(process.pid) - before < 2
            assert len(list(Path(f"/proc/{process.pid}/fd").iterdir())) < 64
            assert client.get("/api/listing").status_code == 200
        process.kill()
        assert process.stderr
        run, hint, *errors = process.stderr.read().splitlines()
        assert (run.partition(":")[0], hint.partition(" ")[0]) == ("Latest run", "Ctrl-C")
        # What runs in the background may meet the limit too, and says so in a line, perhaps with a file's name.
        assert all(
            each.startswith("The studio met an error (OSError: [Errno 24] Too many open files") for each in errors
        )
        assert len(errors) == len(set(errors))


def _cpu(process: int) -> float:
    """Seconds of a processor that a process took."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_troubles_are_told_in_a_line_and_once() -> None:
    told: list[str] = []
    logger = logging.Logger("server")
    logger.addHandler(ErrorReporter(told.append))
    for error in [OSError(24, "Too many open files")] * 1000 + [ValueError("x"), asyncio.CancelledError()]:
        logger.error("Traceback and all", exc_info=error)
    logger.error("Cancel 1 running task(s)")
    logger.warning("Invalid HTTP request received.")
    assert told == [
        "The studio met an error (OSError: [Errno 24] Too many open files).",
        "The studio met an error (ValueError: x).",
    ]


# -- what isn't HTTP, or two things at once -----------------------------------------------------------------

SAY = b'{"output": "OUTPUT", "verdict": "accept"}'
TO = b"POST ROOM/api/outputs/KEY/reviews HTTP/1.1\r\n"
FROM = b"Origin: http://127.0.0.1:0\r\nContent-Type: application/json\r\n"
HOST, COOKIE = b"Host: 127.0.0.1:0\r\n", b"Cookie: SESSION\r\n"
LENGTH = b"Content-Length: %d\r\n" % (len(SAY) - len("OUTPUT") + 64)
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
SIGN_IN_FILES = b"GET / HTTP/1.1\r\n" + HOST
SMUGGLED = TO + HOST + FROM + LENGTH + b"\r\n" + SAY

STRANGE = {
    "no session": SMUGGLED,
    "a length and chunks": SIGN_IN_FILES + b"Content-Length: 5\r\n" + CHUNKED + b"0\r\n\r\n" + SMUGGLED,
    "chunks and a length": SIGN_IN_FILES + CHUNKED[:-2] + b"Content-Length: 5\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "two lengths": TO + HOST + COOKIE + FROM + b"Content-Length: 0\r\n" + LENGTH + b"\r\n" + SAY,
    "a length below nothing": TO + HOST + COOKIE + FROM + b"Content-Length: -1\r\n\r\n" + SAY,
    "a length in words": TO + HOST + COOKIE + FROM + b"Content-Length: many\r\n\r\n" + SAY,
    "a length of 5,000 digits": TO + HOST + COOKIE + FROM + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n" + SAY,
    "chunks by another name": TO + HOST + COOKIE + FROM + b"Transfer-Encoding: xchunked\r\n\r\n" + SAY,
    "chunks twice": TO + HOST + COOKIE + FROM + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "a chunk larger than anything": TO + HOST + COOKIE + FROM + CHUNKED + b"f" * 16 + b"\r\n",
    "a chunk below nothing": TO + HOST + COOKIE + FROM + CHUNKED + b"-1\r\n\r\n",
    "a blank before the colon": b"GET ROOM/ HTTP/1.1\r\n" + HOST + b"Cookie : SESSION\r\n\r\n",
    "a folded header": b"GET ROOM/ HTTP/1.1\r\n" + HOST + b"X: y\r\n Cookie: SESSION\r\n\r\n",
    "no host": b"GET ROOM/ HTTP/1.1\r\n" + COOKIE + b"\r\n",
    "two hosts": b"GET ROOM/ HTTP/1.1\r\n" + HOST + b"Host: evil.example\r\n" + COOKIE + b"\r\n",
    "a nothing in a header": b"GET ROOM/ HTTP/1.1\r\n" + HOST + COOKIE + b"X: \0\r\n\r\n",
    "a long header": b"GET ROOM/ HTTP/1.1\r\n" + HOST + COOKIE + b"X: " + b"y" * 100_000 + b"\r\n\r\n",
    "many headers": b"GET ROOM/ HTTP/1.1\r\n" + HOST + COOKIE + b"X: y\r\n" * 20_000 + b"\r\n",
    "a long path": b"GET ROOM/" + b"x" * 100_000 + b" HTTP/1.1\r\n" + HOST + COOKIE + b"\r\n",
    "an absolute path elsewhere": b"GET http://evil.example/ HTTP/1.1\r\n" + HOST + COOKIE + b"\r\n",
    "a path of no letters": b"GET ROOM/%00%ff%0d%0aX:y HTTP/1.1\r\n" + HOST + COOKIE + b"\r\n",
    "a tunnel": b"CONNECT evil.example:443 HTTP/1.1\r\n" + HOST + COOKIE + b"\r\n",
    "an echo": b"TRACE ROOM/ HTTP/1.1\r\n" + HOST + COOKIE + b"\r\n",
    "HTTP 0.9": b"GET /\r\n\r\n",
    "HTTP 2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
    "HTTP 9.9": b"GET ROOM/ HTTP/9.9\r\n" + HOST + COOKIE + b"\r\n",
    "a WebSocket without a session": b"GET ROOM/api/listing HTTP/1.1\r\n" + HOST
    + b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==\r\n\r\n",
    "a head with a chunk that is none": b"HEAD ROOM/ HTTP/1.1\r\n" + HOST + COOKIE + CHUNKED + b"1\r\n\r\n0\r\n\r\n",
    "an answer": b"HTTP/1.1 200 OK\r\n\r\n",
    "noise": bytes(range(256)) * 100 + b"\r\n\r\n",
    "two whole ones of which one isn't": SIGN_IN_FILES + b"\r\n" + b"\xff\r\n\r\n",
    "a refused one with a body without an end": TO + HOST + FROM + CHUNKED + b"5\r\nab\r\n0\r\n\r\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return variants(make_workspace(tmp_path_factory.mktemp("strange") / "garden"))


@pytest.mark.parametrize("sent", STRANGE.values(), ids=STRANGE)
def test_what_is_no_request_is_no_verdict(
    folder: RunFolder, sent: bytes, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(connection_limits, "RECEIVING", 0.5)
    monkeypatch.setattr(connection_limits, "IDLE", 0.1)
    studio = Studio.open(Workspace(folder.path.parent.parent), [folder.path.name], "Eve")
    access = Access("127.0.0.1", 0)
    with serving(application(studio, access)) as it:
        access.port = it.port
        names = {
            b"KEY": studio.runs.listing().outputs[0].key,
            b"OUTPUT": folder.read(FIRST)[0].id,
            b"ROOM": access.folder,
            b"SESSION": f"{access.cookie_name}={access.exchange(access.key)}",
            b"127.0.0.1:0": f"127.0.0.1:{it.port}",
        }
        for name, value in names.items():
            sent = sent.replace(name, value.encode())
        connection = it.connect()
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(sent)
        back = rest_of(connection)
        until(lambda: it.open == 0)
    assert b"HTTP/1.1 5" not in back
    assert b"The first clock" not in back
    assert b"HTTP/1.1 201" not in back
    assert b"HTTP/1.1 101" not in back
    assert reviews.read(folder.path).reviews == ()
    assert [each for each in caplog.records if each.exc_info] == [], "nothing was raised within"
