"""`remix tags` and what stands below it, as a command."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from remix.cli.tags import near_change
from remix.workspace import Workspace
from tests.cli.test_cli import ok, the_error
from tests.conftest import ESSAY, Remix


def seed(workspace: Workspace, text: str, name: str = "more.md") -> Path:
    path = workspace.seeds / name
    path.write_bytes(text.encode())
    return path


# -- lists --------------------------------------------------------------------------------------------------


def test_the_commonest_tags_alone(remix_: Remix) -> None:
    assert ok(remix_("tags", "--limit", 1)) == "time\t3\n"
    assert json.loads(ok(remix_("tags", "--json", "--limit", 1))) == [{"tag": "time", "passages": 3}]


def test_tags_that_are_perhaps_one_are_pointed_out(remix_: Remix, workspace: Workspace) -> None:
    assert remix_("tags").stderr == ""
    seed(workspace, "One. #clock, #small.error\n\nTwo. #Small-error, #smallerror\n", "zzz.md")
    result = remix_("tags")
    assert ok(result).startswith("time\t3\nclocks\t2\n")
    assert result.stderr == "Perhaps the same tag: small.error, small error; clock, clocks (remix tags near)\n"
    near = remix_("tags", "near")
    assert ok(near) == "small.error\t1\tsmall error\t2\tsigns\nclock\t1\tclocks\t2\tplural\n"
    assert near.stderr == "To join two tags: remix tags rename small.error 'small error'\n"
    assert json.loads(ok(remix_("tags", "near", "--json")))[1] == {
        "tag": "clock",
        "passages": 1,
        "other": "clocks",
        "other_passages": 2,
        "why": "plural",
    }


def test_that_no_two_tags_look_alike_is_said(remix_: Remix, workspace: Workspace) -> None:
    """It used to print nothing; and of nested tags the parts above counted as letters in common."""
    tags = ("computing/rust", "computing/rust", "computing/cpp", "computing/ci", "2023-05-07", "2023-05-17")
    for number, tag in enumerate(tags):
        seed(workspace, f"Text {number}. #{tag}\n", f"z{number}.md")
    near = remix_("tags", "near")
    assert (ok(near), near.stderr) == ("", "No two tags look alike.\n")
    assert json.loads(ok(remix_("tags", "near", "--json"))) == []


def test_which_tags_stand_together(remix_: Remix) -> None:
    assert ok(remix_("tags", "together")) == (
        "time\tclocks\t2\t67%\nclocks\tsmall error\t1\t50%\ntime\tsmall error\t1\t33%\n"
    )
    assert (
        ok(remix_("tags", "together", "#Small-Error")) == "small error\tclocks\t1\t50%\nsmall error\ttime\t1\t33%\n"
    )
    assert json.loads(ok(remix_("tags", "together", "--json", "--limit", 1))) == [
        {"tag": "time", "other": "clocks", "together": 2, "share": 2 / 3}
    ]
    assert the_error(remix_("tags", "together", "clock"))[0] == "no passage has the tag 'clock'."


@pytest.mark.parametrize(
    "words",
    [["--json", "near"], ["--graph", "x.svg", "near"], ["--limit", "2", "together"], ["--min-words", "9", "near"]],
)
def test_options_in_the_wrong_place_are_wrong_usage(remix_: Remix, words: list[str]) -> None:
    result = remix_("tags", *words)
    assert result.exit_code == 2
    assert "write the options of" in result.stderr


# -- the map ------------------------------------------------------------------------------------------------


def test_the_map_is_written_whole(remix_: Remix, tmp_path: Path) -> None:
    path = tmp_path / "new" / "tags.svg"
    assert ok(remix_("tags", "--graph", path)) == f"{path}\n"
    svg = ET.fromstring(path.read_bytes())
    assert [text.text for text in svg.iter("{http://www.w3.org/2000/svg}text")][:3] == [
        "time",
        "clocks",
        "small error",
    ]
    assert list(path.parent.iterdir()) == [path]
    assert ok(remix_("tags", "--graph", path, "--limit", 1))
    assert "1 of 3 tags." in path.read_text()


def test_the_map_goes_into_an_svg_alone(remix_: Remix, workspace: Workspace) -> None:
    result = remix_("tags", "--graph", workspace.seeds / "two-clocks.md")
    assert result.exit_code == 2
    assert "doesn't end in .svg" in result.stderr
    assert (workspace.seeds / "two-clocks.md").read_text() == ESSAY


def test_a_map_that_can_not_be_written(remix_: Remix, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    message, hint = the_error(remix_("tags", "--graph", tmp_path / "file" / "tags.svg"))
    assert message.startswith(f"{tmp_path}/file/tags.svg: can't be written")
    assert hint == "Choose another place."


def test_nothing_to_draw(remix_: Remix, workspace: Workspace, tmp_path: Path) -> None:
    seed(workspace, "Nothing here.\n", "two-clocks.md")
    assert the_error(remix_("tags", "--graph", tmp_path / "a.svg"))[0].startswith("no passage has a tag")


# -- renaming -----------------------------------------------------------------------------------------------

DIFF = """\
--- seeds/two-clocks.md
+++ seeds/two-clocks.md
@@ -8 +8 @@
-The first clock runs fast. It was set by the second. #clocks, #small error
+The first clock runs fast. It was set by the second. #timepieces, #small error
@@ -12 +12 @@
-The second clock runs slow. It was set by the first. #Clocks
+The second clock runs slow. It was set by the first. #timepieces
"""
RENAMED = ESSAY.replace("#clocks", "#timepieces").replace("#Clocks", "#timepieces")


def test_rename_shows_what_changes_and_asks(remix_: Remix, workspace: Workspace) -> None:
    path = workspace.seeds / "two-clocks.md"
    result = remix_("tags", "rename", "clocks", "timepieces", input="n\n")
    assert result.exit_code == 1
    assert result.stdout == DIFF
    assert result.stderr.startswith("2 places in 1 file.\nWrite this? [y/N]: ")
    assert path.read_text() == ESSAY
    result = remix_("tags", "rename", "clocks", "timepieces", input="y\n")
    assert ok(result) == DIFF
    assert result.stderr.endswith("Renamed.\n")
    assert path.read_text() == RENAMED


def test_rename_without_anybody_to_ask_changes_nothing(remix_: Remix, workspace: Workspace) -> None:
    assert remix_("tags", "rename", "clocks", "timepieces").exit_code == 1
    assert (workspace.seeds / "two-clocks.md").read_text() == ESSAY


def test_rename_as_a_trial_and_without_asking(remix_: Remix, workspace: Workspace) -> None:
    path = workspace.seeds / "two-clocks.md"
    assert ok(remix_("tags", "rename", "clocks", "timepieces", "--dry-run", "--yes")) == DIFF
    assert path.read_text() == ESSAY
    assert json.loads(ok(remix_("tags", "rename", "clocks", "timepieces", "--yes", "--json"))) == {
        "merged": 0,
        "files": [{"path": "seeds/two-clocks.md", "places": 2, "texts": [], "diff": DIFF.splitlines()}],
        "unread": [],
    }
    assert path.read_text() == RENAMED
    result = remix_("tags", "rename", "timepieces", "timepieces")
    assert (ok(result), result.stderr) == ("", "Nothing to change: the tag is written so everywhere.\n")


def test_rename_warns_where_two_tags_become_one(remix_: Remix) -> None:
    result = remix_("tags", "rename", "clocks", "time", "--dry-run")
    assert result.stderr.splitlines()[1] == (
        "3 passages have 'time' already: afterwards the two tags can't be told apart."
    )


def test_a_file_that_can_not_be_read_stops_a_strict_renaming(remix_: Remix, workspace: Workspace) -> None:
    seed(workspace, "---\ntitle: [\n---\nA. #clocks\n", "zzz.md")
    command = ("tags", "rename", "clocks", "timepieces", "-y")
    assert the_error(remix_(*command, "--strict"))[0].startswith("seeds/zzz.md:")
    assert (workspace.seeds / "two-clocks.md").read_text() == ESSAY


def test_a_renaming_names_the_files_that_can_not_be_read(remix_: Remix, workspace: Workspace) -> None:
    broken = "---\ntitle: [\n---\nA. #clocks\n"
    seed(workspace, broken, "zzz.md")
    result = remix_("tags", "rename", "clocks", "timepieces", "-y")
    assert ok(result) == DIFF
    first, second, third, *_ = result.stderr.splitlines()
    assert first.startswith("Not read: seeds/zzz.md:2: broken front matter (")
    assert second == "Not renamed there: the tag may stand in the 1 file that can't be read."
    assert third == "2 places in 1 file."
    assert (workspace.seeds / "two-clocks.md").read_text() == RENAMED
    assert (workspace.seeds / "zzz.md").read_text() == broken


def test_what_strangers_wrote_beside_a_tag_is_spelt_out(remix_: Remix, workspace: Workspace) -> None:
    seed(workspace, "A \x1b[2J\u202ething. #maps\r\n")
    out = ok(remix_("tags", "rename", "maps", "atlas", "--dry-run"))
    assert "-A \\u001b[2J\\u202ething. #maps\n+A \\u001b[2J\\u202ething. #atlas\n" in out
    assert "\r" not in out


@pytest.mark.parametrize(
    ("line", "partner", "shown"),
    [
        ("-a #maps", "+a #atlas", "-a #maps"),
        ("+a #atlas", "-a #maps", "+a #atlas"),
        (f"-{'a' * 70}#maps, #b", f"+{'a' * 70}#atlas, #b", f"-…{'a' * 49}#maps, #b"),
        (f"-#maps, {'b' * 70}", f"+#atlas, {'b' * 70}", f"-#maps, {'b' * 47}…"),
        ("--- seeds/a.md", None, "--- seeds/a.md"),
    ],
)
def test_on_a_terminal_long_lines_are_shown_where_they_change(line: str, partner: str | None, shown: str) -> None:
    assert near_change(line, partner) == shown


def test_a_tag_in_a_sentence_is_pointed_out(remix_: Remix, workspace: Workspace) -> None:
    seed(workspace, "I love #maps and cities.\n")
    result = remix_("tags", "rename", "maps", "atlases", "--dry-run")
    assert result.stderr == "1 place in 1 file. The tag stands in sentences of more/001, so these sentences change.\n"
    assert ok(result).endswith("\n-I love #maps and cities.\n+I love #atlases and cities.\n")


def test_short_passages_and_broken_notes_are_left_out_of_lists(remix_: Remix, workspace: Workspace) -> None:
    (workspace.root / "remix.toml").write_text("min_words = 5\n")
    seed(workspace, "Too short. #clock\n")
    seed(workspace, "---\ntitle: [\n---\n", "bad.md")
    for words in (["tags"], ["tags", "near"], ["tags", "together"]):
        result = remix_(*words)
        assert "clock\t" not in ok(result)
        assert result.stderr.startswith("Left out: seeds/bad.md:")
    assert "clock\t1\tclocks\t2\tplural" in ok(remix_("tags", "near", "--min-words", 0))
