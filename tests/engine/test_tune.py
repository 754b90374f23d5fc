"""Tuning: what is measured, what is chosen, what is kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from remix.cli import cli
from remix.engine import llama, probe, spin, tune
from remix.engine.comparison import Verdict
from remix.engine.decoder import BatchConfig
from remix.engine.probe import ChosenConfig
from remix.errors import ModelError
from remix.generation import execute, prepare
from remix.models import identity, prepared
from remix.records import ModelFile, Options, sha256
from remix.workspace import Workspace
from tests.conftest import FILE

PATH = Path("fake.gguf")


class Machine:
    """Stands in for the processes that measure, and for the probe."""

    def __init__(self) -> None:
        self.probed: list[BatchConfig] = []
        self.measured: list[Mapping[str, str]] = []
        self.speed: Callable[[BatchConfig], float] = lambda config: config.rows
        self.passes: Callable[[BatchConfig], bool] = lambda config: True
        self.way: Callable[[Mapping[str, str]], float] = lambda way: 10

    def child(self, work: tune._Work, way: Mapping[str, str]) -> list[tune.Timed]:
        self.measured.append(way)
        speed = self.way if way else None
        return [
            tune.Timed(config=each, texts_a_minute=speed(way) if speed else self.speed(each), prompt=1, decode=1)
            for each in work.configs
        ]

    def probe(self, path: Path, file: ModelFile, config: BatchConfig, threads: int) -> Verdict:
        self.probed.append(config)
        return Verdict(passed=self.passes(config), compared="")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine()
    monkeypatch.setenv("REMIX_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(tune, "_child", machine.child)
    monkeypatch.setattr(probe, "probe", machine.probe)
    monkeypatch.setattr(spin, "is_set_by_user", lambda: False)
    return machine


def tuned(file: ModelFile = FILE) -> tune.Tuned:
    return tune.tune(PATH, file, 2, lambda _: None)


def test_the_fastest_exact_config_wins(machine: Machine) -> None:
    machine.speed = lambda config: config.rows + config.chunk / 1000 + config.flash_attn * 100
    machine.passes = lambda config: not config.flash_attn and not (config.rows == 32 and config.chunk == 128)
    found = tuned()
    assert (found.config.rows, found.config.chunk, found.config.flash_attn) == (32, 64, False)
    assert found.fastest.flash_attn
    assert [each.exact for each in found.timed[: len(machine.probed)]] == [*[False] * (len(machine.probed) - 1), True]
    assert all(each.exact is None for each in found.timed[len(machine.probed) :])


def test_what_was_found_is_used_for_that_model_alone_and_can_be_forgotten(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = ChosenConfig(BatchConfig(), True, "as usual")
    monkeypatch.setattr(probe, "choose_config", lambda *_: usual)
    assert tune.choose(PATH, FILE, 2) == usual
    config = tuned().config
    chosen = tune.choose(PATH, FILE, 2)
    assert (chosen.config, chosen.exact) == (config, True)
    assert chosen.how.startswith("probed on this machine: same logits")
    assert tune.choose(PATH, FILE, 2, gpu_layers=3) == usual, "tuning knows nothing of GPUs"
    other = FILE.model_copy(update={"sha256": sha256("others")})
    assert tune.choose(PATH, other, 2) == usual
    tune.forget(other)
    tune.forget(FILE)
    assert tune.choose(PATH, FILE, 2) == usual


def test_another_processor_or_llama_cpp_wants_its_own_tuning(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    tuned()
    monkeypatch.setattr(llama, "system_info", lambda: "CPU : another")
    assert tune.recall(FILE) is None


def test_free_rows_with_flash_attention_are_no_candidates(machine: Machine) -> None:
    configs = [each.config for each in tuned().timed]
    assert {config.multiple > 1 for config in configs if config.flash_attn} == {True}
    assert {config.label for config in configs if config.multiple == 8} == {"fixed 8", "by 8<=16", "by 8<=32"}
    assert {config.rows for config in configs} == {4, 8, 16, 32}
    assert {config.chunk for config in configs} == {32, 64, 128}


def test_free_rows_are_few_and_plain_for_types_known_to_differ(machine: Machine) -> None:
    found = tuned(FILE.model_copy(update={"weight_types": ("Q4_K",)}))
    free = [each.config for each in found.timed if each.config.multiple == 1]
    assert {(config.rows, config.repack) for config in free} == {(4, False), (7, False)}
    assert all(each.config.repack for each in found.timed if each.config not in free)
    assert len(machine.measured) == 2 + 2 * len(spin.POLICIES) * 2, "each way to load the weights has a process"


@pytest.mark.parametrize(("texts", "active"), [(1, (1, 1)), (4, (3, 3)), (72, (13, 6))])
def test_a_run_of_few_texts_has_few_active_rows(texts: int, active: tuple[int, int]) -> None:
    assert tuple(tune._active(BatchConfig(rows=rows), texts) for rows in (16, 7)) == active


@pytest.mark.parametrize(("types", "rows"), [(("Q8_0",), 32), (("Q4_K",), 7)])
def test_of_settings_equally_fast_for_one_text_the_one_with_most_rows_wins(
    machine: Machine, types: tuple[str, ...], rows: int
) -> None:
    machine.speed = lambda config: 2 if config.multiple == 1 else 1
    assert tuned(FILE.model_copy(update={"weight_types": types})).config.rows == rows


@pytest.mark.parametrize("weight_type", ["F16", "BF16", "F32"])
def test_where_a_row_alone_is_known_to_differ_no_free_rows_are_tried(machine: Machine, weight_type: str) -> None:
    found = tuned(FILE.model_copy(update={"weight_types": (weight_type, "Q8_0")}))
    assert all(each.config.multiple > 1 for each in found.timed)


def test_what_is_fast_for_a_single_text_may_not_be_for_many(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def child(work: tune._Work, way: Mapping[str, str]) -> list[tune.Timed]:
        speed = [100 / each.rows if work.texts == 1 else each.rows for each in work.configs]
        return [
            tune.Timed(config=each, texts_a_minute=fast, prompt=1, decode=1)
            for each, fast in zip(work.configs, speed, strict=True)
        ]

    monkeypatch.setattr(tune, "_child", child)
    monkeypatch.setattr(spin, "is_set_by_user", lambda: True)
    file = FILE.model_copy(update={"weight_types": ("Q4_K",)})
    assert tune.tune(PATH, file, 2, lambda _: None).config.rows == 32
    found = tune.tune(PATH, file, 2, lambda _: None, texts=1)
    assert (found.config.rows, found.texts) == (4, 1)
    assert tune.choose(PATH, file, 2).config == found.config


def test_without_an_exact_config_none_is_taken(machine: Machine) -> None:
    machine.passes = lambda config: False
    with pytest.raises(ModelError, match="fake: no batch config is exact"):
        tuned()
    assert tune.recall(FILE) is None


@pytest.mark.parametrize(
    ("speeds", "best"),
    [
        ({"1000": (100, 50), "300000": (104, 50), "passive": (60, 50)}, 0),
        ({"1000": (100, 50), "300000": (120, 50), "passive": (130, 50)}, 2),
        ({"1000": (100, 50), "300000": (150, 3), "passive": (60, 50)}, 0),
    ],
)
def test_another_wait_policy_must_be_faster_also_beside_a_busy_process(
    speeds: dict[str, tuple[float, float]], best: int
):
    ways = zip(spin.POLICIES, speeds.values(), strict=True)
    waiting = tuple(tune.Waiting(policy=way, idle=idle, beside=beside) for way, (idle, beside) in ways)
    assert tune.best_policy(waiting) == spin.POLICIES[best]


def test_the_way_to_wait_is_kept_unless_the_user_settled_it(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.way = lambda way: 20 if "OMP_WAIT_POLICY" in way else 10
    assert [each.idle for each in tuned().waiting] == [10, 10, 20]
    assert spin._MEMOS.read(spin._KEY) == spin.WaitPolicy(variables={"OMP_WAIT_POLICY": "passive"})
    monkeypatch.setattr(spin, "is_set_by_user", lambda: True)
    machine.measured.clear()
    assert tuned().waiting == ()
    assert machine.measured == [{}]


def test_the_command_prints_what_was_measured(machine: Machine, workspace: Workspace, model_file: ModelFile) -> None:
    arguments = ["--workspace", str(workspace.root), "models", "tune"]
    done = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert done.stdout.splitlines()[0].startswith("free<=32\t32\toff\t1\t1\t32.0")
    assert "yes ← taken" in done.stdout.splitlines()[0]
    assert "GOMP_SPINCOUNT=1000\t10.0\t10.0\t← taken" in done.stdout
    assert f"{model_file.name}: measuring" in done.stderr
    done = CliRunner().invoke(cli, [*arguments, "--json"], catch_exceptions=False)
    assert json.loads(done.stdout)["config"]["rows"] == 32
    assert json.loads(done.stdout)["texts"] == tune.TEXTS
    CliRunner().invoke(cli, [*arguments[:-1], "forget"], catch_exceptions=False)
    assert tune.recall(model_file) is None


@pytest.mark.model
def test_a_model_is_measured_in_a_process_of_its_own(short_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    guess = llama.exact_config("Q4_1").model_copy(update={"rows": 2})
    fixed = guess.model_copy(update={"multiple": 2, "flash_attn": True})
    work = tune._Work(path=short_path, threads=1, configs=(guess, fixed), texts=72, rounds=1)
    one, other = tune._child(work, spin.SHORT)
    assert (one.config, other.config) == (guess, fixed)
    assert min(one.texts_a_minute, one.prompt, one.decode, other.texts_a_minute) > 0
    with pytest.raises(ModelError, match="can't be measured"):
        tune._child(work.model_copy(update={"path": Path("nowhere.gguf")}), {})


@pytest.mark.model
def test_a_run_takes_the_tuned_config_and_goes_on_in_it_when_it_is_no_longer_the_usual_one(
    workspace: Workspace, short_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REMIX_CACHE", str(tmp_path / "cache"))
    file = prepared.identify(short_path)
    config = llama.exact_config("Q4_1").model_copy(update={"rows": 4, "chunk": 32})
    kept = tune.Tuned(texts=72, config=config, fastest=config, how="as a test says", timed=(), waiting=())
    tune.save(file, kept)

    job = prepare.prepare(workspace, Options(model=str(short_path), kinds=("once",), steps=1, limit=2, max_tokens=8))
    outcome = execute.generate(job, workspace.outputs)
    used = outcome.folder.run.engine
    assert used is not None
    assert (used.rows, used.chunk) == ("free<=4", 32)
    first, second = (outcome.folder.read(task.id)[0] for task in job.run.tasks)
    assert first.circumstances.exactness == "as a test says; tuned"

    tune.forget(identity.identify(short_path))
    (outcome.folder.path / f"{second.output.file.removesuffix('.md')}.json").unlink()
    resumed = execute.resume(outcome.folder)
    assert not resumed.engine_changed
    again, _ = outcome.folder.read(job.run.tasks[1].id)
    assert again.id == second.id
    assert again.circumstances.exactness.startswith("probed on this machine")
