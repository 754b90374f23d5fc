"""The HTTP routes of essays, tags and passages: the home page, lists of passages, and a passage with its texts.

Takes the studio's garden, gives routes. Knows nothing of essays.
"""

from __future__ import annotations

from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from remix.records import Options
from remix.studio.json_http import answer
from remix.studio.studio import Studio
from remix.util.validation import first_problem

MOST_NAMED = 100
"""Tags, or essays, named in an address."""

LONGEST_QUERY = 1000
"""Characters of a query, of a text compared with, or of a name in an address."""


def routes(studio: Studio) -> list[Route]:
    """The routes."""
    garden, texts = studio.garden, studio.texts

    def home(request: Request) -> Response:
        return answer(garden.home())

    def passages(request: Request) -> Response:
        return answer(garden.passages(_options(request)))

    def passage(request: Request) -> Response:
        return answer(texts.of(parameter(request, "id")))

    def comparison(request: Request) -> Response:
        return answer(texts.compare(parameter(request, "left"), parameter(request, "right")))

    def differences(request: Request) -> Response:
        return answer(texts.differences(parameter(request, "id"), request.query_params.getlist("key")))

    return [
        Route("/api/home", home),
        Route("/api/passages", passages),
        Route("/api/passage", passage),
        Route("/api/comparison", comparison),
        Route("/api/differences", differences),
    ]


def parameter(request: Request, name: str) -> str:
    """A parameter of the address. Raises `HTTPException` if the parameter is missing or long."""
    value = request.query_params.get(name, "")
    if not value or len(value) > LONGEST_QUERY:
        raise HTTPException(422, f"`{name}` is missing, or has more than {LONGEST_QUERY} characters.")
    return value


def _options(request: Request) -> Options:
    """The options for choosing passages. Raises `HTTPException` for a value that isn't allowed."""
    asked = request.query_params
    tags, essays = asked.getlist("tag"), asked.getlist("essay")
    where, like = asked.get("where"), asked.get("like")
    if max(len(tags), len(essays)) > MOST_NAMED or any(len(each) > LONGEST_QUERY for each in asked.values()):
        raise HTTPException(
            422, f"More than {MOST_NAMED} tags or essays, or more than {LONGEST_QUERY} characters in one value."
        )
    try:
        return Options(tags=tuple(tags), essays=tuple(essays), where=where or None, like=like or None)
    except ValidationError as error:
        problem = first_problem(error)
        raise HTTPException(422, f"`{problem.key}`: {problem.words}.") from error
