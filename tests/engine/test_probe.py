"""The probe: what it sees, what is made of it, and what is kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest
from click.testing import CliRunner

from remix.cli import cli
from remix.engine import llama, probe, tune
from remix.engine.decoder import BatchConfig
from remix.engine.llama import ContextCost
from remix.engine.local import LoadOptions, LocalModel
from remix.generation import execute, prepare
from remix.records import ModelFile, Options, sha256
from remix.util import stages
from remix.workspace import Workspace
from tests.conftest import FILE
from tests.fake_decoder import FakeDecoder


class FakeWeights:
    """Stands in for `LlamaModel`: counts how often it is loaded."""

    loaded = 0
    experts = 0
    context_cost = ContextCost(token=1)

    def __init__(self, path: Path, vocab_only: bool = False, config: BatchConfig | None = None) -> None:
        type(self).loaded += not vocab_only

    def __enter__(self) -> FakeWeights:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def tokenize_text(self, text: str) -> list[int]:
        return list(text.encode())


class Showing(FakeDecoder):
    """Stands in for `LlamaDecoder`: logits are a hash of the slot's history and of what `noise` adds."""

    noise: Callable[[BatchConfig, int, int], int]
    lossy = False
    last: Showing

    def __init__(
        self, model: FakeWeights, slots: int, n_ctx_seq: int, config: BatchConfig, threads: int, prefix_slots: int
    ) -> None:
        super().__init__(slots, n_ctx_seq, config, prefix_slots)
        Showing.last = self

    def __enter__(self) -> Showing:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def copy(self, source: int, target: int, length: int) -> None:
        super().copy(source, target, length)
        if self.lossy:
            self._memory[target][0] = -1

    def logits(self, slot: int) -> np.ndarray:
        assert slot in self._logits, "the last call left no logits for it"
        state = hashlib.sha256(str(self._memory[slot]).encode()).digest()
        return np.frombuffer(state, np.uint8).astype(np.float32) + self.noise(self.config, self.calls[-1][1], slot)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REMIX_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> type[Showing]:
    """A machine without llama.cpp, on which the batch makes no difference."""
    monkeypatch.setattr(FakeWeights, "loaded", 0)
    monkeypatch.setattr(Showing, "noise", staticmethod(lambda config, rows, slot: 0), raising=False)
    monkeypatch.setattr(Showing, "lossy", False)
    monkeypatch.setattr(probe, "LlamaModel", FakeWeights)
    monkeypatch.setattr(probe, "LlamaDecoder", Showing)
    monkeypatch.setattr(llama, "system_info", lambda: "CPU : fake")
    return Showing


def choose(file: ModelFile = FILE) -> probe.ChosenConfig:
    return probe.choose_config(Path("fake.gguf"), file, threads=1)


def test_free_rows_are_met_in_every_number(machine: type[Showing]) -> None:
    config, exact, how = choose()
    assert (config, exact) == (BatchConfig(), True)
    assert how == "probed on this machine: same logits with 1 to 16 rows, alone or among others, prefix shared or not"
    assert {rows for call, rows in machine.last.calls if call == "decode"} == set(range(1, 17))


def test_logits_that_depend_on_the_number_of_rows_lead_to_multiples(machine: type[Showing]) -> None:
    machine.noise = staticmethod(lambda config, rows, slot: 0 if config.multiple == 8 else rows > 1)
    config, exact, how = choose()
    assert (config, exact) == (BatchConfig(multiple=8), True)
    assert how.startswith("probed on this machine: same logits with 8 or 16 rows, alone or among others")
    assert how.endswith("; with 1 to 16 rows, alone or among others, prefix shared or not they differ")
    assert {config.rows_for(rows) for call, rows in machine.last.calls if call == "decode"} == {8, 16}


def test_logits_that_depend_on_multiples_too_lead_to_fixed_rows(machine: type[Showing]) -> None:
    machine.noise = staticmethod(lambda config, rows, slot: 0 if config.is_fixed else rows > 1)
    config, exact, how = choose()
    assert (config, exact) == (BatchConfig(multiple=16), True)
    assert how.startswith("probed on this machine: same logits with always 16 rows, alone or among others")
    assert how.endswith("; with 1 to 16 rows, alone or among others, prefix shared or not they differ")


def test_where_fixed_rows_fail_too_one_sequence_runs_at_a_time(machine: type[Showing]) -> None:
    machine.noise = staticmethod(lambda config, rows, slot: int(config.rows > 1 and slot == 2))
    config, exact, how = choose()
    assert (config, exact) == (BatchConfig(rows=1), True)
    assert how.startswith("probed on this machine: same logits one sequence at a time, prefix shared or not")


