"""The pipeline: from seeds to a finished run, whatever comes between."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from itertools import count, groupby
from pathlib import Path
from typing import Any

import pytest

from remix.corpus.loose_passage import loose_passage
from remix.errors import ModelError, PromptError, RemixError, RunError, SeedError
from remix.export.export import ExportOptions, export_bytes
from remix.generation import execute, prepare
from remix.generation.choose import MEASURES, mean_logprob
from remix.generation.choose import by_measures as choose
from remix.generation.execute import Outcome
from remix.generation.job import Job
from remix.generation.plan import task_seed
from remix.generation.writer import OnText, Progress, Watch
from remix.outputs import RunFolder, body_of, run
from remix.outputs.form import dump
from remix.records import Candidate, Fork, Generation, Options, Prompt, Record, Sampling, Selection, Task, sha256
from remix.records.bounds import MOST_TOKENS
from remix.util.files import unwritable, write_whole
from remix.verification.verify import verify
from remix.workspace import Workspace
from tests.conftest import TEMPLATE, FakeWriter

Texts = dict[str, tuple[str, bytes]]
"""By task: the record's id and the text's bytes."""


def texts(folder: RunFolder) -> Texts:
    return {
        task.id: (
            json.loads(folder.record_path(task.id).read_bytes())["id"],
            body_of(folder.text_path(task.id).read_bytes()),
        )
        for task in folder.done
    }


def plan(workspace: Workspace, **options: object) -> Job:
    return prepare.prepare_for(workspace, Options.model_validate(options), FakeWriter())


def carry_out(
    job: Job,
    workspace: Workspace,
    parallel: int = 4,
    fail_on: Callable[[Prompt], bool] | None = None,
    watch: Watch | None = None,
    stop: threading.Event | None = None,
) -> Outcome:
    return execute.generate(job, workspace.outputs, watch, stop, FakeWriter(parallel, fail_on))


def reads_a_text(prompt: Prompt) -> bool:
    """Whether a prompt is one of a later step: the passages all have a capital."""
    return prompt.messages[0].content.split("\n\n")[0].islower()


# -- a whole run --------------------------------------------------------------------------------------------


def test_every_planned_task_has_its_text_and_its_record(workspace: Workspace) -> None:
    outcome = carry_out(plan(workspace, steps=3, variants=2), workspace)
    folder = outcome.folder
    assert (outcome.failures, outcome.interrupted) == ([], False)
    assert len(folder.run.tasks) == 3 * 2 * 3 * 2
    for task in folder.run.tasks:
        record, text = folder.read(task.id)
        used = record.task
        assert [source.passage for source in record.sources] == [task.place]
        assert (used.kind, used.step, used.variant, used.reads) == (task.kind, task.step, task.variant, task.reads)
        assert record.derivation.sampling.seed == task.seed
        assert record.output.sha256 == sha256(f"{text}\n")
    assert (folder.path / "MANIFEST.sha256").is_file()


def test_each_step_reads_the_one_before(workspace: Workspace) -> None:
    folder = carry_out(plan(workspace, steps=3, variants=2), workspace).folder
    for task in folder.run.tasks:
        record, _ = folder.read(task.id)
        if not task.reads:
            assert record.derivation.parents == ()
            read = record.sources[0].text
        else:
            parent, text = folder.read(task.reads[0])
            assert record.derivation.parents == (parent.id,)
            read = text or record.sources[0].text
        assert record.derivation.prompt.messages[0].content == f"{read}\n\nSay it again."


RECOMPUTE = """
import json, hashlib, rfc8785, sys
for name in sys.argv[1:]:
    with open(name, "rb") as file:
        record = json.load(file)
    with open(name[:-4] + "md", "rb") as file:
        body = file.read().split(b"\\n---\\n", 1)[1]
    assert hashlib.sha256(body).hexdigest() == record["output"]["sha256"]
    core = {"derivation": record["derivation"], "output": {"sha256": record["output"]["sha256"]}}
    assert hashlib.sha256(rfc8785.dumps(core)).hexdigest() == record["id"]
