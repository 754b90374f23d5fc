"""The studio on runs that a stranger made: it shows what it can, says what it can't, and goes on."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable

import httpx
import pytest

from remix.outputs import RunFolder, reviews
from remix.studio.guard import Access
from remix.studio.routes import application
from remix.studio.studio import Studio
from remix.workspace import Workspace
from tests.conftest import Nest
from tests.studio_server import FIRST, OTHER, variants

ACCESS = Access("127.0.0.1", 8123)
SESSION = ACCESS.exchange(ACCESS.key)
HERE = "http://127.0.0.1:8123"

LONG = 60.0
"""Seconds: the machine may be busy. What grew faster than its input took longer."""


def _record(data: bytes) -> Callable[[RunFolder], object]:
    return lambda folder: folder.record_path(FIRST).write_bytes(data)


def _text(data: bytes) -> Callable[[RunFolder], object]:
    return lambda folder: folder.text_path(FIRST).write_bytes(data)


def _reviews(data: bytes) -> Callable[[RunFolder], object]:
    return lambda folder: (folder.path / reviews.REVIEWS).write_bytes(data)


def _pipes_in_another_run(folder: RunFolder) -> None:
    other = folder.path.parent / "20200101T000000Z-other"
    other.mkdir()
    os.mkfifo(other / "run.json")


def _folders_in_place_of_files(folder: RunFolder) -> None:
    for path in (folder.record_path(FIRST), folder.text_path(FIRST), folder.path / reviews.REVIEWS):
        path.unlink(missing_ok=True)
        path.mkdir()


def _many_reviews(folder: RunFolder) -> None:
    reviews.say(folder, FIRST, "Eve", verdict="star")
    path = folder.path / reviews.REVIEWS
    line = json.loads(path.read_bytes())
    lines = (json.dumps({**line, "id": f"{number:032x}", "reviewer": f"r{number}"}) for number in range(3000))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _names_that_are_no_text(folder: RunFolder) -> None:
    place = folder.path / os.fsdecode(b"\xff\xfe")
    place.mkdir()
    (place / os.fsdecode(b"x\xff.md")).touch()


def _names_with_markup(folder: RunFolder) -> None:
    (folder.path / "<img src=x onerror=alert(1)>\n\u202e\x1b[31m.md").touch()


def _loops(folder: RunFolder) -> None:
    (folder.path / "self").symlink_to(folder.path, target_is_directory=True)
    folder.record_path(FIRST).unlink()
    folder.record_path(FIRST).symlink_to(folder.record_path(FIRST).name)


def _instead(name: str, target: str | None) -> Callable[[RunFolder], object]:
    """In a file's place a link, or a pipe."""

    def spoil(folder: RunFolder) -> None:
        path = folder.path / name
        path.unlink(missing_ok=True)
        path.symlink_to(target) if target else os.mkfifo(path)

    return spoil


HOSTILE: dict[str, Callable[[RunFolder], object]] = {
    "a pipe as reviews": _instead(reviews.REVIEWS, None),
    "a pipe as a text": _instead(f"{FIRST}.md", None),
    "a pipe as a record": _instead(f"{FIRST}.json", None),
    "a pipe as a trace": _instead(f"{FIRST}.trace.json", None),
    "a text without end": _instead(f"{FIRST}.md", "/dev/zero"),
    "a pipe in another run": _pipes_in_another_run,
    "folders in place of files": _folders_in_place_of_files,
    "3,000 reviewers": _many_reviews,
    "names that are no text": _names_that_are_no_text,
    "names with markup": _names_with_markup,
    "links in a circle": _loops,
    "20,000 files": lambda folder: [(folder.path / f"x{number}").touch() for number in range(20_000)],
    "a record that is deep": _record(b"[" * 100_000),
    "a record that is deep in names": _record(b'{"a":' * 100_000),
    "a record with a long number": _record(b'{"schema": ' + b"9" * 100_000 + b"}"),
    "a record of half letters": _record(rb'{"schema": "\ud800"}'),
    "a record of no text": _record(bytes(range(256)) * 100),
    "a record of nothing": _record(b""),
    "a record of null": _record(b"null"),
    "a record with a name twice": _record(b'{"id": 1, "id": 2}'),
    "a text of 8 MB": _text(b"word " * 1_600_000),
    "a text of one word of 8 MB": _text(b"w" * 8_000_000),
    "a text that begins a header": _text(b"---\n" + b"a: &a [*a]\n" * 1000),
    "a text of no text": _text(bytes(range(256)) * 100),
    "a text of marks": _text(("a" + "\u0301" * 100_000 + "\u202e" * 1000).encode()),
    "reviews that are deep": _reviews(b"[" * 100_000 + b"\n" + b'{"a":' * 100_000 + b"\n"),
    "reviews of no text": _reviews(bytes(range(256)) * 3 + b"\n"),
    "reviews without a line end": _reviews(b"x" * 8_000_000),
    "a review of another form": _reviews(b'{"schema": "remix/review/99"}\n'),
}


@pytest.mark.parametrize("spoil", HOSTILE.values(), ids=HOSTILE)
async def test_the_studio_goes_on(workspace: Workspace, spoil: Callable[[RunFolder], object]) -> None:
    folder = variants(workspace)
    spoil(folder)
    await goes_on(workspace, folder)


async def test_the_studio_goes_on_with_1500_nested_folders(workspace: Workspace, nest: Nest) -> None:
    folder = variants(workspace)
    nest(folder.path / "d", 1500)
    await goes_on(workspace, folder)


async def goes_on(workspace: Workspace, folder: RunFolder) -> None:
    start = time.monotonic()
    studio = Studio.open(workspace, [folder.path.name], "Eve")
    open_runs = studio.runs
    open_runs.read()
    studio.watch.look()
    transport = httpx.ASGITransport(app=application(studio, ACCESS))
    headers = {"cookie": f"{ACCESS.cookie_name}={SESSION}", "origin": HERE}
    async with httpx.AsyncClient(transport=transport, base_url=HERE + ACCESS.folder, headers=headers) as client:
        listing = (await client.get("/api/listing")).json()
        assert len(listing["outputs"]) >= 23
        keys = {(row["kind"], row["step"], row["variant"], row["passage"]): row["key"] for row in listing["outputs"]}
        first, other = keys.get(("again", 1, 1, 0)), keys["again", 1, 2, 0]
        for key in filter(None, (first, other)):
            detail = await client.get(f"/api/outputs/{key}")
            assert detail.status_code == 200
            assert "\u202e" not in detail.text
            assert len(detail.content) < 2**20
            for place in ("text", "record"):
                assert (await client.get(f"/api/outputs/{key}/{place}")).status_code in (200, 409)
        assert (await client.get("/api/search", params={"q": "late"})).status_code == 200
        assert (await client.get("/api/write")).status_code == 200
        assert (await client.get("/api/jobs")).json()["jobs"] == []
        output = folder.read(OTHER)[0].id
        said = await client.post(f"/api/outputs/{other}/reviews", json={"output": output, "verdict": "accept"})
        if (folder.path / reviews.REVIEWS).is_file():
            assert said.status_code == 201
            assert (await client.post("/api/undo", json={"reviews": said.json()["reviews"]})).status_code == 201
        else:
            assert said.status_code == 409
            assert reviews.REVIEWS in said.json()["error"]
    open_runs.tidy()
    assert time.monotonic() - start < LONG
