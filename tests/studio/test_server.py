"""The studio over HTTP: what is answered, and to whom."""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remix.outputs import RunFolder, reviews
from remix.studio import server
from remix.studio.guard import HEADERS, LARGEST, Access
from remix.studio.page_routes import PAGES, Page, files
from remix.studio.routes import application
from remix.studio.server import bind
from remix.studio.studio import Studio
from remix.verification.verify import verify
from remix.workspace import Workspace
from tests.conftest import Remix
from tests.studio_server import FIRST, TEXT, Client, served, variants

ACCESS = Access("127.0.0.1", 8123, "desk?run=x")
COOKIE = ACCESS.cookie_name
SESSION = ACCESS.exchange(ACCESS.key) or ""
HERE = "http://127.0.0.1:8123"
SAME = {"origin": HERE, "content-type": "application/json"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    from tests.conftest import make_workspace

    return variants(make_workspace(tmp_path_factory.mktemp("runs") / "garden"))


class Asked:
    """Asks the application in this process."""

    def __init__(self, folder: RunFolder) -> None:
        self.studio = Studio.open(Workspace(folder.path.parent.parent), [folder.path.name], "Eve")
        self.open_runs = self.studio.runs
        self.app = application(self.studio, ACCESS)
        self.output = folder.read(FIRST)[0].id
        self.open_runs.read()
        contents = self.open_runs.changes("").contents
        self.key = next(key for key, content in contents.items() if content.output == self.output)

    def __call__(self, method: str, path: str, cookie: str | None = SESSION, **more: Any) -> httpx.Response:
        """Ask for a path below the folder, or for `ROOT…` before it."""
        path = path.removeprefix("ROOT") if path.startswith("ROOT") else ACCESS.folder + path
        headers = {"cookie": f"{COOKIE}={cookie}"} if cookie else {}
        headers |= more.pop("headers", {})

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url=HERE, headers=headers) as client:
                return await client.request(method, path, **more)

        return asyncio.run(ask())

    def review(self, **words: Any) -> dict[str, Any]:
        return {"output": self.output, **words}

    @property
    def path(self) -> str:
        return f"/api/outputs/{self.key}"


@pytest.fixture(scope="module")
def asked(folder: RunFolder) -> Asked:
    return Asked(folder)


# -- the way in ---------------------------------------------------------------------------------------------


def enter(asked: Asked, key: object, **headers: str) -> httpx.Response:
    return asked("POST", "ROOT/enter", cookie=None, headers=SAME | headers, json={"key": key})


def test_the_address_gives_a_cookie_and_the_cookie_opens(asked: Asked) -> None:
    access = Access("127.0.0.1", 8123, "desk?run=x")
    app, asked.app = asked.app, application(asked.studio, access)
    try:
        assert asked("GET", "ROOT/", cookie=None).status_code == 200
        first = enter(asked, access.key)
        assert first.status_code == 200
        cookie, *bounds = first.headers["set-cookie"].split("; ")
        assert bounds == ["HttpOnly", "SameSite=Strict", f"Path={access.folder}/"]
        assert access.holds(cookie.removeprefix(f"{COOKIE}="))
        assert first.json() == {"folder": f"{access.folder}/", "page": "desk?run=x"}
        second = enter(asked, access.key)
        assert second.status_code == 403
        assert "used before" in second.json()["error"]
        assert "press Enter" in second.json()["error"]
        assert "set-cookie" not in second.headers
    finally:
        asked.app = app
    assert "set-cookie" not in asked("GET", "/").headers
    assert asked("GET", "/api/listing").json()["reviewer"] == "Eve"


@pytest.mark.parametrize("key", ["", "guess", "é", "x" * 101, None, 1, ["x"], {"a": 1}])
def test_a_wrong_key_opens_nothing(asked: Asked, key: object) -> None:
    answer = enter(asked, key)
    assert answer.status_code in (403, 422)
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://127.0.0.1:80"},
        {"origin": "null"},
        {"origin": "file://"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site"},
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"host": "evil.example:8123"},
    ],
)
def test_only_the_page_itself_hands_the_key_in(asked: Asked, headers: dict[str, str]) -> None:
    access = Access("127.0.0.1", 8123)
    app, asked.app = asked.app, application(asked.studio, access)
    try:
        assert enter(asked, access.key, **headers).status_code in (403, 415, 421)
    finally:
        asked.app = app
    assert not access.is_used(access.key)


