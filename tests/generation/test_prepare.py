"""Preparation of runs and refreshes, if essays and templates can't be used."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from remix.errors import ModelError, PromptError, RunError, SeedError
from remix.generation import prepare
from remix.outputs import RunFolder
from remix.records import Message, Options, PromptSize
from remix.workspace import Workspace
from tests.conftest import FakeWriter

BROKEN_TEMPLATE = "---\ndescription: Bad.\n---\n{{ pasage }}\n"


def edit(workspace: Workspace) -> None:
    """Change a passage."""
    essay = workspace.seeds / "two-clocks.md"
    essay.write_text(essay.read_text().replace("Nobody has asked the sun.", "Nobody asked the sun."))


def test_a_refresh_leaves_out_broken_notes(workspace: Workspace, finished: RunFolder, writer: FakeWriter) -> None:
    edit(workspace)
    (workspace.seeds / "bad.md").write_bytes(b"\xff")
    job = prepare.prepare_refresh(workspace, finished, {}, writer)
    assert job is not None
    assert {task.place for task in job.run.tasks} == {"two-clocks/003"}
    assert [error.message.endswith("bad.md: not UTF-8 at byte 0.") for error in job.left_out] == [True]
    with pytest.raises(SeedError, match=r"bad\.md"):
        prepare.prepare_refresh(workspace, finished, {"strict": True}, writer)


def test_a_refresh_leaves_out_a_broken_template(
    workspace: Workspace, finished: RunFolder, writer: FakeWriter
) -> None:
    edit(workspace)
    (workspace.prompts / "once.md.j2").write_text(BROKEN_TEMPLATE)
    job = prepare.prepare_refresh(workspace, finished, {}, writer)
    assert job is not None
    assert {task.kind for task in job.run.tasks} == {"again"}
    assert [type(error) for error in job.left_out] == [PromptError]


def test_a_broken_note_elsewhere_does_not_make_a_text_stale(
    workspace: Workspace, finished: RunFolder, writer: FakeWriter
) -> None:
    (workspace.seeds / "bad.md").write_bytes(b"\xff")
    assert prepare.prepare_refresh(workspace, finished, {}, writer) is None


def test_a_refresh_that_can_not_compare_says_so(
    workspace: Workspace, finished: RunFolder, writer: FakeWriter
) -> None:
    (workspace.seeds / "two-clocks.md").write_bytes(b"\xff")
    (workspace.seeds / "other.md").write_text("A word.\n")
    with pytest.raises(RunError, match="no text is stale, as far as essays and templates can be read") as caught:
        prepare.prepare_refresh(workspace, finished, {}, writer)
    assert len(caught.value.left_out) == 1


FAILING = "---\ndescription: Fails.\n---\n{{ passage.colour }}\n"


def test_a_template_that_fails_on_every_passage_is_left_out_and_no_passage(
    workspace: Workspace, writer: FakeWriter
) -> None:
    """Bug: all passages were left out, and nothing was written of the other kinds."""
    (workspace.prompts / "fails.md.j2").write_text(FAILING)
    job = prepare.prepare_for(workspace, Options(steps=1), writer)
    assert {task.kind for task in job.run.tasks} == {"again", "once"}
    assert {task.place for task in job.run.tasks} == {f"two-clocks/00{number}" for number in (1, 2, 3)}
    assert [error.message.split(" (")[0] for error in job.left_out] == [
        "prompts/fails.md.j2:4: the template fails on two-clocks/001"
    ]
    assert job.run.options.kinds == ("again", "once")


def test_a_kind_asked_for_by_name_that_fails_on_every_passage_stops(workspace: Workspace, writer: FakeWriter) -> None:
    (workspace.prompts / "fails.md.j2").write_text(FAILING)
    (workspace.prompts / "both.md.j2").write_text("---\ndescription: B.\nreads: [fails, again]\n---\n{{ fails }}\n")
    for kinds in (("again", "fails"), ("both",)):
        with pytest.raises(PromptError, match=r"fails\.md\.j2|no text of the kind 'fails' can be made"):
            prepare.prepare_for(workspace, Options(steps=1, kinds=kinds), writer)


def test_templates_that_all_fail_leave_nothing(workspace: Workspace, writer: FakeWriter) -> None:
    for kind in ("again", "once"):
        (workspace.prompts / f"{kind}.md.j2").write_text(FAILING)
    with pytest.raises(PromptError, match="no template is left to work with") as caught:
        prepare.prepare_for(workspace, Options(steps=1), writer)
    assert len(caught.value.left_out) == 2


def test_more_passages_than_are_measured_together(workspace: Workspace, writer: FakeWriter) -> None:
    (workspace.seeds / "long.md").write_text("\n\n".join(f"Word {number}." for number in range(150)))
    job = prepare.prepare_for(workspace, Options(steps=2), writer)
    assert len(job.run.tasks) == 153 * 2 * 2


class Refusing:
    """A counter whose chat template refuses system messages."""

    name = "fake"
    context = 2048

    def may_fit(self, messages: object, most: int) -> bool:
        return True

    def measure(self, messages: Sequence[Message], most: int) -> PromptSize:
        if messages[0].role == "system":
            raise ModelError("fake's chat template refuses this prompt.", "Change the prompt template.")
        return PromptSize(len(messages))


SYSTEM = "---\ndescription: S.\nsystem: Be kind.\n---\n{{ passage }}\n"


def test_a_kind_that_the_models_chat_template_refuses_is_left_out(workspace: Workspace, writer: FakeWriter) -> None:
    writer.counter = Refusing()
    (workspace.prompts / "once.md.j2").write_text(SYSTEM)
    job = prepare.prepare_for(workspace, Options(steps=1), writer)
    assert {task.kind for task in job.run.tasks} == {"again"}
    assert [error.message for error in job.left_out] == [
        "prompts/once.md.j2: fake's chat template refuses this prompt."
    ]


def test_a_model_that_refuses_all_prompts_is_the_error(workspace: Workspace, writer: FakeWriter) -> None:
    writer.counter = Refusing()
    for kind in ("again", "once"):
        (workspace.prompts / f"{kind}.md.j2").write_text(SYSTEM)
    with pytest.raises(ModelError, match="refuses this prompt"):
        prepare.prepare_for(workspace, Options(steps=1), writer)
