"""Woven essays: what is planned, what is written, what a stop leaves, what a refresh writes anew."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from remix.errors import PromptError, RunError, SeedError
from remix.generation import branching, execute, prepare
from remix.generation.weave import WeaveOptions, prepare_weave
from remix.generation.writer import Progress
from remix.outputs import RunFolder, reviews
from remix.outputs.essay import woven
from remix.outputs.find import OutputPlace
from remix.outputs.layout import ESSAY
from remix.records import Message, Options, PassageInput, PromptSize, Record, RecordInput, TaskInput
from remix.verification import replay
from remix.verification.replay import ReplayOptions
from remix.verification.verify import verify
from remix.workspace import Workspace
from tests.conftest import FakeWriter
from tests.weaving import CLOCKS, IDS, make_garden, woven_run

PARAGRAPHS = [f"_weave/001/weave.{step}" for step in (1, 2, 3)]


@pytest.fixture
def garden(tmp_path: Path) -> Workspace:
    return make_garden(tmp_path / "garden")


@pytest.fixture
def wide() -> Iterator[FakeWriter]:
    """A writer of eight texts at once."""
    writer = FakeWriter(parallel=8)
    yield writer
    writer.close()


def texts_of(folder: RunFolder) -> dict[str, bytes]:
    return {task.id: folder.text_path(task.id).read_bytes().partition(b"record: ")[2] for task in folder.run.tasks}


def record_of(folder: RunFolder, task: str) -> Record:
    return folder.read(task)[0]


def test_each_paragraph_reads_its_group_and_the_paragraph_before(garden: Workspace, writer: FakeWriter) -> None:
    folder = woven_run(garden, writer)
    tasks = {task.id: task for task in folder.run.tasks}
    assert [*tasks] == [*PARAGRAPHS, "_weave/001/opening.1", "_weave/001/title.1"]
    own = [PassageInput(passage=IDS[2]), PassageInput(passage=IDS[3])]
    assert [*tasks[PARAGRAPHS[1]].inputs] == [*own, TaskInput(task=PARAGRAPHS[0])]
    assert tasks["_weave/001/title.1"].reads == tuple(PARAGRAPHS)
    assert [each.passage for each in record_of(folder, PARAGRAPHS[1]).sources] == [IDS[2], IDS[3]]
    assert [each.passage for each in record_of(folder, "_weave/001/title.1").sources] == [*IDS]


def test_a_paragraph_hears_the_last_sentence_before(garden: Workspace, writer: FakeWriter) -> None:
    folder = woven_run(garden, writer)
    _, before = folder.read(PARAGRAPHS[1])
    messages = record_of(folder, PARAGRAPHS[2]).derivation.prompt.messages
    assert before
    assert [message.role for message in messages] == ["user", "assistant", "user"]
    assert before.endswith(messages[1].content)
    assert "A map of the town" not in messages[-1].content
    assert len(record_of(folder, PARAGRAPHS[0]).derivation.prompt.messages) == 1


def test_the_essay_is_a_file_of_title_opening_and_paragraphs(garden: Workspace, writer: FakeWriter) -> None:
    folder = woven_run(garden, writer)
    essay = (folder.path / ESSAY).read_text(encoding="utf-8")
    assert essay == woven(folder).markdown
    assert essay.startswith("# ")
    assert f"  {ESSAY}" in (folder.path / "MANIFEST.sha256").read_text()
    assert not verify(folder.path).findings


def test_the_same_bytes_whatever_the_number_of_texts_at_once(
    garden: Workspace, writer: FakeWriter, wide: FakeWriter
) -> None:
    assert texts_of(woven_run(garden, writer)) == texts_of(woven_run(garden, wide))


def test_a_stopped_essay_is_resumed_to_the_same_bytes(garden: Workspace, writer: FakeWriter) -> None:
    whole = woven_run(garden, writer)
    job = prepare_weave(garden, Options(max_tokens=40), WeaveOptions("essay"), writer=writer)
    stop = threading.Event()

    def watch(progress: Progress) -> None:
        if progress.done == 2:
            stop.set()

    stopped = execute.generate(job, garden.outputs, watch, stop, writer).folder
    assert not stopped.is_complete
    assert not (stopped.path / ESSAY).exists()
    resumed = execute.resume(stopped, writer=writer).folder
    assert texts_of(resumed) == texts_of(whole)
    assert (resumed.path / ESSAY).read_bytes() == (whole.path / ESSAY).read_bytes()
    assert not verify(resumed.path).findings


def test_a_missing_essay_file_is_written_by_resume_and_found_by_verify(garden: Workspace, writer: FakeWriter) -> None:
    folder = woven_run(garden, writer)
    before = (folder.path / ESSAY).read_bytes()
    (folder.path / ESSAY).write_bytes(before + b"And more.\n")
    assert [each.file for each in verify(folder.path).findings] == [ESSAY]
    (folder.path / "MANIFEST.sha256").unlink()
    assert ESSAY in [each.file for each in verify(folder.path).findings]
    execute.resume(folder, writer=writer)
    assert (folder.path / ESSAY).read_bytes() == before
    assert not verify(folder.path).findings


def test_dialectic_puts_objection_and_synthesis_after_each_paragraph(garden: Workspace, writer: FakeWriter) -> None:
    folder = woven_run(garden, writer, WeaveOptions("essay", dialectic=True))
    tasks = [task.id.removeprefix("_weave/001/") for task in folder.run.tasks]
    first = ["weave.1", "weave-objection.1", "weave-synthesis.1"]
    assert tasks[:4] == [*first, "weave.2"]
    assert [part.task.removeprefix("_weave/001/") for part in woven(folder).parts][:4] == ["opening.1", *first]
    by_id = {task.id: task for task in folder.run.tasks}
    assert by_id["_weave/001/weave.2"].reads == ("_weave/001/weave-synthesis.1",)
    synthesis = record_of(folder, "_weave/001/weave-synthesis.1")
    assert [each.passage for each in synthesis.sources] == [*IDS[:2]]
    for read in by_id["_weave/001/weave-synthesis.1"].reads:
        assert folder.read(read)[1] in synthesis.derivation.prompt.messages[-1].content
    assert not verify(folder.path).findings


# -- long passages ------------------------------------------------------------------------------------------


class _Narrow:
    """Counts words, and takes so many."""

    name = "narrow"

    def __init__(self, context: int) -> None:
        self.context = context

    def may_fit(self, messages: Sequence[Message], most: int) -> bool:
        return True

    def measure(self, messages: Sequence[Message], most: int) -> PromptSize:
        return PromptSize(sum(len(message.content.split()) for message in messages))


def long_garden(garden: Workspace) -> Workspace:
    """The same, with a first passage of 100 words and a second of 400."""
    source = CLOCKS.replace("The first clock runs fast. ", "The first clock runs fast. " * 20)
    source = source.replace("The second clock runs slow. ", "The second clock runs slow. " * 80)
    (garden.seeds / "clocks.md").write_text(source, encoding="utf-8")
    return garden


def test_a_passage_that_exceeds_the_context_is_read_by_its_summary(garden: Workspace, writer: FakeWriter) -> None:
    writer.counter = _Narrow(500)
    job = prepare_weave(long_garden(garden), Options(max_tokens=40), WeaveOptions("essay"), writer=writer)
    assert "clocks/002 is read by its summary" in job.notes[0]
    assert job.run.weave is not None
    assert [group.summarised for group in job.run.weave.groups] == [("clocks/002",), (), ()]
    folder = execute.generate(job, garden.outputs, writer=writer).folder
    _, summary = folder.read("clocks/002/summary.1")
    record = record_of(folder, PARAGRAPHS[0])
    assert summary in record.derivation.prompt.messages[-1].content
    assert "runs slow. The second" not in record.derivation.prompt.messages[-1].content
    assert [each.passage for each in record.sources] == ["clocks/001", "clocks/002"]
    assert not verify(folder.path).findings


def test_a_passage_that_is_too_long_for_its_summary_too_is_refused(garden: Workspace, writer: FakeWriter) -> None:
    writer.counter = _Narrow(300)
    with pytest.raises(PromptError, match=r"clocks\.md:7: clocks/002 is too long for narrow, even for a summary"):
        prepare_weave(long_garden(garden), Options(max_tokens=40), WeaveOptions("essay"), writer=writer)


# -- accepted texts -----------------------------------------------------------------------------------------


def test_accepted_texts_are_woven_as_they_were_edited(garden: Workspace, writer: FakeWriter) -> None:
    job = prepare.prepare_for(garden, Options(kinds=("summary",), steps=1, max_tokens=20), writer)
    run = execute.generate(job, garden.outputs, writer=writer).folder
    for number in (1, 2):
        reviews.say(run, f"clocks/00{number}/summary.1", "Ada", verdict="accept")
    reviews.edit(run, "clocks/002/summary.1", "Ada", "The second clock was never right.")
    folder = woven_run(garden, writer, WeaveOptions("given", accepted=True))
    first = folder.run.tasks[0]
    assert all(isinstance(each, RecordInput) for each in first.inputs)
    record = record_of(folder, PARAGRAPHS[0])
    assert "The second clock was never right." in record.derivation.prompt.messages[-1].content
    assert [each.passage for each in record.sources] == ["clocks/001", "clocks/002"]
    assert not verify(folder.path).findings
    assert not verify(RunFolder.open(folder.path).path).findings


def test_without_accepted_texts_there_is_no_essay(garden: Workspace, writer: FakeWriter) -> None:
    with pytest.raises(SeedError, match="no text was accepted"):
        prepare_weave(garden, Options(), WeaveOptions(accepted=True), writer=writer)


# -- refresh ------------------------------------------------------------------------------------------------


def test_a_refresh_rewrites_only_what_a_changed_passage_reaches(garden: Workspace, writer: FakeWriter) -> None:
    folder = woven_run(garden, writer)
    assert prepare.prepare_refresh(garden, folder, writer=writer) is None
    path = garden.seeds / "maps.md"
    path.write_text(path.read_text(encoding="utf-8").replace("none of the maps", "no map at all"), encoding="utf-8")
    stale = prepare.status(garden, folder.run)
    # Paragraphs before the changed one were called stale, too.
    assert [(each.kind, each.first) for each in stale] == [("weave", 3), ("opening", 1), ("title", 1)]
    job = prepare.prepare_refresh(garden, folder, writer=writer)
    assert job
    assert [each.task.id for each in job.taken] == PARAGRAPHS[:2]
    asked = len(writer.asked)
    again = execute.generate(job, garden.outputs, writer=writer).folder
    assert len(writer.asked) - asked == 3
    for task in PARAGRAPHS[:2]:
        assert record_of(again, task).id == record_of(folder, task).id
        assert record_of(again, task).circumstances.taken_from == folder.run.name
    assert record_of(again, PARAGRAPHS[2]).circumstances.taken_from is None
    assert (again.path / ESSAY).is_file()
    assert not verify(again.path).findings
    assert prepare.prepare_refresh(garden, folder, writer=writer) is None


def test_a_refresh_leaves_out_a_passage_that_is_gone(garden: Workspace, writer: FakeWriter) -> None:
    folder = woven_run(garden, writer)
    path = garden.seeds / "maps.md"
    text = path.read_text(encoding="utf-8").replace("The door itself is on none of the maps. #time\n", "")
    path.write_text(text, encoding="utf-8")
    job = prepare.prepare_refresh(garden, folder, writer=writer)
    assert job
    assert job.run.weave
    assert [group.passages for group in job.run.weave.groups] == [IDS[:2], IDS[2:4], IDS[4:5]]
    again = execute.generate(job, garden.outputs, writer=writer).folder
    assert not verify(again.path).findings


# -- what can't be done -------------------------------------------------------------------------------------


def test_parts_of_essays_are_no_texts_of_a_passage(garden: Workspace, writer: FakeWriter) -> None:
    with pytest.raises(PromptError, match="'weave' writes a part of an essay"):
        prepare.prepare_for(garden, Options(kinds=("weave",)), writer)


def test_an_essay_isnt_woven_of_an_unfinished_run(garden: Workspace, writer: FakeWriter) -> None:
    folder = woven_run(garden, writer)
    folder.forget(folder.run.tasks[0])
    with pytest.raises(RunError, match="1 of the essay's 5 texts aren't written yet"):
        woven(folder)


@pytest.mark.model
def test_an_essay_by_the_bundled_model_is_verified_and_replayed(garden: Workspace, model_path: Path) -> None:
    asked = WeaveOptions("essay", length=100)
    job = prepare_weave(garden, Options(max_tokens=12, limit=4, threads=1), asked)
    folder = execute.generate(job, garden.outputs).folder
    assert (folder.path / ESSAY).read_bytes().startswith(b"# ")
    report = verify(folder.path)
    assert not report.findings
    assert report.run
    replayed = replay.replay(report.run, report.found, lambda run: model_path, ReplayOptions(threads=1))
    assert [each.equal for each in replayed] == [True] * 3
    # A branch of a paragraph wrote a run that couldn't be read again.
    asked_branch = branching.BranchOptions(at="2", take="2", max_tokens=12)
    planned = branching.plan_branches(garden, OutputPlace(folder, PARAGRAPHS[0]), asked_branch, str(model_path))
    branch = execute.generate(planned.job, garden.outputs).folder
    report = verify(branch.path)
    assert not report.findings
    assert report.run
    assert report.run.tasks[0].branch
    again = replay.replay(report.run, report.found, lambda run: model_path, ReplayOptions(threads=1))
    assert [each.equal for each in again] == [True]
