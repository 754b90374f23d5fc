"""What a run tells while it is carried out."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future

from remix.generation import execute, prepare
from remix.generation.run_events import NewWords, RunBegan, RunEvent, TextFinished
from remix.generation.writer import OnText
from remix.outputs import RunFolder
from remix.records import Fork, Generation, Options, Prompt, Sampling
from remix.workspace import Workspace
from tests.conftest import FakeWriter


def carried_out(workspace: Workspace, writer: FakeWriter, **options: object) -> tuple[RunFolder, list[RunEvent]]:
    events: list[RunEvent] = []
    job = prepare.prepare_for(workspace, Options(steps=2, **options), writer)  # type: ignore[arg-type]
    return execute.generate(job, workspace.outputs, writer=writer, listen=events.append).folder, events


def words_of(events: list[RunEvent], task: str, candidate: int = 1) -> str:
    """A text by the words that came, each at its place."""
    text = ""
    for each in events:
        if isinstance(each, NewWords) and (each.task.id, each.candidate) == (task, candidate):
            assert each.at <= len(text)
            text = text[: each.at] + each.words
    return text


def test_words_add_up_to_the_texts_and_come_before_their_end(workspace: Workspace, writer: FakeWriter) -> None:
    folder, events = carried_out(workspace, writer)
    assert isinstance(events[0], RunBegan)
    assert events[0].folder.path == folder.path
    for task in folder.run.tasks:
        record, text = folder.read(task.id)
        assert words_of(events, task.id).strip() == (text + record.output.trimmed).strip()
        ends = [at for at, each in enumerate(events) if isinstance(each, TextFinished) and each.task == task]
        last = max(at for at, each in enumerate(events) if isinstance(each, NewWords) and each.task == task)
        assert last < ends[0]
        assert len(ends) == 1
        assert events[ends[0]] == TextFinished(task, record)


class Together(FakeWriter):
    """Writes nothing before it was asked for four texts."""

    def __init__(self) -> None:
        super().__init__()
        self._all_asked = threading.Event()
        prefill = self.engine.decoder.prefill

        def waiting(slot: int, tokens: Sequence[int], position: int) -> None:
            assert self._all_asked.wait(60)
            prefill(slot, tokens, position)

        self.engine.decoder.prefill = waiting  # type: ignore[method-assign]

    def submit(
        self, prompt: Prompt, sampling: Sampling, on_text: OnText | None = None, *, fork: Fork | None = None
    ) -> Future[Generation]:
        future = super().submit(prompt, sampling, on_text, fork=fork)
        if len(self.asked) == 4:
            self._all_asked.set()
        return future


def test_texts_that_are_written_together_are_told_together(workspace: Workspace) -> None:
    writer = Together()
    _, events = carried_out(workspace, writer, variants=2)
    writer.close()
    order = [each.task.id for each in events if isinstance(each, NewWords)]
    first = {each.task.id for each in events[: len(order) // 8] if isinstance(each, NewWords)}
    assert len(first) >= 3


def test_each_candidate_is_told(workspace: Workspace, writer: FakeWriter) -> None:
    folder, events = carried_out(workspace, writer, best_of=2, kinds=("again",))
    for task in folder.run.tasks:
        record, _ = folder.read(task.id)
        for each in record.candidates or ():
            whole = (each.text + each.trimmed).strip()
            assert words_of(events, task.id, each.number).strip() == whole


def test_listening_changes_no_text(workspace: Workspace, writer: FakeWriter) -> None:
    told, _ = carried_out(workspace, writer)
    silent = execute.generate(
        prepare.prepare_for(workspace, Options(steps=2), writer), workspace.outputs, writer=writer
    ).folder
    ids = [[folder.read(task.id)[0].id for task in folder.run.tasks] for folder in (told, silent)]
    assert ids[0] == ids[1]


class Copying(FakeWriter):
    """Copies the passage at the first try of each text."""

    def submit(
        self, prompt: Prompt, sampling: Sampling, on_text: OnText | None = None, *, fork: Fork | None = None
    ) -> Future[Generation]:
        future = super().submit(prompt, sampling, fork=fork)
        is_first = (prompt, sampling.seed) not in self.tried and len(self.tried) < 1
        self.tried.add((prompt, sampling.seed))
        if not is_first:
            if on_text:
                on_text(future.result(60).text)
            return future
        passage = prompt.messages[0].content.split("\n")[0]
        if on_text:
            on_text(passage)
        copied: Future[Generation] = Future()
        copied.set_result(future.result(60).model_copy(update={"text": passage}))
        return copied

    def __init__(self) -> None:
        super().__init__()
        self.tried: set[tuple[Prompt, int]] = set()


def test_a_text_that_is_tried_again_begins_again(workspace: Workspace) -> None:
    writer = Copying()
    folder, events = carried_out(workspace, writer, retry_copies=1, kinds=("again",), limit=1)
    writer.close()
    task = folder.run.tasks[0].id
    record, text = folder.read(task)
    assert record.derivation.retried, "the first try was given up"
    begun = [each for each in events if isinstance(each, NewWords) and each.task.id == task and each.at == 0]
    assert len(begun) == 2
    assert words_of(events, task).strip() == (text + record.output.trimmed).strip()


def test_an_opening_that_the_text_keeps_is_told_first(workspace: Workspace, writer: FakeWriter) -> None:
    template = workspace.prompts / "again.md.j2"
    head = "---\ndescription: Again.\nmax_tokens: 12\nopening: Once more\n---\n"
    template.write_text(f"{head}{{{{ previous or passage }}}}\n", encoding="utf-8")
    folder, events = carried_out(workspace, writer, kinds=("again",), limit=1)
    for task in folder.run.tasks:
        record, text = folder.read(task.id)
        assert record.derivation.prompt.keep_opening
        assert text.startswith("Once more")
        assert words_of(events, task.id).startswith("Once more")


def test_a_resumed_run_tells_only_what_is_new(workspace: Workspace, writer: FakeWriter) -> None:
    stop, events = threading.Event(), list[RunEvent]()

    def listen(event: RunEvent) -> None:
        events.append(event)
        if isinstance(event, TextFinished):
            stop.set()

    job = prepare.prepare_for(workspace, Options(steps=3), writer)
    outcome = execute.generate(job, workspace.outputs, stop=stop, writer=writer, listen=listen)
    assert outcome.interrupted
    done = {task.id for task in outcome.folder.done}
    assert done == {each.task.id for each in events if isinstance(each, TextFinished)}
    later: list[RunEvent] = []
    folder = execute.resume(RunFolder.open(outcome.folder.path), writer=writer, listen=later.append).folder
    rest = {each.task.id for each in later if isinstance(each, TextFinished)}
    assert rest == {task.id for task in folder.run.tasks} - done
    assert rest