"""


def test_ids_can_be_recomputed_without_remix(finished: RunFolder) -> None:
    names = [str(finished.record_path(task.id)) for task in finished.run.tasks]
    assert len(RECOMPUTE.strip().splitlines()) <= 10
    subprocess.run([sys.executable, "-I", "-c", RECOMPUTE, *names], check=True)
    record = json.loads(Path(names[0]).read_bytes())
    record["derivation"]["sampling"]["seed"] += 1
    Path(names[0]).write_text(json.dumps(record))
    assert subprocess.run([sys.executable, "-I", "-c", RECOMPUTE, *names], stderr=subprocess.DEVNULL).returncode


def test_neither_company_nor_order_changes_a_byte(workspace: Workspace) -> None:
    job = plan(workspace, steps=2, variants=3)
    backwards = Job(
        job.run.model_copy(update={"tasks": tuple(sorted(job.run.tasks, key=lambda task: (-task.variant, task.id)))}),
        None,
        {},
        0,
        (),
    )
    alone = texts(carry_out(job, workspace, parallel=1).folder)
    assert len(alone) == 36
    assert len({id_ for id_, _ in alone.values()}) == 36
    assert texts(carry_out(job, workspace, parallel=4).folder) == alone
    assert texts(carry_out(job, workspace, parallel=16).folder) == alone
    assert texts(carry_out(backwards, workspace, parallel=4).folder) == alone


@pytest.mark.parametrize("change", [{"seed": 2}, {"temperature": 0.9}, {"max_tokens": 5}])
def test_what_should_change_the_ids_does(workspace: Workspace, change: dict[str, object]) -> None:
    before = texts(carry_out(plan(workspace, steps=1), workspace).folder)
    after = texts(carry_out(plan(workspace, steps=1, **change), workspace).folder)
    assert before.keys() == after.keys()
    assert not {id_ for id_, _ in before.values()} & {id_ for id_, _ in after.values()}


def test_moving_and_retagging_a_seed_changes_no_id(workspace: Workspace) -> None:
    before = texts(carry_out(plan(workspace, steps=2), workspace).folder)
    seed = workspace.seeds / "two-clocks.md"
    (workspace.seeds / "clocks-two.md").write_text(f"{seed.read_text()}\n#sun, #new tag\n")
    seed.unlink()
    after = texts(carry_out(plan(workspace, steps=2), workspace).folder)
    assert list(before.values()) == [after[task.replace("two-clocks", "clocks-two")] for task in before]


def test_progress_goes_up_to_the_end(workspace: Workspace) -> None:
    seen: list[Progress] = []
    carry_out(plan(workspace, steps=2), workspace, watch=seen.append)
    # A text that takes long is reported more than once.
    assert [done for done, _ in groupby(state.done for state in seen) if done] == list(range(1, 13))
    assert {state.total for state in seen} == {12}
    assert [state.sampled for state in seen] == sorted(state.sampled for state in seen)
    assert seen[-1].sampled > 12


def test_a_run_stopped_after_its_last_text_is_complete_and_not_interrupted(workspace: Workspace) -> None:
    """A last worker was lost just then: `remix roads --depth 2` said that it planned no further roads, and did."""
    stop = threading.Event()
    outcome = carry_out(plan(workspace, steps=1), workspace, watch=once_done(stop.set), stop=stop)
    assert stop.is_set()
    assert outcome.folder.is_sealed
    assert not outcome.interrupted


def once_done(act: Callable[[], None]) -> Callable[[Progress], None]:
    """A watch that acts when all texts are written."""
    return lambda state: act() if state.done == state.total else None


def test_run_json_says_what_was_asked(workspace: Workspace) -> None:
    job = plan(workspace, tags=("clocks",), kinds=("once",), steps=2, limit=1)
    run = RunFolder.open(carry_out(job, workspace).folder.path).run
    assert [task.id for task in run.tasks] == ["two-clocks/001/once.1", "two-clocks/001/once.2"]
    assert [passage.id for essay in run.essays for passage in essay.passages] == ["two-clocks/001"]
    assert [(used.kind, used.source, used.sha256) for used in run.templates] == [("once", TEMPLATE, sha256(TEMPLATE))]
    assert (run.options.kinds, run.options.limit, run.options.model) == (("once",), 1, "fake")
    assert run.environment.host.count(" ") == 1


def test_a_kind_is_added_by_adding_a_file(workspace: Workspace) -> None:
    (workspace.prompts / "haiku.md.j2").write_text(
        "---\ndescription: A haiku.\nmax_tokens: 5\n---\n"
        "{% user %}{{ essay.title }}: {{ passage }}{% enduser %}{% assistant %}Yes?{% endassistant %}"
        "{% user %}Step {{ step }} of {{ steps }}{{ ': ' ~ previous if previous }}{% enduser %}"
    )
    folder = carry_out(
        plan(workspace, kinds=("haiku",), tags=("small error",), steps=2, variants=2), workspace
    ).folder
    assert [task.id for task in folder.run.tasks] == [
        f"two-clocks/001/haiku.{each}" for each in ("1", "2", "1.v2", "2.v2")
    ]
    (first, text), (second, _), (other, other_text) = (folder.read(task.id) for task in folder.run.tasks[:3])
    assert [message.role for message in first.derivation.prompt.messages] == ["user", "assistant", "user"]
    assert second.derivation.prompt.messages[2].content == f"Step 2 of 2: {text}".strip().removesuffix(":")
    assert first.derivation.prompt == other.derivation.prompt
    assert text != other_text


# -- interrupted and resumed --------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [0, 1, 7, 9])
def test_stopped_and_resumed_is_as_if_never_stopped(workspace: Workspace, after: int) -> None:
    job = plan(workspace, steps=3)
    whole = texts(carry_out(job, workspace).folder)
    stop = threading.Event()

    def watch(state: Progress) -> None:
        if state.done >= after:
            stop.set()

    outcome = carry_out(job, workspace, watch=watch, stop=stop)
    assert outcome.interrupted
    assert after <= len(outcome.folder.done) < 18
    assert not (outcome.folder.path / "MANIFEST.sha256").exists()
    before = texts(outcome.folder)
    assert before.items() <= whole.items()
    folder = RunFolder.open(outcome.folder.path)
    writer = FakeWriter()
    assert not execute.resume(folder, writer=writer).interrupted
    assert texts(folder) == whole
    assert len(writer.asked) == 18 - len(before)
    assert (folder.path / "MANIFEST.sha256").exists()


@pytest.mark.parametrize(
    "lost", [["again.1"], ["again.2"], ["again.3", "once.1"], ["again.1", "again.3"], ["once.1", "once.2", "once.3"]]
)
def test_resume_writes_just_what_is_lost(workspace: Workspace, lost: list[str]) -> None:
    """It used to write a chain anew from its first lost step on, and to count more done than there were."""
    folder = carry_out(plan(workspace, steps=3), workspace).folder
    whole = texts(folder)
    kept = {task.id: folder.record_path(task.id).read_bytes() for task in folder.run.tasks}
    for name in lost:
        folder.record_path(f"two-clocks/001/{name}").unlink()
        del kept[f"two-clocks/001/{name}"]
    writer = FakeWriter()
    seen: list[Progress] = []
    execute.resume(folder, watch=seen.append, writer=writer)
    assert texts(folder) == whole
    assert len(writer.asked) == len(lost)
    assert all(folder.record_path(task).read_bytes() == data for task, data in kept.items())
    assert max(state.done for state in seen) == 18


def test_resume_writes_a_lost_text_anew(workspace: Workspace) -> None:
    """A record without its text used to count as finished, and a whole run of them ended in a traceback."""
    folder = carry_out(plan(workspace, steps=2), workspace).folder
    whole = texts(folder)
    folder.text_path("two-clocks/001/again.1").unlink()
    execute.resume(folder, writer=FakeWriter())
    assert texts(folder) == whole


def test_resume_writes_anew_what_was_made_from_another_text(workspace: Workspace) -> None:
    """Where a lost step comes out differently, on another machine say, the steps after it must follow."""
    folder = carry_out(plan(workspace, kinds=("again",), steps=3, limit=1), workspace).folder
    whole = texts(folder)
    first, second, _ = (task.id for task in folder.run.tasks)
    record, _ = folder.read(second)
    derivation = record.derivation.model_copy(update={"parents": (sha256("another"),)})
    folder.record_path(second).write_bytes(dump(record.model_copy(update={"derivation": derivation})))
    folder.record_path(first).unlink()
    writer = FakeWriter()
    execute.resume(folder, writer=writer)
    assert texts(folder) == whole
    assert folder.read(second)[0].derivation == record.derivation
    assert len(writer.asked) == 2, "the third step still follows from the second"


def test_resume_reads_nothing_else_of_the_workspace(workspace: Workspace) -> None:
    job = plan(workspace, steps=2)
    whole = texts(carry_out(job, workspace).folder)
    stop = threading.Event()
    stop.set()
    folder = carry_out(job, workspace, stop=stop).folder
    for path in (*workspace.seeds.iterdir(), *workspace.prompts.iterdir()):
        path.unlink()
    workspace.seeds.rmdir()
    workspace.prompts.rmdir()
    execute.resume(RunFolder.open(folder.path), writer=FakeWriter())
    assert texts(folder) == whole


def test_resuming_a_finished_run_writes_no_output(finished: RunFolder) -> None:
    before = {path: path.stat().st_mtime_ns for path in finished.path.rglob("*.*") if path.parent != finished.path}
    (finished.path / "MANIFEST.sha256").unlink()
    outcome = execute.resume(finished)
    assert (outcome.failures, outcome.interrupted) == ([], False)
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())
    assert (finished.path / "MANIFEST.sha256").exists()


def test_a_changed_text_stops_its_chain_and_no_other(workspace: Workspace) -> None:
    folder = carry_out(plan(workspace, steps=2), workspace).folder
    folder.record_path("two-clocks/002/once.2").unlink()
    folder.text_path("two-clocks/002/once.1").write_text("---\n---\nMine.\n")
    folder.record_path("two-clocks/003/once.2").unlink()
    outcome = execute.resume(folder, writer=FakeWriter())
    assert [failure.task for failure in outcome.failures] == ["two-clocks/002/once.1", "two-clocks/002/once.2"]
    assert "not the text that was recorded" in outcome.failures[0].error
    assert folder.record_path("two-clocks/003/once.2").is_file()
    assert not (folder.path / "MANIFEST.sha256").exists()


def test_a_resume_never_blesses_what_was_changed(workspace: Workspace) -> None:
    """It used to write the manifest of a finished run anew, over whatever lay there."""
    folder = carry_out(plan(workspace, steps=1), workspace).folder
    manifest = (folder.path / "MANIFEST.sha256").read_bytes()
    folder.text_path("two-clocks/001/once.1").write_text("---\n---\nMine.\n")
    execute.resume(folder)
    assert (folder.path / "MANIFEST.sha256").read_bytes() == manifest
    (folder.path / "MANIFEST.sha256").unlink()
    with pytest.raises(RunError, match=r"once\.1\.md: not the text that was recorded"):
        execute.resume(folder)
    assert not (folder.path / "MANIFEST.sha256").exists()


def test_a_run_of_another_writer_is_not_resumed_by_a_local_model(workspace: Workspace) -> None:
    stop = threading.Event()
    stop.set()
    folder = carry_out(plan(workspace), workspace, stop=stop).folder
    with pytest.raises(RunError, match=r"written by a LangChain model \(fake\)"):
        execute.resume(folder)


def test_two_processes_never_write_one_run(finished: RunFolder) -> None:
    finished.record_path(finished.run.tasks[0].id).unlink()
    with finished.lock(), pytest.raises(RunError, match="another process is writing"):
        execute.resume(RunFolder.open(finished.path), writer=FakeWriter())


# -- candidates -----------------------------------------------------------------------------------------------


Candidates = dict[str, tuple[Candidate, ...] | None]


def candidates(folder: RunFolder) -> Candidates:
    return {task.id: folder.read(task.id)[0].candidates for task in folder.done}


def best_of(job: Job, workspace: Workspace, parallel: int = 4, **more: Any) -> Outcome:
    """A run whose writer tells how likely its words were."""
    return execute.generate(job, workspace.outputs, writer=FakeWriter(parallel, trace=True), **more)


class Counting(FakeWriter):
    """Sets `stop` as soon as so many candidates are finished, and asks nothing after that."""

    def __init__(self, candidates: int, stop: threading.Event) -> None:
        super().__init__(trace=True)
        self._left = iter(range(candidates - 1))
        self._stop = stop

    def submit(
        self, prompt: Prompt, sampling: Sampling, on_text: OnText | None = None, *, fork: Fork | None = None
    ) -> Future[Generation]:
        future = super().submit(prompt, sampling, on_text, fork=fork)
        future.add_done_callback(lambda _: self._stop.set() if next(self._left, None) is None else None)
        return future


class Failing(FakeWriter):
    """Fails with the seeds it is told to, before any candidate has begun to be written."""

    def __init__(self, seeds: set[int]) -> None:
        super().__init__()
        self.seeds = seeds
        self.held: list[Future[Generation]] = []

    def submit(
        self, prompt: Prompt, sampling: Sampling, on_text: OnText | None = None, *, fork: Fork | None = None
    ) -> Future[Generation]:
        if sampling.seed in self.seeds:
            raise ModelError("no.", "Ask again.")
        future: Future[Generation] = Future()
        self.held.append(future)
        return future


def seed_of(task: Task, record: Record, candidate: int) -> int:
    """The sampling seed of a task's candidate, in a run with seed 1."""
    derivation = record.derivation
    named = (1, derivation.passages[0], derivation.prompt.template, task.kind, task.step, task.variant)
    return task_seed(*named, candidate=candidate)


