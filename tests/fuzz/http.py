"""The studio, asked by strangers: raw bytes of connections, given to a server in a process of its own.

A case is what one connection sends, with names in it for what differs from server to server (`@HOST@`, `@COOKIE@`, …)
and `@PAUSE@` where the sender waits. Whatever it is, the server must answer or close, stay alive and small, print
nothing, tell nothing without a session, and write nowhere but into the run's folder.
"""

from __future__ import annotations

import json
import os
import random
import re
import socket
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

from remix.outputs import RunFolder

from ..conftest import make_workspace, python_path
from ..studio_server import FIRST, Client, variants
from .harness import SECONDS, Target

LAUNCH = """
import os, sys, threading
def end():
    os.read(0, 1)
    os._exit(1)
threading.Thread(target=end, daemon=True).start()
from remix.studio import connection_limits
connection_limits.RECEIVING, connection_limits.IDLE = 0.5, 0.05
from remix.cli import main
sys.argv[0] = "remix"
main()
"""
"""The server, with time-outs that let a fuzzer go on; it ends with the process that began it."""

MOST_MEMORY = 2**30
"""Bytes that the server may take."""

MOST_REVIEWS = 2**20
"""Bytes of verdicts after which they are removed: the server reads them anew after each."""

TELLTALE = (b"The first clock", b"two-clocks", b'"Eve"', b"again.1", b'"derivation"')
"""What only a session may read."""


class Server:
    """A studio and what is known of it."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.folder: RunFolder = variants(make_workspace(place / "garden"))
        self.output = self.folder.read(FIRST)[0].id
        self.errors = place / "errors"
        self.reviews = self.folder.path / "reviews.jsonl"
        self.before = self._elsewhere()
        command = [sys.executable, "-P", "-c", LAUNCH, "-C", str(place / "garden")]
        with self.errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [*command, "review", "--no-open", "--as", "Eve"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=place,
                env={**os.environ, **python_path(), "HOME": str(place)},
            )
        assert self.process.stdout
        address = self.process.stdout.readline().decode().strip()
        with Client(address) as client:
            client.enter()
            self.host = client.origin.removeprefix("http://")
            self.base = client.folder
            self.cookie = "; ".join(f"{each.name}={each.value}" for each in client.cookies.jar)
            rows = client.get("api/listing").json()["outputs"]
            self.key = next(row["key"] for row in rows if self._is_first(client, row["key"]))
            self.secret = self.cookie.partition("=")[2].encode()
        self.words = {
            b"@HOST@": self.host.encode(),
            b"@ORIGIN@": client.origin.encode(),
            b"@COOKIE@": self.cookie.encode(),
            b"@FOLDER@": self.base.encode(),
            b"@KEY@": self.key.encode(),
            b"@OUTPUT@": self.output.encode(),
        }
        self._printed = self.errors.stat().st_size

    def _is_first(self, client: Client, key: str) -> bool:
        return bool(client.get(f"api/outputs/{key}").json()["output"] == self.output)

    def expand(self, case: bytes) -> bytes:
        for name, value in self.words.items():
            case = case.replace(name, value)
        return case

    def ask(self, sent: bytes) -> bytes:
        """What comes back until the server closes the connection. Raises `TimeoutError` where it doesn't."""
        back = bytearray()
        port = int(self.host.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=SECONDS - 1) as connection:
            try:
                for piece in sent.split(b"@PAUSE@"):
                    connection.sendall(piece)
                    time.sleep(0.02)
            except (BrokenPipeError, ConnectionResetError):
                pass
            try:
                while data := connection.recv(2**16):
                    back += data
            except ConnectionResetError:
                pass
        return bytes(back)

    def complaint(self) -> str:
        """What the server did that it mustn't, beside its answer."""
        if (status := self.process.poll()) is not None:
            return f"the server ended with status {status}: {self.errors.read_text(errors='replace')[-2000:]}"
        if (size := self.errors.stat().st_size) > self._printed:
            printed = self.errors.read_bytes()[self._printed :]
            self._printed = size
            return f"the server printed: {printed.decode(errors='replace')}"
        if (taken := self._memory()) > MOST_MEMORY:
            return f"the server takes {taken / 2**20:.0f} MiB"
        if (now := self._elsewhere()) != self.before:
            changed = sorted(set(now.items()) ^ set(self.before.items()))
            self.before = now
            return f"files changed: {changed}"
        return ""

    def said(self) -> int:
        """Bytes of the verdicts."""
        return self.reviews.stat().st_size if self.reviews.exists() else 0

    def _memory(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) * 1024

    def _elsewhere(self) -> dict[str, tuple[int, int]]:
        """The files that nobody's verdict may change, by name: when they were changed and their sizes."""
        found = {}
        for place, _, names in os.walk(self.place):
            for name in names:
                path = Path(place, name)
                below = path.relative_to(self.folder.path) if path.is_relative_to(self.folder.path) else None
                own = below is not None and re.fullmatch(
                    r"\.?(reviews|index)[.a-z]*|.*\.edited\.md(\.tmp)?", str(below)
                )
                # The folder of the case at hand is the harness's.
                if not own and path != self.errors and not path.relative_to(self.place).parts[0].isdigit():
                    stat = path.stat()
                    found[str(path)] = (stat.st_mtime_ns, stat.st_size)
        return found


