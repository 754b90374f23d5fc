"""Drafts over HTTP: saved, compared and exported; what is refused; and 300 acts while the server is killed."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remix.drafts import Drafts
from remix.drafts.origins import runs_in
from remix.outputs import RunFolder, reviews
from remix.records import Frozen
from remix.studio.drafts import DraftEvent, StudioDrafts
from remix.workspace import Workspace
from tests.studio.test_server import HERE, SAME, Asked
from tests.studio_server import FIRST, TEXT, Client, served, variants

Piece = dict[str, Any]


@pytest.fixture
def folder(workspace: Workspace) -> RunFolder:
    return variants(workspace)


@pytest.fixture
def asked(folder: RunFolder) -> Asked:
    return Asked(folder)


def post(asked: Asked, path: str, body: Any) -> httpx.Response:
    return asked("POST", path, headers=SAME, json=body)


def own(text: str, id_: str = "own") -> Piece:
    return {"id": id_, "text": text}


def created(asked: Asked, title: str = "Essay") -> dict[str, Any]:
    answer = post(asked, "/api/drafts", {"name": title})
    assert answer.status_code == 201
    draft: dict[str, Any] = answer.json()
    return draft


def back(piece: Piece) -> Piece:
    """A piece as a page sends it back."""
    source = piece["source"]
    return {
        "id": piece["id"],
        "text": piece["text"],
        "source": source and {"record": source["record"], "key": source["key"]},
    }


# -- what is answered ---------------------------------------------------------------------------------------


def test_a_draft_is_put_together_and_saved(asked: Asked, workspace: Workspace) -> None:
    draft = created(asked)
    added = post(asked, "/api/drafts/Essay/add", {"key": asked.key}).json()
    assert [piece["text"] for piece in added["pieces"]] == [TEXT]
    pieces = [own("Mine."), back(added["pieces"][0]) | {"text": f"{TEXT} Changed."}]
    saved = post(asked, "/api/drafts/Essay", {"version": added["version"], "pieces": pieces})
    assert saved.status_code == 201
    assert [piece["is_edited"] for piece in saved.json()["pieces"]] == [False, True]
    assert (workspace.drafts / "Essay.md").read_text() == f"Mine.\n\n{TEXT} Changed.\n"
    assert asked("GET", "/api/drafts/Essay").json() == saved.json()
    (row,) = asked("GET", "/api/drafts").json()["drafts"]
    assert (row["name"], row["pieces"], row["sources"]) == ("Essay", 2, 1)
    assert draft["version"] != saved.json()["version"]


def test_a_text_is_added_twice_as_two_pieces(asked: Asked) -> None:
    created(asked)
    for _ in range(2):
        added = post(asked, "/api/drafts/Essay/add", {"key": asked.key})
    assert len({piece["id"] for piece in added.json()["pieces"]}) == 2


def test_an_edited_version_is_added_instead_of_the_output(asked: Asked, folder: RunFolder) -> None:
    reviews.edit(folder, FIRST, "Eve", "Better words.")
    assert asked("GET", f"/api/texts/{asked.key}/piece").json()["text"] == "Better words."


def test_a_conflict_has_the_draft_as_it_is_on_the_disk(asked: Asked, workspace: Workspace) -> None:
    draft = created(asked)
    (workspace.drafts / "Essay.md").write_text("Theirs.\n")
    answer = post(asked, "/api/drafts/Essay", {"version": draft["version"], "pieces": [own("Mine.")]})
    assert answer.status_code == 409
    there = answer.json()["draft"]
    assert [piece["text"] for piece in there["pieces"]] == ["Theirs."]
    assert there["version"] == asked("GET", "/api/drafts/Essay").json()["version"]


def test_a_piece_beside_its_source(asked: Asked) -> None:
    created(asked)
    added = post(asked, "/api/drafts/Essay/add", {"key": asked.key}).json()
    piece = back(added["pieces"][0]) | {"text": TEXT.replace("late", "early")}
    post(asked, "/api/drafts/Essay", {"version": added["version"], "pieces": [piece]})
    shown = asked("GET", f"/api/drafts/Essay/pieces/{piece['id']}").json()
    assert [words for words, changed, _ in shown["view"]["left"] if changed] == ["late"]
    assert [words for words, changed, _ in shown["view"]["right"] if changed] == ["early"]
    assert shown["passage"][0]["text"] == "The first clock runs fast. It was set by the second."


@pytest.mark.parametrize("name", ["Essay", "Über Uhren & Zeiger", "50 x", "a'b"])
@pytest.mark.parametrize("form", ["md", "html", "epub", "docx"])
def test_exports_are_files_to_keep(asked: Asked, name: str, form: str) -> None:
    draft = created(asked, name)
    post(asked, f"/api/drafts/{quote(name)}/add", {"key": asked.key})
    answer = asked("GET", f"/api/drafts/{quote(name)}/export?format={form}")
    assert answer.status_code == 200
    assert (
        answer.headers["content-disposition"]
        == f"attachment; filename*=UTF-8''{quote(draft['name'], safe='')}.{form}"
    )
    assert len(answer.content) > 20


REFUSED: list[tuple[str, str, dict[str, Any], int]] = [
    ("GET", "/api/drafts/Other", {}, 404),
    ("GET", "/api/drafts/..", {}, 404),
    ("GET", "/api/drafts/..%2Fseeds%2Ftwo-clocks", {}, 404),
    ("GET", "/api/drafts/Essay%00", {}, 404),
    ("GET", "/api/drafts/Essay/pieces/none", {}, 404),
    ("GET", "/api/drafts/Essay/export?format=exe", {}, 422),
    ("GET", "/api/drafts/Essay/export?format=docx", {}, 409),
    ("GET", "/api/texts/none/piece", {}, 404),
    ("POST", "/api/drafts", {"json": {"name": ""}}, 422),
    ("POST", "/api/drafts", {"json": {"name": "x" * 1001}}, 422),
    ("POST", "/api/drafts", {"json": {}}, 422),
    ("POST", "/api/drafts", {"json": {"name": "x", "path": "/etc"}}, 422),
    ("POST", "/api/drafts/Essay/add", {"json": {"key": "none"}}, 404),
    ("POST", "/api/drafts/Other/add", {"json": {"key": "KEY"}}, 404),
    ("POST", "/api/drafts/Other", {"json": {"version": "0" * 64, "pieces": []}}, 404),
    ("POST", "/api/drafts/Essay", {"json": {"version": "x", "pieces": []}}, 422),
    ("POST", "/api/drafts/Essay", {"json": {"version": "0" * 64, "pieces": [own("Mine.")]}}, 409),
    ("POST", "/api/drafts/Essay", {"json": {"version": "VERSION", "pieces": [own("a\0b")]}}, 409),
    ("POST", "/api/drafts/Essay", {"json": {"version": "VERSION", "pieces": [own("a", "../x")]}}, 422),
    ("POST", "/api/drafts/Essay", {"json": {"version": "VERSION", "pieces": [own("a")] * 2001}}, 422),
    ("POST", "/api/drafts/Essay", {"json": {"version": "VERSION", "pieces": [own("x" * (2**21 + 1))]}}, 409),
    ("POST", "/api/drafts/Essay", {"content": b" " * (5 * 2**20 + 1)}, 413),
    (
        "POST",
        "/api/drafts/Essay",
        {"json": {"version": "VERSION", "pieces": [own("a") | {"source": {"record": "0" * 64, "key": "KEY"}}]}},
        409,
    ),
    ("POST", "/api/drafts/Essay", {"json": {}, "headers": {"origin": HERE, "content-type": "text/plain"}}, 415),
    ("POST", "/api/drafts/Essay", {"json": {}, "headers": SAME | {"origin": "http://evil.example"}}, 403),
    ("POST", "/api/drafts/Essay", {"json": {}, "cookie": None}, 401),
    ("GET", "/api/drafts/Essay/export?format=md", {"cookie": None}, 401),
    ("GET", "/api/drafts/Essay", {"headers": {"sec-fetch-site": "cross-site"}}, 403),
    ("DELETE", "/api/drafts/Essay", {"headers": SAME}, 405),
]


@pytest.mark.parametrize(("method", "path", "more", "status"), REFUSED)
def test_refused(
    method: str, path: str, more: dict[str, Any], status: int, asked: Asked, workspace: Workspace
) -> None:
    version = created(asked)["version"]
    if method == "POST":
        more = {"headers": SAME} | more
    if "json" in more:
        filled = json.dumps(more["json"]).replace('"VERSION"', f'"{version}"').replace('"KEY"', f'"{asked.key}"')
        more = {**more, "json": json.loads(filled)}
    answer = asked(method, path, **more)
    assert answer.status_code == status
    assert "Traceback" not in answer.text
    assert sorted(path.name for path in workspace.drafts.iterdir()) == [".lock", "Essay.md", "Essay.sources.json"]
    assert (workspace.drafts / "Essay.md").read_bytes() == b""


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
PIECES = st.lists(
    st.fixed_dictionaries({"id": st.text(max_size=5), "text": st.text(max_size=30)}, optional={"source": JSON}),
    max_size=4,
)
BODIES = st.fixed_dictionaries({"version": st.just("VERSION") | JSON, "pieces": PIECES | JSON}) | JSON


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["Essay", "Essay/add", "Other"]) | st.text(max_size=12),
    body=BODIES.map(json.dumps) | st.text(max_size=30),
    method=st.sampled_from(["GET", "POST"]),
)
def test_nothing_that_is_asked_fails(asked: Asked, name: str, body: str, method: str) -> None:
    known = {row["name"] for row in asked("GET", "/api/drafts").json()["drafts"]}
    if "Essay" not in known:
        created(asked)
    version = asked("GET", "/api/drafts/Essay").json()["version"]
    path = f"/api/drafts/{quote(name)}" if name else "/api/drafts"
    answer = asked(
        method, path, headers=SAME, content=body.replace('"VERSION"', f'"{version}"').encode(errors="replace")
    )
    assert answer.status_code < 500


# -- edits by other programs --------------------------------------------------------------------------------


def test_drafts_that_come_change_and_go_are_told(asked: Asked, workspace: Workspace) -> None:
    told: list[tuple[str, Frozen]] = []
    drafts = StudioDrafts(workspace, asked.open_runs, lambda name, value: told.append((name, value)))
    drafts.look()
    created(asked)
    drafts.look()
    path = workspace.drafts / "Essay.md"
    path.write_text("Theirs.\n")
    drafts.look()
    drafts.look()
    path.unlink()
    drafts.look()
    events = [value for name, value in told if name == "drafts" and isinstance(value, DraftEvent)]
    assert [event.name for event in events] == ["Essay"] * 3
    assert [event.version is None for event in events] == [False, False, True]
    assert drafts.present() == []


def test_a_draft_is_found_saved_and_exported_by_a_name_that_it_had(asked: Asked, workspace: Workspace) -> None:
    draft = created(asked)
    assert post(asked, "/api/drafts/Essay/rename", {"name": "Other"}).json()["name"] == "Other"
    assert asked("GET", "/api/drafts/Essay").json() == draft | {"name": "Other"}
    saved = post(asked, "/api/drafts/Essay", {"version": draft["version"], "pieces": [own("Mine.")]})
    assert (saved.status_code, saved.json()["name"]) == (201, "Other")
    assert (workspace.drafts / "Other.md").read_text() == "Mine.\n"
    assert not (workspace.drafts / "Essay.md").exists()
    exported = asked("GET", "/api/drafts/Essay/export?format=md")
    assert exported.headers["content-disposition"].endswith("Other.md")
    # The name is free again for another draft.
    assert created(asked)["name"] == "Essay"
    assert asked("GET", "/api/drafts/Essay").json()["pieces"] == []


def test_pages_are_told_of_a_new_name_by_the_studio_and_by_other_programs(asked: Asked, workspace: Workspace) -> None:
    told: list[DraftEvent] = []
    drafts = StudioDrafts(workspace, asked.open_runs, lambda _, value: told.append(DraftEvent.model_validate(value)))
    created(asked)
    drafts.look()
    drafts.rename("Essay", "Other")
    assert [(event.name, event.renamed) for event in told] == [("Essay", "Other")]
    drafts.look()
    (workspace.drafts / "Other.md").rename(workspace.drafts / "Third.md")
    drafts.look()
    assert told[-2:] == [
        DraftEvent(name="Other", version=None, renamed="Third"),
        DraftEvent(name="Third", version=told[-1].version),
    ]
    # A page that begins to listen now hears of each name.
    present = [event for _, event in drafts.present() if isinstance(event, DraftEvent) and event.renamed]
    assert [(event.name, event.renamed) for event in present] == [("Essay", "Third"), ("Other", "Third")]


# -- killed -------------------------------------------------------------------------------------------------


class Writer:
    """A page without a browser: sends a draft after each act, and goes on after the server was killed."""

    def __init__(self, root: Path, stack: ExitStack) -> None:
        self._root, self._stack = root, stack
        self._open()
        self.version = ""
        self.pieces: list[Piece] = []

    def _open(self) -> None:
        address, self.process = self._stack.enter_context(served(self._root))
        self.client = self._stack.enter_context(Client(address))
        self.client.enter()

    def save(self) -> None:
        """Save, through a new server if this one dies; check that nothing acknowledged was lost."""
        body = {"version": self.version, "pieces": [back(piece) for piece in self.pieces]}
        try:
            answer = self.client.post("/api/drafts/Essay", json=body)
        except httpx.TransportError:
            # A server that is too busy to answer in time is killed here.
            self.process.kill()
            self.process.wait()
            self._open()
            there = self.client.get("/api/drafts/Essay").json()
            texts = [piece["text"] for piece in self.pieces if piece["text"]]
            is_stored = [piece["text"] for piece in there["pieces"] if piece["text"]] == texts
            assert is_stored or there["version"] == self.version, "neither the old draft nor the new one"
            answer = self.client.post("/api/drafts/Essay", json=body)
        assert answer.status_code == 201, answer.text
        self.version, self.pieces = answer.json()["version"], answer.json()["pieces"]


def acts(chance: random.Random, texts: list[Piece], writer: Writer) -> Iterator[None]:
    """An endless row of random changes to a draft."""
    number = 0
    while True:
        number += 1
        pieces = writer.pieces
        at = chance.randrange(len(pieces) + 1)
        if len(pieces) < 4 or chance.random() < 0.2:
            pieces.insert(at, {"id": f"own-{number}", "text": f"Words {number}.", "source": None})
        elif chance.random() < 0.3:
            text = chance.choice(texts)
            pieces.insert(at, {**text, "id": f"text-{number}"})
        elif len(pieces) > 12 or chance.random() < 0.2:
            pieces.pop(chance.randrange(len(pieces)))
        elif chance.random() < 0.4:
            pieces.insert(chance.randrange(len(pieces)), pieces.pop(chance.randrange(len(pieces))))
        else:
            chance.choice(pieces)["text"] += chance.choice((" and more", "\n\nAnother paragraph.", "\n"))
        yield


ACTS, KILLS = 300, 10


def test_nothing_acknowledged_is_lost_in_300_acts_under_random_kills(folder: RunFolder, workspace: Workspace) -> None:
    chance = random.Random(7)
    killed_at = set(chance.sample(range(ACTS), KILLS))
    with ExitStack() as stack:
        writer = Writer(workspace.root, stack)
        writer.version = writer.client.post("/api/drafts", json={"name": "Essay"}).json()["version"]
        listing = writer.client.get("/api/listing").json()["outputs"]
        texts = [writer.client.get(f"/api/texts/{row['key']}/piece").json() for row in listing[:3]]
        act = acts(chance, texts, writer)
        sourced = 0
        for number in range(ACTS):
            next(act)
            if number in killed_at:
                # Before, while or after the server writes the files.
                threading.Timer(chance.random() * 0.02, writer.process.kill).start()
            wanted = [(piece["text"], piece["source"] and piece["source"]["record"]) for piece in writer.pieces]
            writer.save()
            there = [(piece["text"], piece["source"] and piece["source"]["record"]) for piece in writer.pieces]
            assert there == wanted
            sourced += sum(record is not None for _, record in there)
        assert sourced
    draft = Drafts(workspace.drafts, runs_in(workspace.outputs)).read("Essay")
    assert [(piece.text, piece.origin and piece.origin.record) for piece in draft.pieces] == wanted