def test_all_candidates_are_kept_and_one_is_the_output(workspace: Workspace) -> None:
    folder = best_of(plan(workspace, steps=2, best_of=4), workspace).folder
    winners = set()
    for task in folder.run.tasks:
        record, text = folder.read(task.id)
        assert record.candidates is not None
        assert record.derivation.selection == Selection(candidates=4, chooser=MEASURES)
        assert [each.number for each in record.candidates] == [1, 2, 3, 4]
        assert [each.seed for each in record.candidates] == [seed_of(task, record, n) for n in (1, 2, 3, 4)]
        assert record.candidates[0].seed == task.seed
        assert all(each.sha256 == sha256(f"{each.text}\n") for each in record.candidates)
        (chosen,) = [each for each in record.candidates if each.chosen]
        assert choose(record.candidates) is chosen, "anybody who has the record can choose again"
        assert record.derivation.sampling is not None
        assert record.derivation.sampling.seed == chosen.seed
        assert (text, record.flags) == (chosen.text, chosen.flags)
        assert (record.output.sha256, record.output.token_ids) == (chosen.sha256, chosen.token_ids)
        assert (record.output.finish, record.output.trimmed) == (chosen.finish, chosen.trimmed)
        trace = folder.read_trace(task.id)
        assert (trace.record, mean_logprob(trace.choices)) == (record.id, chosen.logprob)
        winners.add(chosen.number)
    assert winners > {1}, "or nothing was tried here"


