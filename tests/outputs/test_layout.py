"""The table of the kinds of file that a run's folder may hold, and all that ask it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from remix.export.export import ExportOptions, export
from remix.outputs import RunFolder, layout, reviews
from remix.outputs.layout import KINDS, FileKind
from remix.records import Failure, Trace, sha256
from remix.util.files import temporary_of
from remix.verification.finding import Finding
from remix.verification.verify import verify
from tests.conftest import bound

TASK = "two-clocks/001/once.1"

RUN_KINDS = [kind for kind in KINDS if not kind.of_output]
OUTPUT_KINDS = [kind for kind in KINDS if kind.of_output]

KEPT_THINGS = FileKind(".notes.txt", "nobody", 100, "text/x-notes", "nothing", of_output=True)
"""A kind that isn't in the table."""


@pytest.fixture
def full(finished: RunFolder) -> RunFolder:
    """A finished run with a file of each kind that a finished run can have."""
    record, text = finished.read(TASK)
    finished.write_failures([Failure(task=TASK, error="It failed.", hint="Try again.")])
    reviews.edit(finished, TASK, "Eve", f"{text} And more.")
    (finished.path / layout.INDEX).write_text("# By hand\n")
    (finished.path / layout.SIGNATURE).write_text("signature")
    (finished.path / layout.HOLDER).write_text("{}")
    (finished.path / layout.LOCK).touch()
    (finished.path / layout.RESUMED).write_text("[]")
    trace = Trace(record=record.id, choices=()).model_dump_json(by_alias=True)
    if not record.output.token_ids:
        finished.trace_path(TASK).write_text(trace)
    listed = layout.listed_files(finished.path, (task.id for task in finished.run.tasks))
    lines = (f"{sha256((finished.path / name).read_bytes())}  {name}\n" for name in listed)
    (finished.path / layout.MANIFEST).write_text("".join(lines))
    return finished


def name_of(folder: RunFolder, kind: FileKind) -> str:
    """The name of a file of a kind in the run."""
    if kind.is_edit:
        (edit,) = (each.edit for each in reviews.read(folder.path).reviews if each.edit)
        return edit.file
    return f"{TASK}{kind.name}" if kind.of_output else kind.name


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_file_of_each_kind_is_part_of_the_run(full: RunFolder, kind: FileKind) -> None:
    (full.path / name_of(full, kind)).touch()
    assert [each for each in verify(full.path).findings if "part of the run" in each.what] == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_file_of_each_kind_is_bounded(full: RunFolder, kind: FileKind, monkeypatch: pytest.MonkeyPatch) -> None:
    name = name_of(full, kind)
    (full.path / name).write_bytes(bytes(11))
    bound(monkeypatch, kind.name, 10)
    assert layout.bound_of(name) == 10
    with pytest.raises(OSError, match="larger than"):
        full.read_bytes(name)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_a_crash_leaves_of_each_kind(full: RunFolder, kind: FileKind) -> None:
    """It is swept if its name is known beforehand, and verification knows whose it is."""
    left = temporary_of(full.path / name_of(full, kind))
    left.write_bytes(b"half")
    assert full.half_written([left]) == ({left} if kind.renamed else set())
    (finding,) = (each for each in verify(full.path).findings if each.file.endswith(".tmp"))
    assert ("not part of the run" in finding.what) is not kind.renamed
    with full.lock():
        assert left.exists() is (kind.is_edit or not kind.renamed)


def test_the_manifest_lists_what_the_table_says(full: RunFolder) -> None:
    names = [line[66:] for line in (full.path / layout.MANIFEST).read_text().splitlines()]
    ids = {task.id for task in full.run.tasks}
    places = {name: layout.place_of(name, ids) for name in names}
    assert all(place and place.kind.listed for place in places.values())
    # The run weaves no essay.
    expected = {kind.name for kind in KINDS if kind.listed} - {layout.ESSAY}
    assert {place.kind.name for place in places.values() if place} == expected


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.listed], ids=lambda kind: kind.name)
def test_what_the_manifest_lists_may_not_change_afterwards(full: RunFolder, kind: FileKind) -> None:
    name = name_of(full, kind)
    with (full.path / name).open("ab") as file:
        file.write(b" ")
    assert name in {each.file for each in verify(full.path).findings}


def test_a_crate_takes_what_the_table_says(finished: RunFolder, tmp_path: Path) -> None:
    (finished.path / layout.INDEX).write_text("# By hand\n")
    finished.measures_path(TASK).unlink(missing_ok=True)
    for name in (layout.LOCK, layout.HOLDER, layout.REVIEWS_LOCK):
        (finished.path / name).touch()
    export(finished.path, tmp_path / "crate", ExportOptions("ro-crate"))
    taken = {path.relative_to(tmp_path / "crate").as_posix() for path in (tmp_path / "crate").rglob("*.*")}
    assert layout.INDEX in taken
    assert not taken & {kind.name for kind in KINDS if kind.media_type is None}
    metadata = json.loads((tmp_path / "crate" / "ro-crate-metadata.json").read_bytes())["@graph"]
    formats = {each["@id"]: each["encodingFormat"] for each in metadata if each["@type"] == "File"}
    assert (formats[f"{TASK}.md"], formats[f"{TASK}.json"]) == ("text/markdown", "application/json")


@pytest.mark.parametrize(
    "name",
    [
        "notes.txt",
        "two-clocks/run.json",
        f"{TASK}.txt",
        "two-clocks/001/once.9.md",
        f"{TASK}.edited.md",
        f"{TASK}.0123456789ab.edited.md",
        f"{TASK}.trace.json.json",
        ".reviews.jsonl.tmp",
    ],
)
def test_anything_else_is_foreign(finished: RunFolder, name: str) -> None:
    (finished.path / name).write_text("?")
    (finding,) = verify(finished.path).findings
    assert finding.file == name
    assert finding.what.startswith("not part of the run")


def test_a_kind_that_is_added_to_the_table_is_known_to_all(
    finished: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"{TASK}{KEPT_THINGS.name}"
    (finished.path / name).write_text("kept")
    assert verify(finished.path).findings == (Finding(name, "not part of the run"),)
    monkeypatch.setattr(layout, "KINDS", (*KINDS, KEPT_THINGS))
    assert verify(finished.path).findings == ()
    assert finished.read_bytes(name) == b"kept"

    left = temporary_of(finished.path / name)
    left.write_bytes(b"half")
    with finished.lock():
        assert not os.path.lexists(left)

    export(finished.path, tmp_path / "crate", ExportOptions("ro-crate"))
    metadata = json.loads((tmp_path / "crate" / "ro-crate-metadata.json").read_bytes())["@graph"]
    (file,) = (each for each in metadata if each["@id"] == name)
    assert (file["encodingFormat"], file["about"]) == ("text/x-notes", {"@id": f"{TASK}.md"})

    assert name in layout.files_of_output(TASK), "so the studio shows at the output what is wrong with the file"


def test_names_in_the_table_are_unlike() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS)
    for kind in OUTPUT_KINDS:
        name = f"{TASK}.0123456789ab{kind.name}" if kind.is_edit else f"{TASK}{kind.name}"
        assert layout.place_of(name, {TASK}) == (kind, TASK)
        assert layout.bound_of(name) == kind.most
    for kind in RUN_KINDS:
        assert layout.place_of(kind.name, {TASK}) == (kind, "")
    with pytest.raises(LookupError):
        layout.bound_of("notes.txt")
