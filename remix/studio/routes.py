"""The studio's HTTP routes: the requests of its page, and the answers.

Takes `OpenRuns` and the guard's `Access`, gives an ASGI application. Knows nothing of run folders.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from importlib import resources
from typing import Annotated, TypeVar

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
from remix.studio.guard import ENTER, HOW, LARGEST, SIGN_IN_FILES, USED, Access, Guard, body_of
from remix.studio.listing import Listing, ReviewRequest
from remix.studio.open_runs import NoSuchOutput, OpenRuns
from remix.util import json_values
from remix.util.environment import version
from remix.util.json_values import JsonError
from remix.util.names import readable

_TYPES = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}

_KEPT = {"cache-control": "private, max-age=31536000, immutable"}

_Model = TypeVar("_Model", bound=BaseModel)

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


def application(open_runs: OpenRuns, access: Access, on_listing: Callable[[], object] = bool) -> Starlette:
    """The studio as an ASGI application behind the guard; `on_listing` is called with each request of the listing."""
    answers = _Answers(open_runs, access, on_listing)
    pages_and_answers = [
        Route("/", answers.page),
        Route("/static/{name}", answers.static),
        Route("/api/listing", answers.listing),
        Route("/api/changes", answers.changes),
        Route("/api/search", answers.search),
        Route("/api/undo", answers.undo, methods=["POST"]),
        Route("/api/outputs/{key}", answers.detail),
        Route("/api/outputs/{key}/record", answers.record),
        Route("/api/outputs/{key}/text", answers.text),
        Route("/api/outputs/{key}/reviews", answers.review, methods=["POST"]),
        Route("/api/outputs/{key}/choice", answers.choose, methods=["POST"]),
        Route("/api/outputs/{key}/edits", answers.edit, methods=["POST"]),
    ]
    app = Starlette(
        routes=[
            Route("/", answers.sign_in_page),
            Route(ENTER, answers.enter, methods=["POST"]),
            Route("/{name}", answers.sign_in_file),
            Mount(access.folder, routes=pages_and_answers),
        ],
        middleware=[Middleware(Guard, access=access)],
        exception_handlers={
            HTTPException: _refused,
            RemixError: _failed,
            OSError: _failed,
            # The browser broke the request off: nobody receives the answer.
            ClientDisconnect: lambda request, error: Response(status_code=400),
        },
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
        self._sign_in_page = pages.render("sign_in.html")

    async def sign_in_page(self, request: Request) -> Response:
        return Response(self._sign_in_page, media_type="text/html")

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


def _failed(request: Request, error: Exception) -> Response:
    """Answer with an error's message and hint."""
    if isinstance(error, RemixError):
        status = 404 if isinstance(error, NoSuchOutput) else 409
        return JSONResponse({"error": readable(error.message), "hint": readable(error.hint)}, status)
    return JSONResponse({"error": readable(str(error)), "hint": "Look at the run's folder."}, 409)