def test_the_first_candidate_is_the_text_there_would_have_been_alone(workspace: Workspace) -> None:
    alone = best_of(plan(workspace, steps=1), workspace).folder
    several = best_of(plan(workspace, steps=1, best_of=3), workspace).folder
    for task in alone.run.tasks:
        record, text = alone.read(task.id)
        assert record.candidates is None
        assert record.derivation.selection is None
        first = (several.read(task.id)[0].candidates or ())[0]
        assert (first.text, first.token_ids, first.flags) == (text, record.output.token_ids, record.flags)


def test_more_candidates_leave_those_there_were_as_they_are(workspace: Workspace) -> None:
    def texts_of(number: int) -> dict[str, list[str]]:
        folder = best_of(plan(workspace, steps=1, best_of=number), workspace).folder
        return {task: [each.text for each in those or ()] for task, those in candidates(folder).items()}

    assert {task: those[:2] for task, those in texts_of(5).items()} == texts_of(2)


def test_neither_company_nor_order_changes_a_candidate(workspace: Workspace) -> None:
    job = plan(workspace, steps=2, variants=2, best_of=3)
    alone = best_of(job, workspace, parallel=1).folder
    for parallel in (4, 16):
        folder = best_of(job, workspace, parallel).folder
        assert texts(folder) == texts(alone)
        assert candidates(folder) == candidates(alone)


def test_more_candidates_than_the_writer_takes_at_once(workspace: Workspace) -> None:
    folder = best_of(plan(workspace, kinds=("once",), steps=2, limit=1, best_of=40), workspace, parallel=2).folder
    assert folder.is_complete
    assert [len(those or ()) for those in candidates(folder).values()] == [40, 40]


@pytest.mark.parametrize("after", [0, 1, 7])
def test_stopped_between_texts_and_resumed_the_choices_are_the_same(workspace: Workspace, after: int) -> None:
    job = plan(workspace, steps=3, best_of=3)
    whole = best_of(job, workspace).folder
    stop = threading.Event()
    outcome = best_of(job, workspace, watch=lambda state: state.done < after or stop.set(), stop=stop)
    assert outcome.interrupted
    assert texts(outcome.folder).items() <= texts(whole).items()
    left = 18 - len(outcome.folder.done)
    folder, writer = RunFolder.open(outcome.folder.path), FakeWriter(trace=True)
    execute.resume(folder, writer=writer)
    assert len(writer.asked) == 3 * left > 0
    assert (texts(folder), candidates(folder)) == (texts(whole), candidates(whole))


