"""The studio's HTTP server: routes, answers, and background threads for reading and verifying.

Takes `OpenRuns`, gives an ASGI application, and serves the application until Ctrl-C. Knows nothing of run folders.
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
from remix.studio import browser, connection_limits
from remix.studio.guard import ENTER, HOW, LARGEST, SIGN_IN_FILES, USED, Access, Guard, body_of
from remix.studio.listing import Listing, ReviewRequest
from remix.studio.open_runs import NoSuchOutput, OpenRuns
from remix.util import json_values
from remix.util.environment import version
from remix.util.json_values import JsonError
from remix.util.names import readable

PACE = 10.0
"""Seconds between searches for new outputs, and between updates of the runs' `index.md`."""

HEAD_START = 5.0
"""Seconds to wait for the browser's first request before reading texts."""

DRAWN = 0.3
"""Seconds for the browser to show the list, before reading texts."""

_TYPES = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}

_KEPT = {"cache-control": "private, max-age=31536000, immutable"}

_LOG = logging.getLogger(__name__)

_Model = TypeVar("_Model", bound=BaseModel)


class ReviewServerError(RemixError):
    """The server can't listen on a host and port."""


MOST_KEY = 1000
"""Bytes of a request with a key: every program on this machine may send such a request."""


class KeyRequest(Frozen):
    """A request to open the studio."""

    key: str = Field(max_length=100)


class OutputShown(Frozen):
    """The output shown to the reviewer."""

    output: Sha256
    """The record's id."""


class EditRequest(OutputShown):
    """An edited version of an output."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST)]


class UndoRequest(Frozen):
    """Ids of reviews to withdraw; empty for the latest review."""

    reviews: tuple[str, ...] = Field((), max_length=20)


# -- serving ------------------------------------------------------------------------------------------------


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free port. Raises `ReviewServerError`."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # asyncio sets TCP_NODELAY only if the protocol is named; else each answer's last packet waits for an ACK.
        bound = socket.socket(family, kind, protocol)
        try:
            # The port of a studio just closed can be used again at once.
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
            # The address is printed before the server answers: early connections wait.
            bound.listen()
        except OSError:
            bound.close()
            raise
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ReviewServerError(
            f"{host}:{port}: can't be listened on ({reason}).", "Take a different --port; 0 takes any free port."
        ) from error
    return bound


def serve(
    open_runs: OpenRuns, access: Access, bound: socket.socket, browse: bool, tell: Callable[[str], None]
) -> None:
    """Answer until Ctrl-C; if `browse`, open the studio in the browser.

    `tell` gets messages for the user: new addresses, and errors.
    """
    asked, stop, redirect = threading.Event(), threading.Event(), ExitStack()
    # Reading may be broken off at the end (daemon), writing `index.md` may not.
    reading = threading.Thread(target=_read_on, args=(open_runs, asked, stop), daemon=True)
    tidying = threading.Thread(target=_repeat, args=(open_runs.tidy, stop))

    def on_listing() -> None:
        asked.set()
        redirect.close()

    config = uvicorn.Config(
        application(open_runs, access, on_listing),
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        loop="asyncio",
        ws="none",
        http=connection_limits.Connection,
        backlog=connection_limits.BACKLOG,
        timeout_keep_alive=connection_limits.IDLE,
        timeout_graceful_shutdown=1,
    )
    if browse:
        try:
            browser.browse(redirect.enter_context(browser.redirect_file(access)))
        except OSError as error:
            tell(f"The browser can't be opened ({error.strerror or error}): open the address yourself.")
    browser.listen(access, tell)
    with _errors_told(tell):
        reading.start()
        tidying.start()
        try:
            with suppress(KeyboardInterrupt):
                uvicorn.Server(config).run(sockets=[bound])
        finally:
            stop.set()
            redirect.close()
            tidying.join()
            open_runs.tidy()
            bound.close()


@contextmanager
def _errors_told(tell: Callable[[str], None]) -> Iterator[None]:
    """Report errors in one line each; uvicorn and asyncio would print thousands of tracebacks."""
    handler = connection_limits.ErrorReporter(tell)
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


def _read_on(open_runs: OpenRuns, asked: threading.Event, stop: threading.Event) -> None:
    """Read all outputs, start verifying, and go on reading new outputs, while the page is in use already."""
    # The first listing takes longest: make it while the browser starts.
    _try(open_runs.listing().model_dump_json)
    asked.wait(HEAD_START)
    stop.wait(DRAWN)
    _try(open_runs.read)
    threading.Thread(target=_try, args=(open_runs.verify,), daemon=True).start()
    stop.wait(PACE)
    _repeat(open_runs.read, stop)


def _repeat(work: Callable[[], None], stop: threading.Event) -> None:
    while not stop.is_set():
        _try(work)
        stop.wait(PACE)


def _try(work: Callable[[], object]) -> None:
    """Run background work; an error is logged and doesn't end the thread."""
    try:
        work()
    except Exception as error:
        _LOG.error("", exc_info=error)


# -- answering ----------------------------------------------------------------------------------------------


