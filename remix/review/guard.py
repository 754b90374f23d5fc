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
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

KEY = "key"
"""The address's parameter that opens the desk."""

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

_HOW = "Open the desk by the address that `remix review` printed, its key included."
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})


@dataclass(frozen=True)
class Pass:
    """What a browser must show."""

    host: str
    """What the desk is bound to."""
    port: int
    key: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    """In the address, once."""
    session: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    """In the cookie, from then on."""

    @property
    def address(self) -> str:
        """Where to go with a browser."""
        name = socket.gethostname() if _is_any(self.host) else _in_address(self.host)
        return f"http://{name}:{self.port}/?{KEY}={self.key}"

    @property
    def cookie(self) -> str:
        """The cookie's name: browsers keep one jar for all ports of a host."""
        return f"remix-desk-{self.port}"

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
        request = Request(scope)
        opened = self._is_opened(request)
        app = self._refusal(request, opened) or self._app

        async def send_bound(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers.setdefault("cache-control", "no-store")
                if opened:
                    headers.append("set-cookie", _cookie(self._own))
            await send(message)

        await app(scope, receive, send_bound)

    def _is_opened(self, request: Request) -> bool:
        """Whether this is the address that was printed."""
        keys = request.query_params.getlist(KEY)
        here = (
            request.method == "GET"
            and request.scope["path"] == "/"
            and self._own.is_own(request.headers.get("host", ""))
        )
        return here and len(keys) == 1 and _same(keys[0], self._own.key)

    def _refusal(self, request: Request, opened: bool) -> Response | None:
        host = request.headers.get("host", "")
        if not self._own.is_own(host):
            return PlainTextResponse("This desk goes by another name.", 421)
        if _is_foreign(request.method, request.headers, host) and not opened:
            return PlainTextResponse("Only the desk's own page may ask this.", 403)
        if not opened and not _same(request.cookies.get(self._own.cookie, ""), self._own.session):
            return PlainTextResponse(_HOW, 401)
        return None


def _is_foreign(method: str, headers: Mapping[str, str], host: str) -> bool:
    """Whether another page asks. What changes anything must say where it comes from, as all browsers do."""
    origin = headers.get("origin")
    if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        return True
    return origin != f"http://{host}" and not (origin is None and method in ("GET", "HEAD"))


def _same(given: str, own: str) -> bool:
    return secrets.compare_digest(given.encode(errors="replace"), own.encode())


def _cookie(own: Pass) -> str:
    return f"{own.cookie}={own.session}; HttpOnly; SameSite=Strict; Path=/"


async def body_of(request: Request) -> bytes:
    """A request's JSON, as bytes. Raises `HTTPException` where it is too long, or something else."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, "Only JSON is understood here.")
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > LARGEST:
            raise HTTPException(413, f"That is more than {LARGEST} bytes.")
    return bytes(data)