@pytest.mark.parametrize("finished", [1, 2, 4, 10])
def test_stopped_between_candidates_and_resumed_the_choices_are_the_same(workspace: Workspace, finished: int) -> None:
    job = plan(workspace, steps=2, best_of=3)
    whole = best_of(job, workspace).folder
    stop = threading.Event()
    writer = Counting(finished, stop)
    outcome = execute.generate(job, workspace.outputs, stop=stop, writer=writer)
    writer.close()
    assert outcome.interrupted
    assert len(outcome.folder.done) < 12
    assert outcome.failures == []
    folder = RunFolder.open(outcome.folder.path)
    execute.resume(folder, writer=FakeWriter(trace=True))
    assert (texts(folder), candidates(folder)) == (texts(whole), candidates(whole))


def test_a_writer_that_tells_no_likelihoods_is_chosen_from_by_measures(workspace: Workspace) -> None:
    folder = carry_out(plan(workspace, steps=1, best_of=3), workspace).folder
    for task in folder.run.tasks:
        record, _ = folder.read(task.id)
        assert record.derivation.selection == Selection(candidates=3, chooser=MEASURES)
        assert {each.logprob for each in record.candidates or ()} == {None}


def test_one_candidate_s_failure_is_its_task_s(workspace: Workspace) -> None:
    """The others are taken back: they would be written for nobody."""

    class Late(Failing):
        """Fails one of the first task's candidates after it was submitted."""

        def submit(
            self, prompt: Prompt, sampling: Sampling, on_text: OnText | None = None, *, fork: Fork | None = None
        ) -> Future[Generation]:
            if prompt.messages[0].content.startswith("The second"):
                future = super().submit(prompt, sampling, on_text, fork=fork)
                if next(self.numbers) == 1:
                    future.set_exception(ModelError("no.", "Ask again."))
                return future
            return FakeWriter.submit(self, prompt, sampling, fork=fork)

        numbers: Iterator[int] = count()

    job = plan(workspace, kinds=("again",), steps=2, best_of=3)
    writer = Late(set())
    outcome = execute.generate(job, workspace.outputs, writer=writer)
    assert [(failure.task, failure.error) for failure in outcome.failures] == [
        ("two-clocks/002/again.1", "no."),
        ("two-clocks/002/again.2", "reads two-clocks/002/again.1, which failed (no)."),
    ]
    assert {task.place for task in outcome.folder.done} == {"two-clocks/001", "two-clocks/003"}
    assert [future.cancelled() for future in writer.held] == [True, False, True]


def test_a_candidate_that_cannot_be_submitted_takes_back_the_others(workspace: Workspace) -> None:
    job = plan(workspace, kinds=("again",), steps=1, limit=1, best_of=3)
    (task,) = job.run.tasks
    record, _ = carry_out(job, workspace).folder.read(task.id)
    writer = Failing({seed_of(task, record, 3)})
    outcome = execute.generate(job, workspace.outputs, writer=writer)
    assert [failure.error for failure in outcome.failures] == ["no."]
    assert [future.cancelled() for future in writer.held] == [True, True]


def test_progress_counts_texts_and_not_candidates(workspace: Workspace) -> None:
    seen: list[Progress] = []
    best_of(plan(workspace, steps=2, best_of=3), workspace, watch=seen.append)
    assert {state.total for state in seen} == {12}
    assert sorted({state.done for state in seen}) == list(range(13))


def test_a_record_from_before_there_were_candidates_is_read(finished: RunFolder) -> None:
    task = finished.run.tasks[0]
    record = json.loads(finished.record_path(task.id).read_bytes())
    assert record.pop("candidates") is None
    finished.record_path(task.id).write_text(json.dumps(record))
    request = json.loads((finished.path / "run.json").read_bytes())
    assert request["options"].pop("best_of") == 1
    (finished.path / "run.json").write_text(json.dumps(request))
    again = RunFolder.open(finished.path)
    assert again.run == finished.run
    assert again.read(task.id)[0].id == record["id"]


# -- failures -----------------------------------------------------------------------------------------------


def test_a_failure_takes_its_chain_along_and_no_other(workspace: Workspace) -> None:
    job = plan(workspace, steps=3)
    whole = texts(carry_out(job, workspace).folder)

    outcome = carry_out(job, workspace, fail_on=lambda prompt: prompt.messages[0].content.startswith("The second"))
    folder = outcome.folder
    failed = [f"two-clocks/002/{kind}.{step}" for kind in ("again", "once") for step in (1, 2, 3)]
    assert sorted(failure.task for failure in outcome.failures) == failed
    reading = {failure.error.split(" (")[0] for failure in outcome.failures if failure.task.endswith(("2", "3"))}
    assert reading == {f"reads two-clocks/002/{kind}.1, which failed" for kind in ("again", "once")}
    assert folder.failures() == outcome.failures
    assert "don't fit a context" in outcome.failures[0].error
    assert {task.place for task in folder.done} == {"two-clocks/001", "two-clocks/003"}
    assert len(folder.done) == 12
    assert not (folder.path / "MANIFEST.sha256").exists()

    writer = FakeWriter()
    assert execute.resume(folder, writer=writer).failures == []
    assert len(writer.asked) == 6
    assert texts(folder) == whole
    assert not (folder.path / "failures.json").exists()


def test_a_later_step_s_failure_leaves_the_earlier_ones(workspace: Workspace) -> None:
    outcome = carry_out(plan(workspace, steps=3), workspace, fail_on=reads_a_text)
    assert {task.step for task in outcome.folder.done} == {1}
    assert {failure.task.rpartition(".")[2] for failure in outcome.failures} == {"2", "3"}
    assert len(outcome.failures) == 2 * len(outcome.folder.done) == 12


