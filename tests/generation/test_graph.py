"""The task graph, at random: each task after what it reads, failures where they belong, and the same end whatever
happens on the way."""

from __future__ import annotations

import gc
import random
import threading
import weakref
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remix.errors import ModelError
from remix.generation import execute, prepare
from remix.generation.graph import TaskGraph
from remix.generation.recorder import Recorder, Written
from remix.generation.writer import OnText, Progress
from remix.outputs import RunFolder
from remix.outputs.form import body_bytes
from remix.outputs.layout import LOCK, MANIFEST
from remix.records import (
    GROUPS,
    EarlierOutput,
    EngineUsed,
    Environment,
    Essay,
    Fork,
    Generation,
    Input,
    ModelUsed,
    Options,
    PassageInput,
    Prompt,
    RecordInput,
    Run,
    Sampling,
    Task,
    TaskInput,
    TemplateUsed,
    WriterInfo,
    record_id,
    sha256,
)
from remix.verification.verify import verify
from remix.workspace import Workspace
from tests.conftest import FakeWriter
from tests.generation.passages import passage

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)

BODIES = {"passage": "{{ previous or passage }}", "passages": "{% for each in passages %}{{ each }}{% endfor %}"}


class DiedError(Exception):
    """The process is killed."""


class Writer:
    """Writes a text that is a hash of its prompt, and ends what it was asked for in an order drawn by chance."""

    sampled = 0
    counter = None
    scorer = None
    info = WriterInfo(
        name="fake",
        model=ModelUsed(sha256=None, metadata_sha256=None, parameters={"fake": True}),
        engine=EngineUsed(exact=True, chunk=None),
        exactness="by construction",
        host="a test",
        threads=1,
        parallel=2,
        n_ctx_seq=4096,
    )

    def __init__(
        self, chance: random.Random, asked: Callable[[str], None], failing: Collection[str] = (), salt: str = ""
    ):
        self._chance = chance
        self._asked = asked
        self._failing = failing
        self._salt = salt
        self._held: list[tuple[Future[Generation], Prompt, Sampling]] = []

    def submit(
        self, prompt: Prompt, sampling: Sampling, on_text: OnText | None = None, *, fork: Fork | None = None
    ) -> Future[Generation]:
        """Note which task asks; the first line of its prompt says so."""
        self._asked(prompt.messages[0].content.split("\n")[0])
        future: Future[Generation] = Future()
        is_alone = not self._held
        self._held.append((future, prompt, sampling))
        if is_alone:
            self.finish_one()
        return future

    def finish_one(self) -> None:
        """End one of those that were asked for."""
        if not self._held:
            return
        future, prompt, sampling = self._held.pop(self._chance.randrange(len(self._held)))
        words = prompt.messages[0].content
        if words.split("\n")[0] in self._failing:
            future.set_exception(ModelError("it can't be written.", "Ask again."))
        else:
            text = f"Text {sha256(self._salt + words)[:12]}."
            future.set_result(
                Generation(
                    prompt_token_ids=None,
                    token_ids=None,
                    text=text,
                    finish="stop",
                    sampling=sampling,
                    choices=(),
                    writer=self.info,
                    started=NOON,
                    finished=NOON,
                )
            )

    def close(self) -> None:
        """Nothing to be closed."""


def used(kind: str, reads: str | tuple[str, ...]) -> TemplateUsed:
    body = BODIES[reads] if isinstance(reads, str) else "".join(f"{{{{ {each} }}}}\n" for each in reads)
    front = reads if isinstance(reads, str) else f"[{', '.join(reads)}]"
    source = f"---\ndescription: x\nreads: {front}\n---\n{kind}.{{{{ step }}}}\n{body}"
    return TemplateUsed(kind=kind, name=f"{kind}.md.j2", sha256=sha256(source), source=source, reads=reads)


def run_of(
    tasks: list[Task], templates: list[TemplateUsed], passages: int, earlier: tuple[EarlierOutput, ...]
) -> Run:
    there = tuple(passage(number) for number in range(1, passages + 1))
    essay = Essay(slug="e", title="E", author=None, date=None, tags=(), path="seeds/e.md", passages=there)
    return Run(
        name="20260101T120000Z-graph-0000",
        created=NOON,
        given={},
        options=Options(steps=3),
        model=None,
        engine=None,
        n_ctx_seq=0,
        templates=tuple(templates),
        essays=(essay,),
        earlier=earlier,
        tasks=tuple(tasks),
        environment=Environment(remix="0", python="3", host="x", commit=None),
    )


