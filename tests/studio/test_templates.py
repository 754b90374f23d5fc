"""The templates that the studio shows, checks and keeps."""

from __future__ import annotations

import shutil

import pytest

from remix.errors import PromptError
from remix.studio.templates import check, keep, templates_of
from remix.templates.folder import read_templates
from remix.workspace import Workspace, open_workspace, shipped
from tests.conftest import TEMPLATE

READS = "---\ndescription: Of two.\nreads: [again]\n---\n{{ again }}\n"


def test_all_templates_broken_ones_with_the_reason(workspace: Workspace) -> None:
    (workspace.prompts / "broken.md.j2").write_text("---\ndescription: x\n---\n{{ nobody }}\n", encoding="utf-8")
    shutil.copy(shipped("prompts") / "summary.md.j2", workspace.prompts)
    found = templates_of(workspace)
    assert found.is_own
    assert [each.kind for each in found.templates] == ["again", "broken", "once", "summary"]
    again, broken, _, summary = found.templates
    assert again.source == TEMPLATE
    assert "nobody" in broken.source
    assert "broken.md.j2:4" in broken.problem
    assert (again.is_shipped, summary.is_shipped) == (False, True)


@pytest.mark.parametrize(
    ("kind", "source", "words", "line"),
    [
        ("new", "---\ndescription: x\n---\n{{ nobody }}", "unknown variable", 4),
        ("new", "---\ndescription: x\nmax_tokens: many\n---\nx", "max_tokens", 3),
        ("new", "---\ndescription: x\n---\nx\n{% if %}", "broken template", 5),
        ("new", "---\ndescription: x\nreads: [nobody]\n---\n{{ nobody }}", "there is no kind 'nobody'", 3),
        ("new", "---\ndescription: x\nreads: [new]\n---\n{{ new }}", "can't read itself", 3),
        ("again", TEMPLATE, "there is a kind 'again' already", None),
        ("AGAIN", TEMPLATE, "there is a kind 'again' already", None),
        ("../new", TEMPLATE, "can't be a kind", None),
        ("a/b", TEMPLATE, "can't be a kind", None),
        ("con", TEMPLATE, "can't be a kind", None),
        ("n\0ew", TEMPLATE, "can't be a kind", None),
        ("k" * 300, TEMPLATE, "can't be a kind", None),
    ],
)
def test_what_can_not_be_kept(workspace: Workspace, kind: str, source: str, words: str, line: int | None) -> None:
    before = sorted(workspace.prompts.iterdir())
    found = check(workspace, kind, source)
    assert words in found.problem
    assert found.hint
    assert found.line == line
    with pytest.raises(PromptError):
        keep(workspace, kind, source)
    assert sorted(workspace.prompts.iterdir()) == before


def test_a_kind_that_reads_a_group_can_not_be_read(workspace: Workspace) -> None:
    group = "---\ndescription: x\nreads: passages\n---\n{{ passages }}"
    (workspace.prompts / "all.md.j2").write_text(group, encoding="utf-8")
    found = check(workspace, "new", "---\ndescription: x\nreads: [all]\n---\n{{ all }}")
    assert "made from a group" in found.problem
    assert found.line == 3


def test_a_new_kind_is_a_file_that_is_never_overwritten(workspace: Workspace) -> None:
    assert check(workspace, "of-two", READS).reads == "the last texts of again"
    kept = keep(workspace, "of-two", READS)
    assert (kept.kind, kept.file, kept.copied) == ("of-two", "prompts/of-two.md.j2", 0)
    path = workspace.prompts / "of-two.md.j2"
    assert path.read_text(encoding="utf-8") == READS
    assert list(read_templates(workspace.prompts, ["of-two"])) == ["again", "of-two"]
    with pytest.raises(PromptError, match="already"):
        keep(workspace, "of-two", TEMPLATE)
    assert path.read_text(encoding="utf-8") == READS


def test_the_first_kind_of_a_workspace_without_templates_keeps_the_shipped_ones(workspace: Workspace) -> None:
    shutil.rmtree(workspace.prompts)
    (workspace.root / "remix.toml").write_text("", encoding="utf-8")
    bare = open_workspace(workspace.root)
    assert not templates_of(bare).is_own
    before = {each.kind for each in templates_of(bare).templates}
    kept = keep(bare, "again", TEMPLATE)
    assert kept.copied == len(before)
    assert {each.kind for each in templates_of(bare).templates} == before | {"again"}
    assert templates_of(bare).is_own
