"""Requests with JSON, read as models, and answers in JSON, errors included; for the routes of all pages.

Takes Starlette's requests and pydantic models, gives responses. Knows nothing of what is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from remix.errors import RemixError
from remix.studio.guard import LARGEST, body_of
from remix.util import json_values
from remix.util.json_values import JsonError
from remix.util.names import readable

_Model = TypeVar("_Model", bound=BaseModel)


class NotInStudio(RemixError):  # noqa: N818
    """The studio doesn't have what the page asked for; the answer's status is 404."""


async def read(request: Request, model: type[_Model], most: int = LARGEST) -> _Model:
    """A request's JSON as a model. Raises `HTTPException` for more than `most` bytes, or JSON of a different form."""
    try:
        return json_values.read(model, await body_of(request, most))
    except JsonError as error:
        raise HTTPException(422 if error.is_json else 400, str(error)) from error


def answer(value: BaseModel, status: int = 200) -> Response:
    """A value as JSON."""
    return Response(value.model_dump_json(), status, media_type="application/json")


async def stored(store: Callable[[], BaseModel]) -> Response:
    """Call a function that stores something, in a thread; its value as JSON, with status 201."""
    return answer(await run_in_threadpool(store), 201)


def refused(request: Request, error: Exception) -> Response:
    """The answer to a request with an `HTTPException`."""
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": readable(error.detail), "hint": ""}, error.status_code, headers=error.headers)


def failed(request: Request, error: Exception) -> Response:
    """The answer to a request with a `RemixError` or `OSError`: the error's message and hint."""
    if isinstance(error, RemixError):
        status = 404 if isinstance(error, NotInStudio) else 409
        return JSONResponse({"error": readable(error.message), "hint": readable(error.hint)}, status)
    return JSONResponse({"error": readable(str(error)), "hint": "Look at the workspace's folders."}, 409)