def test_rows_that_share_an_expert_are_met_in_step_and_leave_four_rows(
    machine: type[Showing], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From eight rows on that go to the same expert, llama.cpp takes another kernel for that expert."""
    plain = Showing.logits

    def logits(self: Showing, slot: int) -> np.ndarray:
        last = [self._memory[other][-1] for other in self._logits]
        return plain(self, slot) + (last.count(self._memory[slot][-1]) >= 8)

    monkeypatch.setattr(Showing, "logits", logits)
    config, exact, how = choose()
    assert (config, exact) == (BatchConfig(multiple=4, rows=4), True)
    assert how.startswith("probed on this machine: same logits with always 4 rows, alone or among others")


def test_a_mixture_of_experts_with_k_quants_never_has_more_than_four_rows(
    machine: type[Showing], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Logits of other numbers of rows differ seldom enough that a probe may miss the difference."""
    monkeypatch.setattr(FakeWeights, "experts", 8)
    assert choose(FILE.model_copy(update={"weight_types": ("F32", "Q4_K", "Q6_K")})).config.rows == 4
    assert choose(FILE.model_copy(update={"sha256": sha256("other")})).config.rows == 16
    monkeypatch.setattr(FakeWeights, "context_cost", ContextCost(token=2**60))
    unseen = FILE.model_copy(update={"weight_types": ("F32", "Q5_K"), "sha256": sha256("unseen")})
    assert choose(unseen).config.rows == 4, "by weight type"


def test_rows_that_experts_rule_out_are_foreseen_without_weights(
    machine: type[Showing], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bug: memory for 16 rows was wanted although four would be taken, and with each run the weights were loaded
    once more to find that out."""
    monkeypatch.setattr(FakeWeights, "experts", 8)
    file = FILE.model_copy(update={"weight_types": ("Q4_K",)})
    FakeWeights.loaded = 0
    assert tune.expected(Path("x"), file).rows == 4
    assert FakeWeights.loaded == 0
    assert choose(file).config == tune.expected(Path("x"), file)
    assert choose(file).config.rows == 4
    assert FakeWeights.loaded == 1
    assert tune.is_known(file)


def test_architectures_whose_sequences_llama_cpp_mixes_up_run_one_at_a_time(machine: type[Showing]) -> None:
    file = FILE.model_copy(update={"architecture": "plamo2"})
    assert choose(file)[:2] == (BatchConfig(rows=1), True)
    assert probe.fast_config(file).config.rows == 1


def test_a_probe_tells_how_far_it_is(machine: type[Showing]) -> None:
    machine.noise = staticmethod(lambda config, rows, slot: 0 if config.multiple > 1 else rows > 3)
    told: list[tuple[str, float | None]] = []
    with stages.listening(lambda *stage: told.append(stage)):
        choose()
    assert {stage for stage, _ in told} == {"Probing 16 rows"}
    shares = [share for _, share in told]
    calls = sum(call in ("prefill", "decode") for call, _ in machine.last.calls)
    assert shares[-calls:] == [number / calls for number in range(1, calls + 1)]
    assert len(shares) > calls, "the probe that failed told its progress too"


def test_a_fault_at_sixteen_rows_alone_is_seen_and_named(machine: type[Showing]) -> None:
    machine.noise = staticmethod(lambda config, rows, slot: int(rows == 16 and slot == 9))
    verdict = probe.probe(Path("fake.gguf"), FILE, BatchConfig(), threads=1)
    assert verdict is not None
    assert not verdict.passed
    assert verdict.difference is not None
    assert "16 active, in slot 9: 32 of 32 logits differ, by up to 1" in verdict.difference


def test_what_even_a_single_sequence_shows_is_not_called_exact(machine: type[Showing]) -> None:
    machine.lossy = True
    config, exact, how = choose()
    assert (config, exact) == (BatchConfig(rows=1), False)
    assert how.startswith("not exact: probed on this machine, logits differ even one sequence at a time")


def test_slots_that_cannot_be_cut_are_probed_by_whole_copies(
    machine: type[Showing], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "copies_whole", True)
    verdict = probe.probe(Path("fake.gguf"), FILE, BatchConfig(), threads=1)
    assert verdict is not None
    assert verdict.passed
    machine.lossy = True
    config, exact, _ = choose(FILE.model_copy(update={"sha256": sha256("others")}))
    assert (config, exact) == (BatchConfig(rows=1), False)


@pytest.mark.parametrize(("types", "multiple"), [(("Q4_K", "Q8_0"), 8), (("F16",), 8), (("Q5_0",), 1), ((), 1)])
def test_free_rows_are_not_tried_with_types_known_to_differ(
    machine: type[Showing], types: tuple[str, ...], multiple: int
) -> None:
    config = choose(FILE.model_copy(update={"weight_types": types})).config
    assert config == BatchConfig(multiple=multiple)
    assert FakeWeights.loaded == 1


@pytest.mark.parametrize("architecture", sorted(llama.ONE_AT_A_TIME))
def test_architectures_that_llama_cpp_batches_wrongly_run_one_sequence_at_a_time(
    machine: type[Showing], architecture: str
) -> None:
    file = FILE.model_copy(update={"architecture": architecture})
    assert choose(file)[:2] == (BatchConfig(rows=1), True)
    assert probe.fast_config(file).config.rows == 1
    assert {config.rows for config in tune._candidates(file)} == {1}


def test_verdicts_are_kept_for_the_same_machine_and_file(
    machine: type[Showing], monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    first = choose()
    assert choose() == first
    assert FakeWeights.loaded == 1
    (memo,) = (cache / "probes").iterdir()
    assert json.loads(memo.read_bytes())["passed"] is True

    choose(FILE.model_copy(update={"sha256": sha256("others")}))
    monkeypatch.setattr(llama, "system_info", lambda: "CPU : another")
    choose()
    assert FakeWeights.loaded == 3


def test_a_verdict_that_cannot_be_read_or_kept_is_done_without(machine: type[Showing], cache: Path) -> None:
    first = choose()
    (memo,) = (cache / "probes").iterdir()
    memo.write_text("{")
    assert choose() == first
    assert FakeWeights.loaded == 2
    memo.unlink()
    memo.parent.rmdir()
    memo.parent.write_text("no folder")
    assert choose() == first


def test_without_the_memory_for_a_probe_the_weight_type_decides(
    machine: type[Showing], monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=1000))
    config, exact, how = choose()
    assert (config, exact) == (BatchConfig(), True)
    assert how.endswith(
        "Q8_0 was measured to give the same bits with 1 to 16 rows; too little memory to probe it here"
    )
    assert not (cache / "probes").exists()
    file = FILE.model_copy(update={"weight_types": ("Q4_K",)})
    assert choose(file).config == BatchConfig(multiple=8), "as the plan expected"
    assert tune.expected(Path("fake.gguf"), file) == BatchConfig(multiple=8)


def test_models_probe_prints_what_was_found(
    machine: type[Showing], workspace: Workspace, model_file: ModelFile
) -> None:
    machine.noise = staticmethod(lambda config, rows, slot: 0 if config.is_fixed else rows > 1)
    arguments = ["--workspace", str(workspace.root), "models", "probe", "--json"]
    done = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    found = json.loads(done.stdout)
    assert (found["model"], found["rows"], found["exact"]) == (model_file.name, "fixed 16", True)
    assert found["how"].startswith("probed on this machine")


@pytest.mark.model
def test_the_bundled_model_passes_with_free_rows_and_is_probed_once(
    model_path: Path, model_file: ModelFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = probe.choose_config(model_path, model_file, threads=2)
    assert chosen.exact
    assert chosen.config == llama.exact_config("Q4_1")
    assert chosen.config.label == "free<=16"
    monkeypatch.setattr(probe, "LlamaModel", None)
    assert probe.choose_config(model_path, model_file, threads=1) == chosen


@pytest.mark.model
def test_a_local_model_says_what_its_probe_found(
    model_path: Path, model_file: ModelFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    fixed = llama.exact_config()
    monkeypatch.setattr(probe, "choose_config", lambda *_: probe.ChosenConfig(fixed, True, "probed by a test"))
    with LocalModel(model_path, model_file, LoadOptions(contexts=(256,), parallel=1, threads=1)) as local:
        assert local.info.exactness == "probed by a test"
        assert (local.info.engine.exact, local.info.engine.rows) == (True, "fixed 16")


@pytest.mark.model
def test_a_fast_run_says_that_it_is_not_exact(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "choose_config", None)
    job = prepare.prepare(workspace, Options(fast=True, kinds=("once",), steps=1, limit=1))
    record, _ = execute.generate(job, workspace.outputs).folder.read(job.run.tasks[0].id)
    used = record.derivation.engine
    assert (used.exact, used.rows, used.flash_attn) == (False, "free<=16", True)
    assert record.circumstances.exactness.startswith("not exact, as asked")
