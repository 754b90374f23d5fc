"""A passage with all its texts."""

from __future__ import annotations

import pytest

from remix.generation import execute, prepare
from remix.outputs import RunFolder, reviews
from remix.records import Options
from remix.studio.json_http import NotInStudio
from remix.studio.listing import ReviewRequest
from remix.studio.passage_texts import PASSAGE as LEFT
from remix.studio.studio import Studio
from remix.workspace import Workspace
from tests.conftest import FakeWriter
from tests.studio_server import FIRST, OTHER, PASSAGE, SECOND, TEXT, variants


@pytest.fixture
def folder(workspace: Workspace) -> RunFolder:
    return variants(workspace)


@pytest.fixture
def studio(folder: RunFolder, workspace: Workspace) -> Studio:
    studio = Studio.open(workspace, [], "Eve")
    studio.runs.find_runs()
    return studio


def write(workspace: Workspace, **options: object) -> RunFolder:
    writer = FakeWriter()
    job = prepare.prepare_for(workspace, Options.model_validate(options), writer)
    folder = execute.generate(job, workspace.outputs, writer=writer).folder
    writer.close()
    return folder


def key_of(studio: Studio, task: str) -> str:
    return next(key for key, output in studio.runs.planned.outputs.items() if output.task.id == task)


def test_all_texts_of_all_runs(studio: Studio, folder: RunFolder, workspace: Workspace) -> None:
    later = write(workspace, kinds=("once",), steps=1)
    studio.runs.find_runs()
    shown = studio.texts.of(PASSAGE)
    assert (shown.title, shown.lines, shown.is_gone) == ("Two Clocks", (8, 8), False)
    assert [block.text for block in shown.blocks] == ["The first clock runs fast. It was set by the second."]
    # Runs of the same second come in the order of their names, which end at random.
    assert sorted(text.run for text in shown.texts) == sorted([folder.run.name] * 8 + [later.run.name])
    first = next(text for text in shown.texts if (text.kind, text.step, text.variant) == ("again", 1, 1))
    assert (first.text, first.output, first.model) == (TEXT, folder.read(FIRST)[0].id, "fake")
    assert (first.verdict, first.is_stale, first.problem) == (None, False, "")
    assert (shown.all_texts, shown.writing) == (9, ())


def test_reviews_and_edits(studio: Studio, folder: RunFolder) -> None:
    reviews.say(folder, FIRST, "Adam", verdict="star", note="Yes.")
    reviews.edit(folder, SECOND, "Adam", "My own version.")
    texts = {(text.kind, text.step, text.variant): text for text in studio.texts.of(PASSAGE).texts}
    assert texts["again", 1, 1].standing.note == "Yes."
    assert texts["again", 1, 1].verdict == "star"
    assert (texts["again", 2, 1].text, texts["again", 2, 1].is_edited) == ("My own version.", True)


def test_a_text_is_there_as_soon_as_its_files_are(studio: Studio, folder: RunFolder) -> None:
    """And can be judged at once, before the studio has looked at all runs again."""
    record = folder.record_path(OTHER)
    data = record.read_bytes()
    record.unlink()
    studio.runs.read()
    assert studio.texts.of(PASSAGE).all_texts == 7
    with folder.lock():
        (planned,) = studio.texts.of(PASSAGE).writing
        assert (planned.kind, planned.step, planned.variant) == ("again", 1, 2)
    assert studio.texts.of(PASSAGE).writing == ()
    record.write_bytes(data)
    shown = next(text for text in studio.texts.of(PASSAGE).texts if text.key == key_of(studio, OTHER))
    assert shown.output
    studio.runs.review(shown.key, ReviewRequest(output=shown.output, verdict="accept"))
    assert next(text for text in studio.texts.of(PASSAGE).texts if text.key == shown.key).verdict == "accept"


def test_a_broken_text_is_shown_with_its_problem(studio: Studio, folder: RunFolder) -> None:
    folder.text_path(FIRST).write_text("Changed.\n", encoding="utf-8")
    shown = next(text for text in studio.texts.of(PASSAGE).texts if text.key == key_of(studio, FIRST))
    assert (shown.output, shown.text) == (None, "Changed.")
    assert "not the text that was recorded" in shown.problem


def test_a_passage_that_was_edited_moved_or_taken_out(studio: Studio, workspace: Workspace) -> None:
    essay = workspace.seeds / "two-clocks.md"
    before = essay.read_text(encoding="utf-8")
    essay.write_text(before.replace("runs fast", "runs late"), encoding="utf-8")
    assert all(text.is_stale for text in studio.texts.of(PASSAGE).texts)
    first = "The first clock runs fast."
    essay.write_text(before.replace(first, f"A new paragraph. #clocks\n\n{first}"), encoding="utf-8")
    moved = studio.texts.of("two-clocks/002")
    texts = [text for text in moved.texts if not text.is_stale]
    assert {text.place for text in texts} == {PASSAGE}, "the same words under another number"
    essay.unlink()
    gone = studio.texts.of(PASSAGE)
    assert (gone.is_gone, gone.all_texts) == (True, 8)


def test_differences_from_the_text_before(studio: Studio) -> None:
    first, second = key_of(studio, FIRST), key_of(studio, SECOND)
    found = studio.texts.differences(PASSAGE, [first, second]).differences
    assert "".join(words for words, is_new in found[0].chunks if is_new) == "is late. It knows."
    assert [each.key for each in found] == [first, second]
    assert (found[0].is_marked, found[1].is_marked) == (True, False)


def test_two_texts_compared(studio: Studio) -> None:
    view = studio.texts.compare(LEFT, key_of(studio, FIRST))
    assert "".join(chunk.text for chunk in view.left) == "The first clock runs fast. It was set by the second."
    assert "".join(chunk.text for chunk in view.right if chunk.changed) == "is late. It knows."


def test_what_is_not_in_the_studio(studio: Studio) -> None:
    first = key_of(studio, FIRST)
    for ask in (
        lambda: studio.texts.of("none/001"),
        lambda: studio.texts.compare(first, "0" * 20),
        lambda: studio.texts.compare(LEFT, LEFT),
        lambda: studio.texts.differences(PASSAGE, ["0" * 20]),
    ):
        with pytest.raises(NotInStudio):
            ask()


def test_texts_in_memory_are_bounded(studio: Studio) -> None:
    studio.texts._kept.most = 3
    assert len(studio.texts.of(PASSAGE).texts) == 8
    assert len(studio.texts._kept) == 3
