"""The texts of a run that is being written: those around the place where it is."""

from __future__ import annotations

import pytest

from remix.errors import RunError
from remix.generation import execute, prepare
from remix.outputs import RunFolder, reviews
from remix.records import Options
from remix.studio import job_texts
from remix.studio.job_texts import texts_of
from remix.studio.output_files import key_of
from remix.workspace import Workspace
from tests.conftest import FakeWriter
from tests.studio.made_weave import PLACE, woven_run


def test_all_texts_with_what_was_said_of_them(finished: RunFolder) -> None:
    reviews.say(finished, "two-clocks/001/again.2", "Eve", verdict="accept")
    found = texts_of(finished)
    assert (found.run, found.before, found.after) == (finished.run.name, 0, 0)
    texts = [text for passage in found.passages for text in passage.texts]
    assert len(texts) == len(finished.run.tasks) == 12
    for text, task in zip(texts, finished.run.tasks, strict=True):
        record, words = finished.read(task.id)
        assert (text.key, text.text, text.record) == (key_of(finished.path, task.id), words, record.id)
        assert text.verdict == ("accept" if task.id == "two-clocks/001/again.2" else None)
    assert found.passages[0].title == "Two Clocks"
    assert found.passages[0].first_words.startswith("The first clock runs fast.")


def test_texts_that_are_not_there_or_cannot_be_read_have_no_words(finished: RunFolder) -> None:
    first, second = finished.run.tasks[0].id, finished.run.tasks[1].id
    finished.record_path(first).unlink()
    finished.text_path(second).write_text("changed")
    texts = texts_of(finished).passages[0].texts
    assert [(each.text, each.record) for each in texts[:2]] == [(None, None), (None, None)]
    assert texts[2].text


def test_of_a_long_run_the_passages_are_shown_that_it_is_at(
    finished: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_texts, "MOST_PASSAGES", 2)
    monkeypatch.setattr(job_texts, "AHEAD", 1)
    found = texts_of(finished)
    assert ([each.id for each in found.passages], found.before, found.after) == (
        ["two-clocks/002", "two-clocks/003"],
        1,
        0,
    )
    for task in finished.run.tasks:
        finished.record_path(task.id).unlink()
    found = texts_of(finished)
    assert ([each.id for each in found.passages], found.before, found.after) == (
        ["two-clocks/001", "two-clocks/002"],
        0,
        1,
    )


def test_one_passage(finished: RunFolder) -> None:
    assert [each.id for each in texts_of(finished, "two-clocks/002").passages] == ["two-clocks/002"]
    with pytest.raises(RunError, match="no texts of nowhere"):
        texts_of(finished, "nowhere")


def test_texts_of_a_group_stand_by_themselves(workspace: Workspace, writer: FakeWriter) -> None:
    head = "---\ndescription: All.\nreads: passages\nmax_tokens: 12\n---\n"
    body = "{% for each in passages %}{{ each.text }}{% endfor %}\n"
    (workspace.prompts / "all.md.j2").write_text(head + body, encoding="utf-8")
    job = prepare.prepare_for(workspace, Options(kinds=("all",)), writer)
    folder = execute.generate(job, workspace.outputs, writer=writer).folder
    (passage,) = texts_of(folder).passages
    assert (passage.id, passage.title, passage.group, passage.is_woven) == ("_group/001", "", 3, False)
    (text,) = passage.texts
    assert (text.place, text.kind, bool(text.text)) == ("_group/001", "all", True)
    assert texts_of(folder, "_group/001").passages == (passage,), "words come by this place"


def test_an_essay_is_shown_as_one(workspace: Workspace) -> None:
    (essay,) = texts_of(woven_run(workspace)).passages
    assert (essay.id, essay.group, essay.is_woven) == (PLACE, 6, True)
    assert [text.kind for text in essay.texts] == ["weave", "weave", "weave", "opening", "title"]