@cache
def old() -> EarlierOutput:
    """An output of an earlier run, of the kind `old`."""
    task = Task(place="e/009", kind="old", step=1, variant=1, inputs=(PassageInput(passage="e/009"),), seed=1)
    writer = Writer(random.Random(0), lambda name: None)
    recorder = Recorder(run_of([task], [used("old", "passage")], 9, ()), writer.info.name)
    asked = recorder.ask(task, {})
    written = Written(writer.submit(asked.prompt, asked.samplings[0]).result())
    record, text, _ = recorder.record(asked, [written])
    assert record.id == record_id(record.derivation, sha256(body_bytes(text)))
    return EarlierOutput(record=record, text=text)


@st.composite
def graphs(draw: st.DrawFn) -> Run:
    """Chains, groups of passages, and kinds that read any texts planned before, here or in an earlier run."""
    passages = draw(st.integers(1, 3))
    earlier = RecordInput(record=old().record.id)
    tasks: list[Task] = []
    templates: list[TemplateUsed] = []
    last: dict[str, str] = {}
    for number in range(draw(st.integers(1, 7))):
        kind, seed = f"k{number}", number + 1
        form = draw(st.sampled_from(["passage", "passages", "texts"]))
        some = draw(st.lists(st.integers(1, passages), min_size=1, unique=True))
        read = [PassageInput(passage=f"e/{each:03}") for each in some]
        if form == "passage":
            templates.append(used(kind, "passage"))
            for step in range(1, draw(st.integers(1, 3)) + 1):
                before = [TaskInput(task=tasks[-1].id)] if step > 1 else []
                inputs: list[Input] = [read[0], *before]
                tasks.append(
                    Task(place=read[0].passage, kind=kind, step=step, variant=1, inputs=tuple(inputs), seed=seed)
                )
        elif form == "passages" or not last:
            templates.append(used(kind, "passages"))
            place = f"{GROUPS}/{number:03}"
            tasks.append(Task(place=place, kind=kind, step=1, variant=1, inputs=tuple(read), seed=seed))
        else:
            kinds = draw(st.lists(st.sampled_from([*last, "old"]), min_size=1, max_size=4, unique=True))
            templates.append(used(kind, tuple(kinds)))
            texts = [TaskInput(task=last[each]) if each in last else earlier for each in kinds]
            inputs = [*draw(st.sampled_from([[], read[:1]])), *texts]
            place = f"{GROUPS}/{number:03}"
            tasks.append(Task(place=place, kind=kind, step=1, variant=1, inputs=tuple(inputs), seed=seed))
        last[kind] = tasks[-1].id
    return run_of(tasks, templates, passages, (old(),))


def work(
    folder: RunFolder, chance: random.Random, failing: Collection[str] = (), salt: str = "", die_at: int | None = None
) -> list[str]:
    """Carry a run on until nothing is left, or the process dies once so many texts are there. Gives what was asked
    for, in order: nothing is asked for before all that it reads is there."""
    asked: list[str] = []
    tasks = {f"{task.kind}.{task.step}": task for task in folder.run.tasks}

    def ask(name: str) -> None:
        asked.append(name)
        assert all(folder.record_path(id_).is_file() for id_ in tasks[name].reads)

    writer = Writer(chance, ask, failing, salt)

    def watch(progress: Progress) -> None:
        if progress.done == die_at:
            raise DiedError
        writer.finish_one()

    with folder.lock(), suppress(DiedError):
        TaskGraph(folder, writer, watch, threading.Event()).work()
        folder.seal()
    return asked


@contextmanager
def run_folder(run: Run) -> Iterator[RunFolder]:
    """A folder for a run, removed afterwards."""
    with TemporaryDirectory() as place:
        yield RunFolder.create(Path(place), run)


def files(folder: RunFolder) -> dict[str, bytes]:
    """All that lies in a run's folder but its lock."""
    paths = (path for path in folder.path.rglob("*") if path.is_file() and path.name != LOCK)
    return {path.relative_to(folder.path).as_posix(): path.read_bytes() for path in paths}


def readers(run: Run, names: Collection[str]) -> set[str]:
    """Ids of the tasks that are named, and of all that read their texts."""
    found: set[str] = set()
    for task in run.tasks:
        if f"{task.kind}.{task.step}" in names or not found.isdisjoint(task.reads):
            found.add(task.id)
    return found


