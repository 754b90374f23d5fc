"""The HTTP routes of drafts: listed, created, read, saved, renamed, thrown away, compared with sources, and exported.

Takes a `Studio`, gives routes. Knows nothing of files.
"""

from __future__ import annotations

from urllib.parse import quote

from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from remix.drafts import DraftConflictError
from remix.export.drafts import DraftForm, draft_bytes
from remix.records import Frozen
from remix.studio.drafts import SaveRequest
from remix.studio.json_http import answer, read, stored
from remix.studio.studio import Studio
from remix.util.names import readable

MOST_SAVED = 5 * 2**20
"""Bytes of a request to save: a draft has 2**21 bytes at most, some characters take more bytes in JSON."""

TYPES: dict[DraftForm, str] = {
    "md": "text/markdown",
    "html": "text/html",
    "epub": "application/epub+zip",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
"""The media type of each form."""


class TitleRequest(Frozen):
    """A title for a draft."""

    name: str = Field(min_length=1, max_length=1000)


class Nothing(Frozen):
    """A request that says all by its address."""


class KeyRequest(Frozen):
    """An output to be added to a draft."""

    key: str = Field(max_length=100)


def routes(studio: Studio) -> list[Route]:
    """The routes."""
    answers = _Answers(studio)
    return [
        Route("/api/drafts", answers.all),
        Route("/api/drafts", answers.create, methods=["POST"]),
        Route("/api/drafts/{name}", answers.draft),
        Route("/api/drafts/{name}", answers.save, methods=["POST"]),
        Route("/api/drafts/{name}/rename", answers.rename, methods=["POST"]),
        Route("/api/drafts/{name}/throw-away", answers.throw_away, methods=["POST"]),
        Route("/api/drafts/{name}/add", answers.add, methods=["POST"]),
        Route("/api/drafts/{name}/export", answers.export),
        Route("/api/drafts/{name}/pieces/{piece}", answers.compare),
        Route("/api/texts/{key}/piece", answers.text),
    ]


class _Answers:
    """The answers to requests. Plain functions run in a thread; POST requests are read first."""

    def __init__(self, studio: Studio) -> None:
        self._drafts = studio.drafts

    def all(self, request: Request) -> Response:
        return answer(self._drafts.all())

    def draft(self, request: Request) -> Response:
        return answer(self._drafts.read(request.path_params["name"]))

    def text(self, request: Request) -> Response:
        return answer(self._drafts.text_of(request.path_params["key"]))

    def compare(self, request: Request) -> Response:
        return answer(self._drafts.compare(request.path_params["name"], request.path_params["piece"]))

    async def create(self, request: Request) -> Response:
        title = (await read(request, TitleRequest)).name
        return await stored(lambda: self._drafts.create(title))

    async def rename(self, request: Request) -> Response:
        title, name = (await read(request, TitleRequest)).name, request.path_params["name"]
        return await stored(lambda: self._drafts.rename(name, title))

    async def throw_away(self, request: Request) -> Response:
        await read(request, Nothing)
        name = request.path_params["name"]
        return await stored(lambda: self._drafts.throw_away(name))

    async def add(self, request: Request) -> Response:
        key, name = (await read(request, KeyRequest)).key, request.path_params["name"]
        return await stored(lambda: self._drafts.add(name, key))

    async def save(self, request: Request) -> Response:
        asked, name = await read(request, SaveRequest, MOST_SAVED), request.path_params["name"]
        try:
            return await stored(lambda: self._drafts.save(name, asked))
        except DraftConflictError as error:
            there = await run_in_threadpool(self._drafts.read, name)
            said = {"error": readable(error.message), "hint": error.hint, "draft": there.model_dump()}
            return JSONResponse(said, 409)

    def export(self, request: Request) -> Response:
        form = next((each for each in TYPES if each == request.query_params.get("format")), None)
        if form is None:
            raise HTTPException(422, f"`format` is one of {', '.join(TYPES)}.")
        name, has_notes = request.path_params["name"], request.query_params.get("notes") != "no"
        draft = self._drafts.draft(name)
        data = draft_bytes(draft, form, has_notes, self._drafts.run_of)
        file = quote(f"{draft.name}.{form}", safe="")
        headers = {"content-disposition": f"attachment; filename*=UTF-8''{file}"}
        return Response(data, media_type=TYPES[form], headers=headers)