@pytest.mark.parametrize("path", ["ROOT/", "ROOT/sign_in.js", "ROOT/colours.css", "ROOT/icon.svg", "ROOT/?key=x"])
def test_before_the_studio_there_is_nothing_to_see(asked: Asked, path: str) -> None:
    answer = asked("GET", path, cookie=None)
    assert answer.status_code == 200
    for secret in (ACCESS.key, ACCESS.folder, SESSION, "two-clocks", "reviewer", asked.output):
        assert secret not in answer.text


@pytest.mark.parametrize(
    "path", ["/", "/api/listing", "/static/desk.js", "/api/outputs/x", "/nowhere", "ROOT/", "ROOT/x"]
)
def test_every_answer_binds_the_browser(asked: Asked, path: str) -> None:
    for cookie in (SESSION, None):
        answer = asked("GET", path, cookie=cookie)
        assert HEADERS.items() <= dict(answer.headers).items()


def test_another_servers_cookie_of_the_same_name_locks_nobody_out(asked: Asked) -> None:
    """Servers on other ports may set cookies for this host, and the last one of a name counted."""
    for cookies in (f"{COOKIE}={SESSION}; {COOKIE}=theirs", f"{COOKIE}=theirs; a; =; {COOKIE}={SESSION}"):
        assert asked("GET", "/api/listing", cookie=None, headers={"cookie": cookies}).status_code == 200


def test_only_files_are_kept_by_the_browser(asked: Asked) -> None:
    assert Access("127.0.0.1", 8123).folder != ACCESS.folder, "what is kept is this studio's"
    assert "immutable" in asked("GET", "/static/desk.js").headers["cache-control"]
    for path in ("/", "/api/listing", "/static/none.js", asked.path, "ROOT/", "ROOT/sign_in.js"):
        assert asked("GET", path).headers["cache-control"] == "no-store"
    assert asked("GET", "/static/desk.js", cookie=None).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_asks_for_one_script_and_one_sheet(asked: Asked, page: Page) -> None:
    html = asked("GET", page.path).text
    assert re.findall(r"<script[^>]*>", html) == [f'<script type="module" src="static/{page.name}.js">']
    assert re.findall(r'<link rel="(?:stylesheet|modulepreload)"[^>]*>', html) == [
        f'<link rel="stylesheet" href="static/{page.name}.css">'
    ]
    for name, data in files().items():
        assert asked("GET", f"/static/{name}").content == data