def test_a_template_that_fails_on_a_passage_is_a_failure_of_that_task(workspace: Workspace) -> None:
    fails = "{{ 1 // (0 if step == 2 and not passage.tags and ' word word' not in previous else 1) }}{{ prev"
    (workspace.prompts / "once.md.j2").write_text(TEMPLATE.replace("{{ prev", fails))
    (workspace.seeds / "two-clocks.md").write_text("One. #clocks\n\nTwo.\n")
    outcome = carry_out(plan(workspace, steps=2), workspace)
    assert [failure.task for failure in outcome.failures] == ["two-clocks/002/once.2"]
    assert outcome.failures[0].error.startswith("prompts/once.md.j2:6: the template fails on two-clocks/002")
    assert len(outcome.folder.done) == 7


@pytest.mark.parametrize("by", ["passage.tags | length", "(passage.tags | length + 2 - step)"])
def test_a_template_that_fails_on_any_text_is_found_before_anything_is_written(workspace: Workspace, by: str) -> None:
    """Bug: a template that failed at a later step was found out by a writer that isn't a local model only then."""
    (workspace.prompts / "once.md.j2").write_text(TEMPLATE.replace("{{ prev", f"{{{{ 1 // {by} }}}}{{{{ prev"))
    (workspace.seeds / "two-clocks.md").write_text("One. #clocks\n\nTwo.\n")
    with pytest.raises(PromptError, match="the template fails on two-clocks/002"):
        plan(workspace, steps=2, strict=True)
    assert {task.place for task in plan(workspace, steps=2).run.tasks} == {"two-clocks/001"}


def test_a_decoder_that_breaks_down_is_recorded_not_raised(workspace: Workspace) -> None:
    writer = FakeWriter()
    job = prepare.prepare_for(workspace, Options(steps=1), writer)
    writer.engine.decoder.fail_after = 5
    outcome = execute.generate(job, workspace.outputs, writer=writer)
    assert outcome.failures
    assert len(outcome.failures) + len(outcome.folder.done) == 6
    assert {failure.error for failure in outcome.failures} == {"the fake decoder fails on purpose."}


@pytest.mark.parametrize("writes", [1, 2, 3, 8, 9])
def test_a_full_disk_stops_the_run_and_what_is_finished_is_whole(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    job = plan(workspace, steps=2)
    whole = texts(carry_out(job, workspace).folder)
    room = writes

    def fill(path: Path, data: bytes) -> None:
        nonlocal room
        if path.parent.name.isdigit():
            if not room:
                raise unwritable(path, OSError(errno.ENOSPC, "No space left on device"))
            room -= 1
        write_whole(path, data)

    with monkeypatch.context() as patch:
        patch.setattr(run, "write_whole", fill)
        with pytest.raises(RunError) as caught:
            carry_out(job, workspace)
    assert "can't be written (No space left on device)" in caught.value.message
    assert "remix resume" in caught.value.hint
    (path,) = (path for path in workspace.outputs.iterdir() if not (path / "MANIFEST.sha256").exists())
    folder = RunFolder.open(path)
    assert len(folder.done) == writes // 2
    assert all(folder.read(task.id) for task in folder.done)
    execute.resume(folder, writer=FakeWriter())
    assert texts(folder) == whole


def test_a_run_whose_writer_cannot_be_had_leaves_no_folder(workspace: Workspace) -> None:
    with pytest.raises(ModelError, match="planned for another writer"):
        execute.generate(plan(workspace), workspace.outputs)
    assert list(workspace.outputs.iterdir()) == []


# -- before anything is written -----------------------------------------------------------------------------


def break_things(workspace: Workspace) -> None:
    (workspace.seeds / "bad.md").write_text("---\ntitle: [\n---\nA. #clocks\n")
    (workspace.prompts / "bad.md.j2").write_text("---\ndescription: Bad.\n---\n{{ pasage }}\n")


def test_what_is_bad_stops_a_strict_run(workspace: Workspace) -> None:
    break_things(workspace)
    with pytest.raises(SeedError, match=r"seeds/bad\.md:2: broken front matter"):
        plan(workspace, strict=True)
    (workspace.seeds / "bad.md").unlink()
    with pytest.raises(PromptError, match=r"prompts/bad\.md\.j2:4: unknown variable `pasage`"):
        plan(workspace, strict=True)


def test_what_is_bad_is_left_out_and_reported(workspace: Workspace) -> None:
    break_things(workspace)
    job = plan(workspace)
    assert [error.message.split(":")[0] for error in job.left_out] == ["seeds/bad.md", "prompts/bad.md.j2"]
    assert {task.kind for task in job.run.tasks} == {"again", "once"}
    assert {task.place for task in job.run.tasks} == {f"two-clocks/{n:03}" for n in (1, 2, 3)}


def test_where_all_is_bad_there_is_nothing_to_do(workspace: Workspace) -> None:
    for path in workspace.prompts.iterdir():
        path.unlink()
    break_things(workspace)
    with pytest.raises(PromptError, match="no template is left to work with") as caught:
        plan(workspace)
    assert [error.message.split(":")[0] for error in caught.value.left_out] == ["seeds/bad.md", "prompts/bad.md.j2"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tags": ("clock",)}, "no passage has the tag 'clock'."),
        ({"essays": ("x",)}, "there is no essay 'x'."),
        ({"kinds": ("agian",)}, "no kind 'agian' in"),
    ],
)
def test_what_is_not_there(workspace: Workspace, options: dict[str, object], message: str) -> None:
    with pytest.raises(RemixError, match=message):
        plan(workspace, **options)


