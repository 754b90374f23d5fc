"""Tags that look alike: nested tags are compared by their last parts, and dates not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import remix.cli

NESTED = {
    "a1.md": "Text 1. #computing/rust",
    "a2.md": "Text 2. #computing/rust",
    "a3.md": "Text 3. #computing/rust",
    "b.md": "Other. #computing/cpp",
    "c.md": "Third. #computing/ci",
    "d.md": "Fourth. #2023-05-07\n\nFifth. #2023-05-17\n\nSixth. #2023-05-27",
}


def near(folder: Path, notes: dict[str, str]) -> list[set[str]]:
    """The pairs that `remix tags near` finds."""
    folder.mkdir(exist_ok=True)
    for name, text in notes.items():
        (folder / name).write_text(text, encoding="utf-8")
    done = CliRunner().invoke(remix.cli.cli, ["--seeds", str(folder), "tags", "near", "--json"])
    assert done.exit_code == 0, done.output
    return [{each["tag"], each["other"]} for each in json.loads(done.stdout)]


def test_what_nested_tags_share_above_tells_nothing(tmp_path: Path) -> None:
    assert near(tmp_path / "notes", NESTED) == []
    done = CliRunner().invoke(remix.cli.cli, ["--seeds", str(tmp_path / "notes"), "tags", "near"])
    assert done.exit_code == 0
    assert done.output.strip(), "nothing says that nothing was found"


@pytest.mark.parametrize(
    ("tags", "alike"),
    [
        (("computing/java", "computing/jaca"), False),
        (("places/harbour", "places/harbours"), True),
        (("places/harbour", "ships/harbours"), False),
        (("postcolonial", "post-colonials"), True),
        (("places/harbor", "places/harbour"), True),
        (("genericpastness", "generic-pastness"), True),
        (("slowMail", "slow-mail"), True),
        (("2023/05", "2023/06"), False),
        (("2023-05-07", "2023-05-08"), False),
        (("места/гавань", "места/гавани"), True),
    ],
)
def test_pairs(tmp_path: Path, tags: tuple[str, str], alike: bool) -> None:
    found = near(tmp_path / "notes", {f"{at}.md": f"Text {at}. #{tag}" for at, tag in enumerate(tags)})
    assert found == ([set(tags)] if alike else [])
