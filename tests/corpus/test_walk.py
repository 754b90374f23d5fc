"""Walking a folder: which files are read as essays."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import sys
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pathspec import GitIgnoreSpec
from pathspec.patterns.gitignore import GitIgnorePatternError
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

from remix.corpus.walk import MOST_STEPS, Pattern, seed_files, walk
from remix.errors import SeedError
from remix.outputs import RunFolder
from remix.workspace import Workspace
from tests.conftest import Nest, Remix, work_of_at_most


def plant(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("A.")


def walked(folder: Path, *exclude: str) -> list[str]:
    return walk(folder, exclude)


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
    """With `seeds = "."` the texts of a run would have been the passages of the next run."""
    found = walked(workspace.root)
    assert "seeds/two-clocks.md" in found
    assert not [name for name in found if name.startswith("outputs/")]
    plant(workspace.root, "notes/run.json", "notes/a.md")
    assert "notes/a.md" in walked(workspace.root)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("!", "`exclude` in remix.toml: '!' is no pattern"),
        ("a" * 1_001, "aaa…' is longer than 1000 letters"),
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


# -- strangers' folders -------------------------------------------------------------------------------------

NAMES = st.lists(st.text("ab.", min_size=1, max_size=6), min_size=1, max_size=5).map("/".join)
PATTERNS = st.lists(
    st.sampled_from(["a", "b", ".", "*", "?", "[ab]", "[a-b]", "\\*", "/", "/**/", "**/"]), max_size=9
)


@settings(max_examples=2_000)
@given(PATTERNS.map("".join), NAMES, st.booleans())
@example("*a*[ab]*b", "aabab", False)
@example("/**/a*b/**/*a*b", "b/aab/a/bab", False)
@example("a/**/**/b", "a/b", True)
def test_patterns_match_what_pathspec_s_own_do(pattern: str, name: str, is_folder: bool) -> None:
    """The regular expressions are rewritten to avoid backtracking."""
    try:
        theirs = GitIgnoreSpec([GitIgnoreSpecPattern(pattern)])
    except GitIgnorePatternError:
        return
    ours = GitIgnoreSpec([Pattern(pattern)])
    path = f"{name}/" if is_folder else name
    assert ours.match_file(path) == theirs.match_file(path)


@pytest.mark.parametrize(
    "pattern",
    [
        "*a*a*b",
        "*a*a*a*a*a*a*a*a*b",
        "?*?*?*?*?*b",
        "[a-z]*[a-z]*[a-z]*b",
        "**/*a*a*a/**/*a*a*b",
        "**" * 100 + "b",
        "a/**/a/**/b",
        "*a" * 400 + "b",
        "***a***a***a***b",
    ],
)
def test_patterns_that_try_every_way_end(tmp_path: Path, pattern: str) -> None:
    """A thousand lines of three stars and one name of 250 letters took minutes."""
    plant(tmp_path, "a" * 250, *("a/" * 40 + "a" * 200 + str(n) for n in range(3)))
    (tmp_path / ".remixignore").write_text(f"{pattern}\n" * 900)
    try:
        assert len(walked(tmp_path)) == 4
    except SeedError as error:
        assert "has too many stars" in error.message  # noqa: PT017


DEEP = "/".join(["a" * 200] * 15) + "/" + "a" * 150


@pytest.mark.parametrize(
    ("pattern", "name", "message"),
    [
        ("*" + "a*" * 490, DEEP, "more than 100000 letters of patterns"),
        ("?*" * 490, DEEP, "more than 100000 letters of patterns"),
        ("[ab]*" * 198, DEEP, "more than 100000 letters of patterns"),
        ("*" + "a*" * 46, DEEP, "takes too long"),
        ("*" + "a" * 50 + "b*", DEEP + "b", "takes too long"),
        ("*" + "a" * 50 + "b*", "a" * 230 + "b", "takes too long"),
        ("**/" + "a?" * 20 + "/**/" + "*[ab]" * 10, DEEP, "takes too long"),
        ("aaaabaaa", DEEP, "takes too long"),
        ("!" + "a*" * 46, DEEP, "takes too long"),
    ],
)
def test_many_patterns_and_many_long_names_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pattern: str, name: str, message: str
) -> None:
    """950 patterns and 3,000 names took minutes: to compile the patterns, or to match all pairs."""
    # A tenth, so that the test takes a tenth of the time.
    monkeypatch.setattr("remix.corpus.walk.MOST_STEPS", MOST_STEPS // 10)
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    for number in range(3_000):
        (tmp_path / f"{name}{number}.md").touch()
    (tmp_path / ".remixignore").write_text("".join(f"{pattern}{number}\n" for number in range(950)))
    with work_of_at_most(20), pytest.raises(SeedError, match=message) as caught:
        walk(tmp_path)
    assert re.match(rf"{re.escape(str(tmp_path))}/\.remixignore:\d+: ", caught.value.message)


def test_equal_patterns_are_matched_once(tmp_path: Path) -> None:
    """The last of equal patterns counts."""
    plant(tmp_path, *(f"{'a' * 200}{number}" for number in range(200)), "b")
    (tmp_path / ".remixignore").write_text("b\n!b\n" + ("*" + "a*" * 400 + "c\n") * 900 + "b\n")
    assert len(walked(tmp_path)) == 200


def test_a_garden_of_many_files_and_patterns_is_read(tmp_path: Path) -> None:
    plant(tmp_path, *(f"essays/{number % 50}/an-essay-of-mine-{number}.md" for number in range(3_000)))
    plant(tmp_path, "drafts7/b.md")
    patterns = "".join(f"drafts{number}/\n*.tmp{number}\n" for number in range(450))
    (tmp_path / ".remixignore").write_text(patterns)
    assert len(walk(tmp_path)) == 3_000


@pytest.mark.parametrize("named", ["x" * 7_000_000, "a/" * 1_000, "!", "**", "a//b", "\ud800", "[", "\\", "a\nb"])
def test_a_vault_s_settings_may_name_anything_as_its_templates(tmp_path: Path, named: str) -> None:
    """A name of 7 MB was compiled as a pattern, which took 0.7 GB and 8 s."""
    plant(tmp_path, ".obsidian/templates.json", "a.md")
    (tmp_path / ".obsidian/templates.json").write_text(json.dumps({"folder": named}))
    assert walked(tmp_path) == ["a.md"]


@pytest.mark.parametrize("levels", [99, 101, 1_100])
def test_folders_within_folders(tmp_path: Path, nest: Nest, levels: int) -> None:
    """1,100 levels raised RecursionError; files beyond the longest path were left out silently."""
    plant(tmp_path, "a.md", "b/b.md")
    nest(tmp_path / "deep", levels)
    told: list[SeedError] = []
    assert len(walk(tmp_path, (), told.append)) == (3 if levels < 100 else 2)
    if levels < 100:
        assert not told
        return
    assert [error.message for error in told] == [
        f"{tmp_path}/deep: more than 100 folders lie within one another there."
    ]
    with pytest.raises(SeedError, match="more than 100 folders"):
        walk(tmp_path)
    assert walked(tmp_path, "deep/") == ["a.md", "b/b.md"]


def test_commands_say_that_folders_lie_too_deep(workspace: Workspace, nest: Nest, remix_: Remix) -> None:
    nest(workspace.seeds / "deep", 1_100)
    result = remix_("passages")
    assert result.exit_code == 0
    assert "two-clocks/001" in result.stdout
    assert result.stderr.count("more than 100 folders lie within one another there") == 1
    result = remix_("generate", "--all", "--dry-run", "--strict")
    assert result.exit_code == 1
    assert "more than 100 folders" in result.stderr


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is closed to root")
def test_a_folder_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    plant(tmp_path, "a.md", "closed/b.md")
    (tmp_path / "closed").chmod(0)
    told: list[SeedError] = []
    assert walk(tmp_path, (), told.append) == ["a.md"]
    assert "closed: can't be read (Permission denied)." in told[0].message
    (tmp_path / "closed").chmod(0o700)


def test_a_folder_that_went_away_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders that can't be read used to be left out silently."""
    plant(tmp_path, "a.md", "closed/b.md")
    scandir = os.scandir

    def failing(path: str) -> object:
        if "closed" in path:
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", failing)
    told: list[SeedError] = []
    assert walk(tmp_path, (), told.append) == ["a.md"]
    assert [error.message for error in told] == [f"{tmp_path}/closed: can't be read (Permission denied)."]
    with pytest.raises(SeedError):
        walk(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other devices")
@pytest.mark.parametrize(
    "kind", ["pipe", "link to a pipe", "/dev/zero", "/dev/tty", "itself", "/proc/kmsg", "socket"]
)
@pytest.mark.parametrize(
    "name", [".remixignore", "run.json", "sub/run.json", ".obsidian/templates.json", "index.md", "sub/bad.md", ".git"]
)
def test_no_pipe_or_device_is_waited_for(workspace: Workspace, remix_: Remix, name: str, kind: str) -> None:
    """A pipe named `run.json` among the essays hung every command."""
    put(workspace.seeds / name, kind)
    result = remix_("passages")
    assert isinstance(result.exception, SystemExit | None)
    assert ("two-clocks/001" in result.stdout) == (name != ".remixignore")
    if name == ".remixignore":
        assert re.search(r"\.remixignore: (not a regular file|can't be read|a link that leads out)", result.stderr)


def put(path: Path, kind: str) -> None:
    """Put something at a path that isn't a regular file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "link to a pipe":
            os.mkfifo(path.with_name("pipe"))
            path.symlink_to("pipe")
        case "itself":
            path.symlink_to(path.name)
        case "socket":
            # A socket's path is shorter than most folders of tests are.
            with contextlib.chdir(path.parent), socket.socket(socket.AF_UNIX) as opened:
                opened.bind(path.name)
        case _:
            path.symlink_to(kind)


def test_a_remixignore_that_leads_out(tmp_path: Path) -> None:
    """The target's lines would be shown in errors."""
    plant(tmp_path, "secret", "garden/a.md")
    (tmp_path / "garden/.remixignore").symlink_to("../secret")
    with pytest.raises(SeedError, match="a link that leads out of the folder"):
        walk(tmp_path / "garden")