@cache
def _server(place: Path) -> Server:
    return Server(place)


def check(case: bytes, place: Path) -> None:
    """Send a case, and look what comes of it."""
    server = _server(place.parent)
    before = server.said()
    sent = server.expand(case)
    back = server.ask(sent)
    complaint = server.complaint()
    assert not complaint, complaint
    statuses = _statuses(back)
    assert not [each for each in statuses if each >= 500], f"answered {statuses}: {back[:2000]!r}"
    if server.secret not in sent:
        assert not [each for each in TELLTALE if each in back], f"told without a session: {back[:2000]!r}"
        assert server.said() == before, "a verdict without a session"
    if server.words[b"@ORIGIN@"] not in sent:
        assert server.said() == before, "a verdict from another page"
    if server.said() > MOST_REVIEWS:
        server.reviews.unlink()


def _statuses(back: bytes) -> list[int]:
    """The statuses of the answers in what came back."""
    found = []
    while match := re.match(rb"HTTP/1\.1 (\d{3})", back):
        found.append(int(match[1]))
        head, _, rest = back.partition(b"\r\n\r\n")
        length = re.search(rb"\r\ncontent-length: (\d+)", head, re.I)
        # An answer to HEAD tells a length, but has no body.
        back = rest if rest.startswith(b"HTTP/1.1 ") else rest[int(length[1]) if length else len(rest) :]
    return found


# -- cases --------------------------------------------------------------------------------------------------


def _request(line: str, *headers: str, body: bytes = b"", host: str = "@HOST@") -> bytes:
    head = [f"{line} HTTP/1.1", f"Host: {host}", *headers]
    if body:
        head.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*head, "", ""]).encode() + body


COOKIE, ORIGIN, JSON = "Cookie: @COOKIE@", "Origin: @ORIGIN@", "Content-Type: application/json"
OUTPUT = "@FOLDER@/api/outputs/@KEY@"
SAY = {"output": "@OUTPUT@", "verdict": "accept", "loss": "earned", "note": "Good."}


def _post(path: str, value: object) -> bytes:
    # Expanded later: the length must be that of what is sent.
    body = json.dumps(value).encode()
    longer = body.count(b"@OUTPUT@") * (64 - len(b"@OUTPUT@"))
    head = f"POST {path} HTTP/1.1\r\nHost: @HOST@\r\n{COOKIE}\r\n{ORIGIN}\r\n{JSON}\r\n"
    return f"{head}Content-Length: {len(body) + longer}\r\n\r\n".encode() + body


def _corpus(_: Path) -> list[bytes]:
    say = _post(f"{OUTPUT}/reviews", SAY)
    chunked = say.partition(b"Content-Length")[0] + b"Transfer-Encoding: chunked\r\n\r\n"
    return [
        _request("GET /"),
        _request("GET /sign_in.js"),
        _request("GET @FOLDER@/", COOKIE),
        _request("GET @FOLDER@/static/desk.js", COOKIE),
        _request("GET @FOLDER@/api/listing", COOKIE),
        _request("GET @FOLDER@/api/listing"),
        _request("GET @FOLDER@/api/changes?since=0", COOKIE),
        _request("GET @FOLDER@/api/search?q=late%20%C3%A9", COOKIE),
        _request(f"GET {OUTPUT}", COOKIE),
        _request(f"GET {OUTPUT}/record", COOKIE),
        _request(f"HEAD {OUTPUT}/text", COOKIE),
        _request(f"GET {OUTPUT}", COOKIE, host="evil.example"),
        _request("POST /enter", ORIGIN, JSON, body=b'{"key": "guess"}'),
        say,
        _post(f"{OUTPUT}/choice", {"output": "@OUTPUT@"}),
        _post(f"{OUTPUT}/edits", {"output": "@OUTPUT@", "text": "Mine."}),
        _post("@FOLDER@/api/undo", {"reviews": []}),
        say.replace(COOKIE.encode(), b"Cookie: remix-studio=guess"),
        say.replace(b"Origin: @ORIGIN@", b"Origin: http://127.0.0.1:1"),
        chunked + b"2\r\n{}\r\n0\r\n\r\n",
        _request(
            "GET @FOLDER@/api/listing", COOKIE, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: x"
        ),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: @HOST@\r\nX: @PAUSE@y\r\n\r\n",
        _request("GET /") + say,
    ]