def application(open_runs: OpenRuns, access: Access, on_listing: Callable[[], object] = bool) -> Starlette:
    """The studio as an ASGI application behind the guard; `on_listing` is called with each request of the listing."""
    asked = _Answers(open_runs, access, on_listing)
    pages_and_answers = [
        Route("/", asked.page),
        Route("/static/{name}", asked.static),
        Route("/api/listing", asked.listing),
        Route("/api/changes", asked.changes),
        Route("/api/search", asked.search),
        Route("/api/undo", asked.undo, methods=["POST"]),
        Route("/api/outputs/{key}", asked.detail),
        Route("/api/outputs/{key}/record", asked.record),
        Route("/api/outputs/{key}/text", asked.text),
        Route("/api/outputs/{key}/reviews", asked.review, methods=["POST"]),
        Route("/api/outputs/{key}/choice", asked.choose, methods=["POST"]),
        Route("/api/outputs/{key}/edits", asked.edit, methods=["POST"]),
    ]
    app = Starlette(
        routes=[
            Route("/", asked.sign_in_page),
            Route(ENTER, asked.enter, methods=["POST"]),
            Route("/{name}", asked.sign_in_file),
            Mount(access.folder, routes=pages_and_answers),
        ],
        middleware=[Middleware(Guard, access=access)],
        exception_handlers={HTTPException: _refused, RemixError: _cannot, OSError: _cannot, ClientDisconnect: _gone},
    )
    app.router.redirect_slashes = False
    return app


class _Answers:
    """The answers to requests. Plain functions run in a thread; POST requests are read first."""

    def __init__(self, open_runs: OpenRuns, access: Access, on_listing: Callable[[], object]) -> None:
        self._open_runs = open_runs
        self._access = access
        self._on_listing = on_listing
        self._listed: tuple[Listing, str] | None = None
        modules = [each for each in _static() if each.endswith(".js") and f"/{each}" not in SIGN_IN_FILES]
        self._page = pages.render("studio.html", version=version(), modules=modules)
        self._door = pages.render("sign_in.html")

    async def sign_in_page(self, request: Request) -> Response:
        return Response(self._door, media_type="text/html")

    async def sign_in_file(self, request: Request) -> Response:
        if request.scope["path"] not in SIGN_IN_FILES:
            raise HTTPException(404, "There is no such file.")
        return _file(request.path_params["name"])

    async def enter(self, request: Request) -> Response:
        key = (await _read(request, KeyRequest, most=MOST_KEY)).key
        session = self._access.exchange(key)
        if session is None:
            raise HTTPException(403, USED if self._access.is_used(key) else HOW)
        return JSONResponse(
            {"folder": f"{self._access.folder}/"}, headers={"set-cookie": self._access.cookie(session)}
        )

    async def page(self, request: Request) -> Response:
        return Response(self._page, media_type="text/html")

    async def static(self, request: Request) -> Response:
        # Browsers may cache the file: the next studio's folder has a new name.
        return _file(request.path_params["name"], _KEPT)

    def listing(self, request: Request) -> Response:
        self._on_listing()
        listing = self._open_runs.listing()
        # The JSON may have megabytes: keep it while the listing is the same.
        if not self._listed or self._listed[0] is not listing:
            self._listed = listing, listing.model_dump_json()
        return Response(self._listed[1], media_type="application/json")

    def changes(self, request: Request) -> Response:
        return _json(self._open_runs.changes(request.query_params.get("since", "")))

    def search(self, request: Request) -> Response:
        return JSONResponse(self._open_runs.search(request.query_params.get("q", "")))

    def detail(self, request: Request) -> Response:
        return _json(self._open_runs.detail(request.path_params["key"]))

    def record(self, request: Request) -> Response:
        return Response(self._open_runs.record(request.path_params["key"]), media_type="application/json")

    def text(self, request: Request) -> Response:
        return JSONResponse(self._open_runs.text(request.path_params["key"]))

    async def review(self, request: Request) -> Response:
        review, key = await _read(request, ReviewRequest), request.path_params["key"]
        return await _kept(lambda: self._open_runs.review(key, review))

    async def choose(self, request: Request) -> Response:
        looked, key = await _read(request, OutputShown), request.path_params["key"]
        return await _kept(lambda: self._open_runs.choose(key, looked.output))

    async def edit(self, request: Request) -> Response:
        edited, key = await _read(request, EditRequest), request.path_params["key"]
        return await _kept(lambda: self._open_runs.edit(key, edited.output, edited.text))

    async def undo(self, request: Request) -> Response:
        undone = await _read(request, UndoRequest)
        return await _kept(lambda: self._open_runs.undo(undone.reviews))


def _file(name: str, headers: Mapping[str, str] | None = None) -> Response:
    if name not in _static():
        raise HTTPException(404, "There is no such file.")
    return Response(_static()[name], media_type=_TYPES[name.rpartition(".")[2]], headers=headers)


@functools.cache
def _static() -> dict[str, bytes]:
    """The page's files by name, read in advance: no request opens a path."""
    files = [*(resources.files("remix.studio") / "static").iterdir(), resources.files("remix.pages") / "colours.css"]
    return {file.name: file.read_bytes() for file in files if file.name.rpartition(".")[2] in _TYPES}


async def _read(request: Request, model: type[_Model], most: int = LARGEST) -> _Model:
    """A request's JSON as a model. Raises `HTTPException` for more than `most` bytes, or JSON of a different form."""
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
    return JSONResponse({"error": readable(error.detail), "hint": ""}, error.status_code, headers=error.headers)


def _gone(request: Request, error: Exception) -> Response:
    """Answer a request broken off by the browser; nobody receives the answer."""
    return Response(status_code=400)


def _cannot(request: Request, error: Exception) -> Response:
    """Answer with an error's message and hint."""
    if isinstance(error, RemixError):
        status = 404 if isinstance(error, NoSuchOutput) else 409
        return JSONResponse({"error": readable(error.message), "hint": readable(error.hint)}, status)
    return JSONResponse({"error": readable(str(error)), "hint": "Look at the run's folder."}, 409)
