"""Models with recurrent layers: the same request gives the same bytes, though a sequence can only be copied whole."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import islice, product
from pathlib import Path

import pytest

from remix.engine import llama, load_check, probe, spin, tune
from remix.engine.decoder import BatchConfig
from remix.engine.engine import Engine
from remix.engine.llama import LlamaDecoder, LlamaModel
from remix.engine.local import LoadOptions, LocalModel
from remix.errors import ModelError
from remix.models import identity
from remix.records import Dist, Request, Sampling, Temperature
from tests import tiny_hybrids

BEGINNINGS = (
    "The archive burned, and what was left was catalogued with great care. " * 3 + "\n\n",
    "Two rivers meet. ",
)
ENDINGS = ("Why?", "By whom, and for whom?", "Then it snowed.", "Say it in one sentence.", "Nobody asked the sun.")
TOKENS = 12
CONTEXT = 512


@pytest.fixture(scope="module", params=["mamba2", "qwen35"])
def path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recurrent model, and a hybrid."""
    return tiny_hybrids.write(tmp_path_factory.mktemp("recurrent") / f"{request.param}.gguf", request.param)


@pytest.fixture(scope="module")
def model(path: Path) -> Iterator[LlamaModel]:
    with LlamaModel(path, config=llama.exact_config()) as model:
        yield model


def ask(model: LlamaModel, text: str, seed: int) -> Request:
    sampling = Sampling(seed=seed, chain=(Temperature(t=0.9), Dist()), max_tokens=TOKENS, stop=())
    return Request(token_ids=tuple(model.tokenize_text(text)), sampling=sampling)


def run(
    model: LlamaModel, requests: list[Request], config: BatchConfig, threads: int, prefix_slots: int
) -> tuple[list[tuple[int, ...] | None], int]:
    """The tokens of each request, and how many tokens of prompts were computed."""
    with (
        LlamaDecoder(model, config.rows, CONTEXT, config, threads, prefix_slots) as decoder,
        Engine(decoder) as engine,
    ):
        futures = [engine.submit(request) for request in requests]
        return [future.result(timeout=300).token_ids for future in futures], engine.computed


@pytest.mark.parametrize(("threads", "prefix_slots", "flash_attn"), [(1, 0, False), (2, 16, False), (1, 3, True)])
def test_tokens_are_the_same_alone_and_among_sixteen(
    model: LlamaModel, threads: int, prefix_slots: int, flash_attn: bool
) -> None:
    pairs = islice(product(BEGINNINGS, ENDINGS * 2), 20)
    requests = [ask(model, beginning + ending, seed) for seed, (beginning, ending) in enumerate(pairs, 1)]
    config = llama.exact_config().model_copy(update={"flash_attn": flash_attn})
    alone = [run(model, [request], config, 1, 0)[0][0] for request in requests[::6]]
    order = random.Random(threads).sample(range(20), 20)
    tokens, computed = run(model, [requests[n] for n in order], config, threads, prefix_slots)
    together = dict(zip(order, tokens, strict=True))
    assert [together[n] for n in range(0, 20, 6)] == alone
    total = sum(len(request.token_ids) for request in requests)
    assert computed == total if prefix_slots == 0 else computed < total * 2 / 3


def test_a_sequence_that_cannot_be_cut_is_an_error_in_words(model: LlamaModel) -> None:
    request = ask(model, BEGINNINGS[0], 1)
    with LlamaDecoder(model, 1, CONTEXT, llama.exact_config().model_copy(update={"multiple": 1}), 1, 1) as decoder:
        assert decoder.copies_whole
        decoder.open(0, request.sampling, request.token_ids)
        decoder.prefill(0, request.token_ids[:32], 0)
        decoder.copy(0, 1, 32)
        with pytest.raises(ModelError, match="can't cut a sequence of this model after 31 tokens"):
            decoder.copy(0, 1, 31)


def test_an_architecture_that_llama_cpp_batches_wrongly_is_refused_in_a_batch_and_exact_alone(tmp_path: Path) -> None:
    path = tiny_hybrids.write(tmp_path / "plamo2.gguf", "plamo2")
    single = llama.exact_config().model_copy(update={"rows": 1, "multiple": 1})
    with LlamaModel(path, config=single) as model:
        with pytest.raises(ModelError, match="decode plamo2 models one text at a time only"):
            LlamaDecoder(model, 16, CONTEXT, llama.exact_config(), 1)
        requests = [ask(model, BEGINNINGS[0] + ending, seed) for seed, ending in enumerate(ENDINGS, 1)]
        plain, computed = run(model, requests, single, 1, 0)
        shared, fewer = run(model, requests[::-1], single, 2, 4)
    assert shared[::-1] == plain
    assert fewer < computed


def test_a_transformer_s_sequences_can_be_cut(model_path: Path) -> None:
    with LlamaModel(model_path, vocab_only=True) as model:
        assert not model.copies_whole


def test_the_probe_finds_them_exact_and_they_are_written_with_as_any_model(
    path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REMIX_CACHE", str(tmp_path))
    file = identity.identify(path)
    load_check.check(path, file)
    chosen = probe.choose_config(path, file, threads=2)
    assert (chosen.config.label, chosen.exact) == ("by 8<=16", True)
    with LocalModel(path, file, LoadOptions(contexts=(CONTEXT,), parallel=1, threads=1)) as local:
        tokens = tuple(local.tokenize_text(BEGINNINGS[0] * 3))
        request = Request(token_ids=tokens, sampling=Sampling(seed=1, chain=(Dist(),), max_tokens=4, stop=()))
        first, second, third = (local.engine.submit(request).result(timeout=60).token_ids for _ in range(3))
        assert first == second == third
        assert local.engine.computed < 3 * len(tokens), "the third was copied"
        assert local.info.engine.exact


def test_they_can_be_tuned(path: Path) -> None:
    config = llama.exact_config().model_copy(update={"rows": 2, "multiple": 2})
    (timed,) = tune._child(tune._Work(path=path, threads=1, configs=(config,), texts=72, rounds=1), spin.SHORT)
    assert min(timed.texts_a_minute, timed.prompt, timed.decode) > 0
