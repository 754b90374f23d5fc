"""HTTP: what a browser may ask the desk, and the answers.

Takes a `Desk`, gives an application, and serves it until it is stopped. Knows nothing of how runs are kept.
"""

from __future__ import annotations

import functools
import logging
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from importlib import resources
from typing import Annotated, TypeVar

import uvicorn
from pydantic import BaseModel, Field, StringConstraints
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from remix import pages
from remix.errors import RemixError
from remix.outputs.reviews import LONGEST
from remix.records import Frozen, Sha256
from remix.studio import connections, opening
from remix.studio.desk import Desk, NoSuchOutput
from remix.studio.guard import DOOR, ENTER, HOW, LARGEST, USED, Guard, Pass, body_of
from remix.studio.rows import Listing, Words
from remix.studio.sheet import shown
from remix.util import json_values
from remix.util.environment import version
from remix.util.json_values import JsonError

PACE = 10.0
"""Seconds between looks whether outputs came or went, and whether a table of contents is to be written anew."""

HEAD_START = 5.0
"""Seconds that a browser may take to ask for the list, before texts are read."""

DRAWN = 0.3
"""Seconds in which it shows the list."""

_TYPES = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}

_KEPT = {"cache-control": "private, max-age=31536000, immutable"}

_LOG = logging.getLogger(__name__)

_Model = TypeVar("_Model", bound=BaseModel)


class ReviewServerError(RemixError):
    """The desk can't be opened where it was asked to."""


MOST_KEY = 1000
"""Bytes of a request that hands the key in: anybody on this machine may send one."""


class Key(Frozen):
    """What opens the desk."""

    key: str = Field(max_length=100)


class Looked(Frozen):
    """At which output somebody looked."""

    output: Sha256
    """Its record's id."""


class Edited(Looked):
    """A person's own version of an output."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST)]


class Undone(Frozen):
    """What to take back: these reviews, or the last one where none are named."""

    reviews: tuple[str, ...] = Field((), max_length=20)


# -- serving ------------------------------------------------------------------------------------------------


def bind(host: str, port: int) -> socket.socket:
    """A socket to listen on; port 0 takes any that is free. Raises `ReviewServerError`."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # Named as TCP, or asyncio leaves each answer's last packet waiting for the one before to be acknowledged.
        bound = socket.socket(family, kind, protocol)
        try:
            # A desk that was just closed doesn't keep its port.
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
            # The address is told before anybody answers: whoever is quick waits.
            bound.listen()
        except OSError:
            bound.close()
            raise
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ReviewServerError(
            f"{host}:{port}: can't be listened on ({reason}).", "Take another --port; 0 is any that is free."
        ) from error
    return bound


def serve(desk: Desk, own: Pass, bound: socket.socket, browse: bool, tell: Callable[[str], None]) -> None:
    """Answer until Ctrl-C; `browse` opens the desk in the browser.

    `tell` is called with what there is to say meanwhile: a new address that was asked for, and what went wrong.
    """
    asked, stop, leading = threading.Event(), threading.Event(), ExitStack()
    # What is being read needn't be read to its end; a table of contents must be written to its.
    reading = threading.Thread(target=_read_on, args=(desk, asked, stop), daemon=True)
    tidying = threading.Thread(target=_repeat, args=(desk.tidy, stop))

    def on_listing() -> None:
        asked.set()
        leading.close()

    config = uvicorn.Config(
        application(desk, own, on_listing),
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        loop="asyncio",
        ws="none",
        http=connections.Connection,
        backlog=connections.BACKLOG,
        timeout_keep_alive=connections.IDLE,
        timeout_graceful_shutdown=1,
    )
    if browse:
        try:
            opening.browse(leading.enter_context(opening.opening_file(own)))
        except OSError as error:
            tell(f"The browser can't be opened ({error.strerror or error}): go to that address with it.")
    opening.listen(own, tell)
    with _troubles(tell):
        reading.start()
        tidying.start()
        try:
            with suppress(KeyboardInterrupt):
                uvicorn.Server(config).run(sockets=[bound])
        finally:
            stop.set()
            leading.close()
            tidying.join()
            desk.tidy()
            bound.close()