# -- with the vocabulary of a model -------------------------------------------------------------------------


def test_prepare_counts_tokens_and_knows_the_model(workspace: Workspace, model_path: Path) -> None:
    job = prepare.prepare(workspace, Options(model=str(model_path), steps=2, variants=2), {"steps": 2})
    assert job.model == model_path
    assert job.run.model is not None
    assert job.run.given == {"steps": 2}
    assert job.prompt_tokens.keys() == {task.id for task in job.run.tasks}
    assert 20 < job.prompt_tokens["two-clocks/003/again.1"] < job.prompt_tokens["two-clocks/001/again.1"] < 60
    assert job.run.n_ctx_seq == max(job.prompt_tokens.values()) + 12
    assert list(workspace.root.glob("outputs/*")) == []


def test_candidates_are_computed_as_variants_are_and_read_as_one(workspace: Workspace) -> None:
    """They share whole chunks of their prompt; the rest of it is computed for each."""
    (workspace.seeds / "long.md").write_text("Half of it is shared. " * 20)

    def prepared(**options: object) -> Job:
        return prepare.prepare(workspace, Options.model_validate({"essays": ("long",), "steps": 1, **options}))

    one, several, variants = prepared(), prepared(best_of=3), prepared(variants=3)
    assert several.prompt_tokens == one.prompt_tokens
    assert several.prompt_tokens_computed == variants.prompt_tokens_computed
    # Two kinds, and two more candidates of each: ten tokens come after the passage.
    assert several.prompt_tokens_computed == one.prompt_tokens_computed + 2 * 2 * 10


def test_a_passage_that_does_not_fit_is_left_out(workspace: Workspace) -> None:
    (workspace.seeds / "long.md").write_text("A word. " * 4000)
    job = prepare.prepare(workspace, Options(kinds=("once",), steps=1))
    assert {task.place.split("/")[0] for task in job.run.tasks} == {"two-clocks"}
    assert [error.message.split(" needs ")[0] for error in job.left_out] == ["seeds/long.md:1: long/001"]


def test_an_absurd_max_tokens_is_refused_before_memory_ends(workspace: Workspace) -> None:
    """A stand-in of that many words used to be made, and tokenised."""
    with pytest.raises(PromptError, match=r"needs \d{8} tokens with its output"):
        prepare.prepare(workspace, Options(max_tokens=MOST_TOKENS, steps=2, limit=1, strict=True))


def test_a_draft_of_a_passage(workspace: Workspace) -> None:
    pair = prepare.passage_by_id(workspace, "two-clocks/002")
    job = prepare.prepare_draft(workspace, Options(steps=2), "again", pair)
    assert [task.id for task in job.run.tasks] == ["two-clocks/002/again.1", "two-clocks/002/again.2"]
    assert job.run.essays[0].author == "Nobody"


def test_a_draft_of_a_loose_text(workspace: Workspace) -> None:
    job = prepare.prepare_draft(workspace, Options(steps=1), "again", loose_passage("two-clocks/002\n"))
    assert [task.id for task in job.run.tasks] == ["stdin/001/again.1"]
    assert job.run.essays[0].passages[0].text == "two-clocks/002"


def test_a_draft_of_nothing(workspace: Workspace) -> None:
    with pytest.raises(SeedError, match=r"no passage 'two-clocks/009'\.") as caught:
        prepare.passage_by_id(workspace, "two-clocks/009")
    assert caught.value.hint.startswith("Did you mean two-clocks/00")
    with pytest.raises(SeedError, match=r"the passage is empty\."):
        loose_passage(" \n")


def test_a_resume_with_another_engine_says_so(workspace: Workspace) -> None:
    folder = carry_out(plan(workspace, steps=1), workspace).folder
    folder.record_path("two-clocks/001/once.1").unlink()
    assert not execute.resume(RunFolder.open(folder.path), writer=FakeWriter()).engine_changed
    folder.record_path("two-clocks/001/once.1").unlink()
    other = FakeWriter()
    other.chunk = 32
    assert execute.resume(RunFolder.open(folder.path), writer=other).engine_changed


# -- which passages -----------------------------------------------------------------------------------------


def record_of(folder: RunFolder, id_: str) -> Record:
    return Record.model_validate_json(folder.record_path(id_).read_bytes())


def test_a_run_keeps_what_was_asked_for_and_what_that_meant(workspace: Workspace) -> None:
    job = plan(workspace, where="clocks and not text:slow", steps=1)
    assert job.run.options.where == "clocks and not text:slow"
    assert [passage.id for essay in job.run.essays for passage in essay.passages] == ["two-clocks/001"]
    assert {task.place for task in job.run.tasks} == {"two-clocks/001"}
    missing, _ = plan(workspace, where="time and not gpu").notes
    assert missing == "--where, column 14: no passage has the tag 'gpu'. `remix tags` lists what there is."


