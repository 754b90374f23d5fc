"""Jobs, models and events over HTTP: what is answered, and to whom."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remix.errors import ModelError
from remix.models.download import Pulled, Watch
from remix.outputs import RunFolder, list_runs
from remix.records import Options
from remix.studio import events
from remix.studio.engine_messages import AskEstimate, Began, Begin, Ended, Estimated, WeaveRequest, WriteRequest
from remix.studio.guard import Access
from remix.studio.model_pulls import Pulls
from remix.studio.routes import application
from remix.studio.studio import Studio
from remix.verification.verify import verify
from remix.workspace import Workspace, open_workspace
from tests.conftest import eventually
from tests.played_engine import Played
from tests.studio.test_jobs import ESTIMATE
from tests.studio_server import Client, served

ACCESS = Access("127.0.0.1", 8123)
SESSION = ACCESS.exchange(ACCESS.key) or ""
HERE = "http://127.0.0.1:8123"
SAME = {"origin": HERE, "content-type": "application/json"}

POSTS = ("/api/jobs", "/api/jobs/estimate", "/api/jobs/resume", "/api/jobs/redo", "/api/jobs/branch", "/api/jobs/try")
ALL_POSTS = (
    *POSTS,
    "/api/jobs/x/stop",
    "/api/jobs/x/again",
    "/api/models/pull",
    "/api/models/pull/stop",
    "/api/models/let-go",
    "/api/templates",
    "/api/templates/check",
)
GETS = (
    "/api/write",
    "/api/jobs",
    "/api/models",
    "/api/events",
    "/api/jobs/x/texts",
    "/api/templates",
    "/api/outputs/x/roads",
)


class Asked:
    """Asks the application in this process, with a played engine and played downloads."""

    def __init__(self, workspace: Workspace) -> None:
        studio = Studio.open(workspace, [], "Eve")
        self.played = Played(workspace, studio.events.publish)
        self.pulled: list[str] = []
        pulls = Pulls(studio.events.publish, self._download)
        self.studio = dataclasses.replace(studio, jobs=self.played.jobs, pulls=pulls)
        self.app = application(self.studio, ACCESS)

    def _download(self, name: str, sha256: str | None, watch: Watch) -> Pulled:
        self.pulled.append(name)
        return Pulled((Path("a.gguf"),), 10, True)

    def __call__(self, method: str, path: str, cookie: str | None = SESSION, **more: Any) -> httpx.Response:
        headers = {"cookie": f"{ACCESS.cookie_name}={cookie}"} if cookie else {}
        headers |= more.pop("headers", SAME if method == "POST" else {})

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url=HERE, headers=headers) as client:
                return await client.request(method, ACCESS.folder + path, **more)

        return asyncio.run(ask())


@pytest.fixture
def asked(workspace: Workspace) -> Asked:
    return Asked(workspace)


def test_what_the_page_offers(asked: Asked) -> None:
    found = asked("GET", "/api/write").json()
    assert {each["tag"]: each["passages"] for each in found["tags"]} == {"time": 3, "clocks": 2, "small error": 1}
    assert [(each["id"], each["passages"]) for each in found["essays"]] == [("two-clocks", 3)]
    assert [(each["kind"], each["is_usual"]) for each in found["kinds"]] == [("again", True), ("once", True)]
    assert (found["steps"], found["variants"], found["best_of"]) == (3, 1, 1)


def test_what_the_page_offers_follows_the_settings(workspace: Workspace) -> None:
    (workspace.root / "remix.toml").write_text('[generate]\nkind = ["once"]\nsteps = 2\n')
    found = Asked(open_workspace(workspace.root))("GET", "/api/write").json()
    assert found["steps"] == 2
    assert [each["is_usual"] for each in found["kinds"]] == [False, True]


def test_a_run_is_queued_told_and_stopped(asked: Asked) -> None:
    answer = asked("POST", "/api/jobs", json={"options": {"tags": ["time"], "steps": 2}})
    assert answer.status_code == 201
    job = answer.json()
    assert (job["state"], job["does"], job["about"]) == ("loading", "write", "time")
    wanted = WriteRequest(options=Options(tags=("time",), steps=2))
    assert asked.played.host.told == [Begin(job=job["id"], request=wanted)]
    assert "kinds" not in asked.played.host.told[0].model_dump()["request"]["options"], "unset options stay unset"
    assert [each["id"] for each in asked("GET", "/api/jobs").json()["jobs"]] == [job["id"]]
    assert asked("POST", f"/api/jobs/{job['id']}/stop", json={}).json()["state"] == "stopping"


@pytest.mark.parametrize(
    ("path", "body", "does"),
    [
        ("resume", {"run": "a-run"}, "resume"),
        ("redo", {"output": "a-run:two-clocks/001/again.1"}, "redo"),
        ("branch", {"output": "a-run:two-clocks/001/again.1", "at": "2", "take": "1"}, "branch"),
        ("branch", {"output": "a-run:two-clocks/001/again.1", "text_before": "The sea"}, "branch"),
        ("try", {"kind": "line", "source": "x", "passage": "two-clocks/001"}, "try"),
    ],
    ids=["resume", "redo", "alternative", "cursor", "try"],
)
def test_further_jobs(asked: Asked, path: str, body: dict[str, str], does: str) -> None:
    answer = asked("POST", f"/api/jobs/{path}", json=body)
    assert (answer.status_code, answer.json()["does"]) == (201, does)
    begun = asked.played.host.told[0]
    assert isinstance(begun, Begin)
    assert body.items() <= begun.request.model_dump().items()


def test_an_essay_to_be_woven(asked: Asked) -> None:
    weave = {"order": "essay", "length": 400, "dialectic": True, "accepted": False}
    answer = asked("POST", "/api/jobs", json={"options": {"tags": ["time"]}, "weave": weave})
    assert (answer.status_code, answer.json()["does"], answer.json()["about"]) == (201, "weave", "time")
    begun = asked.played.host.told[0]
    assert isinstance(begun, Begin)
    assert isinstance(begun.request, WeaveRequest)
    assert begun.request.weave.model_dump() == weave


def test_an_estimate(asked: Asked) -> None:
    answers: list[httpx.Response] = []
    asking = threading.Thread(
        target=lambda: answers.append(asked("POST", "/api/jobs/estimate", json={"options": {"tags": ["time"]}}))
    )
    asking.start()
    eventually(lambda: asked.played.hosts and asked.played.host.told)
    question = asked.played.host.told[0]
    assert isinstance(question, AskEstimate)
    asked.played.host.hear(Estimated(question=question.question, estimate=ESTIMATE))
    asking.join(60)
    assert (answers[0].status_code, answers[0].json()["texts"]) == (200, 2)


def test_a_run_that_cannot_be_planned_is_an_answer(asked: Asked) -> None:
    asked.played.refuses = ModelError("the engine's process can't be started.", "Close other programs.")
    answer = asked("POST", "/api/jobs/estimate", json={"options": {"tags": ["time"]}})
    assert answer.status_code == 200
    assert answer.json() == {"error": "the engine's process can't be started.", "hint": "Close other programs."}


def test_the_texts_of_a_job(workspace: Workspace, finished: RunFolder) -> None:
    asked = Asked(workspace)
    job = asked("POST", "/api/jobs/resume", json={"run": finished.path.name}).json()["id"]
    assert asked("GET", f"/api/jobs/{job}/texts").status_code == 404
    begun = asked.played.host.told[0]
    assert isinstance(begun, Begin)
    asked.played.host.hear(Began(job=job, run=finished.path.name, planned=12, finished=12, model="fake"))
    found = asked("GET", f"/api/jobs/{job}/texts").json()
    assert [each["id"] for each in found["passages"]] == ["two-clocks/001", "two-clocks/002", "two-clocks/003"]
    (text, *_) = found["passages"][0]["texts"]
    record, words = finished.read("two-clocks/001/again.1")
    assert (text["text"], text["record"], text["verdict"]) == (words, record.id, None)
    # A text that is shown can be judged at once, though the studio was opened before the run was found.
    judged = asked("POST", f"/api/outputs/{text['key']}/reviews", json={"output": record.id, "verdict": "star"})
    assert judged.status_code == 201
    one = asked("GET", f"/api/jobs/{job}/texts?place=two-clocks/001").json()["passages"]
    assert [each["id"] for each in one] == ["two-clocks/001"]
    assert one[0]["texts"][0]["verdict"] == "star"
    assert asked("GET", f"/api/jobs/{job}/texts?place=nowhere/001").status_code == 409


def test_models_and_downloads(asked: Asked) -> None:
    assert asked("GET", "/api/models").json()["pull"] is None
    answer = asked("POST", "/api/models/pull", json={"name": "owner/name:Q4_K_M"})
    assert (answer.status_code, answer.json()["state"]) == (201, "pulling")
    eventually(lambda: asked("GET", "/api/models").json()["pull"]["state"] == "finished")
    assert asked.pulled == ["owner/name:Q4_K_M"]
    assert asked("POST", "/api/models/pull/stop", json={}).status_code == 200


# -- what is refused ------------------------------------------------------------------------------------------

REFUSED = [
    ("no options", "/api/jobs", {}, 422),
    ("an unknown option", "/api/jobs", {"options": {"tag": ["time"]}}, 422),
    ("too many steps", "/api/jobs", {"options": {"steps": 10**9}}, 422),
    ("a list", "/api/jobs", [], 422),
    ("an essay of no length", "/api/jobs", {"options": {}, "weave": {"length": 49}}, 422),
    ("an essay in no order", "/api/jobs/estimate", {"options": {}, "weave": {"order": "random"}}, 422),
    ("an unknown option to estimate", "/api/jobs/estimate", {"options": {"x": 1}}, 422),
    ("no run", "/api/jobs/resume", {}, 422),
    ("an empty run", "/api/jobs/resume", {"run": ""}, 422),
    ("a long run", "/api/jobs/resume", {"run": "x" * 1001}, 422),
    ("no output", "/api/jobs/redo", {"output": ""}, 422),
    ("another job's field", "/api/jobs/redo", {"output": "x", "does": "write"}, 422),
    ("a branch without words", "/api/jobs/branch", {"output": "x"}, 422),
    ("a branch with two", "/api/jobs/branch", {"output": "x", "take": "1", "write": "y"}, 422),
    ("many branches", "/api/jobs/branch", {"output": "x", "take": "1", "variants": 101}, 422),
    ("no such job", "/api/jobs/x/stop", {}, 409),
    ("no model", "/api/models/pull", {}, 422),
]


@pytest.mark.parametrize(("path", "body", "status"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_refused(asked: Asked, path: str, body: object, status: int) -> None:
    answer = asked("POST", path, json=body)
    assert answer.status_code == status
    assert answer.json()["error"]
    assert asked.played.hosts == [], "nothing is started"
    assert asked.pulled == []


@pytest.mark.parametrize("path", [*ALL_POSTS, *GETS])
def test_strangers_are_refused(asked: Asked, path: str) -> None:
    method, more = ("POST", {"json": {}}) if path in ALL_POSTS else ("GET", {})
    assert asked(method, path, cookie=None, **more).status_code == 401
    assert asked(method, path, cookie="guess", **more).status_code == 401
    for headers in (
        {"origin": "http://evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ):
        assert asked(method, path, headers=SAME | headers, **more).status_code == 403
    assert asked(method, path, headers=SAME | {"host": "evil.example:8123"}, **more).status_code == 421
    assert asked.played.hosts == []


@pytest.mark.parametrize("path", ALL_POSTS)
def test_only_json_is_taken(asked: Asked, path: str) -> None:
    assert asked("POST", path, headers={"origin": HERE}, data={"run": "x"}).status_code == 415
    assert asked("POST", path, content=b"{").status_code == 400
    assert asked("POST", path, content=b" " * (2**21 + 2**23)).status_code == 413
    assert asked("POST", path, headers={"content-type": "application/json"}, content=b"{}").status_code == 403


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=8), each, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(["a-run:two-clocks/001/again.1", "..", "/etc/passwd", "a\0b", "run:../../x", "é"]) | st.text(
    max_size=9
)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "options": st.fixed_dictionaries(
            {},
            optional={
                "tags": st.lists(NAMES, max_size=2) | JSON,
                "passages": st.lists(NAMES, max_size=2) | JSON,
                "where": NAMES | JSON,
                "steps": st.integers() | JSON,
                "model": NAMES | JSON,
            },
        )
        | JSON,
        **dict.fromkeys(("run", "output", "at", "take", "write", "text_before", "name", "sha256"), NAMES | JSON),
        "variants": st.integers(-1, 200) | JSON,
    },
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from([each for each in ALL_POSTS if each != "/api/jobs/estimate"]), body=FIELDS | JSON)
def test_nothing_that_is_asked_fails(asked: Asked, path: str, body: object) -> None:
    answer = asked("POST", path, json=body)
    assert answer.status_code < 500
    for job in asked.played.jobs.all():
        asked.played.jobs.stop(job.id)
        asked.played.host.hear(Ended(job=job.id, state="stopped"))


# -- events ---------------------------------------------------------------------------------------------------


@pytest.fixture
def client(workspace: Workspace, finished: RunFolder) -> Iterator[Client]:
    with served(workspace.root, command="studio") as (address, _), Client(address) as client:
        client.enter()
        yield client


def lines(stream: Iterator[str], end: str) -> list[str]:
    """The next lines of a stream, up to one that begins so."""
    found = []
    for line in stream:
        found.append(line)
        if line.startswith(end):
            return found
    raise AssertionError("the stream ended")


def test_a_stream_tells_the_present_state_and_each_change(client: Client, finished: RunFolder) -> None:
    with client.stream("GET", "/api/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert stream.headers["cache-control"] == "no-store"
        heard = stream.iter_lines()
        assert lines(heard, "event: model")[0] == f"retry: {events.RETRY}"
        job = client.post("/api/jobs/resume", json={"run": finished.path.name}).json()
        told = [line for line in lines(heard, "event: job") if line.startswith("id: ")]
        assert told
    # Another page, or the same after it was cut off, begins with the present state.
    with client.stream("GET", "/api/events", headers={"last-event-id": told[0][4:]}) as stream:
        found = lines(stream.iter_lines(), "event: model")
    first = next(line for line in found if line.startswith("data: "))
    assert json.loads(first[6:])["id"] == job["id"]


def test_a_session_has_so_many_streams(client: Client) -> None:
    streams = [client.stream("GET", "/api/events") for _ in range(events.MOST_STREAMS)]
    opened = [stream.__enter__() for stream in streams]
    assert {each.status_code for each in opened} == {200}
    assert client.get("/api/events").status_code == 429
    assert client.get("/api/jobs").status_code == 200, "other requests are answered meanwhile"
    streams[0].__exit__(None, None, None)

    def is_free() -> bool:
        with client.stream("GET", "/api/events") as stream:
            return stream.status_code == 200

    eventually(is_free)
    for stream in streams[1:]:
        stream.__exit__(None, None, None)


def test_a_studio_with_open_streams_ends_at_once(workspace: Workspace, finished: RunFolder) -> None:
    with served(workspace.root, command="studio") as (address, process), Client(address) as client:
        client.enter()
        with client.stream("GET", "/api/events") as stream:
            lines(stream.iter_lines(), "event: model")
            process.terminate()
            process.wait(30)
    assert process.returncode == 0


@pytest.mark.model
def test_no_job_that_was_acknowledged_is_lost_when_the_studio_is_killed(workspace: Workspace) -> None:
    """Each is held by the next studio, or its run is on disk."""
    acknowledged: set[str] = set()
    for number in range(4):
        with served(workspace.root, command="studio") as (address, process), Client(address) as client:
            client.enter()
            held = {each["id"] for each in client.get("/api/jobs").json()["jobs"] if each["state"] == "held"}
            assert held <= acknowledged
            assert len(acknowledged - held) <= len(list_runs(workspace.outputs))
            for _ in range(number + 1):
                job = client.post("/api/jobs", json={"options": {"tags": ["clocks"], "variants": 9}})
                acknowledged.add(job.json()["id"])
            process.kill()
            process.wait(30)


@pytest.mark.model
def test_ctrl_c_stops_the_run_that_is_being_written_and_says_so(workspace: Workspace) -> None:
    with served(workspace.root, command="studio") as (address, process), Client(address) as client:
        client.enter()
        job = client.post("/api/jobs", json={"options": {"kinds": ["again"], "variants": 40, "parallel": 4}}).json()[
            "id"
        ]

        def now() -> dict[str, Any]:
            return next(each for each in client.get("/api/jobs").json()["jobs"] if each["id"] == job)

        eventually(lambda: now()["finished"] > 0, 300)
        run = now()["run"]
        process.send_signal(signal.SIGINT)
        process.wait(60)
        assert process.stderr
        assert f"Stopping {run}; to finish it: remix resume {run}" in process.stderr.read()
    folder = RunFolder.open(workspace.outputs / run)
    assert 0 < len(folder.done) < len(folder.run.tasks)
    assert not folder.is_being_written()
    assert not verify(folder.path).findings
