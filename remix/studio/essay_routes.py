"""The HTTP routes of woven essays: an essay with its threads, and what became of a passage.

Takes the studio's essays, gives routes. Knows nothing of lineages.
"""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from remix.studio.garden_routes import parameter
from remix.studio.json_http import answer
from remix.studio.studio import Studio
from remix.studio.woven_essays import Method

METHODS: dict[str, Method] = {"words": "words", "model": "model"}
"""Ways to find lineages, by the names that addresses give."""


def routes(studio: Studio) -> list[Route]:
    """The routes."""
    essays, garden = studio.essays, studio.garden

    def essay(request: Request) -> Response:
        by = request.query_params.get("by", "")
        if by and by not in METHODS:
            raise HTTPException(422, "`by` is neither `words` nor `model`.")
        return answer(essays.of(parameter(request, "run"), METHODS.get(by)))

    def heard(request: Request) -> Response:
        id_ = parameter(request, "id")
        passage = garden.passage(id_)
        return answer(essays.heard(id_, passage.text if passage else None))

    return [Route("/api/essay", essay), Route("/api/heard", heard)]