WORDS = (
    *(b"@PAUSE@", b"\r\n", b"\r\n\r\n", b"\n", b"\0", b"\xff", b"..", b"%2e%2e%2f", b"%00", b"%ff", b"%F0%9F%98%80"),
    *(b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: chunked, identity\r\n", b"Content-Length: 5\r\n"),
    *(b"Content-Length: 18446744073709551617\r\n", b"Content-Length: -1\r\n", b"Expect: 100-continue\r\n"),
    *(b"Connection: close\r\n", b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAM\r\n"),
    *(b"Host: evil.example\r\n", b"Origin: null\r\n", b"Sec-Fetch-Site: cross-site\r\n", b"Range: bytes=0-\r\n"),
    *(b"Cookie: @COOKIE@\r\n", b"Cookie: remix-studio=\r\n", b"Cookie: =;=;;\r\n", b"Accept-Encoding: gzip\r\n"),
    *(b"ffffffffffffffff\r\n", b"0\r\n\r\n", b"-1\r\n", b" HTTP/1.0", b" HTTP/9.9", b"http://evil.example/"),
    *(b"@HOST@", b"@ORIGIN@", b"@COOKIE@", b"@FOLDER@", b"@KEY@", b"@OUTPUT@", b"/", b"?", b"#", b";", b",", b"\t"),
    *(b"[" * 2000, b'{"":' * 2000, b"1e999", b"\\ud800", b"NaN", b"9" * 5000, b"x" * 20_000),
)

METHODS = [b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"TRACE", b"CONNECT", b"get", b"X" * 300]
VALUES = [None, True, -1, 2**70, 1e308, "", "\u202e\0", "x" * 100_000, [], {}, "@OUTPUT@", "0" * 64, [[[[]]]]]


def _mutate(chance: random.Random, case: bytes) -> bytes:
    """Change a request as a request: its line, a header, how its body is framed, or what the body says."""
    head, _, body = case.partition(b"\r\n\r\n")
    line, *headers = head.split(b"\r\n")
    match chance.randrange(7):
        case 0:
            line = b" ".join([chance.choice(METHODS), *line.split(b" ")[1:]])
        case 1:
            line = line.replace(b"/", chance.choice([b"//", b"/./", b"/../", b"%2f", b"\\", b"/%2e%2e/", b"/;x/"]), 2)
        case 2 if headers:
            headers.insert(chance.randint(0, len(headers)), chance.choice(headers))
        case 3 if headers:
            headers = [*headers, chance.choice(headers)[:20] + b"y" * chance.choice((1, 100, 10_000, 70_000))]
        case 4 if headers:
            del headers[chance.randrange(len(headers))]
        case 5:
            headers = [each for each in headers if not each.lower().startswith(b"content-length")]
            headers.append(b"Transfer-Encoding: chunked")
            length = len(body) + chance.choice((0, 0, 1, -1, 10**6))
            body = f"{max(0, length):x}\r\n".encode() + body + chance.choice((b"\r\n0\r\n\r\n", b"0\r\n\r\n", b""))
        case _:
            headers, body = _said_otherwise(chance, headers, body)
    return b"\r\n".join([line, *headers, b"", b""]) + body


def _said_otherwise(chance: random.Random, headers: list[bytes], body: bytes) -> tuple[list[bytes], bytes]:
    try:
        value: Any = json.loads(body)
    except ValueError:
        value = {}
    if isinstance(value, dict):
        name = chance.choice([*value, "output", "verdict", "note", "text", "reviews", "key", "x" * 1000])
        value[name] = chance.choice([*VALUES, chance.choice(["accept", "reject", "star", "earned", "lost"])])
    body = json.dumps(value).encode()
    longer = body.count(b"@OUTPUT@") * (64 - len(b"@OUTPUT@"))
    headers = [each for each in headers if not each.lower().startswith(b"content-length")]
    return [*headers, f"Content-Length: {len(body) + longer + chance.choice((0, 0, 0, 1, -1))}".encode()], body


TARGET = Target("http", _corpus, check, WORDS, _mutate, seconds=120)
"""It bounds each case itself; the first waits for the server to start."""
