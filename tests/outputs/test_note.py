"""Outputs as notes of Obsidian."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remix.generation import execute, prepare
from remix.outputs import RunFolder, note
from remix.outputs.form import body_of, compose
from remix.records import Record
from remix.util import frontmatter
from remix.verification.verify import verify
from remix.workspace import Workspace
from tests.conftest import FakeWriter
from tests.forging import forge

AGAIN = "two-clocks/001/again.1"


def front(folder: RunFolder, task: str = AGAIN) -> dict[str, Any]:
    return frontmatter.split(folder.text_path(task).read_text(encoding="utf-8"), task).meta


def record_with(folder: RunFolder, **source: Any) -> Record:
    """A record whose passage has other facts."""
    raw = json.loads(folder.record_path(AGAIN).read_bytes())
    raw["sources"][0].update(source)
    return Record.model_validate_json(json.dumps(raw))


def test_an_output_has_title_alias_tags_and_links(finished: RunFolder) -> None:
    meta = front(finished)
    assert (meta["title"], meta["aliases"]) == ("Two Clocks 001: again, step 1", [AGAIN])
    assert meta["tags"] == ["clocks", "small-error", "time"]
    assert meta["source"] == ["[[seeds/two-clocks|Two Clocks]]"]
    assert meta["index"] == "[[../../index|index]]"
    assert (finished.text_path(AGAIN).parent / "../../index.md").is_file()
    assert meta["passage"] == "two-clocks/001"


def test_the_file_knows_nothing_of_the_run(workspace: Workspace, finished: RunFolder, writer: FakeWriter) -> None:
    job = prepare.prepare_for(workspace, finished.run.options, writer)
    other = execute.generate(job, workspace.outputs, writer=writer).folder
    for task in finished.run.tasks:
        assert other.text_path(task.id).read_bytes() == finished.text_path(task.id).read_bytes()


def test_the_body_and_the_record_are_as_before(finished: RunFolder) -> None:
    record, text = finished.read(AGAIN)
    assert body_of(compose(record, text)) == f"{text}\n".encode()
    assert verify(finished.path).findings == ()


def test_a_later_variant_has_a_title_of_its_own(finished: RunFolder) -> None:
    raw = json.loads(finished.record_path(AGAIN).read_bytes())
    raw["task"]["variant"] = 2
    record = Record.model_validate_json(json.dumps(raw))
    assert note.title_of(record) == "Two Clocks 001: again, step 1, variant 2"


def test_of_several_essays_the_first_is_named(finished: RunFolder) -> None:
    raw = json.loads(finished.record_path(AGAIN).read_bytes())
    raw["sources"].append({**raw["sources"][0], "essay": "Three Clocks", "path": "seeds/three clocks.md"})
    record = Record.model_validate_json(json.dumps(raw))
    assert note.title_of(record) == "Two Clocks and 1 more: again, step 1"
    assert note.properties(record)["source"] == [
        "[[seeds/two-clocks|Two Clocks]]",
        "[[seeds/three clocks|Three Clocks]]",
    ]


@pytest.mark.parametrize(
    ("names", "legal"),
    [
        (["small error"], ["small-error"]),
        (["Clocks", "clocks"], ["Clocks"]),
        (["1984", "4/5"], ["_1984", "_4/5"]),
        (["maps/old maps"], ["maps/old-maps"]),
        (["🌱", "日本語", "Zeit_Reise-1"], ["🌱", "日本語", "Zeit_Reise-1"]),
        (["#x", "a,b", "c:d", "«»"], ["x", "a-b", "c-d", "«»"]),
        (["C++"], ["C"]),
        (["", "  ", "#", "/", "--"], []),
        (["x" * 201], []),
    ],
)
def test_tags_are_obsidian_s(names: list[str], legal: list[str]) -> None:
    assert note.tags(names) == legal


@given(st.lists(st.text(max_size=20), max_size=100))
def test_any_tags_become_tags_without_a_space(names: list[str]) -> None:
    found = note.tags(names)
    assert len(found) <= note.MOST_TAGS
    assert all(tag and not any(letter.isspace() or letter in "#,:[]" for letter in tag) for tag in found)
    assert note.tags(found) == found


@pytest.mark.parametrize(
    ("path", "shown", "link"),
    [
        ("seeds/a b.md", "A", "[[seeds/a b|A]]"),
        ("seeds/notes.org", "A | B", "[[seeds/notes.org|A B]]"),
        ("seeds/a#b.md", "A", None),
        ("seeds/[a].md", "A", None),
        ("seeds/a|b.md", "A", None),
        ("x" * 501, "A", None),
        ("seeds/a.md", "[[]]", "[[seeds/a]]"),
        ("seeds/a.md", "Line\nline", "[[seeds/a|Line line]]"),
    ],
)
def test_links_are_obsidian_s(path: str, shown: str, link: str | None) -> None:
    assert note.link(path, shown) == link


HOSTILE = "x]]\n---\nforged: yes\n: {a: [*b"


@pytest.mark.parametrize(
    "source",
    [
        {"essay": HOSTILE},
        {"essay": "x" * 10_000},
        {"tags": [HOSTILE, *(f"tag{number}" for number in range(1000))]},
        {"path": f"seeds/{HOSTILE}.md"},
    ],
    ids=["title", "long title", "tags", "path"],
)
def test_front_matter_stays_front_matter(finished: RunFolder, source: dict[str, Any]) -> None:
    record = record_with(finished, **source)
    data = compose(record, "A text.")
    meta, body, _ = frontmatter.split(data.decode(), "x.md")
    assert body == "A text.\n"
    assert body_of(data) == b"A text.\n"
    assert "forged" not in meta
    assert all(meta[key] == value for key, value in note.properties(record).items())


def test_verify_compares_the_new_keys_with_the_record(finished: RunFolder) -> None:
    path = finished.text_path(AGAIN)
    forge(finished, AGAIN)
    assert verify(finished.path).findings == ()
    path.write_text(path.read_text(encoding="utf-8").replace("- small-error", "- great-error"), encoding="utf-8")
    assert any("(tags)" in finding.what for finding in verify(finished.path).findings)


def test_the_same_record_gives_the_same_bytes(finished: RunFolder, tmp_path: Path) -> None:
    for task in finished.run.tasks:
        record, text = finished.read(task.id)
        assert compose(record, text) == finished.text_path(task.id).read_bytes()
