"""Who may ask the desk.

Takes requests, lets those through that come from the page itself, in a browser that was given the desk's address; the
others are refused. Knows nothing of what is asked.

A page of a stranger, open in the same browser, can send requests to this machine. It can't know the key; its requests
carry no cookie that is kept to the desk's own site; a name of its own that it points at this machine shows as the
host (DNS rebinding); and what it posts shows where it comes from (Origin, Sec-Fetch-Site).
"""

from __future__ import annotations

import ipaddress
import secrets
import socket
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

KEY = "key"
"""What stands before the key in the address. All that is behind the `#` stays in the browser: no log and no other
page sees it, and what fetches the address for a preview doesn't use the key up."""

DOOR = frozenset({"/", "/door.js", "/paper.css", "/icon.svg"})
"""The page that hands the key in, and its files. There is nothing in them that a stranger mustn't see."""

ENTER = "/enter"
"""Where the key is handed in."""

LARGEST = 5 * 2**20
"""Bytes of a request: the longest text that may be kept, whatever its letters."""

HEADERS = {
    # Trusted Types: where the browser knows them, no string becomes HTML or a script, whatever the page's code does.
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}

HOW = "Open the desk by the address that `remix review` printed, its key included."

USED = (
    "This address was used already, and each opens the desk once. Use the tab that is open, or press Enter in the "
    "terminal where `remix review` runs: it prints a new address."
)
COOKIE = "remix-desk"
"""The cookie's name. Those of several desks lie below different folders."""

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})


class Pass:
    """What a browser must show: first the key, and from then on the session that it got for it.

    The session is a cookie. Browsers send cookies to all ports of a host, so this one is bound to a folder whose name
    nobody can guess: below it they ask for everything, and no other server is asked for that folder.
    """

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        """What the desk is bound to."""
        self.port = port
        self.room = f"/{secrets.token_urlsafe(16)}"
        """The folder below which the desk's pages are."""
        self.key = secrets.token_urlsafe(32)
        """In the address that holds now: it opens the desk once."""
        self._sessions: set[str] = set()
        self._used: set[str] = set()

    @property
    def address(self) -> str:
        """Where to go with a browser."""
        name = socket.gethostname() if _is_any(self.host) else _in_address(self.host)
        return f"http://{name}:{self.port}/#{KEY}={self.key}"

    def renew(self) -> str:
        """Another key, if this one was used; gives the address that holds now."""
        if self.is_used(self.key):
            self.key = secrets.token_urlsafe(32)
        return self.address

    def exchange(self, key: str) -> str | None:
        """A session for the key: once, and null for any other."""
        if self.is_used(key) or not _same(key, self.key):
            return None
        self._used.add(key)
        session = secrets.token_urlsafe(32)
        self._sessions.add(session)
        return session

    def is_used(self, key: str) -> bool:
        """Whether a key opened the desk before."""
        return key in self._used

    def holds(self, session: str) -> bool:
        """Whether a session was given for a key."""
        return any(_same(session, each) for each in self._sessions)

    def cookie(self, session: str) -> str:
        """The header that gives a browser its session."""
        return f"{COOKIE}={session}; HttpOnly; SameSite=Strict; Path={self.room}/"

    def is_own(self, authority: str) -> bool:
        """Whether a request's host is this desk by a name that nobody else can point here."""
        try:
            parts = urlsplit(f"//{authority}")
            name, port = parts.hostname or "", parts.port or 80
        except ValueError:
            return False
        if parts.username is not None or parts.path or parts.query or parts.fragment or port != self.port:
            return False
        if _is_any(self.host):
            return _is_ip(name) or name in ("localhost", socket.gethostname().lower())
        return _in_address(name) in _LOOPBACK | {_in_address(self.host).lower()}


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a host."""
    return host == "localhost" or (_is_ip(host) and ipaddress.ip_address(host).is_loopback)


def _is_any(host: str) -> bool:
    return _is_ip(host) and ipaddress.ip_address(host).is_unspecified


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _in_address(host: str) -> str:
    return f"[{host}]" if ":" in host else host


class Guard:
    """Stands before an application."""

    def __init__(self, app: ASGIApp, own: Pass) -> None:
        self._app = app
        self._own = own

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or let through; either way with the headers that bind the browser."""
        if scope["type"] != "http":
            return
        app = self._refusal(Request(scope)) or self._app

        async def send_bound(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await app(scope, receive, send_bound)

    def _refusal(self, request: Request) -> Response | None:
        host, path = request.headers.get("host", ""), request.scope["path"]
        if not self._own.is_own(host):
            return PlainTextResponse("This desk goes by another name.", 421)
        # The address may be a link on another page: of a terminal in a browser, or the file that opens the desk.
        is_visit = path == "/" and request.method == "GET" and "origin" not in request.headers
        if not is_visit and _is_foreign(request.method, request.headers, host):
            return PlainTextResponse("Only the desk's own page may ask this.", 403)
        if path in DOOR or path == ENTER:
            return None
        if not any(map(self._own.holds, _sessions(request))):
            return PlainTextResponse(HOW, 401)
        return None


def _sessions(request: Request) -> Iterator[str]:
    """What a request shows as its session: another server of this host may have set a cookie of the same name."""
    for header in request.headers.getlist("cookie"):
        for each in header.split(";"):
            name, _, value = each.strip().partition("=")
            if name == COOKIE:
                yield value


def _is_foreign(method: str, headers: Mapping[str, str], host: str) -> bool:
    """Whether another page asks. What changes anything must say where it comes from, as all browsers do."""
    origin = headers.get("origin")
    if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        return True
    return origin != f"http://{host}" and not (origin is None and method in ("GET", "HEAD"))


def _same(given: str, own: str) -> bool:
    return secrets.compare_digest(given.encode(errors="replace"), own.encode())


async def body_of(request: Request, most: int = LARGEST) -> bytes:
    """A request's JSON, as bytes. Raises `HTTPException` where it has more than `most`, or is something else."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, "Only JSON is understood here.")
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > most:
            raise HTTPException(413, f"That is more than {most} bytes.")
    return bytes(data)