def test_the_policy_allows_no_inline_script_and_no_other_place() -> None:
    policy = HEADERS["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "http" not in policy


REFUSED: list[tuple[str, str, str, dict[str, Any], int]] = [
    ("no key", "GET", "/", {"cookie": None}, 401),
    ("the key in the query", "GET", f"/?key={ACCESS.key}", {"cookie": None}, 401),
    ("the session in the query", "GET", f"/api/listing?{COOKIE}={SESSION}", {"cookie": None}, 401),
    ("the session before the folder", "GET", "ROOT/api/listing", {}, 404),
    ("a cookie of another name", "GET", "/", {"cookie": None, "headers": {"cookie": f"x{COOKIE}={SESSION}"}}, 401),
    ("half a session", "GET", "/", {"cookie": SESSION[:-1]}, 401),
    ("an empty session", "GET", "/", {"cookie": None, "headers": {"cookie": f"{COOKIE}="}}, 401),
    ("another studio's folder", "GET", f"ROOT{Access('::1', 1).folder}/api/listing", {}, 404),
    ("reading the key", "GET", "ROOT/enter", {}, 404),
    ("the key as a cookie", "GET", "/api/listing", {"cookie": ACCESS.key}, 401),
    ("a wrong cookie", "GET", "/static/desk.js", {"cookie": "guess"}, 401),
    ("a cookie that is no text", "GET", "/", {"headers": {"cookie": b"\xff=\xfe"}}, 401),
    ("another name", "GET", "/", {"headers": {"host": "evil.example:8123"}}, 421),
    ("the sign-in page by another name", "GET", "ROOT/", {"headers": {"host": "evil.example:8123"}}, 421),
    ("its script elsewhere", "GET", "ROOT/sign_in.js", {"headers": {"sec-fetch-site": "cross-site"}}, 403),
    ("the sign-in page read by another page", "GET", "ROOT/", {"headers": {"origin": "http://127.0.0.1:80"}}, 403),
    ("another port", "GET", "/", {"headers": {"host": "127.0.0.1:80"}}, 421),
    ("a name that is none", "GET", "/", {"headers": {"host": "[::1"}}, 421),
    ("another origin", "GET", "/api/listing", {"headers": {"origin": "http://evil.example"}}, 403),
    ("no origin at all", "POST", "REVIEWS", {"headers": {"content-type": "application/json"}}, 403),
    ("an origin without a name", "POST", "REVIEWS", {"headers": {**SAME, "origin": "null"}}, 403),
    ("another port's origin", "POST", "REVIEWS", {"headers": {**SAME, "origin": "http://127.0.0.1:80"}}, 403),
    ("an encrypted origin", "POST", "REVIEWS", {"headers": {**SAME, "origin": "https://127.0.0.1:8123"}}, 403),
    ("a page of another site", "GET", "/", {"headers": {"sec-fetch-site": "cross-site"}}, 403),
    ("a page of another port", "GET", "/api/listing", {"headers": {"sec-fetch-site": "same-site"}}, 403),
    ("a form", "POST", "REVIEWS", {"headers": {"origin": HERE}, "data": {"verdict": "accept"}}, 415),
    ("no type", "POST", "REVIEWS", {"headers": {"origin": HERE}, "content": b"{}"}, 415),
    ("no JSON", "POST", "REVIEWS", {"headers": SAME, "content": b"{"}, 400),
    ("no UTF-8", "POST", "REVIEWS", {"headers": SAME, "content": b'{"note": "\xff"}'}, 400),
    ("half a letter", "POST", "REVIEWS", {"headers": SAME, "content": rb'{"note": "\ud800"}'}, 400),
    ("very deep JSON", "POST", "REVIEWS", {"headers": SAME, "content": b"[" * 100_000}, 400),
    ("a list", "POST", "REVIEWS", {"headers": SAME, "json": []}, 422),
    ("nothing of what", "POST", "REVIEWS", {"headers": SAME, "json": {"verdict": "accept"}}, 422),
    ("an unknown verdict", "POST", "REVIEWS", {"headers": SAME, "json": {"verdict": "like"}}, 422),
    ("an unknown field", "POST", "REVIEWS", {"headers": SAME, "json": {"output": "0" * 64, "reviewer": "Adam"}}, 422),
    ("another output", "POST", "REVIEWS", {"headers": SAME, "json": {"output": "0" * 64, "verdict": "accept"}}, 409),
    ("a blank edit", "POST", "EDITS", {"headers": SAME, "json": {"output": "0" * 64, "text": " \n"}}, 422),
    ("a long edit", "POST", "EDITS", {"headers": SAME, "json": {"output": "0" * 64, "text": "x" * (2**20 + 1)}}, 422),
    ("a body too large", "POST", "EDITS", {"headers": SAME, "content": b" " * (LARGEST + 1)}, 413),
    ("nothing to undo", "POST", "/api/undo", {"headers": SAME, "json": {"reviews": ["0" * 32]}}, 409),
    ("much to undo", "POST", "/api/undo", {"headers": SAME, "json": {"reviews": ["0" * 32] * 21}}, 422),
    ("a way up", "GET", "/static/../server.py", {}, 404),
    ("a way up in hiding", "GET", "/static/..%2fserver.py", {}, 404),
    ("a way up twice in hiding", "GET", "/static/%252e%252e%252fserver.py", {}, 404),
    ("another studio's file", "GET", "/static/../guess/desk.js", {}, 404),
    ("a Python file", "GET", "/static/__init__.py", {}, 404),
    ("a way up among outputs", "GET", "/api/outputs/..%2f..%2frun.json/record", {}, 404),
    ("a task's name", "GET", f"/api/outputs/{FIRST}/record", {}, 404),
    ("an unknown output", "GET", "/api/outputs/00000000000000000000", {}, 404),
    ("a way up among vendored files", "GET", "/static/vendor/..%2f..%2fserver.py", {}, 404),
    ("a licence, which no page loads", "GET", "/static/vendor/htm.LICENSE", {}, 404),
    ("home without a session", "GET", "/api/home", {"cookie": None}, 401),
    ("home from another page", "GET", "/api/home", {"headers": {"origin": "http://evil.example"}}, 403),
    ("home by writing", "POST", "/api/home", {"headers": SAME, "json": {}}, 405),
    ("passages without a session", "GET", "/api/passages?tag=clocks", {"cookie": None}, 401),
    ("a tag that nobody has", "GET", "/api/passages?tag=none", {}, 409),
    ("a query that is none", "GET", "/api/passages?where=%28", {}, 409),
    ("very many tags", "GET", "/api/passages?" + "tag=x&" * 3000, {}, 422),
    ("a passage without a session", "GET", "/api/passage?id=two-clocks/001", {"cookie": None}, 401),
    ("no passage named", "GET", "/api/passage", {}, 422),
    ("a passage of a long name", "GET", "/api/passage?id=" + "x" * 1001, {}, 422),
    ("a passage that nobody has", "GET", "/api/passage?id=..%2f..%2frun.json", {}, 404),
    ("the page of a passage by another name", "GET", "/passage", {"headers": {"host": "evil.example:8123"}}, 421),
    ("the desk without a session", "GET", "/desk", {"cookie": None}, 401),
    ("nothing to compare", "GET", "/api/comparison?left=passage", {}, 422),
    ("an unknown text to compare", "GET", "/api/comparison?left=passage&right=x", {}, 404),
    ("differences of unknown texts", "GET", "/api/differences?id=two-clocks/001&key=x", {}, 404),
    ("an essay without a session", "GET", "/api/essay?run=x", {"cookie": None}, 401),
    ("an essay from another page", "GET", "/api/essay?run=x", {"headers": {"origin": "http://evil.example"}}, 403),
    ("an essay by writing", "POST", "/api/essay", {"headers": SAME, "json": {}}, 405),
    ("no essay named", "GET", "/api/essay", {}, 422),
    ("an essay of a long name", "GET", "/api/essay?run=" + "x" * 1001, {}, 422),
    ("an essay that no run weaves", "GET", "/api/essay?run=..%2f..%2frun.json", {}, 404),
    ("an essay's lineage by a stranger's method", "GET", "/api/essay?run=x&by=guess", {}, 422),
    ("what became of a passage without a session", "GET", "/api/heard?id=two-clocks/001", {"cookie": None}, 401),
    ("what became of no passage", "GET", "/api/heard", {}, 422),
    ("the page of an essay by another name", "GET", "/essay", {"headers": {"host": "evil.example:8123"}}, 421),
    ("nowhere", "GET", "/api", {}, 404),
    ("another method", "DELETE", "REVIEWS", {"headers": SAME}, 405),
    ("reading by writing", "POST", "/api/listing", {"headers": SAME, "json": {}}, 405),
]


@pytest.mark.parametrize(
    ("method", "path", "more", "status"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_refused(asked: Asked, method: str, path: str, more: dict[str, Any], status: int) -> None:
    path = {"REVIEWS": f"{asked.path}/reviews", "EDITS": f"{asked.path}/edits"}.get(path, path)
    answer = asked(method, path, **more)
    assert answer.status_code == status
    assert TEXT not in answer.text
    assert "Traceback" not in answer.text
    assert not any(each.reviewer == "Adam" for each in reviews.read(asked.open_runs.folders[0].path).reviews)


def test_a_link_from_elsewhere_leads_to_the_door(asked: Asked) -> None:
    """A terminal in a browser is a page of another site, and so is the file that opens the studio."""
    assert asked("GET", "ROOT/", cookie=None, headers={"sec-fetch-site": "cross-site"}).status_code == 200


# -- what is answered ---------------------------------------------------------------------------------------


def test_reading(asked: Asked, folder: RunFolder) -> None:
    detail = asked("GET", asked.path).json()
    assert "".join(chunk[0] for chunk in detail["views"][0]["right"]) == TEXT
    assert asked("GET", f"{asked.path}/record").content == folder.record_path(FIRST).read_bytes()
    assert asked("GET", f"{asked.path}/text").json() == TEXT
    assert asked("GET", "/api/search", params={"q": "late"}).json() == [asked.key]


def test_saying(workspace: Workspace) -> None:
    folder = variants(workspace)
    asked = Asked(folder)
    said = asked("POST", f"{asked.path}/reviews", headers=SAME, json=asked.review(verdict="star", note="<b>"))
    assert said.status_code == 201
    assert said.json()["changes"]["standings"][asked.output]["note"] == "<b>"
    assert asked("POST", f"{asked.path}/edits", headers=SAME, json=asked.review(text="Mine.")).status_code == 201
    assert asked("POST", f"{asked.path}/choice", headers=SAME, json=asked.review()).status_code == 201
    undone = asked("POST", "/api/undo", headers=SAME, json={"reviews": said.json()["reviews"]})
    assert undone.status_code == 201
    standing = asked("GET", "/api/changes").json()["standings"][asked.output]
    assert (standing["verdict"], standing["note"], bool(standing["edit"])) == (None, None, True)
    assert verify(folder.path).findings == ()


def test_a_disk_that_takes_nothing_is_said_so(workspace: Workspace) -> None:
    folder = variants(workspace)
    asked = Asked(folder)
    (folder.path / "reviews.jsonl").mkdir()
    answer = asked("POST", f"{asked.path}/reviews", headers=SAME, json=asked.review(verdict="star"))
    assert answer.status_code == 409
    assert "reviews.jsonl" in answer.json()["error"]
    assert answer.json()["hint"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "output": st.sampled_from(["OWN", "0" * 64]) | JSON,
        "verdict": st.sampled_from(["accept", "reject", "star", None]) | JSON,
        "loss": st.sampled_from(["earned", "lost", "neither"]) | JSON,
        "note": st.text(max_size=40) | JSON,
        "text": st.text(max_size=40) | JSON,
        "reviews": st.lists(st.text(max_size=33), max_size=3) | JSON,
    },
)
PLACES = [
    "reviews",
    "edits",
    "choice",
    "record",
    "text",
    "",
    "/api/undo",
    "/api/changes",
    "/api/search",
    "/api/listing",
    "/api/home",
    "/api/passages",
    "/api/passage",
    "/api/comparison",
    "/api/differences",
    "/passage",
]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "OPTIONS"]),
    place=st.sampled_from(PLACES) | st.text(max_size=12).map(lambda text: f"/{text}"),
    body=(FIELDS | JSON).map(json.dumps).map(str.encode) | st.binary(max_size=60),
    query=st.dictionaries(
        st.sampled_from(["since", "q", "key", "id", "left", "right", "tag", "where", "like", "run"]),
        st.text(max_size=20),
        max_size=3,
    ),
)
def test_nothing_that_is_asked_fails(
    asked: Asked, method: str, place: str, body: bytes, query: dict[str, str]
) -> None:
    path = ACCESS.folder + (place if place.startswith("/") else f"{asked.path}/{place}".removesuffix("/"))
    body = body.replace(b'"OWN"', json.dumps(asked.output).encode())
    try:
        url = httpx.URL(HERE + "/").copy_with(path=path)
    except httpx.InvalidURL:
        return
    answer = asked(method, f"ROOT{url}", headers=SAME, content=body, params=query)
    assert answer.status_code < 500


