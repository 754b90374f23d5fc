"""Walking a garden: what is read, and what isn't."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from remix.corpus.walk import seed_files, walk
from remix.errors import SeedError
from remix.outputs import RunFolder
from remix.workspace import Workspace


def plant(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("A.")


def walked(folder: Path, *exclude: str) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in walk(folder, exclude)]


def test_seed_files_are_the_visible_texts(tmp_path: Path) -> None:
    plant(
        tmp_path,
        "b.md",
        "a/c.MARKDOWN",
        ".hidden.md",
        ".obsidian/x.md",
        "LICENSE",
        "folder.md/d.md",
        "e.org",
        "f.txt",
    )
    found = [path.relative_to(tmp_path).as_posix() for path in seed_files(tmp_path)]
    assert found == ["a/c.MARKDOWN", "b.md", "e.org", "f.txt", "folder.md/d.md"]


def test_what_no_garden_means_as_text(tmp_path: Path) -> None:
    plant(
        tmp_path, "a.md", "Templates/day.md", "x/templates/b.md", "templates.md", "archetypes/c.md", "_layouts/d.md"
    )
    plant(tmp_path, "node_modules/x/README.md", ".trash/e.md", ".git/f.md", "static/robots.txt", "LICENSE.txt")
    assert walked(tmp_path) == ["a.md", "templates.md"]
    assert "x/templates/b.md" in walked(tmp_path, "![Tt]emplates/")


@pytest.mark.parametrize(
    ("exclude", "left"),
    [
        ((), ["Daily/1.md", "a.draft.md", "a.md", "x/Daily/2.md"]),
        (("Daily/",), ["a.draft.md", "a.md"]),
        (("/Daily/",), ["a.draft.md", "a.md", "x/Daily/2.md"]),
        (("*.draft.md", "x/"), ["Daily/1.md", "a.md"]),
        (("*.md", "!a.md"), ["a.md"]),
        (("**/2.md", "# a comment", ""), ["Daily/1.md", "a.draft.md", "a.md"]),
    ],
)
def test_exclude(tmp_path: Path, exclude: tuple[str, ...], left: list[str]) -> None:
    plant(tmp_path, "a.md", "a.draft.md", "Daily/1.md", "x/Daily/2.md")
    assert walked(tmp_path, *exclude) == left


def test_remixignore_goes_before_exclude(tmp_path: Path) -> None:
    plant(tmp_path, "a.md", "b.md", "c.md")
    (tmp_path / ".remixignore").write_text("# not these\n*.md\n\n!a.md\n")
    assert walked(tmp_path) == ["a.md"]
    assert walked(tmp_path, "!b.md") == ["a.md", "b.md"]


def test_the_folders_that_obsidian_s_own_settings_name(tmp_path: Path) -> None:
    plant(tmp_path, "a.md", "Extras [1]/b.md", "x/Extras [1]/c.md", "Meta/d.md")
    plant(tmp_path, ".obsidian/plugins/templater-obsidian/data.json")
    (tmp_path / ".obsidian/templates.json").write_text('{"folder": "Extras [1]"}')
    (tmp_path / ".obsidian/plugins/templater-obsidian/data.json").write_text('{"templates_folder": "Meta/"}')
    assert walked(tmp_path) == ["a.md", "x/Extras [1]/c.md"]


@pytest.mark.parametrize("settings", ["", "[", "[]", '{"folder": 1}', '{"folder": ""}', "[" * 100_000, "\xff"])
def test_settings_of_obsidian_that_say_nothing(tmp_path: Path, settings: str) -> None:
    plant(tmp_path, "a.md", ".obsidian/templates.json")
    (tmp_path / ".obsidian/templates.json").write_text(settings, encoding="latin-1")
    assert walked(tmp_path) == ["a.md"]


def test_folders_that_are_left_out_are_not_entered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(tmp_path, "a.md", "Daily/deep/1.md", ".git/deep/2.md")
    entered: list[str] = []
    scandir = os.scandir

    def watching(path: str) -> object:
        entered.append(Path(path).name)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", watching)
    assert walked(tmp_path, "Daily/") == ["a.md"]
    assert entered == [tmp_path.name]


def test_runs_are_no_seeds(finished: RunFolder, workspace: Workspace) -> None:
    """With `seeds = "."` the texts of one run would have been the passages of the next."""
    found = walked(workspace.root)
    assert "seeds/two-clocks.md" in found
    assert not [name for name in found if name.startswith("outputs/")]
    plant(workspace.root, "notes/run.json", "notes/a.md")
    assert "notes/a.md" in walked(workspace.root)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("!", "`exclude` in remix.toml: '!' is no pattern"),
        ("a*b*c*d*e", "`exclude` in remix.toml: 'a*b*c*d*e' has too many stars"),
        ("**/a/**/b/**", "has too many stars"),
    ],
)
def test_a_pattern_that_cannot_be_used(tmp_path: Path, pattern: str, message: str) -> None:
    with pytest.raises(SeedError) as caught:
        walk(tmp_path, [pattern])
    assert message in caught.value.message


def test_a_pattern_in_remixignore_is_named_by_its_line(tmp_path: Path) -> None:
    (tmp_path / ".remixignore").write_text("a\n!\n")
    with pytest.raises(SeedError, match=r"\.remixignore:2: '!' is no pattern"):
        walk(tmp_path)
    (tmp_path / ".remixignore").write_bytes(b"\xff")
    with pytest.raises(SeedError, match=r"\.remixignore: not UTF-8"):
        walk(tmp_path)
    (tmp_path / ".remixignore").write_text("a\n" * 1_001)
    with pytest.raises(SeedError, match="more than 1000 patterns"):
        walk(tmp_path)


def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    plant(tmp_path, "garden/a.md", "elsewhere/b.md")
    (tmp_path / "garden/link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "garden/loop").symlink_to(tmp_path / "garden")
    assert walked(tmp_path / "garden") == ["a.md"]
