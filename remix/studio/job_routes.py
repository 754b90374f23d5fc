"""The routes of jobs: what the page for writing offers, estimates, the queue, and events.

Takes a `Studio`, gives routes. Knows nothing of processes and run folders.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from remix.errors import RemixError
from remix.outputs.find import find_run
from remix.records import Frozen
from remix.studio.engine_messages import (
    BranchRequest,
    ChosenOptions,
    RedoRequest,
    ResumeRequest,
    TryRequest,
    WeaveChoices,
    WeaveRequest,
    WriteRequest,
)
from remix.studio.job_records import Job
from remix.studio.job_texts import texts_of
from remix.studio.json_http import NotInStudio, answer, read, stored
from remix.studio.model_pulls import models
from remix.studio.studio import Studio
from remix.studio.write_choices import choices_of
from remix.util.names import readable

MOST_ASKED = 2**21
"""Bytes of a request: a text up to the cursor has 2**20 characters at most, most of them one byte."""


class OptionsRequest(Frozen):
    """The options of a run."""

    options: ChosenOptions
    weave: WeaveChoices | None = None
    """What is asked of an essay; null for a run that weaves none."""


class PullRequest(Frozen):
    """A model to download."""

    name: str
    sha256: str | None = None


class NoEstimate(Frozen):
    """Why there can be no such run."""

    error: str
    hint: str


class JobList(Frozen):
    """All jobs."""

    jobs: tuple[Job, ...]
    """The oldest first."""
    loaded: str | None
    """The model in memory."""


class Done(Frozen):
    """The answer to a request that has no other answer."""


def routes(studio: Studio) -> list[Route]:
    """The routes of jobs, models and events."""
    answers = _Answers(studio)
    return [
        Route("/api/write", answers.choices),
        Route("/api/jobs", answers.jobs),
        Route("/api/jobs", answers.write, methods=["POST"]),
        Route("/api/jobs/estimate", answers.estimate, methods=["POST"]),
        Route("/api/jobs/resume", answers.resume, methods=["POST"]),
        Route("/api/jobs/redo", answers.redo, methods=["POST"]),
        Route("/api/jobs/branch", answers.branch, methods=["POST"]),
        Route("/api/jobs/try", answers.try_, methods=["POST"]),
        Route("/api/jobs/{id}/stop", answers.stop, methods=["POST"]),
        Route("/api/jobs/{id}/again", answers.again, methods=["POST"]),
        Route("/api/jobs/{id}/texts", answers.texts),
        Route("/api/models", answers.models),
        Route("/api/models/pull", answers.pull, methods=["POST"]),
        Route("/api/models/pull/stop", answers.stop_pull, methods=["POST"]),
        Route("/api/models/let-go", answers.let_go, methods=["POST"]),
        Route("/api/events", answers.events),
    ]


class _Answers:
    """The answers to requests. Plain functions run in a thread; POST requests are read first."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._jobs = studio.jobs

    def choices(self, request: Request) -> Response:
        return answer(choices_of(self._studio.workspace))

    # -- jobs -----------------------------------------------------------------------------------------------

    def jobs(self, request: Request) -> Response:
        return answer(JobList(jobs=tuple(self._jobs.all()), loaded=self._jobs.loaded))

    def texts(self, request: Request) -> Response:
        run = self._jobs.get(request.path_params["id"]).run
        if run is None:
            raise NotInStudio("This job has no run yet.", "Wait until the model is loaded.")
        folder = find_run(self._studio.workspace.outputs, run)
        # The page may judge a text as soon as the text is shown.
        self._studio.runs.notice(run)
        return answer(texts_of(folder, request.query_params.get("place")))

    async def estimate(self, request: Request) -> Response:
        """The size of a run. That there can be no such run is an answer, too: the user is still choosing."""
        asked = await read(request, OptionsRequest, MOST_ASKED)
        try:
            return answer(await run_in_threadpool(self._jobs.estimate, asked.options, asked.weave))
        except RemixError as error:
            return answer(NoEstimate(error=readable(error.message), hint=readable(error.hint)))

    async def write(self, request: Request) -> Response:
        asked = await read(request, OptionsRequest, MOST_ASKED)
        weave = WeaveRequest(options=asked.options, weave=asked.weave) if asked.weave else None
        return await stored(lambda: self._jobs.add(weave or WriteRequest(options=asked.options)))

    async def resume(self, request: Request) -> Response:
        asked = await read(request, ResumeRequest, MOST_ASKED)
        return await stored(lambda: self._jobs.add(asked))

    async def redo(self, request: Request) -> Response:
        asked = await read(request, RedoRequest, MOST_ASKED)
        return await stored(lambda: self._jobs.add(asked))

    async def branch(self, request: Request) -> Response:
        asked = await read(request, BranchRequest, MOST_ASKED)
        return await stored(lambda: self._jobs.add(asked))

    async def try_(self, request: Request) -> Response:
        asked = await read(request, TryRequest, MOST_ASKED)
        return await stored(lambda: self._jobs.add(asked))

    async def stop(self, request: Request) -> Response:
        await read(request, Done)
        id_ = request.path_params["id"]
        return answer(await run_in_threadpool(self._jobs.stop, id_))

    async def again(self, request: Request) -> Response:
        await read(request, Done)
        id_ = request.path_params["id"]
        return await stored(lambda: self._jobs.again(id_))

    # -- models ---------------------------------------------------------------------------------------------

    def models(self, request: Request) -> Response:
        return answer(models(self._studio.workspace, self._jobs.loaded, self._studio.pulls.last))

    async def pull(self, request: Request) -> Response:
        asked = await read(request, PullRequest, MOST_ASKED)
        return await stored(lambda: self._studio.pulls.begin(asked.name, asked.sha256))

    async def stop_pull(self, request: Request) -> Response:
        await read(request, Done)
        return answer(self._studio.pulls.stop() or Done())

    async def let_go(self, request: Request) -> Response:
        await read(request, Done)
        await run_in_threadpool(self._jobs.let_go)
        return answer(Done())

    # -- events ---------------------------------------------------------------------------------------------

    async def events(self, request: Request) -> Response:
        """The stream of events: first the present state, then each change."""
        events = self._studio.events
        # One browser has one cookie, whatever the number of its tabs.
        stream = events.open(request.headers.get("cookie", ""))
        if stream is None:
            raise HTTPException(429, "Too many pages listen: close some of them.")
        try:
            present = await run_in_threadpool(self._present)
        except BaseException:
            events.close(stream)
            raise
        return StreamingResponse(events.sent(stream, present), media_type="text/event-stream")

    def _present(self) -> list[tuple[str, Frozen]]:
        pull = self._studio.pulls.last
        return [*self._jobs.present(), *self._studio.drafts.present(), *([("pull", pull)] if pull else [])]