@pytest.fixture(scope="module")
def examples(request: pytest.FixtureRequest) -> int:
    return 1500 if request.config.getoption("full") else 60


def at_random(test: Callable[[Run, random.Random], None], examples: int) -> None:
    """Try something on many runs."""
    tried = settings(max_examples=examples)
    tried(given(run=graphs(), chance=st.randoms(use_true_random=False))(test))()


def test_all_is_written_once_and_after_what_it_reads(examples: int) -> None:
    def test(run: Run, chance: random.Random) -> None:
        with run_folder(run) as folder:
            asked = work(folder, chance)
            assert sorted(asked) == sorted(f"{task.kind}.{task.step}" for task in run.tasks)
            assert folder.path.joinpath(MANIFEST).is_file()
            assert not verify(folder.path).unrecorded
            ids = {task.id: folder.read(task.id)[0].id for task in run.tasks}
            for task in run.tasks:
                record, _ = folder.read(task.id)
                earlier = [each.record for each in task.inputs if isinstance(each, RecordInput)]
                assert sorted(record.derivation.parents) == sorted([*map(ids.__getitem__, task.reads), *earlier])
                assert set(task.passages) <= {source.passage for source in record.sources}

    at_random(test, examples)


def test_a_failure_fails_what_reads_it_and_nothing_else(examples: int) -> None:
    def test(run: Run, chance: random.Random) -> None:
        names = [f"{task.kind}.{task.step}" for task in run.tasks]
        failing = chance.sample(names, min(len(names), chance.randint(1, 2)))
        with run_folder(run) as folder, run_folder(run) as whole:
            work(folder, chance, failing)
            failed = readers(run, failing)
            assert {failure.task for failure in folder.failures()} == failed
            assert {task.id for task in folder.done} == {task.id for task in run.tasks} - failed
            for failure in folder.failures():
                assert "it can't be written" in failure.error
            work(folder, chance)
            work(whole, chance)
            assert files(folder) == files(whole)

    at_random(test, examples)


def test_killed_anywhere_the_end_is_the_same(examples: int) -> None:
    def test(run: Run, chance: random.Random) -> None:
        with run_folder(run) as folder, run_folder(run) as whole:
            for _ in range(3):
                work(folder, chance, die_at=chance.randint(0, len(run.tasks)))
                if chance.random() < 0.5:
                    # A crash between the two files of an output, or a disk that lost one.
                    task = chance.choice(run.tasks)
                    chance.choice([folder.text_path, folder.record_path])(task.id).unlink(missing_ok=True)
                    folder.unseal()
            work(folder, chance)
            work(whole, chance)
            assert files(folder) == files(whole)

    at_random(test, examples)


def test_another_text_in_the_middle_is_followed_by_all_that_reads_it(examples: int) -> None:
    """What was made from another text than is there now is written anew, even if the process is killed meanwhile."""

    def test(run: Run, chance: random.Random) -> None:
        task = chance.choice(run.tasks)
        name = f"{task.kind}.{task.step}"
        with run_folder(run) as folder:
            work(folder, chance)
            before = files(folder)
            folder.forget(task)
            folder.unseal()
            work(folder, chance, salt="other", die_at=chance.randint(0, len(run.tasks)))
            work(folder, chance, salt="other")
            anew = {each.id for each in run.tasks if files(folder)[f"{each.id}.md"] != before[f"{each.id}.md"]}
            assert anew == readers(run, [name])
            assert folder.path.joinpath(MANIFEST).is_file()

    at_random(test, examples)


def test_a_finished_text_is_freed_without_the_garbage_collector(workspace: Workspace) -> None:
    """Its futures know their callbacks, and these what was submitted: 47 objects a text that only a search found."""
    futures: list[weakref.ref[Future[Generation]]] = []

    class Noting(FakeWriter):
        def submit(self, *arguments: Any, **named: Any) -> Future[Generation]:
            future = super().submit(*arguments, **named)
            futures.append(weakref.ref(future))
            return future

    with closing(Noting()) as writer:
        job = prepare.prepare_for(workspace, Options(steps=2, variants=2, best_of=2), writer)
        gc.disable()
        try:
            execute.generate(job, workspace.outputs, writer=writer)
        finally:
            gc.enable()
        # The engine may still hold the last one.
        assert sum(future() is not None for future in futures) <= 1
    assert len(futures) == 48
