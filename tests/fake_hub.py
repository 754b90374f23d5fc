"""A hub on loopback that serves what a test gives it, and misbehaves as a test asks it to.

Answers the requests that remix makes, and those of huggingface_hub's own download.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import huggingface_hub
import pytest
from huggingface_hub import constants

TOKEN = "hf_sesame"
COMMIT = "1" * 40

VARIABLES = ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_HUB_OFFLINE")
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


@dataclass
class FakeHub:
    """What the hub has, and how it behaves. Everything may be changed between requests."""

    address: str = ""
    commit: str = COMMIT
    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    """By repository and file name."""
    claimed_sha256: dict[str, str | None] = field(default_factory=dict)
    """By file name, where the hub doesn't tell the truth; None for none at all."""
    claimed_size: dict[str, int | None] = field(default_factory=dict)
    gated: set[str] = field(default_factory=set)
    """Repositories whose files need the token."""
    private: set[str] = field(default_factory=set)
    """Repositories that aren't even listed without the token."""
    ranges: bool = True
    statuses: list[int] = field(default_factory=list)
    """Of the next answers with a file, instead of the file."""
    cuts: list[int] = field(default_factory=list)
    """After how many bytes the next answers with a file break off."""
    redirect: str = ""
    """Where files are, if they are elsewhere."""
    raw_listing: bytes | None = None
    """Sent instead of the list of files."""
    endless_list: bool = False
    endless_file: bool = False
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    """The requests: method, path and headers, whose names are in lower case."""

    def file_requests(self) -> list[dict[str, str]]:
        """The headers of all requests for the content of files."""
        return [headers for method, path, headers in self.asked if method == "GET" and "/resolve/" in path]

    def listing(self, repository: str) -> bytes:
        """The list of files, as the hub answers it."""
        siblings = []
        for name, content in self.files[repository].items():
            sha256 = self.claimed_sha256.get(name, hashlib.sha256(content).hexdigest())
            size = self.claimed_size.get(name, len(content))
            lfs = {"sha256": sha256, "size": size, "pointerSize": 134} if sha256 else None
            siblings.append({"rfilename": name, "size": size, "blobId": "2" * 40} | ({"lfs": lfs} if lfs else {}))
        answer = {"id": repository, "sha": self.commit, "private": False, "gated": False, "siblings": siblings}
        return json.dumps(answer).encode()


@contextlib.contextmanager
def serve() -> Iterator[FakeHub]:
    """A hub that listens on loopback."""
    hub = FakeHub()
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    hub.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def in_use(hub: FakeHub, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """huggingface_hub and remix use the hub, with a cache below `home`."""
    for name in (*VARIABLES, *PROXIES):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("HF_HOME", str(home / "hf"))
    monkeypatch.setenv("REMIX_CACHE", str(home / "remix"))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(home / "hf" / "hub"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(home / "hf" / "token"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", hub.address)
    template = hub.address + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    try:
        yield
    finally:
        huggingface_hub.close_session()


class _Handler(BaseHTTPRequestHandler):
    hub: FakeHub

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.hub.asked.append((self.command, path, headers))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            if path.startswith("/api/models/"):
                self._list(path.removeprefix("/api/models/"))
            elif "/resolve/" in path:
                repository, _, name = path[1:].partition("/resolve/")
                self._file(repository, name.partition("/")[2])
            else:
                self._error(404, "")

    def log_message(self, *_: object) -> None:
        """Print nothing."""

    def _may_see(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer {TOKEN}"

    def _list(self, repository: str) -> None:
        spelt = next((name for name in self.hub.files if name.lower() == repository.lower()), repository)
        if spelt != repository:
            self._send(307, b"", {"Location": f"/api/models/{spelt}?blobs=true"})
            return
        if repository not in self.hub.files or (repository in self.hub.private and not self._may_see()):
            self._error(401, "RepoNotFound")
            return
        if self.hub.endless_list:
            self._endless()
            return
        self._send(200, self.hub.listing(repository) if self.hub.raw_listing is None else self.hub.raw_listing, {})

    def _file(self, repository: str, name: str) -> None:
        if repository in self.hub.gated and not self._may_see():
            self._error(403 if "Authorization" in self.headers else 401, "GatedRepo")
        elif self.hub.redirect:
            self._send(302, b"", {"Location": self.hub.redirect + self.path})
        elif self.command == "GET" and self.hub.statuses:
            self._error(self.hub.statuses.pop(0), "")
        elif name not in self.hub.files.get(repository, {}):
            self._error(404, "EntryNotFound")
        elif self.hub.endless_file:
            self._endless()
        else:
            self._content(self.hub.files[repository][name])

    def _content(self, content: bytes) -> None:
        sha256 = hashlib.sha256(content).hexdigest()
        headers = {"ETag": f'"{sha256}"', "X-Linked-Etag": f'"{sha256}"', "X-Linked-Size": str(len(content))}
        headers["X-Repo-Commit"] = self.hub.commit
        begin = self.headers.get("Range", "")
        if not (begin and self.hub.ranges):
            self._send(200, content, headers)
            return
        start = int(begin.removeprefix("bytes=").removesuffix("-"))
        if start >= len(content):
            self._error(416, "")
            return
        headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        self._send(206, content[start:], headers)

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            cut = self.hub.cuts.pop(0) if self.hub.cuts and status in (200, 206) and "ETag" in headers else len(body)
            self.wfile.write(body[:cut])

    def _error(self, status: int, code: str) -> None:
        self._send(status, b'{"error": "no"}', {"X-Error-Code": code} if code else {})

    def _endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        while True:
            self.wfile.write(b"x" * 65536)
