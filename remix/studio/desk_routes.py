"""The HTTP routes of the desk: outputs listed, read and judged; the passage page judges by the same routes.

Takes the studio's runs, gives routes. Knows nothing of run folders.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from remix.outputs.reviews import LONGEST
from remix.records import Frozen, Sha256
from remix.studio.json_http import answer, read, stored
from remix.studio.listing import Listing, ReviewRequest
from remix.studio.open_runs import OpenRuns
from remix.studio.studio import Studio


class OutputShown(Frozen):
    """The output shown to the reviewer."""

    output: Sha256
    """The record's id."""


class ChoiceRequest(OutputShown):
    """The variant that was chosen."""

    runs: tuple[str, ...] = Field((), max_length=100)
    """Names of the runs whose variants were shown; empty for all runs."""


class EditRequest(OutputShown):
    """An edited version of an output."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST)]


class UndoRequest(Frozen):
    """Ids of reviews to withdraw; empty for the latest review."""

    reviews: tuple[str, ...] = Field((), max_length=20)
    runs: tuple[str, ...] = Field((), max_length=100)
    """Names of the runs among whose outputs the latest review is looked for; empty for all runs."""


def routes(studio: Studio) -> list[Route]:
    """The routes."""
    answers = _Answers(studio.runs)
    return [
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


class _Answers:
    """The answers to requests. Plain functions run in a thread; POST requests are read first."""

    def __init__(self, runs: OpenRuns) -> None:
        self._runs = runs
        self._listed: tuple[Listing, str] | None = None

    def listing(self, request: Request) -> Response:
        listing = self._runs.listing(_names(request))
        # The JSON may have megabytes: keep it while the listing is the same.
        if not self._listed or self._listed[0] is not listing:
            self._listed = listing, listing.model_dump_json()
        return Response(self._listed[1], media_type="application/json")

    def changes(self, request: Request) -> Response:
        return answer(self._runs.changes(request.query_params.get("since", ""), _names(request)))

    def search(self, request: Request) -> Response:
        return JSONResponse(self._runs.search(request.query_params.get("q", "")))

    def detail(self, request: Request) -> Response:
        return answer(self._runs.detail(request.path_params["key"]))

    def record(self, request: Request) -> Response:
        return Response(self._runs.record(request.path_params["key"]), media_type="application/json")

    def text(self, request: Request) -> Response:
        return JSONResponse(self._runs.text(request.path_params["key"]))

    async def review(self, request: Request) -> Response:
        review, key = await read(request, ReviewRequest), request.path_params["key"]
        return await stored(lambda: self._runs.review(key, review))

    async def choose(self, request: Request) -> Response:
        chosen, key = await read(request, ChoiceRequest), request.path_params["key"]
        return await stored(lambda: self._runs.choose(key, chosen.output, frozenset(chosen.runs)))

    async def edit(self, request: Request) -> Response:
        edited, key = await read(request, EditRequest), request.path_params["key"]
        return await stored(lambda: self._runs.edit(key, edited.output, edited.text))

    async def undo(self, request: Request) -> Response:
        undone = await read(request, UndoRequest)
        return await stored(lambda: self._runs.undo(undone.reviews, frozenset(undone.runs)))


def _names(request: Request) -> frozenset[str]:
    """Names of the runs that the page shows; empty for all runs."""
    return frozenset(request.query_params.getlist("run"))
