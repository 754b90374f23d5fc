"""Who may talk to the studio's server: its own page in the browser that opened its address, and nobody else.

Takes requests, passes on requests of the studio's page in a browser that opened the studio's address, and refuses all
others. Knows nothing of the requests' contents.

A stranger's page in the same browser can send requests to this machine, but doesn't know the key; the session cookie
is `SameSite=Strict`, so the browser leaves the cookie out; a stranger's domain pointing at this machine shows in
`Host` (DNS rebinding); and a POST shows its origin in `Origin` and `Sec-Fetch-Site`.
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
"""Name of the key in the address. The part after `#` stays in the browser: no log and no foreign page sees the key,
and a program fetching the address for a preview doesn't use up the key."""

SIGN_IN_FILES = frozenset({"/", "/sign_in.js", "/colours.css", "/icon.svg"})
"""Paths of the page that sends the key, and of the page's files: public, without anything secret."""

ENTER = "/enter"
"""Path to which the page sends the key."""

LARGEST = 5 * 2**20
"""Bytes of a request's body: room for the longest text that a review may have, in any script."""

HEADERS = {
    # Trusted Types: in browsers with support for them, no string can become HTML or a script.
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}

HOW = "Open the studio with the address that `remix studio` or `remix review` printed, key included."

USED = (
    "This address was used before, and an address opens the studio once. Use the open tab, or press Enter in the "
    "terminal in which the studio runs to print a new address."
)

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})


class Access:
    """The key, exchanged once for a session, and the sessions.

    A session is a cookie. Browsers send cookies to all ports of a host, so the cookie's path is a folder with a
    secret name: all pages and answers are below the folder, and no server on a different port is asked for it.
    The cookie's name has the port, so that no studio on a different port replaces the cookie.
    """

    def __init__(self, host: str, port: int, page: str = "") -> None:
        self.host = host
        """The host listened on."""
        self.port = port
        self.page = page
        """Address of the first page, query included, below the folder; empty for the home page."""
        self.cookie_name = f"remix-studio-{port}"
        self.folder = f"/{secrets.token_urlsafe(16)}"
        """First part of the path of all pages and answers."""
        self.key = secrets.token_urlsafe(32)
        """The key in the current address; opens the studio once."""
        self._sessions: set[str] = set()
        self._used: set[str] = set()

    @property
    def address(self) -> str:
        """The address to open in a browser."""
        name = socket.gethostname() if _is_any(self.host) else _in_address(self.host)
        return f"http://{name}:{self.port}/#{KEY}={self.key}"

    def renew(self) -> str:
        """Make a new key if the current key was used; gives the current address."""
        if self.is_used(self.key):
            self.key = secrets.token_urlsafe(32)
        return self.address

    def exchange(self, key: str) -> str | None:
        """A new session for the current key, once; None for any other key."""
        if self.is_used(key) or not _same(key, self.key):
            return None
        self._used.add(key)
        session = secrets.token_urlsafe(32)
        self._sessions.add(session)
        return session

    def is_used(self, key: str) -> bool:
        """Whether a key was exchanged before."""
        return key in self._used

    def holds(self, session: str) -> bool:
        """Whether a session is valid."""
        return any(_same(session, each) for each in self._sessions)

    def cookie(self, session: str) -> str:
        """Value of the `Set-Cookie` header for a session."""
        return f"{self.cookie_name}={session}; HttpOnly; SameSite=Strict; Path={self.folder}/"

    def is_own(self, authority: str) -> bool:
        """Whether a request's `Host` is a name of this server that no stranger can point here."""
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
    """Whether a host can be reached from this machine only."""
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
    """ASGI middleware: refuses foreign requests and adds security headers to all answers."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request or pass it on, in both cases with the security headers."""
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
        if not self._access.is_own(host):
            return PlainTextResponse("This isn't a name of the studio's server.", 421)
        # The address may be a link on a foreign page: a terminal in a browser, or the file that opens the studio.
        is_visit = path == "/" and request.method == "GET" and "origin" not in request.headers
        if not is_visit and _is_foreign(request.method, request.headers, host):
            return PlainTextResponse("Only the studio's own page may send this request.", 403)
        if path in SIGN_IN_FILES or path == ENTER:
            return None
        if not any(map(self._access.holds, _sessions(request, self._access.cookie_name))):
            return PlainTextResponse(HOW, 401)
        return None


def _sessions(request: Request, cookie_name: str) -> Iterator[str]:
    """All sessions in a request's cookies: another server on this machine may have set a cookie of the same name."""
    for header in request.headers.getlist("cookie"):
        for each in header.split(";"):
            name, _, value = each.strip().partition("=")
            if name == cookie_name:
                yield value


def _is_foreign(method: str, headers: Mapping[str, str], host: str) -> bool:
    """Whether a request comes from a foreign page. All methods but GET and HEAD must have an `Origin` header."""
    origin = headers.get("origin")
    if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        return True
    return origin != f"http://{host}" and not (origin is None and method in ("GET", "HEAD"))


def _same(given: str, access: str) -> bool:
    return secrets.compare_digest(given.encode(errors="replace"), access.encode())


async def body_of(request: Request, most: int = LARGEST) -> bytes:
    """The bytes of a request with JSON. Raises `HTTPException` if longer than `most`, or of a different type."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, "Only JSON is understood here.")
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > most:
            raise HTTPException(413, f"That is more than {most} bytes.")
    return bytes(data)