def test_work_that_fails_is_told_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    """The thread that reads ended with a traceback, and nothing was read any more."""
    stop, tried = threading.Event(), 0

    def work() -> None:
        nonlocal tried
        tried += 1
        if tried == 3:
            stop.set()
        raise RecursionError("too deep")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "PACE", 0.01)
        server._repeat(work, stop)
    assert tried == 3
    assert [each.exc_info is not None for each in caplog.records] == [True] * 3


# -- for real -----------------------------------------------------------------------------------------------


def accept_first(address: str) -> None:
    with Client(address) as client:
        client.enter()
        row = client.get("/api/listing").json()["outputs"][0]
        output = client.get(f"/api/outputs/{row['key']}").json()["output"]
        words = {"output": output, "verdict": "accept"}
        assert client.post(f"/api/outputs/{row['key']}/reviews", json=words).status_code == 201


@pytest.fixture
def sighup_heeded() -> Iterator[None]:
    """SIGHUP ends what is started now, also if the tests run under `nohup`, which has SIGHUP ignored."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("sighup_heeded")
@pytest.mark.parametrize("ends", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda ends: ends.name)
def test_the_command_serves_and_ends(workspace: Workspace, ends: signal.Signals) -> None:
    """SIGTERM, and SIGHUP from a closed terminal, left `index.md` without the last verdicts."""
    folder = variants(workspace)
    with served(workspace.root) as (address, process):
        accept_first(address)
        process.send_signal(ends)
        assert process.wait(timeout=30) == 0
        assert process.stderr
        assert "Traceback" not in process.stderr.read()
    assert "✓" in (folder.path / "index.md").read_text(encoding="utf-8")


def test_a_second_ctrl_c_does_not_cut_the_index_off(workspace: Workspace) -> None:
    folder = variants(workspace)
    with served(workspace.root) as (address, process):
        accept_first(address)
        while process.poll() is None:
            process.send_signal(signal.SIGINT)
            time.sleep(0.05)
    assert "✓" in (folder.path / "index.md").read_text(encoding="utf-8")


def test_after_a_kill_the_next_command_writes_the_index(workspace: Workspace, remix_: Remix) -> None:
    folder = variants(workspace)
    with served(workspace.root) as (address, process):
        accept_first(address)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=30)
    assert remix_("tags").exit_code == 0
    assert "✓" in (folder.path / "index.md").read_text(encoding="utf-8")


def _judge(client: Client, row: dict[str, Any], heard: list[str], seed: int) -> None:
    """Say one thing after another, as long as the server answers."""
    by_chance = random.Random(seed)
    verdicts = ["accept", "reject", "star"]
    try:
        while True:
            words = {"output": row["output"], "verdict": by_chance.choice(verdicts), "note": "x" * 500}
            answer = client.post(f"/api/outputs/{row['key']}/reviews", json=words)
            heard += answer.json()["reviews"] if answer.status_code == 201 else []
    except httpx.HTTPError:
        return


def test_all_that_was_acknowledged_survives_a_kill(workspace: Workspace) -> None:
    folder = variants(workspace)
    heard: list[str] = []
    by_chance = random.Random(1)
    for _ in range(3):
        with served(workspace.root) as (address, process), Client(address) as client:
            client.enter()
            keys = [row["key"] for row in client.get("/api/listing").json()["outputs"][:3]]
            rows = [{"key": key, "output": client.get(f"/api/outputs/{key}").json()["output"]} for key in keys]
            people = [
                threading.Thread(target=_judge, args=(client, row, heard, seed)) for seed, row in enumerate(rows)
            ]
            for each in people:
                each.start()
            before = len(heard)
            while len(heard) < before + 5:
                assert any(each.is_alive() for each in people)
                time.sleep(0.01)
            time.sleep(by_chance.uniform(0, 0.2))
            os.kill(process.pid, signal.SIGKILL)
            for each in people:
                each.join(timeout=60)
    found = reviews.read(folder.path)
    assert len(heard) >= 15
    assert found.broken == ()
    assert set(heard) <= {each.id for each in found.reviews}
    assert verify(folder.path).findings == ()


# -- the command --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.7", "desk.example"])
def test_other_machines_are_let_in_only_by_those_who_know(remix_: Remix, finished: RunFolder, host: str) -> None:
    done = remix_("review", "--no-open", "--host", host)
    assert done.exit_code == 2
    assert "--i-know" in done.stderr


def test_a_port_that_is_taken(remix_: Remix, finished: RunFolder, taken: int) -> None:
    done = remix_("review", "--no-open", "--port", taken)
    assert done.exit_code == 1
    assert f"127.0.0.1:{taken}" in done.stderr
    assert "--port" in done.stderr


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_no_packet_waits_for_the_one_before(host: str) -> None:
    """asyncio sees to that, but only where a socket says that it is TCP."""
    with bind(host, 0) as bound:
        assert bound.proto == socket.IPPROTO_TCP


def test_no_run_to_review(remix_: Remix, tmp_path: Path) -> None:
    done = remix_("review", "--no-open")
    assert done.exit_code == 1
    assert "no runs yet" in done.stderr
