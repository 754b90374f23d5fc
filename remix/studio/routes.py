"""The studio as an ASGI application: sign-in, pages, files, and the routes of each noun, all behind the guard.

Takes a `Studio` and the guard's `Access`. Each noun has its routes in a module of its own, named in `ROUTES`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from pydantic import Field
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from remix import pages
from remix.errors import RemixError
from remix.records import Frozen
from remix.studio import (
    desk_routes,
    draft_routes,
    essay_routes,
    garden_routes,
    job_routes,
    page_routes,
    road_routes,
    template_routes,
)
from remix.studio.guard import ENTER, HOW, SIGN_IN_FILES, USED, Access, Guard
from remix.studio.json_http import failed, read, refused
from remix.studio.static_files import static_files, type_of
from remix.studio.studio import Studio

ROUTES: tuple[Callable[[Studio], list[Route]], ...] = (
    # One noun a line.
    desk_routes.routes,
    garden_routes.routes,
    job_routes.routes,
    road_routes.routes,
    template_routes.routes,
    draft_routes.routes,
    essay_routes.routes,
)
"""The routes of each noun."""

_KEPT = {"cache-control": "private, max-age=31536000, immutable"}

MOST_KEY = 1000
"""Bytes of a request with a key: every program on this machine may send such a request."""


class KeyRequest(Frozen):
    """A request to open the studio."""

    key: str = Field(max_length=100)


def application(studio: Studio, access: Access, on_visit: Callable[[], object] = bool) -> Starlette:
    """The studio as an ASGI application behind the guard; `on_visit` is called when a page is asked for."""
    sign_in = _SignIn(access)
    inside = [
        *page_routes.routes(on_visit),
        Route("/static/{name:path}", _static()),
        *(route for routes in ROUTES for route in routes(studio)),
    ]
    app = Starlette(
        routes=[
            Route("/", sign_in.page),
            Route(ENTER, sign_in.enter, methods=["POST"]),
            Route("/{name}", sign_in.file),
            Mount(access.folder, routes=inside),
        ],
        middleware=[Middleware(Guard, access=access)],
        exception_handlers={
            HTTPException: refused,
            RemixError: failed,
            OSError: failed,
            # The browser broke the request off: nobody receives the answer.
            ClientDisconnect: lambda request, error: Response(status_code=400),
        },
    )
    app.router.redirect_slashes = False
    return app


class _SignIn:
    """The page that sends the key, and the exchange of the key for a session."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._page = pages.render("sign_in.html")

    async def page(self, request: Request) -> Response:
        return Response(self._page, media_type="text/html")

    async def file(self, request: Request) -> Response:
        if request.scope["path"] not in SIGN_IN_FILES:
            raise HTTPException(404, "There is no such file.")
        return _file(static_files(), request.path_params["name"])

    async def enter(self, request: Request) -> Response:
        key = (await read(request, KeyRequest, most=MOST_KEY)).key
        session = self._access.exchange(key)
        if session is None:
            raise HTTPException(403, USED if self._access.is_used(key) else HOW)
        return JSONResponse(
            {"folder": f"{self._access.folder}/", "page": self._access.page},
            headers={"set-cookie": self._access.cookie(session)},
        )


def _static() -> Callable[[Request], Awaitable[Response]]:
    """The answer to requests for the pages' files."""
    files = page_routes.files()

    async def answer(request: Request) -> Response:
        # Browsers may cache the file: the next studio's folder has a new name.
        return _file(files, request.path_params["name"], _KEPT)

    return answer


def _file(files: Mapping[str, bytes], name: str, headers: Mapping[str, str] | None = None) -> Response:
    if name not in files:
        raise HTTPException(404, "There is no such file.")
    return Response(files[name], media_type=type_of(name), headers=headers)
