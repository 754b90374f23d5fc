"""A model ready to write: its batch configuration, and KV cache layouts for its sequences."""

from __future__ import annotations

import threading
from concurrent.futures import wait
from pathlib import Path

import pytest
from pydantic import ValidationError

from remix.engine import local, probe
from remix.engine.comparison import Verdict
from remix.engine.decoder import BatchConfig
from remix.engine.local import LoadOptions, LocalModel, config_of
from remix.errors import ModelError
from remix.generation import execute, prepare
from remix.records import Dist, EngineUsed, Message, ModelFile, Options, Prompt, Sampling, Temperature, TopP, sha256
from remix.workspace import Workspace
from tests.conftest import eventually

MIB = 2**20


@pytest.mark.parametrize(
    "config",
    [
        BatchConfig(),
        BatchConfig(chunk=128, rows=32, paragraphs=False),
        BatchConfig(multiple=8),
        BatchConfig(rows=8, multiple=8, flash_attn=True, repack=False, gpu_layers=3),
    ],
)
def test_a_batch_config_can_be_read_from_the_record_it_went_into(config: BatchConfig) -> None:
    fields = config.model_dump(exclude={"rows", "multiple", "gpu_layers"})
    used = EngineUsed(exact=True, rows=config.label, n_gpu_layers=config.gpu_layers, **fields)
    assert config_of(used) == config


def test_a_record_without_a_batch_config_gives_none() -> None:
    assert config_of(EngineUsed(exact=False)) is None
    with pytest.raises(ValidationError, match="rows"):
        EngineUsed(exact=True, chunk=64, rows="by moonlight")
    with pytest.raises(ValidationError, match="rows"):
        EngineUsed(exact=True, chunk=64, rows="by 3<=16")


@pytest.mark.model
def test_a_plan_that_cannot_fit_says_so_before_it_starts(workspace: Workspace) -> None:
    with pytest.raises(ModelError, match="of memory, and there are 1 MiB for it"):
        prepare.prepare(workspace, Options(memory=MIB))
    assert not workspace.outputs.exists()


@pytest.mark.model
def test_layers_on_a_gpu_want_a_build_that_knows_one(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local.llama, "has_gpu", lambda: False)
    with pytest.raises(ModelError, match="--gpu-layers: this build"):
        execute.generate(prepare.prepare(workspace, Options(gpu_layers=9999)), workspace.outputs)
    assert not any(workspace.outputs.iterdir())


@pytest.mark.model
def test_a_text_is_the_same_in_the_room_for_short_and_for_long_ones(short_path: Path, short_file: ModelFile) -> None:
    def ask(words: int) -> Prompt:
        message = Message(role="user", content="The lake has no middle. " * words)
        return Prompt(template=sha256(""), messages=(message,), keep_opening=False)

    sampling = Sampling(seed=7, chain=(TopP(p=0.9), Temperature(t=0.8), Dist()), max_tokens=12, stop=())
    with LocalModel(short_path, short_file, LoadOptions(contexts=(256, 1024), parallel=4, threads=2)) as model:
        assert model.info.n_ctx_seq == 1024
        long, short = (model.submit(ask(words), sampling) for words in (120, 4))
        texts = long.result(timeout=120).token_ids, short.result(timeout=120).token_ids
        again = model.submit(ask(4), sampling).result(timeout=120).token_ids
        assert (again, model.info.parallel) == (texts[1], 4)
    with LocalModel(short_path, short_file, LoadOptions(contexts=(1024,), parallel=1, threads=1)) as model:
        assert model.submit(ask(120), sampling).result(timeout=120).token_ids == texts[0]


@pytest.mark.model
def test_a_model_that_a_listener_closes_is_freed_when_the_engine_has_ended(
    short_path: Path, short_file: ModelFile
) -> None:
    """It was freed at once, while the engine's thread went on to read its vocabulary."""
    model = LocalModel(short_path, short_file, LoadOptions(contexts=(256,), parallel=4, threads=1))
    prompt = Prompt(template=sha256(""), messages=(Message(role="user", content="The lake."),), keep_opening=False)
    sampling = Sampling(seed=7, chain=(Dist(),), max_tokens=100, stop=())
    submitted = threading.Event()
    futures = [
        model.submit(prompt, sampling, lambda _: (submitted.wait(60), model.close())),
        *(model.submit(prompt, sampling) for _ in "abc"),
    ]
    submitted.set()
    assert not wait(futures, timeout=120).not_done
    assert any(future.cancelled() for future in futures)
    eventually(lambda: model._model.handle is None)
    with pytest.raises(ModelError, match="the model has been closed"):
        model.submit(prompt, sampling)
    model.close()


@pytest.mark.model
def test_long_passages_come_last_and_change_no_other_text(workspace: Workspace, short_path: Path) -> None:
    plain = Options(kinds=("once",), steps=1, max_tokens=8, model=str(short_path))
    alone = execute.generate(prepare.prepare(workspace, plain), workspace.outputs).folder
    (workspace.seeds / "a-long-one.md").write_text("# Long\n\n" + "The lake has no middle. " * 120)
    job = prepare.prepare(workspace, plain)
    assert len(job.run.contexts) == 2
    assert job.run.contexts[-1] == job.run.n_ctx_seq > 512 > job.run.contexts[0]
    folder = execute.generate(job, workspace.outputs).folder
    assert folder.is_complete
    records = {task.id: folder.read(task.id)[0] for task in job.run.tasks}
    for task in alone.run.tasks:
        assert records[task.id].id == alone.read(task.id)[0].id
    last = max(records.values(), key=lambda record: record.circumstances.finished)
    assert last.sources[0].passage == "a-long-one/001"


@pytest.mark.model
def test_a_batch_config_that_fails_its_probe_here_is_kept_and_not_called_exact(
    model_path: Path, model_file: ModelFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "probe", lambda *_: Verdict(passed=False, compared="", difference="all"))
    needs = LoadOptions(contexts=(256,), parallel=1, threads=1, config=BatchConfig(rows=2, repack=False))
    with LocalModel(model_path, model_file, needs) as model:
        assert (model.info.engine.exact, model.info.engine.rows) == (False, "free<=2")
        assert model.info.exactness.startswith("not exact: probed on this machine, logits differ")
