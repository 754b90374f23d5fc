"""Reviews, drafts and jobs over HTTP, while the studio's server or its engine process is killed at random instants.

Nothing that was acknowledged is lost, each finished text stays and verifies, and what isn't finished goes on.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import psutil
import pytest

from remix.errors import RunError
from remix.outputs import RunFolder, reviews
from remix.outputs.runs import list_runs
from remix.records import Run
from remix.studio.output_files import key_of
from remix.verification.verify import verify
from remix.workspace import Workspace, open_workspace
from tests import tiny_models
from tests.conftest import eventually
from tests.studio.test_drafts import back
from tests.studio_pages import Reader, needs_browser
from tests.studio_server import Client, engines_of, served, variants

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Json = dict[str, Any]
Marks = Callable[[Run], bool]

AT_WORK = {"queued", "loading", "writing", "stopping"}

MOST_UNFINISHED = 12
"""Jobs that wait, beyond which no act adds another."""


@pytest.fixture
def garden(workspace: Workspace) -> Workspace:
    """A workspace with a finished run, and a model of a few kB as the usual one."""
    variants(workspace)
    tiny_models.write(workspace.root / "tiny.gguf", tiny_models.byte_pairs())
    (workspace.root / "remix.toml").write_text('model = "tiny.gguf"\n', encoding="utf-8")
    return open_workspace(workspace.root)


def names(folder: RunFolder) -> list[str]:
    """The finished texts of a run."""
    return [task.id for task in folder.done]


@dataclass
class Acknowledged:
    """What the studio said it has."""

    reviews: set[str] = field(default_factory=set)
    version: str = ""
    pieces: list[Json] = field(default_factory=list)
    """Of the draft."""
    jobs: dict[str, Marks] = field(default_factory=dict)
    """By the job's id, whether a run is the job's."""
    stopped: set[str] = field(default_factory=set)
    """Jobs that were stopped; a run that had begun is there, and can go on."""
    cancelled: set[str] = field(default_factory=set)
    """Jobs among them that waited."""
    files: dict[Path, bytes] = field(default_factory=dict)
    """Finished texts and their records."""


class Page:
    """A page without a window, which opens the next studio when the one that it talks to is killed."""

    def __init__(self, workspace: Workspace, stack: ExitStack, chance: random.Random) -> None:
        self.workspace, self._stack, self._chance = workspace, stack, chance
        self.known = Acknowledged()
        self.kills = {"server": 0, "engine": 0}
        self.unanswered = 0
        self._number = 0
        self._killers: list[threading.Timer] = []
        self._redone: set[str] = set()
        self._open()
        self.known.version = self.ask("POST", "/api/drafts", {"name": "Essay"}).json()["version"]
        (folder,) = self.folders()
        self.outputs = [(key_of(folder.path, task), folder.read(task)[0].id) for task in names(folder)]

    def _open(self) -> None:
        address, self._process = self._stack.enter_context(served(self.workspace.root, command="studio"))
        self._client = self._stack.enter_context(Client(address))
        self._client.enter()

    def ask(self, method: str, path: str, body: Json | None = None) -> httpx.Response:
        return self._client.request(method, path, json=body)

    # -- kills ----------------------------------------------------------------------------------------------

    def kill_soon(self, what: str) -> None:
        """Kill the server or its engine process within the next moments."""
        # Half of the kills come when a text is being written: loading the model takes longer than a hundred acts.
        if self._chance.random() < 0.5:
            eventually(lambda: {"writing"} <= (states := self.states()) or not states & AT_WORK)
        process = psutil.Process(self._process.pid)
        if what == "engine":
            engines = engines_of(process)
            if not engines:
                return
            (process,) = engines
        self.kills[what] += 1
        self._killers.append(threading.Timer(self._chance.random() * 0.1, _kill, [process]))
        self._killers[-1].start()

    def reopen(self) -> None:
        """The server was killed: open the next one, and see whether all is there that was acknowledged."""
        # A server that is too busy to answer in time is killed here.
        self._process.kill()
        self._process.wait()
        self._open()
        self.check()

    def check(self) -> None:
        known, folders = self.known, self.folders()
        stored = {each.id for folder in folders for each in reviews.read(folder.path).reviews}
        assert known.reviews <= stored
        jobs = {job["id"]: job for job in self.jobs()}
        for id_, marks in known.jobs.items():
            is_held = id_ in jobs and jobs[id_]["state"] != "stopped"
            assert is_held or id_ in known.stopped or any(marks(folder.run) for folder in folders), id_
        assert not known.cancelled & {id_ for id_, job in jobs.items() if job["state"] == "held"}
        for path, data in known.files.items():
            assert path.read_bytes() == data
        for folder in folders:
            for task in names(folder):
                record = folder.record_path(task)
                for path in (record, record.with_suffix(".md")):
                    known.files.setdefault(path, path.read_bytes())
        self.see_draft()

    def see_draft(self) -> Json:
        """The draft as it is; nobody but this page changes the draft."""
        there: Json = self.ask("GET", "/api/drafts/Essay").json()
        if there["version"] != self.known.version:
            assert [each["text"] for each in there["pieces"]] == [each["text"] for each in self._sent if each["text"]]
        self.known.version, self.known.pieces = there["version"], there["pieces"]
        return there

    def folders(self) -> list[RunFolder]:
        """All runs but those that were killed before they began."""
        found = []
        for path in list_runs(self.workspace.outputs):
            with suppress(RunError):
                found.append(RunFolder.open(path))
        return found

    # -- acts -----------------------------------------------------------------------------------------------

    def act(self) -> None:
        """One random act; without an answer the studio may have done it or not."""
        self._number += 1
        acts = [self.review] * 4 + [self.edit] * 2 + [self.save] * 4
        acts += [self.write, self.redo, self.branch, self.go_on] * 2 + [self.stop]
        try:
            self._chance.choice(acts)()
        except httpx.TransportError:
            self.unanswered += 1
            self.reopen()

    def review(self) -> None:
        key, output = self._chance.choice(self.outputs)
        said: Json = self._chance.choice([{"verdict": "accept"}, {"verdict": "reject"}, {"note": f"{self._number}"}])
        answer = self.ask("POST", f"/api/outputs/{key}/reviews", {"output": output, **said})
        assert answer.status_code == 201, answer.text
        self.known.reviews |= set(answer.json()["reviews"])

    def edit(self) -> None:
        key, output = self._chance.choice(self.outputs)
        edited = {"output": output, "text": f"Better words {self._number}."}
        answer = self.ask("POST", f"/api/outputs/{key}/edits", edited)
        assert answer.status_code == 201, answer.text
        self.known.reviews |= set(answer.json()["reviews"])

    def save(self) -> None:
        pieces = [back(piece) for piece in self.known.pieces]
        if len(pieces) > 8:
            pieces.pop(self._chance.randrange(len(pieces)))
        pieces.insert(
            self._chance.randrange(len(pieces) + 1), {"id": f"own-{self._number}", "text": f"{self._number}."}
        )
        self._sent = pieces
        answer = self.ask("POST", "/api/drafts/Essay", {"version": self.known.version, "pieces": pieces})
        assert answer.status_code == 201, answer.text
        self.known.version, self.known.pieces = answer.json()["version"], answer.json()["pieces"]

    def write(self) -> None:
        seed = self._number
        options = {"kinds": ["again"], "passages": ["two-clocks/001"], "steps": 2, "variants": 2, "seed": seed}
        self._queue("/api/jobs", {"options": options}, lambda run: run.options.seed == seed)

    def redo(self) -> None:
        folder, task = self._chance_text()
        record = folder.read(task)[0].id if task else ""
        if not task or record in self._redone:
            return
        self._redone.add(record)
        self._queue("/api/jobs/redo", {"output": f"{folder.path.name}:{task}"}, lambda run: run.redoes == record)

    def branch(self) -> None:
        folder, task = self._chance_text()
        words = f"number {self._number}"
        if task:
            request = {"output": f"{folder.path.name}:{task}", "text_before": words}
            self._queue(
                "/api/jobs/branch",
                request,
                lambda run: any(words in (t.branch.put if t.branch else "") for t in run.tasks),
            )

    def _chance_text(self) -> tuple[RunFolder, str]:
        """A finished text by the model."""
        folder = self._chance.choice(self.folders())
        done = names(folder) if folder.run.model else []
        return folder, self._chance.choice(done) if done else ""

    def _queue(self, path: str, request: Json, marks: Marks) -> None:
        if len(self.unfinished()) > MOST_UNFINISHED:
            return
        answer = self.ask("POST", path, request)
        assert answer.status_code == 201, answer.text
        self.known.jobs[answer.json()["id"]] = marks

    def stop(self) -> None:
        """Stop a job, or cancel one that waits."""
        unfinished = self.unfinished()
        if not unfinished:
            return
        job = self._chance.choice(unfinished)
        answer = self.ask("POST", f"/api/jobs/{job['id']}/stop", {})
        assert answer.status_code == 200, answer.text
        self.known.stopped.add(job["id"])
        if answer.json()["state"] == "stopped" and not answer.json()["run"]:
            self.known.cancelled.add(job["id"])

    def go_on(self) -> None:
        """Begin a job that a killed studio left, or go on with one that was cut short."""
        jobs = [job for job in self.jobs() if job["state"] in ("held", "failed", "stopped")]
        if not jobs:
            return
        job = self._chance.choice(jobs)
        answer = self.ask("POST", f"/api/jobs/{job['id']}/again", {})
        assert answer.status_code == 201, answer.text
        self.known.cancelled.discard(answer.json()["id"])
        if job["id"] in self.known.jobs:
            self.known.jobs[answer.json()["id"]] = self.known.jobs[job["id"]]

    def jobs(self) -> list[Json]:
        jobs: list[Json] = self.ask("GET", "/api/jobs").json()["jobs"]
        return jobs

    def states(self) -> set[str]:
        return {job["state"] for job in self.jobs()}

    def unfinished(self) -> list[Json]:
        return [job for job in self.jobs() if job["state"] not in ("stopped", "failed", "finished")]

    # -- the end --------------------------------------------------------------------------------------------

    def finish(self) -> None:
        """Let all that isn't finished go on, after the last kill."""
        for each in self._killers:
            each.join()
        # A killed process may still be there for a moment, and answer nobody.
        try:
            self.jobs()
        except httpx.TransportError:
            self.reopen()
        for job in self.jobs():
            if not job["run"] and job["state"] in ("held", "failed"):
                assert self.ask("POST", f"/api/jobs/{job['id']}/again", {}).status_code == 201
        eventually(lambda: not self.unfinished(), 300)
        for folder in self.folders():
            if not folder.is_complete:
                assert self.ask("POST", "/api/jobs/resume", {"run": folder.path.name}).status_code == 201
                eventually(lambda: not self.unfinished(), 300)


