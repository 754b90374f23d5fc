"""A run's table of contents."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from markdown_it import MarkdownIt

from remix.generation import execute, prepare
from remix.outputs import RunFolder, reviews
from remix.outputs.index import write_index
from remix.records import Options
from remix.util import frontmatter
from remix.verification.verify import verify
from remix.workspace import Workspace
from tests.conftest import FakeWriter, Remix
from tests.forging import forge_request

FIRST = "two-clocks/001/again.1"


def index(folder: RunFolder) -> str:
    return (folder.path / "index.md").read_text(encoding="utf-8")


def head(folder: RunFolder) -> dict[str, Any]:
    """Its front matter."""
    return frontmatter.split(index(folder), "index.md").meta


def links(folder: RunFolder, essays: bool = False) -> list[str]:
    """The outputs that it links to, or the essays, read as Markdown."""
    found = [unquote(target) for target in re.findall(r'href="([^"]*)"', _rendered(folder))]
    return [target for target in found if target.startswith("../..") is essays]


def _rendered(folder: RunFolder) -> str:
    return str(MarkdownIt().render(frontmatter.split(index(folder), "index.md").body))


def test_every_output_is_linked_and_there(finished: RunFolder) -> None:
    assert links(finished) == [f"{task.id}.md" for task in finished.run.tasks]
    assert all((finished.path / target).is_file() for target in links(finished))
    assert links(finished, essays=True) == ["../../seeds/two-clocks.md"]
    assert "## [Two Clocks](../../seeds/two-clocks.md)" in index(finished)
    assert verify(finished.path).findings == ()


def test_it_shows_verdicts_and_edits(finished: RunFolder, remix_: Remix) -> None:
    edit = reviews.edit(finished, FIRST, "Eve", "Better.").edit
    assert edit
    assert remix_("verdict", FIRST, "star", "--as", "Eve").exit_code == 0
    assert f"[1](two-clocks/001/again.1.md) ★ [edited]({edit.file})" in index(finished)


def test_one_that_a_person_changed_is_theirs(finished: RunFolder) -> None:
    path = finished.path / "index.md"
    path.write_text(index(finished).replace("# All passages", "# My favourites"), encoding="utf-8")
    before = path.read_bytes()
    assert not write_index(finished)
    assert path.read_bytes() == before
    assert verify(finished.path).findings == ()
    path.unlink()
    assert write_index(finished)


def test_titles_are_words_and_nothing_else(workspace: Workspace, writer: FakeWriter) -> None:
    hostile = "[x](javascript:alert(1)) <script>a</script> # `b` | ![i](http://e) \u202e"
    essay = f"---\ntitle: '{hostile}'\n---\n\n# {hostile}\n\n- {hostile}\n\nSome {hostile} %%hidden%% #tag/x text.\n"
    (workspace.seeds / "two-clocks.md").write_text(essay, encoding="utf-8")
    job = prepare.prepare_for(workspace, Options(steps=1), writer)
    folder = execute.generate(job, workspace.outputs, writer=writer).folder
    assert links(folder) == [f"{task.id}.md" for task in folder.run.tasks]
    html = _rendered(folder).rsplit("<!--", 1)[0]
    assert not re.search(r"<(script|img|code|table)", html)
    assert "\u202e" not in index(folder)


def test_an_interrupted_run_has_one_too(workspace: Workspace) -> None:
    import threading

    writer, stop = FakeWriter(), threading.Event()
    job = prepare.prepare_for(workspace, Options(steps=2), writer)
    outcome = execute.generate(
        job, workspace.outputs, lambda progress: stop.set() if progress.done > 3 else None, stop, writer
    )
    writer.close()
    assert len(links(outcome.folder)) == len(outcome.folder.done) < 12


@pytest.mark.parametrize(
    ("options", "title"),
    [
        ({}, "# All passages\n"),
        ({"tags": ("clocks",), "where": "time"}, "# clocks\n"),
        ({"where": "clocks and not sun"}, "# clocks and not sun\n"),
        (
            {"like": "The first clock " * 99},
            "# Passages like “The first clock The first clock The first clock The first …”\n",
        ),
        ({"limit": 2}, "# 2 passages\n"),
        ({"sample": 1}, "# 1 passage\n"),
    ],
)
def test_it_says_what_the_run_is_about(
    workspace: Workspace, writer: FakeWriter, options: dict[str, Any], title: str
) -> None:
    """Of a run by a query, or of a sample, it said “All passages”."""
    job = prepare.prepare_for(workspace, Options(steps=1, **options), writer)
    folder = execute.generate(job, workspace.outputs, writer=writer).folder
    assert f"\n---\n\n{title}" in index(folder)
    assert head(folder)["title"] == title.removeprefix("# ").rstrip()


def test_a_run_that_was_killed_before_its_index_gets_one(finished: RunFolder, writer: FakeWriter) -> None:
    """All its texts were there, so a resume wrote the manifest and nothing else."""
    before = index(finished)
    finished.unseal()
    (finished.path / "index.md").unlink()
    execute.resume(finished, writer=writer)
    assert index(finished) == before


def test_a_disk_that_takes_no_index_spoils_no_run(workspace: Workspace, writer: FakeWriter, tmp_path: Path) -> None:
    job = prepare.prepare_for(workspace, Options(steps=1), writer)
    folder = execute.generate(job, workspace.outputs, writer=writer).folder
    (folder.path / "index.md").unlink()
    (folder.path / "index.md").mkdir()
    assert not write_index(folder)


# -- in Obsidian --------------------------------------------------------------------------------------------


def test_it_has_title_alias_and_tags(finished: RunFolder) -> None:
    assert head(finished) == {
        "title": "All passages",
        "aliases": [finished.path.name],
        "tags": ["clocks", "small-error", "time"],
    }


def test_links_hold_in_folders_with_spaces_and_other_scripts(workspace: Workspace, writer: FakeWriter) -> None:
    folder = workspace.seeds / "Мои заметки (1)"
    folder.mkdir()
    (folder / "Zwei Uhren.md").write_text("Eine Uhr geht vor. #uhr\n", encoding="utf-8")
    job = prepare.prepare_for(workspace, Options(steps=1, tags=("uhr",)), writer)
    made = execute.generate(job, workspace.outputs, writer=writer).folder
    assert links(made, essays=True) == ["../../seeds/Мои заметки (1)/Zwei Uhren.md"]
    assert all((made.path / target).is_file() for target in [*links(made), *links(made, essays=True)])
    assert "%20" in index(made)


def test_an_essay_that_is_elsewhere_is_not_linked(finished: RunFolder, tmp_path: Path) -> None:
    moved = RunFolder.open(Path(shutil.copytree(finished.path, tmp_path / "elsewhere" / finished.path.name)))
    assert write_index(moved)
    assert links(moved, essays=True) == []
    assert "\n## Two Clocks\n" in index(moved)


def test_no_path_of_a_stranger_s_run_is_followed(finished: RunFolder) -> None:
    (finished.path.parent.parent.parent / "secret.md").write_text("Words.")
    changed = forge_request(finished, lambda raw: raw["essays"][0].update(path="../secret.md"))
    assert write_index(changed)
    assert links(changed, essays=True) == []