@contextmanager
def _troubles(tell: Callable[[str], None]) -> Iterator[None]:
    """Tell of what fails, as remix does; uvicorn and asyncio would print tracebacks, and thousands of them."""
    handler = connections.Troubles(tell)
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


def _read_on(desk: Desk, asked: threading.Event, stop: threading.Event) -> None:
    """Read what there is, have it checked, and go on reading: whoever opens the desk isn't to wait for either."""
    # The first time takes longest: while the browser starts.
    _try(desk.listing().model_dump_json)
    asked.wait(HEAD_START)
    stop.wait(DRAWN)
    _try(desk.read)
    threading.Thread(target=_try, args=(desk.verify,), daemon=True).start()
    stop.wait(PACE)
    _repeat(desk.read, stop)


def _repeat(work: Callable[[], None], stop: threading.Event) -> None:
    while not stop.is_set():
        _try(work)
        stop.wait(PACE)


def _try(work: Callable[[], object]) -> None:
    """Do something for which nobody waits: where it fails, that is told, and tried again the next time."""
    try:
        work()
    except Exception as error:
        _LOG.error("", exc_info=error)


# -- answering ----------------------------------------------------------------------------------------------


def application(desk: Desk, own: Pass, on_listing: Callable[[], object] = bool) -> Starlette:
    """The desk as an ASGI application, its guard before it; `on_listing` is called when the list is asked for."""
    asked = _Answers(desk, own, on_listing)
    room = [
        Route("/", asked.page),
        Route("/static/{name}", asked.static),
        Route("/api/desk", asked.listing),
        Route("/api/changes", asked.changes),
        Route("/api/search", asked.search),
        Route("/api/undo", asked.undo, methods=["POST"]),
        Route("/api/outputs/{key}", asked.sheet),
        Route("/api/outputs/{key}/record", asked.record),
        Route("/api/outputs/{key}/text", asked.text),
        Route("/api/outputs/{key}/reviews", asked.say, methods=["POST"]),
        Route("/api/outputs/{key}/choice", asked.choose, methods=["POST"]),
        Route("/api/outputs/{key}/edits", asked.edit, methods=["POST"]),
    ]
    app = Starlette(
        routes=[
            Route("/", asked.door),
            Route(ENTER, asked.enter, methods=["POST"]),
            Route("/{name}", asked.door_file),
            Mount(own.room, routes=room),
        ],
        middleware=[Middleware(Guard, own=own)],
        exception_handlers={HTTPException: _refused, RemixError: _cannot, OSError: _cannot, ClientDisconnect: _gone},
    )
    app.router.redirect_slashes = False
    return app


