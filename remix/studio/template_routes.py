"""The HTTP routes of templates: all templates, a check of a source, and storing a template as a new kind.

Takes a `Studio`, gives routes. A template is tried by `job_routes.py`.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from remix.records import Frozen
from remix.studio import templates
from remix.studio.json_http import answer, read, stored
from remix.studio.studio import Studio

MOST_ASKED = 2**21
"""Bytes of a request: a template has at most 2**20 characters, mostly of one byte."""


class TemplateRequest(Frozen):
    """A template: the name of its kind, and the source of its file."""

    kind: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    source: Annotated[str, StringConstraints(max_length=2**20)]


def routes(studio: Studio) -> list[Route]:
    """The routes."""
    workspace = studio.workspace

    def listed(request: Request) -> Response:
        return answer(templates.templates_of(workspace))

    async def check(request: Request) -> Response:
        asked = await read(request, TemplateRequest, MOST_ASKED)
        return answer(await run_in_threadpool(templates.check, workspace, asked.kind, asked.source))

    async def keep(request: Request) -> Response:
        asked = await read(request, TemplateRequest, MOST_ASKED)
        return await stored(lambda: templates.keep(workspace, asked.kind, asked.source))

    return [
        Route("/api/templates", listed),
        Route("/api/templates", keep, methods=["POST"]),
        Route("/api/templates/check", check, methods=["POST"]),
    ]
