"""The HTTP route of roads: where a text could have gone on otherwise.

Takes a `Studio`, gives routes. A road is taken by `job_routes.py`.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from remix.studio.json_http import answer
from remix.studio.roads import roads_of
from remix.studio.studio import Studio


def routes(studio: Studio) -> list[Route]:
    """The routes."""

    def roads(request: Request) -> Response:
        return answer(roads_of(studio.runs, request.path_params["key"]))

    return [Route("/api/outputs/{key}/roads", roads)]
