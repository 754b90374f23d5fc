"""A run whose texts several writers write: each record names its own."""

from __future__ import annotations

import dataclasses
import itertools
from contextlib import closing
from pathlib import Path

import pytest

from remix.engine.local import LoadOptions
from remix.errors import WeightsChangedError
from remix.generation import execute, prepare
from remix.outputs.run import RunFolder
from remix.records import EngineUsed, ModelFile, ModelUsed, Options, Record, WriterInfo, sha256
from remix.verification import replay
from remix.verification.replay import ReplayOptions
from remix.verification.verify import verify
from remix.workspace import Workspace
from tests.conftest import FILE, FakeWriter, make_workspace
from tests.fake_local import FakeLocal

ELSEWHERE = WriterInfo(
    name="Another",
    model=ModelUsed(sha256=sha256("other weights"), metadata_sha256=sha256("other metadata")),
    file=FILE.model_copy(update={"name": "Another", "architecture": "llama", "file_type": "Q4_1", "size": 7}),
    engine=EngineUsed(exact=True, llama_cpp_python="0.3.37", chunk=32, rows="fixed 8"),
    chat_template_sha256=sha256("a chat template"),
    exactness="as the other machine says",
    host="Linux aarch64",
    threads=64,
    parallel=8,
    n_ctx_seq=8192,
)


class Two(FakeWriter):
    """Two machines behind one writer, which take turns."""

    def __init__(self, elsewhere: WriterInfo = ELSEWHERE) -> None:
        super().__init__(trace=True)
        self.elsewhere = elsewhere
        self.turns = itertools.count()

    def made_by(self) -> WriterInfo:
        return self.elsewhere if next(self.turns) % 2 else self.info


def carried_out(workspace: Workspace, writer: FakeWriter, file: ModelFile | None = None) -> RunFolder:
    """A run of twelve texts."""
    with closing(writer):
        job = prepare.prepare_for(workspace, Options(steps=2, best_of=2), writer)
        job = dataclasses.replace(job, run=job.run.model_copy(update={"model": file, "n_ctx_seq": 4096}))
        return execute.generate(job, workspace.outputs, writer=writer).folder


def records(folder: RunFolder) -> list[Record]:
    return [folder.read(task.id)[0] for task in folder.done]


def test_each_record_says_who_wrote_its_text(workspace: Workspace) -> None:
    """A record used to say of each text what the writer said of itself when the text was recorded."""
    writer = Two()
    folder = carried_out(workspace, writer)
    assert folder.is_complete
    made = records(folder)
    assert {record.circumstances.model for record in made} == {"fake", "Another"}
    for record in made:
        there = record.circumstances
        info = ELSEWHERE if there.model == "Another" else writer.info
        derivation = record.derivation
        assert (derivation.model, derivation.engine) == (info.model, info.engine)
        assert derivation.prompt.chat_template_sha256 == info.chat_template_sha256
        assert (there.exactness, there.host, there.threads) == (info.exactness, info.host, info.threads)
        assert (there.parallel, there.n_ctx_seq) == (info.parallel, info.n_ctx_seq)
        file = info.file
        assert (there.architecture, there.file_type, there.size) == (
            (file.architecture, file.file_type, file.size) if file else (None, None, None)
        )
    assert (folder.run.engine, folder.run.options.model) == (writer.info.engine, "fake")
    assert verify(folder.path).findings == ()


@pytest.mark.parametrize("file", [None, FILE])
def test_a_second_model_is_named_once_and_verification_accepts_its_texts(
    workspace: Workspace, file: ModelFile | None
) -> None:
    writer = Two()
    writer.file = file
    if file:
        writer.model_used = ModelUsed(sha256=file.sha256, metadata_sha256=file.metadata_sha256)
    folder = carried_out(workspace, writer, file)
    (other,) = folder.resumptions()
    assert (other.name, other.model, other.engine) == ("Another", ELSEWHERE.model, ELSEWHERE.engine)
    assert verify(folder.path).findings == ()
    last = folder.run.tasks[-1].id
    for path in (folder.text_path(last), folder.record_path(last)):
        path.unlink()
    with closing(Two()) as again:
        again.turns = itertools.count(1)
        again.file, again.model_used = writer.file, writer.model_used
        execute.resume(RunFolder.open(folder.path), writer=again)
    assert folder.resumptions() == [other]
    assert verify(folder.path).findings == ()


def test_another_machine_with_the_same_model_is_no_other_model(workspace: Workspace) -> None:
    folder = carried_out(workspace, Two(ELSEWHERE.model_copy(update={"model": FakeWriter.model_used})))
    assert {record.circumstances.host for record in records(folder)} == {"a test", "Linux aarch64"}
    assert folder.resumptions() == []
    assert verify(folder.path).findings == ()


def test_a_prompt_that_was_made_for_the_run_s_writer_is_told_from_a_forged_one(tmp_path: Path) -> None:
    """Templates go by a model's name, and the writer that was asked isn't always the one that wrote."""
    workspace = make_workspace(tmp_path / "named")
    (workspace.prompts / "once.md.j2").write_text(
        "---\ndescription: Says it again.\nsampling: {temperature: 0.5}\nfamilies: {fake: {max_tokens: 12}}\n---\n"
        "{{ (previous or passage.text) | upper }} for {{ family }}\n"
    )
    folder = carried_out(workspace, Two())
    assert {record.circumstances.model for record in records(folder)} == {"fake", "Another"}
    assert verify(folder.path).findings == ()


def test_texts_of_another_model_and_of_other_machines_in_a_replay(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each setup of the engine is replayed for itself; a model that the run doesn't hold can't be."""
    configs: list[str] = []

    def load(path: Path, needs: LoadOptions) -> FakeLocal:
        assert needs.config is not None
        configs.append(needs.config.label)
        return FakeLocal()

    class Local(FakeLocal):
        turns = itertools.count()

        def made_by(self) -> WriterInfo:
            turn = next(self.turns) % 3
            rows = self.info.engine.model_copy(update={"rows": "fixed 8", "system_info": "CPU : NEON = 1"})
            return (self.info, self.info.model_copy(update={"engine": rows}), ELSEWHERE)[turn]

    monkeypatch.setattr(replay, "_load", load)
    with closing(Local(trace=True)) as writer:
        file = writer.info.file
    folder = carried_out(workspace, Local(trace=True), file)
    report = verify(folder.path)
    assert report.run
    assert report.findings == ()
    replayed = replay.replay(report.run, report.found, lambda run: Path("fake.gguf"), ReplayOptions())
    assert sorted(configs) == ["fixed 8", "free<=4"]
    for each, record in zip(replayed, records(folder), strict=True):
        if record.derivation.model == ELSEWHERE.model:
            assert (each.equal, each.what) == (None, "was written by another model than the one in run.json")
        else:
            assert each.equal
            assert bool(each.environment) == (record.derivation.engine.rows == "fixed 8")


def test_a_file_that_is_written_over_ends_the_run_and_no_text_is_recorded(workspace: Workspace) -> None:
    class Changed(FakeWriter):
        def made_by(self) -> WriterInfo:
            raise WeightsChangedError("fake.gguf: was changed while it was in use.", "Put the file back.")

    with pytest.raises(WeightsChangedError, match="was changed"):
        carried_out(workspace, Changed())
    (path,) = workspace.outputs.iterdir()
    assert RunFolder.open(path).done == []
