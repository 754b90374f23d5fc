"""Branches of real outputs: of a small run by the short model, with shipped prompts, compared with its records.

The comparison is that of `benchmarks/branch_exactness.py`, which is run whole by hand; here are a few outputs, every
third token, five sequences at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import wait
from pathlib import Path

import llama_cpp
import pytest

from benchmarks import branch_exactness
from benchmarks.branch_exactness import Model, Original
from remix.engine import llama
from remix.engine.engine import Engine
from remix.engine.llama import LlamaDecoder, LlamaModel
from remix.engine.local import config_of
from remix.generation import execute, prepare
from remix.models import identity
from remix.outputs import RunFolder
from remix.records import Options
from remix.workspace import init, open_workspace

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def run(short_path: Path, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A passage in two kinds and two steps."""
    garden = tmp_path_factory.mktemp("real") / "garden"
    init(garden)
    workspace = open_workspace(garden)
    options = Options(limit=1, steps=2, max_tokens=13, threads=1, kinds=("rewrite", "counter"), model=str(short_path))
    return execute.generate(prepare.prepare(workspace, options), workspace.outputs).folder


@pytest.fixture(scope="module")
def model(run: RunFolder, short_path: Path) -> Iterator[Model]:
    assert run.run.engine is not None
    config = config_of(run.run.engine)
    assert config is not None
    with LlamaModel(short_path, config=config) as weights:
        yield Model("q4_1", identity.identify(short_path), weights, config)


@pytest.fixture(scope="module")
def originals(run: RunFolder) -> list[Original]:
    """The longest first."""
    return sorted(branch_exactness.originals_of(run), key=lambda original: -len(original.token_ids))


def test_given_their_own_tokens_they_are_written_again_with_the_trace_s_numbers(
    model: Model, originals: list[Original]
) -> None:
    assert len(originals) == 4
    compared = branch_exactness.compare(model, originals, parallel=5, every=3, threads=1)
    for original, each in zip(originals, compared, strict=True):
        assert each.places == tuple(range(3, len(original.token_ids) + 1, 3))
        assert (each.text, each.trace, each.logits) == ((), (), 0)


def test_the_comparison_sees_other_tokens_and_other_numbers(model: Model, originals: list[Original]) -> None:
    first, second, *_ = originals
    choice = first.choices[7]
    nearly = (*first.choices[:7], choice._replace(logprob=choice.logprob + 0.0001), *first.choices[8:])
    wrong = (*second.token_ids[:5], second.token_ids[5] + 1, *second.token_ids[6:])
    changed = [first._replace(choices=nearly), second._replace(token_ids=wrong)]
    one, other = branch_exactness.compare(model, changed, parallel=5, every=3, threads=1)
    assert (one.text, one.trace, one.logits) == ((), (0, *one.places), 0)
    # Branches that are given the wrong token go another way than the text and the branch that is given three.
    assert other.text == (0, *other.places)
    assert other.trace == tuple(place for place in other.places if place > 5)
    assert other.logits >= 1


def test_twenty_batches_leave_no_cells_and_no_samplers_behind(model: Model, originals: list[Original]) -> None:
    original = originals[0]
    config = llama.exact_config("Q4_1")
    longest = len(original.request.token_ids) + original.request.sampling.most
    most = len(original.token_ids)
    asked = [branch_exactness.branch(original, place) for place in (most - 4, most - 2, most - 1, most, most - 3)]
    with LlamaDecoder(model.weights, 5, longest, config, 1, 2) as decoder, Engine(decoder, trace=True) as engine:
        kept = set()
        for _ in range(20):
            futures = [engine.submit(each) for each in asked]
            assert not wait(futures, timeout=300).not_done
            assert {future.result().token_ids for future in futures} == {original.token_ids}
            memory = llama_cpp.llama_get_memory(decoder._context)
            last = [llama_cpp.llama_memory_seq_pos_max(memory, slot) for slot in range(7)]
            assert last[:5] == [-1] * 5, "a slot that decodes still has cells"
            assert decoder._samplers == [None] * 5
            kept.add(tuple(last[5:]))
            scheduler = engine._scheduler
            assert (scheduler._branches._waiting, scheduler._branches._along, len(scheduler._free)) == ({}, {}, 5)
        assert len(kept) == 1, "the prefix slots hold the same prompt each time"
        assert engine.computed < longest + 20 * config.chunk, "the prompt was copied"