@needs_browser
def test_words_that_a_killed_studio_had_not_stored_are_on_the_next_ones_page(
    workspace: Workspace, browser: Browser
) -> None:
    from playwright.sync_api import expect

    with served(workspace.root, command="studio") as (address, process):
        reader = Reader(browser, address)
        page = reader.tab()
        page.goto(f"{page.url}drafts")
        page.get_by_label("Title of a new draft").fill("Essay")
        page.get_by_role("button", name="Begin").click()
        page.get_by_role("button", name="Write at the end").click()
        page.keyboard.type("Stored.")
        saving = page.locator("#saving")
        expect(saving).to_have_text("Stored")
        process.kill()
        page.keyboard.type(" Not stored.")
        expect(saving).to_have_text("Not stored: kept in this browser")
        page.close()
    with served(workspace.root, command="studio") as (address, _):
        page = reader.tab(address)
        page.goto(f"{page.url}drafts")
        expect(page.locator(".lines li")).to_contain_text("This browser has words of the draft that aren’t stored")
        page.get_by_role("link", name="Essay").click()
        expect(page.locator("textarea.words")).to_have_value("Stored. Not stored.")
        expect(page.locator("#saving")).to_have_text("Stored")
    assert (workspace.drafts / "Essay.md").read_text(encoding="utf-8") == "Stored. Not stored.\n"
    reader.context.close()


def _kill(process: psutil.Process) -> None:
    with suppress(psutil.NoSuchProcess):
        process.kill()


def test_nothing_acknowledged_is_lost(garden: Workspace, request: pytest.FixtureRequest) -> None:
    acts, kills = (500, 40) if request.config.getoption("full") else (60, 4)
    chance = random.Random(11)
    killed_at = dict(zip(chance.sample(range(5, acts), kills), ["server", "engine"] * kills, strict=False))
    with ExitStack() as stack:
        page = Page(garden, stack, chance)
        for number in range(acts):
            if number in killed_at:
                with suppress(httpx.TransportError):
                    page.kill_soon(killed_at[number])
            page.act()
        page.finish()
        page.check()
        folders = page.folders()
        assert all(folder.is_complete for folder in folders)
        # What a killed studio left half-written of an edited text is removed by the next one.
        eventually(lambda: [verify(folder.path).findings for folder in folders] == [()] * len(folders))
        missing = [id_ for id_, marks in page.known.jobs.items() if not any(marks(each.run) for each in folders)]
        assert set(missing) <= page.known.stopped
        assert page.kills["server"]
        assert len(folders) > 1, "the model has written"
