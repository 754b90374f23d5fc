"""One loaded model for one run after another: the same bytes as with a model of its own."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import closing
from pathlib import Path

import pytest

from remix.engine import memory
from remix.engine.local import LoadOptions, LocalModel
from remix.errors import ModelError
from remix.records import Dist, Message, ModelFile, Prompt, Sampling, Temperature

pytestmark = pytest.mark.model

SMALL = LoadOptions(contexts=(256,), parallel=None, threads=2, chains=1)
LARGE = LoadOptions(contexts=(256, 1024), parallel=None, threads=1, chains=4)


def prompt(words: str) -> Prompt:
    return Prompt(template="0" * 64, messages=(Message(role="user", content=words),), keep_opening=False)


def sampling(most: int = 12) -> Sampling:
    return Sampling(seed=7, chain=(Temperature(t=0.8), Dist()), max_tokens=most, stop=())


PROMPTS = [prompt("Say something of clocks."), prompt("Say something of maps, and of the sea. " * 30)]


def written(model: LocalModel, prompts: list[Prompt]) -> list[tuple[int, ...] | None]:
    futures = [model.submit(each, sampling()) for each in prompts]
    return [future.result(120).token_ids for future in futures]


@pytest.fixture
def model(short_path: Path, short_file: ModelFile) -> Iterator[LocalModel]:
    with closing(LocalModel(short_path, short_file, SMALL)) as model:
        yield model


def test_the_same_weights_serve_other_requirements(
    model: LocalModel, short_path: Path, short_file: ModelFile
) -> None:
    first = written(model, PROMPTS[:1])
    assert model.serve_again(LARGE)
    assert (model.info.n_ctx_seq, model.info.threads, model.info.parallel) == (1024, 1, 4)
    found = written(model, PROMPTS)
    assert found[:1] == first
    with closing(LocalModel(short_path, short_file, LARGE)) as own:
        assert written(own, PROMPTS) == found
    assert model.serve_again(SMALL)
    assert written(model, PROMPTS[:1]) == first


def test_a_stopped_engine_writes_nothing_more_until_the_model_serves_again(model: LocalModel) -> None:
    future = model.submit(PROMPTS[0], sampling(200))
    model.stop_engine()
    with pytest.raises(CancelledError):
        future.result(60)
    with pytest.raises(ModelError, match="closed"):
        model.submit(PROMPTS[0], sampling())
    assert model.serve_again(SMALL)
    assert written(model, PROMPTS[:1])


def test_weights_are_loaded_anew_where_memory_seems_short(model: LocalModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """The weights in memory count as memory still to be taken."""

    def short(*_: object) -> None:
        raise ModelError("no memory.", "Close other programs.")

    monkeypatch.setattr(memory, "layouts", short)
    assert not model.serve_again(LARGE)