def test_ranked_passages_are_worked_on_by_rank_and_their_records_say_it(workspace: Workspace) -> None:
    job = plan(workspace, like="the second clock runs slow", limit=2, steps=1, kinds=("once",))
    assert [task.place for task in job.run.tasks] == ["two-clocks/002", "two-clocks/001"]
    folder = carry_out(job, workspace).folder
    records = [record_of(folder, task.id) for task in folder.run.tasks]
    assert [record.sources[0].ranking and record.sources[0].ranking.rank for record in records] == [1, 2]
    assert [record.sources[0].ranking for record in records] == [
        folder.run.rankings[id_] for id_ in folder.run.rankings
    ]
    assert not verify(folder.path).findings
    unranked = carry_out(plan(workspace, steps=1, kinds=("once",)), workspace).folder
    assert {record_of(folder, task.id).id for task in folder.run.tasks} <= {
        id_ for id_, _ in texts(unranked).values()
    }


def test_a_rank_that_is_not_the_run_s_is_found(workspace: Workspace) -> None:
    folder = carry_out(plan(workspace, like="the second clock", steps=1, kinds=("once",)), workspace).folder
    path = folder.record_path(folder.run.tasks[0].id)
    path.write_text(path.read_text().replace('"rank": 1', '"rank": 2'))
    assert any("its source isn't the one in run.json (ranking)" in each.what for each in verify(folder.path).findings)


def test_runs_from_before_there_were_rankings_are_read(finished: RunFolder) -> None:
    for path in (finished.path / "run.json", *map(finished.record_path, (task.id for task in finished.run.tasks))):
        whole = json.loads(path.read_bytes())
        (whole if path.name == "run.json" else whole["sources"][0]).pop(
            "rankings" if path.name == "run.json" else "ranking"
        )
        for option in ("where", "like", "sample"):
            whole.get("options", {}).pop(option, None)
        path.write_text(json.dumps(whole))
    (finished.path / "MANIFEST.sha256").unlink()
    folder = RunFolder.open(finished.path)
    assert folder.run.rankings == {}
    assert all(record_of(folder, task.id).sources[0].ranking is None for task in folder.run.tasks)
    assert {each.file for each in verify(folder.path).findings} == {"MANIFEST.sha256"}


# -- kinds that read others, and groups ---------------------------------------------------------------------


def test_a_kind_that_reads_others_is_made_only_if_it_is_asked_for(workspace: Workspace) -> None:
    front = "---\ndescription: x\nreads: [again, once]\n---\n"
    (workspace.prompts / "both.md.j2").write_text(f"{front}{{{{ passage }}}} {{{{ again }}}} {{{{ once }}}}")
    assert plan(workspace, steps=2).run.options.kinds == ("again", "once")
    folder = carry_out(plan(workspace, kinds=("both",), steps=2, variants=2), workspace).folder
    assert len(folder.run.tasks) == 3 * (2 * 2 * 2 + 2)
    record, _ = folder.read("two-clocks/001/both.1.v2")
    assert record.task.reads == ("two-clocks/001/again.2.v2", "two-clocks/001/once.2.v2")
    assert verify(folder.path).findings == ()


GROUPED = (
    "---\ndescription: x\nreads: passages\n---\n{% for each in passages %}{{ each }}\n{% endfor %}Now all of it."
)


def test_a_group_s_text_is_made_from_all_passages_in_their_order(workspace: Workspace) -> None:
    (workspace.prompts / "whole.md.j2").write_text(GROUPED)
    folder = carry_out(plan(workspace, kinds=("whole",), steps=3, variants=2), workspace).folder
    assert [task.id for task in folder.run.tasks] == ["_group/001/whole.1", "_group/001/whole.1.v2"]
    record, _ = folder.read("_group/001/whole.1")
    assert [source.passage for source in record.sources] == [f"two-clocks/00{number}" for number in (1, 2, 3)]
    assert record.derivation.passages == tuple(sha256(source.text) for source in record.sources)
    assert record.derivation.prompt.messages[0].content.startswith("The first clock")
    assert verify(folder.path).findings == ()
    assert "_group/001/whole.1.md" in (folder.path / "index.md").read_text()
    for form in ("html", "markdown", "epub", "jsonl", "prov-json"):
        assert export_bytes(folder.path, ExportOptions(form))
    assert prepare.status(workspace, folder.run) == []
    text = workspace.seeds / "two-clocks.md"
    text.write_text(text.read_text().replace("runs slow", "stands still"))
    (stale,) = prepare.status(workspace, folder.run)
    assert (stale.passage, stale.because) == ("_group/001", ("passage",))
    with pytest.raises(RunError, match="which --refresh can't write anew"):
        prepare.prepare_refresh(workspace, folder, writer=FakeWriter())


def test_a_refresh_says_which_stale_group_it_leaves_out(workspace: Workspace) -> None:
    """Bug: if other texts were stale too, the group was skipped without a word."""
    (workspace.prompts / "whole.md.j2").write_text(GROUPED)
    folder = carry_out(plan(workspace, kinds=("whole", "once"), steps=1), workspace).folder
    text = workspace.seeds / "two-clocks.md"
    text.write_text(text.read_text().replace("runs slow", "stands still"))
    job = prepare.prepare_refresh(workspace, folder, writer=FakeWriter())
    assert job
    assert [task.kind for task in job.run.tasks] == ["once"]
    assert [note.split(":")[0] for note in job.notes if "group" in note] == [
        "'whole' is stale too, and not written again"
    ]


def test_a_ranked_group_is_read_by_rank(workspace: Workspace) -> None:
    (workspace.prompts / "whole.md.j2").write_text(GROUPED)
    job = plan(workspace, like="the second clock runs slow", limit=2, kinds=("whole",))
    folder = carry_out(job, workspace).folder
    assert folder.run.tasks[0].passages == ("two-clocks/002", "two-clocks/001")
    assert verify(folder.path).findings == ()
