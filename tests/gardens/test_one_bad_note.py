"""One broken note: what others ask for goes on, and the note is named; `--strict` stops."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import remix.cli
from remix.workspace import Workspace

GOOD = "A lamp was lit. #lamps\n"
BROKEN = {
    "other.md": b"---\ntags: [ferries\n---\nA ferry left.\n",
    "latin.md": "---\ntags: [é]\n---\nUn café fermé.\n".encode("latin-1"),
    "zeros.txt": b"A\x00ferry\xff\xfe left.",
    "toml.md": b'+++\ntitle = "never closed\n+++\nA ferry left.\n',
}


@pytest.fixture
def garden(workspace: Workspace) -> Path:
    folder = workspace.root / "garden"
    folder.mkdir()
    (folder / "good.md").write_text(GOOD, encoding="utf-8")
    for name, data in BROKEN.items():
        (folder / name).write_bytes(data)
    return folder


def run(garden: Path, *words: str) -> Result:
    return CliRunner().invoke(remix.cli.cli, ["-C", str(garden.parent), "--seeds", str(garden), *words])


@pytest.mark.parametrize(
    "words",
    [
        ("passages", "--tag", "lamps"),
        ("tags",),
        ("generate", "--tag", "lamps", "--dry-run"),
        ("tags", "rename", "lamps", "lights", "--dry-run"),
        ("tags", "near"),
    ],
    ids=" ".join,
)
def test_the_others_go_on_and_every_broken_note_is_named(garden: Path, words: tuple[str, ...]) -> None:
    done = run(garden, *words)
    assert done.exit_code == 0, done.output
    for name in BROKEN:
        assert name in done.stderr, f"{name} isn't named in {done.stderr}"


@pytest.mark.parametrize("words", [("generate", "--tag", "lamps", "--dry-run")], ids=" ".join)
def test_strict_stops(garden: Path, words: tuple[str, ...]) -> None:
    done = run(garden, *words, "--strict")
    assert done.exit_code != 0
    assert any(name in done.output for name in BROKEN)
    assert "Traceback" not in done.output


def test_what_is_asked_for_by_name_never_vanishes(garden: Path) -> None:
    done = run(garden, "generate", "--essay", "other", "--dry-run")
    assert done.exit_code != 0
    assert "other.md" in done.output
    assert "Traceback" not in done.output


def test_many_broken_notes_are_counted(garden: Path) -> None:
    for number in range(30):
        (garden / f"bad{number}.md").write_bytes(BROKEN["other.md"])
    done = run(garden, "passages", "--tag", "lamps")
    assert done.exit_code == 0
    assert done.stderr.count("bad") <= 12
    assert "24" in done.stderr
    assert "remix check" in done.stderr


def test_a_renaming_leaves_broken_notes_as_they_were(garden: Path) -> None:
    done = run(garden, "tags", "rename", "lamps", "lights", "--yes")
    assert done.exit_code == 0, done.output
    assert (garden / "good.md").read_text(encoding="utf-8") == "A lamp was lit. #lights\n"
    assert all((garden / name).read_bytes() == data for name, data in BROKEN.items())
