"""`remix check`: all that would fail, each once, and nothing written."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from remix.corpus import essays
from remix.corpus.blocks import LeftOut
from remix.engine import llama
from remix.errors import ModelError
from remix.generation import check as checking
from remix.generation.check import Problem, check
from remix.models import prepared
from remix.records import ModelFile, Options
from remix.workspace import Workspace
from tests.cli.test_cli import ok
from tests.conftest import FILE, TEMPLATE, Remix


class FakeVocabulary:
    """A token is a letter; a system message is refused."""

    name = FILE.name
    context = FILE.context

    def __init__(self, path: Path, file: ModelFile, think: bool) -> None: ...

    def count(self, messages: Any) -> int:
        roles = [message.role for message in messages]
        if "system" in roles:
            raise ModelError("fake's chat template refuses this prompt.", "Change the prompt template.")
        return sum(len(message.content) for message in messages)

    def may_fit(self, messages: object, most: int) -> bool:
        return True

    def close(self) -> None: ...


@pytest.fixture(autouse=True)
def _fake(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if "model_path" not in request.fixturenames:
        monkeypatch.setattr(checking, "Vocabulary", FakeVocabulary)
        monkeypatch.setattr(llama, "context_cost", lambda path, config: llama.ContextCost(token=1))
        monkeypatch.setattr(prepared, "resolve", lambda model, folders: (Path("fake"), FILE))


def write(workspace: Workspace, name: str, text: str | bytes) -> None:
    (workspace.root / name).write_bytes(text.encode() if isinstance(text, str) else text)


def messages(workspace: Workspace, **options: object) -> list[str]:
    return [problem.message for problem in check(workspace, Options.model_validate(options)).problems]


def test_a_good_workspace(remix_: Remix, workspace: Workspace) -> None:
    before = sorted(path.relative_to(workspace.root) for path in workspace.root.rglob("*"))
    result = remix_("check", "--steps", 2)
    assert ok(result) == ""
    assert result.stderr.startswith("3 passages × 2 kinds, up to 2 steps: all would work; the longest needs at most ")
    assert " of the 2048 tokens that fake takes.\n" in result.stderr
    assert result.stderr.endswith("To write texts: remix generate --tag TAG, or --all for all passages.\n")
    assert sorted(path.relative_to(workspace.root) for path in workspace.root.rglob("*")) == before


def break_everything(workspace: Workspace) -> None:
    write(workspace, "seeds/bad.md", "---\ntitle: A\ntags: [a\ndate: b\n---\nText.\n")
    write(workspace, "seeds/latin.md", b"Caf\xe9.\n")
    write(workspace, "seeds/long.md", "Short.\n\n" + "word " * 1000)
    write(workspace, "prompts/broken.md.j2", "---\ndescription: A.\n---\n{{ passage }}\n{% if %}\n")
    write(workspace, "prompts/fails.md.j2", "---\ndescription: A.\n---\n{{ passage.colour }}\n")
    write(workspace, "prompts/later.md.j2", "---\ndescription: A.\n---\n{{ passage }}{{ 1 // (2 - step) }}\n")
    write(workspace, "prompts/system.md.j2", "---\ndescription: A.\nsystem: Be kind.\n---\n{{ passage }}\n")


def test_every_problem_is_listed_with_its_place(workspace: Workspace) -> None:
    break_everything(workspace)
    report = check(workspace, Options())
    assert [problem.message.split(" (")[0] for problem in report.problems] == [
        "seeds/bad.md:4: broken front matter",
        "seeds/latin.md: not UTF-8 at byte 3.",
        "prompts/broken.md.j2:5: broken template",
        "prompts/fails.md.j2:4: the template fails on long/001",
        "prompts/later.md.j2:4: the template fails on long/001",
        "prompts/system.md.j2: fake's chat template refuses this prompt.",
        "seeds/long.md:3: long/002 needs 5026 tokens with its output, and fake takes 2048.",
    ]
    assert all(problem.hint for problem in report.problems)
    # Of a passage that is too long no further prompts are made.
    everywhere = ("long/001", "two-clocks/001", "two-clocks/002", "two-clocks/003")
    assert [problem.passages for problem in report.problems] == [(), (), (), *[everywhere] * 3, ("long/002",)]
    assert (report.passages, report.kinds) == (5, ("again", "fails", "later", "once", "system"))


def test_the_command_lists_them_and_exits_with_1(remix_: Remix, workspace: Workspace) -> None:
    break_everything(workspace)
    result = remix_("check")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert len(lines) == 14
    assert all(hint.startswith("  ") for hint in lines[1::2])
    assert lines[6].startswith("Problem: prompts/fails.md.j2:4: the template fails on long/001 (")
    assert lines[6].endswith(" And on two-clocks/001, two-clocks/002, two-clocks/003.")
    assert result.stderr.startswith("5 passages × 5 kinds, up to 3 steps: 7 problems.\n2 essays: 1,0")
    result = remix_("check", "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert [len(told["problems"]), told["passages"], told["model"]] == [7, 5, "fake"]
    assert set(told["problems"][0]) == set(Problem._fields)


def test_one_kind_and_one_step(workspace: Workspace) -> None:
    """A template that fails at the second step is fine where there is one."""
    break_everything(workspace)
    assert [each for each in messages(workspace, kinds=["later"], steps=1) if "prompts" in each] == []
    assert [each.split(":")[0] for each in messages(workspace, kinds=["later"]) if "prompts" in each] == [
        "prompts/later.md.j2"
    ]


def test_each_unknown_kind_is_named(workspace: Workspace) -> None:
    assert messages(workspace, kinds=["agian", "once", "twice"]) == [
        f"no kind '{kind}' in {workspace.root}/prompts." for kind in ("agian", "twice")
    ]


def test_prompts_are_tried_without_a_model_too(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(model: str | None, folders: object) -> None:
        raise ModelError("no model is called 'x'.", "Take another.")

    monkeypatch.setattr(prepared, "resolve", resolve)
    write(workspace, "prompts/fails.md.j2", "---\ndescription: A.\n---\n{{ passage.colour }}\n")
    report = check(workspace, Options(model="x"))
    assert [problem.message.split(" (")[0] for problem in report.problems] == [
        "no model is called 'x'.",
        "prompts/fails.md.j2:4: the template fails on two-clocks/001",
    ]
    assert (report.model, report.longest) == (None, 0)


def test_what_follows_from_another_problem_is_not_one(workspace: Workspace) -> None:
    """Where the only seed is broken, that there are none goes without saying."""
    write(workspace, "seeds/two-clocks.md", b"\xff")
    for kind in ("again", "once"):
        write(workspace, f"prompts/{kind}.md.j2", "---\n---\n{{ passage }}")
    found = messages(workspace)
    assert len(found) == 3
    assert "not UTF-8" in found[0]
    assert all("`description`" in each for each in found[1:])


def test_no_seeds_and_no_templates_are_problems(workspace: Workspace) -> None:
    for folder in (workspace.seeds, workspace.prompts):
        for path in folder.iterdir():
            path.unlink()
    found = messages(workspace)
    assert found[0] == f"{workspace.root}/seeds: no essays here, or none with a paragraph."
    assert found[1] == f"{workspace.root}/prompts: no templates here."


def test_memory_that_does_not_hold_the_longest(workspace: Workspace) -> None:
    assert messages(workspace, memory=1)[0].startswith("fake: a sequence of 256 tokens takes ")


def test_settings_are_heeded(remix_: Remix, workspace: Workspace) -> None:
    write(workspace, "remix.toml", '[generate]\nkind = ["once"]\nsteps = 1\n')
    assert remix_("check").stderr.startswith("3 passages × 1 kind, up to 1 step: ")


def test_what_strangers_named_is_spelt_out(remix_: Remix, workspace: Workspace) -> None:
    write(workspace, "prompts/fails.md.j2", "---\ndescription: A.\n---\n{{ passage['\x1b[2J'].x }}\n")
    (workspace.prompts / "a\x1b[2Jb.md.j2").write_text(TEMPLATE)
    result = remix_("check")
    assert result.exit_code == 1
    assert "\x1b" not in result.output


@pytest.mark.model
def test_with_the_bundled_models_vocabulary(remix_: Remix, workspace: Workspace, model_path: Path) -> None:
    result = remix_("check", "--model", model_path)
    assert ok(result) == ""
    assert "of the 8192 tokens" in result.stderr
    write(workspace, "seeds/long.md", "So it goes, on and on. " * 1500)
    result = remix_("check", "--model", os.fspath(model_path))
    assert result.exit_code == 1
    assert result.stdout.startswith("Problem: seeds/long.md:1: long/001 needs ")


def test_passages_that_are_left_out_can_not_fail(workspace: Workspace) -> None:
    write(workspace, "seeds/long.md", "word" * 1000)
    assert len(messages(workspace)) == 1
    assert messages(workspace, min_words=2) == []


def test_what_kinds_read_is_checked(workspace: Workspace) -> None:
    """Of all kinds, those included that are made only if they are asked for."""
    front = "---\ndescription: x\nreads: {}\n---\n{{{{ passage }}}}"
    write(workspace, "prompts/both.md.j2", front.format("[again, onec]"))
    write(workspace, "prompts/one.md.j2", front.format("[again]") + "{{ agian }}")
    assert messages(workspace) == [
        "prompts/both.md.j2:3: `reads`: there is no kind 'onec'.",
        "prompts/one.md.j2:5: unknown variable `agian`.",
    ]
    write(workspace, "prompts/both.md.j2", front.format("[again, once]"))
    write(workspace, "prompts/one.md.j2", front.format("[both]") + "{{ both }}")
    assert messages(workspace, steps=2) == []


def test_the_words_of_the_essays_are_accounted_for(
    remix_: Remix, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_out = (LeftOut("metadata", "title: Two Clocks", (1, 1)), LeftOut("footnote", "[^1]: A note.", (30, 30)))
    read = essays.READERS[".md"]
    monkeypatch.setitem(essays.READERS, ".md", lambda text, name: read(text, name)._replace(left_out=left_out))
    words = check(workspace, Options()).words
    assert (words.essays, words.passages, words.headings, words.left_out.by_reason) == (
        1,
        27,
        1,
        {"footnote": 3, "metadata": 3},
    )
    assert remix_("check").stderr.splitlines()[1:3] == [
        "1 essay: 34 words = 27 in passages + 1 in headings + 6 not read.",
        "Not read: 3 words in 1 file (footnote 3), and 3 words of metadata; `remix passages --left-out` lists them.",
    ]
    assert json.loads(remix_("check", "--json").stdout)["words"] == {
        "essays": 1,
        "passages": 27,
        "headings": 1,
        "not_read": {"footnote": 3, "metadata": 3},
    }


def test_progress_is_told_passage_by_passage(workspace: Workspace) -> None:
    told: list[tuple[int, int]] = []
    check(workspace, Options(), lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_group_kind_is_tried_too(workspace: Workspace) -> None:
    write(workspace, "prompts/all.md.j2", "---\ndescription: A.\nreads: passages\n---\n{{ passages[0].colour }}\n")
    assert [each.split(" (")[0] for each in messages(workspace)] == [
        "prompts/all.md.j2:5: the template fails on two-clocks/001"
    ]