class _Answers:
    """The desk's answers. What asks the desk runs in a thread; what says something reads its request first."""

    def __init__(self, desk: Desk, own: Pass, on_listing: Callable[[], object]) -> None:
        self._desk = desk
        self._own = own
        self._on_listing = on_listing
        self._listed: tuple[Listing, str] | None = None
        modules = [each for each in _static() if each.endswith(".js") and f"/{each}" not in DOOR]
        self._page = pages.render("desk.html", version=version(), modules=modules)
        self._door = pages.render("door.html")

    async def door(self, request: Request) -> Response:
        return Response(self._door, media_type="text/html")

    async def door_file(self, request: Request) -> Response:
        if request.scope["path"] not in DOOR:
            raise HTTPException(404, "There is no such file.")
        return _file(request.path_params["name"])

    async def enter(self, request: Request) -> Response:
        key = (await _read(request, Key, most=MOST_KEY)).key
        session = self._own.exchange(key)
        if session is None:
            raise HTTPException(403, USED if self._own.is_used(key) else HOW)
        return JSONResponse({"room": f"{self._own.room}/"}, headers={"set-cookie": self._own.cookie(session)})

    async def page(self, request: Request) -> Response:
        return Response(self._page, media_type="text/html")

    async def static(self, request: Request) -> Response:
        # Browsers may keep it, for as long as this desk is open: the next one's folder has another name.
        return _file(request.path_params["name"], _KEPT)

    def listing(self, request: Request) -> Response:
        self._on_listing()
        listing = self._desk.listing()
        # Megabytes, of which nothing may be new since they were asked for last.
        if not self._listed or self._listed[0] is not listing:
            self._listed = listing, listing.model_dump_json()
        return Response(self._listed[1], media_type="application/json")

    def changes(self, request: Request) -> Response:
        return _json(self._desk.changes(request.query_params.get("since", "")))

    def search(self, request: Request) -> Response:
        return JSONResponse(self._desk.search(request.query_params.get("q", "")))

    def sheet(self, request: Request) -> Response:
        return _json(self._desk.sheet(request.path_params["key"]))

    def record(self, request: Request) -> Response:
        return Response(self._desk.record(request.path_params["key"]), media_type="application/json")

    def text(self, request: Request) -> Response:
        return JSONResponse(self._desk.text(request.path_params["key"]))

    async def say(self, request: Request) -> Response:
        words, key = await _read(request, Words), request.path_params["key"]
        return await _kept(lambda: self._desk.say(key, words))

    async def choose(self, request: Request) -> Response:
        looked, key = await _read(request, Looked), request.path_params["key"]
        return await _kept(lambda: self._desk.choose(key, looked.output))

    async def edit(self, request: Request) -> Response:
        edited, key = await _read(request, Edited), request.path_params["key"]
        return await _kept(lambda: self._desk.edit(key, edited.output, edited.text))

    async def undo(self, request: Request) -> Response:
        undone = await _read(request, Undone)
        return await _kept(lambda: self._desk.undo(undone.reviews))


def _file(name: str, headers: Mapping[str, str] | None = None) -> Response:
    if name not in _static():
        raise HTTPException(404, "There is no such file.")
    return Response(_static()[name], media_type=_TYPES[name.rpartition(".")[2]], headers=headers)


@functools.cache
def _static() -> dict[str, bytes]:
    """The page's files by their names, so that no path leads anywhere."""
    files = [*(resources.files("remix.studio") / "static").iterdir(), resources.files("remix.pages") / "paper.css"]
    return {file.name: file.read_bytes() for file in files if file.name.rpartition(".")[2] in _TYPES}


async def _read(request: Request, model: type[_Model], most: int = LARGEST) -> _Model:
    """What a request of at most so many bytes says. Raises `HTTPException` where it is no JSON, or says otherwise."""
    try:
        return json_values.read(model, await body_of(request, most))
    except JsonError as error:
        raise HTTPException(422 if error.is_json else 400, str(error)) from error


async def _kept(say: Callable[[], BaseModel]) -> Response:
    return _json(await run_in_threadpool(say), 201)


def _json(value: BaseModel, status: int = 200) -> Response:
    return Response(value.model_dump_json(), status, media_type="application/json")


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": shown(error.detail), "hint": ""}, error.status_code, headers=error.headers)


def _gone(request: Request, error: Exception) -> Response:
    """Nobody hears it: the connection ended before the request did."""
    return Response(status_code=400)


def _cannot(request: Request, error: Exception) -> Response:
    """What can't be done as things are, and what to do about it."""
    if isinstance(error, RemixError):
        status = 404 if isinstance(error, NoSuchOutput) else 409
        return JSONResponse({"error": shown(error.message), "hint": shown(error.hint)}, status)
    return JSONResponse({"error": shown(str(error)), "hint": "Look at the run's folder."}, 409)
