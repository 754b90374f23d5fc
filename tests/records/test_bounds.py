"""Runs by strangers: their numbers, their plans, their templates and what they hide, each refused in words."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from filelock import FileLock

from remix.engine import probe
from remix.engine.decoder import BatchConfig, KVCacheLayout
from remix.engine.llama import LlamaDecoder, LlamaModel, samplers
from remix.engine.local import LoadOptions
from remix.errors import ModelError, RunError
from remix.generation import execute, prepare, run_model
from remix.generation.job import Job
from remix.generation.plan import check_size, plan_of
from remix.outputs import RunFolder
from remix.records import (
    Dist,
    Dry,
    Grammar,
    Greedy,
    ModelFile,
    Options,
    Penalties,
    Sampling,
    SamplingSettings,
    Temperature,
    canonical_sha256,
    sha256,
)
from remix.records.bounds import (
    DEEPEST_GRAMMAR,
    LONGEST_GRAMMAR,
    MOST_BREAKERS,
    MOST_CHUNK,
    MOST_PARALLEL,
    MOST_ROWS,
    MOST_TASKS,
    MOST_THREADS,
    MOST_TOKENS,
)
from remix.templates.template import Template
from remix.verification import lineage, replay
from remix.verification.verify import verify
from remix.workspace import Workspace
from tests.conftest import make_workspace, work_of_at_most
from tests.fake_local import FakeLocal
from tests.forging import Change, bless, forge, forge_request

FIRST, SECOND = "two-clocks/001/again.1", "two-clocks/001/again.2"

HUGE = 10**40
"""No reader of JSON takes it for the same, no C for a number."""


def put(*path: Any, value: Any) -> Change:
    def change(raw: Any) -> None:
        *way, last = path
        for key in way:
            raw = raw[key]
        raw[last] = value

    return change


@pytest.fixture(scope="module")
def _told_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = make_workspace(tmp_path_factory.mktemp("told"))
    with closing(FakeLocal(trace=True)) as writer:
        job = prepare.prepare_for(place, Options(steps=2), writer)
        run = job.run.model_copy(update={"model": FakeLocal.file, "n_ctx_seq": 4096})
        return execute.generate(Job(run, None, {}, 0, ()), place.outputs, writer=writer).folder.path


@pytest.fixture
def told(workspace: Workspace, _told_once: Path) -> RunFolder:
    """A finished run whose records tell tokens, sampling and shape."""
    return RunFolder.open(shutil.copytree(_told_once, workspace.outputs / _told_once.name))


# -- numbers ------------------------------------------------------------------------------------------------

SAMPLING = ("derivation", "sampling")
DRY = {"name": "dry", "multiplier": 1, "base": 1.75, "allowed_length": 2, "last_n": 64, "breakers": ["."]}
PENALTIES = {"name": "penalties", "last_n": 64, "repeat": 1.1, "frequency": 0, "presence": 0}


def chain(**sampler: Any) -> Change:
    return put(*SAMPLING, "chain", value=[sampler, {"name": "dist"}])


IN_A_RECORD: list[Change] = [
    chain(name="top_k", k=-1),
    chain(name="top_k", k=2**31),
    chain(name="top_p", p=1.5, min_keep=1),
    chain(name="top_p", p=0.9, min_keep=-1),
    chain(name="top_p", p=0.9, min_keep=2**63),
    chain(name="min_p", p=-0.1, min_keep=1),
    chain(name="min_p", p=0.1, min_keep=2**31),
    chain(name="temperature", t=1e-40),
    chain(name="temperature", t=1e300),
    chain(**{**DRY, "last_n": 2**31 - 1}),
    chain(**{**DRY, "last_n": -1}),
    chain(**{**DRY, "allowed_length": -(2**31)}),
    chain(**{**DRY, "multiplier": 1e300}),
    chain(**{**DRY, "base": -1e300}),
    chain(**{**DRY, "breakers": ["."] * (MOST_BREAKERS + 1)}),
    chain(**{**DRY, "breakers": [f"{number}" for number in range(3000)]}),
    chain(**{**DRY, "breakers": ["x" * 100_000]}),
    chain(**{**PENALTIES, "last_n": 2**31 - 1}),
    chain(**{**PENALTIES, "repeat": 0}),
    chain(**{**PENALTIES, "repeat": 1e39}),
    chain(**{**PENALTIES, "presence": -1e39}),
    chain(name="grammar", source="root ::= " + "(" * 20_000 + '"a"' + ")" * 20_000, root="root"),
    put(*SAMPLING, "chain", value=[{"name": "top_k", "k": 3}] * 10_000 + [{"name": "dist"}]),
    put(*SAMPLING, "seed", value=0),
    put(*SAMPLING, "seed", value=2**32),
    put(*SAMPLING, "max_tokens", value=2**31),
    put(*SAMPLING, "max_tokens", value=MOST_TOKENS + 1),
    put(*SAMPLING, "stop", value=["a"] * 1000),
    put(*SAMPLING, "stop", value=["a" * 10**6]),
    put("derivation", "engine", "rows", value="free<=0"),
    put("derivation", "engine", "rows", value=f"free<={MOST_ROWS + 1}"),
    put("derivation", "engine", "rows", value="fixed 99999999999"),
    put("derivation", "engine", "rows", value="fixed ٣"),
    put("derivation", "engine", "rows", value="by 8<=8"),
    put("derivation", "engine", "rows", value="by 8<=20"),
    put("derivation", "engine", "rows", value="by 8<=40"),
    put("derivation", "engine", "rows", value="by 0<=16"),
    put("derivation", "engine", "chunk", value=0),
    put("derivation", "engine", "chunk", value=1),  # the last chunk but one had no tokens, and wrote before its array
    put("derivation", "engine", "chunk", value=MOST_CHUNK + 1),
    put("derivation", "engine", "chunk", value=2**31),
    put("derivation", "engine", "n_gpu_layers", value=-1),
    put("derivation", "engine", "n_gpu_layers", value=2**31),
    put("derivation", "prompt", "token_ids", value=[-1]),
    put("derivation", "prompt", "token_ids", value=[2**31]),
    put("output", "token_ids", value=[-(2**31)]),
    put("output", "token_ids", value=[HUGE]),
    put("task", "step", value=0),
    put("task", "step", value=HUGE),
    put("task", "variant", value=1000),
    put("sources", 0, "lines", value=[1, HUGE]),
    put("circumstances", "size", value=HUGE),
    put("circumstances", "seconds", value=1e308),
    put("derivation", "trim", "version", value=HUGE),
]


@pytest.mark.parametrize("change", IN_A_RECORD)
def test_no_number_out_of_bounds_is_read_from_a_record(told: RunFolder, change: Change) -> None:
    """Each reached llama.cpp on replay, which ended the process, or code that made a text of it."""
    path = told.record_path(FIRST)
    raw = json.loads(path.read_bytes())
    change(raw)
    path.write_text(json.dumps(raw))
    bless(told)
    assert any(each.file == f"{FIRST}.json" and "not a record" in each.what for each in verify(told.path).findings)
    with pytest.raises(RunError, match="not a record"):
        told.read(FIRST)


IN_A_REQUEST: list[Change] = [
    put("n_ctx_seq", value=-1),
    put("n_ctx_seq", value=2**32),
    put("contexts", value=[0]),
    put("contexts", value=[-256]),
    put("contexts", value=[2**31]),
    put("contexts", value=[256] * 17),
    put("options", "threads", value=0),
    put("options", "threads", value=MOST_THREADS + 1),
    put("options", "parallel", value=MOST_PARALLEL + 1),
    put("options", "memory", value=-1),
    put("options", "memory", value=HUGE),
    put("options", "gpu_layers", value=2**31),
    put("options", "max_tokens", value=2**32),
    put("options", "temperature", value=1e300),
    put("options", "limit", value=HUGE),
    put("options", "best_of", value=100),
    put("engine", "rows", value="free<=4294967297"),
    put("engine", "chunk", value=-64),
    put("model", "size", value=-1),
    put("tasks", 0, "step", value=100),
    put("tasks", 0, "variant", value=0),
    put("tasks", 0, "seed", value=2**32 - 1),
    put("essays", 0, "passages", 0, "lines", value=[HUGE, HUGE]),
]


@pytest.mark.parametrize("change", IN_A_REQUEST)
def test_no_number_out_of_bounds_is_read_from_a_request(told: RunFolder, change: Change) -> None:
    """Each reached llama.cpp on resume."""
    path = told.path / "run.json"
    raw = json.loads(path.read_bytes())
    change(raw)
    path.write_text(json.dumps(raw))
    with pytest.raises(RunError, match=r"run\.json: not a run's request"):
        RunFolder.open(told.path)


def test_hundreds_of_threads_are_not_started(told: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """They would wait for each other for hours on a few cores."""
    seen: list[LoadOptions] = []
    monkeypatch.setattr(execute, "LocalModel", lambda path, file, needs: seen.append(needs))
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    options = told.run.options.model_copy(update={"threads": MOST_THREADS})
    execute._load(told.run.model_copy(update={"options": options}), Path("fake.gguf"))
    assert [needs.threads for needs in seen] == [8]


def test_the_coldest_template_takes_the_likeliest_token() -> None:
    assert SamplingSettings(temperature=1e-40).chain() == SamplingSettings(temperature=0).chain()
    assert Temperature(t=1e-6) in SamplingSettings(temperature=1e-6).chain()


@pytest.mark.parametrize(
    "source",
    [
        "x" * (LONGEST_GRAMMAR + 1),
        "root ::= " + "(" * (DEEPEST_GRAMMAR + 1) + '"a"',
        'root ::= "(" ' + "(" * (DEEPEST_GRAMMAR + 1),
    ],
)
def test_no_grammar_is_too_long_or_too_deep(source: str) -> None:
    with pytest.raises(ValueError, match="source"):
        Grammar(source=source)


def test_brackets_that_group_nothing_count_for_nothing() -> None:
    assert Grammar(source='root ::= "' + "(" * 500 + '" [' + "(" * 500 + "] # " + "(" * 500 + "\n")


# -- replay -------------------------------------------------------------------------------------------------


def test_a_grammar_that_doubles_is_not_decoded_under(told: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """It had twice as many ways to go on with each token: a replay never ended."""
    grammar = {"name": "grammar", "source": 'root ::= "a" root | "a" root root | ""', "root": "root"}
    forge(told, SECOND, put(*SAMPLING, "chain", value=[grammar, {"name": "dist"}]))
    monkeypatch.setattr(replay, "_load", lambda path, needs: FakeLocal())
    report = verify(told.path)
    assert report.run
    (found,) = replay.replay(
        report.run,
        [each for each in report.found if each.task.id == SECOND],
        lambda run: Path(),
        replay.ReplayOptions(),
    )
    assert (found.equal, found.what.split(",")[0]) == (None, "it was written under a grammar")


def test_nothing_is_replayed_where_something_is_wrong(
    told: RunFolder, remix_: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "_load", lambda path, needs: FakeLocal())
    monkeypatch.setattr(run_model, "model_of", lambda run, **_: Path("fake.gguf"))
    assert "replayed: 12 of 12 texts equal" in remix_("verify", "--replay", "-q").output
    told.text_path(FIRST).write_text("Forged.")
    result = remix_("verify", "--replay", "-q")
    assert result.exit_code == 1
    assert "not replayed, since the run has changed; --anyway" in result.stderr
    assert "texts equal" not in result.output
    result = remix_("verify", "--replay", "--anyway", "-q")
    assert result.exit_code == 1
    assert "texts equal" in result.output


def test_anyway_goes_with_replay(remix_: Callable[..., Result], told: RunFolder) -> None:
    assert "--anyway goes with --replay" in remix_("verify", "--anyway").output


# -- plans --------------------------------------------------------------------------------------------------


def test_a_small_request_that_plans_millions_of_texts(told: RunFolder) -> None:
    """`verify` planned all of them to compare."""

    def change(raw: dict[str, Any]) -> None:
        raw["options"] |= {"steps": 99, "variants": 999}

    folder = forge_request(told, change)
    with work_of_at_most(20):
        findings = verify(folder.path).findings
    assert any("its passages and options make other tasks (593,406 texts" in each.what for each in findings)
    with pytest.raises(RunError, match="593,406 texts are asked for, and a run holds 100,000"):
        plan_of(folder.run)


def test_a_plan_that_is_too_large_is_refused_before_a_template_is_rendered(
    remix_: Callable[..., Result], workspace: Workspace
) -> None:
    result = remix_("generate", "--all", "--steps", "99", "--variants", "999", "--dry-run")
    assert result.exit_code == 1
    assert "593,406 texts are asked for, and a run holds 100,000 at most." in result.stderr
    assert not workspace.outputs.exists()


def test_the_largest_plan() -> None:
    check_size(MOST_TASKS, 1, Options(steps=1))
    for passages, kinds, options in ((MOST_TASKS + 1, 1, Options(steps=1)), (10**5, 10**5, Options(steps=1))):
        with pytest.raises(RunError):
            check_size(passages, kinds, options, [] if kinds > 1 else None)


def test_a_task_that_stands_there_thousands_of_times_is_refused(told: RunFolder) -> None:
    def change(raw: dict[str, Any]) -> None:
        raw["tasks"] = raw["tasks"][:1] * 5000

    with pytest.raises(RunError, match="holds more than one text"):
        forge_request(told, change)
    assert verify(told.path).findings


# -- templates that are asked again -------------------------------------------------------------------------

ENDLESS = "---\ndescription: x\n---\n{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}x"


def forge_templates(folder: RunFolder, kinds: int) -> None:
    """Let each prompt be by an endless template, of which it shows nothing; of as many kinds as there are."""
    names = [used.kind for used in folder.run.templates][:kinds]

    def request(raw: dict[str, Any]) -> None:
        for used in raw["templates"]:
            if used["kind"] in names:
                used |= {"source": ENDLESS, "sha256": sha256(ENDLESS)}

    # Another template has other seeds.
    planned = plan_of(forge_request(folder, request).run)
    forge_request(folder, put("tasks", value=[task.model_dump() for task in planned]))
    for task in planned:
        if task.kind in names:
            forge(folder, task.id, put("derivation", "prompt", "template", value=sha256(ENDLESS)))
            forge(folder, task.id, put("derivation", "prompt", "messages", value=[{"role": "user", "content": "?"}]))
            forge(folder, task.id, put("derivation", "sampling", "seed", value=task.seed))


def test_an_endless_template_is_asked_once(told: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was asked for each text: of a run of 1,000, for half an hour."""
    forge_templates(told, 1)
    asked: list[str] = []
    render = Template.render
    monkeypatch.setattr(Template, "render", lambda *words: asked.append("") or render(*words))
    findings = [each for each in verify(told.path).findings if "takes too long" in each.what]
    assert len(asked) == len(findings) == 1
    assert (findings[0].file, findings[0].what.split(" (")[0]) == (
        "run.json",
        "the template prompts/again.md.j2 takes too long or too much",
    )


def test_after_a_few_endless_templates_none_is_asked(told: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    original = lineage.MOST_LATE
    monkeypatch.setattr(lineage, "MOST_LATE", 1)
    forge_templates(told, 2)
    assert original > 1
    assert len([each for each in verify(told.path).findings if "takes too long" in each.what]) == 1


def test_templates_that_are_merely_slow_have_an_end_too(told: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lineage, "SECONDS", -1000.0)
    forge_templates(told, 0)
    forge(told, FIRST, put("derivation", "prompt", "messages", value=[{"role": "user", "content": "?"}]))
    found = [each for each in verify(told.path).findings if each.what.endswith("takes too long; not all were made")]
    assert len(found) == 1


# -- the manifest blesses nothing ---------------------------------------------------------------------------


def test_no_manifest_blesses_an_id_that_is_not_a_record_s_own(told: RunFolder) -> None:
    (told.path / "MANIFEST.sha256").unlink()
    raw = json.loads(told.record_path(FIRST).read_bytes())
    raw["id"] = "0" * 64
    told.record_path(FIRST).write_text(json.dumps(raw))
    with pytest.raises(RunError, match=r"again\.1\.json: its id isn't the sha256"):
        told.seal()
    assert not (told.path / "MANIFEST.sha256").exists()


def test_no_manifest_blesses_another_task_s_record(told: RunFolder) -> None:
    (told.path / "MANIFEST.sha256").unlink()
    for path in (told.record_path, told.text_path):
        path(FIRST).write_bytes(path("two-clocks/002/again.1").read_bytes())
    with pytest.raises(RunError, match=r"is the record of another text \(two-clocks/002/again\.1\.md\)"):
        told.seal()


@pytest.mark.parametrize("key", ["step", "variant", "kind", "passage"])
def test_no_manifest_blesses_a_record_that_speaks_of_another_task(told: RunFolder, key: str) -> None:
    where = ("sources", 0, key) if key == "passage" else ("task", key)
    forge(told, FIRST, put(*where, value={"step": 2, "variant": 7}.get(key, "else")))
    (told.path / "MANIFEST.sha256").unlink()
    with pytest.raises(RunError, match="is the record of another text"):
        told.seal()


def test_fields_that_a_later_remix_added_are_no_part_of_an_older_id(told: RunFolder) -> None:
    raw = json.loads(told.record_path(FIRST).read_bytes())
    del raw["derivation"]["engine"]["libc"]
    raw["id"] = canonical_sha256({"derivation": raw["derivation"], "output": {"sha256": raw["output"]["sha256"]}})
    told.record_path(FIRST).write_text(json.dumps(raw))
    (told.path / "MANIFEST.sha256").unlink()
    told.seal()
    assert (told.path / "MANIFEST.sha256").exists()


# -- temporary names ----------------------------------------------------------------------------------------

STRANGE = [".x.tmp", ".syncthing.again.1.md.tmp", ".crate.tmp", "two-clocks/.deep.tmp", ".tmp", ".again.1.json.tmp"]
OURS = ["two-clocks/001/.again.1.json.tmp", ".run.json.tmp", f"two-clocks/001/.again.1.{'0' * 12}.edited.md.tmp"]


@pytest.mark.parametrize("name", STRANGE)
@pytest.mark.parametrize("finished", [True, False])
def test_what_hides_under_a_temporary_name_is_named(told: RunFolder, name: str, finished: bool) -> None:
    if not finished:
        told.record_path(SECOND).unlink()
        (told.path / "MANIFEST.sha256").unlink()
    (told.path / name).write_bytes(b"anything")
    found = [each.what for each in verify(told.path).findings if each.file == name]
    assert found == ["not part of the run: a temporary file, perhaps another program's"]


@pytest.mark.parametrize("name", OURS)
def test_what_a_crash_left_is_no_fault_of_an_unfinished_run(told: RunFolder, name: str) -> None:
    told.record_path(SECOND).unlink()
    (told.path / "MANIFEST.sha256").unlink()
    (told.path / name).write_bytes(b"{")
    assert verify(told.path).findings == ()


@pytest.mark.parametrize("name", OURS)
def test_in_a_finished_run_it_is_named(told: RunFolder, name: str) -> None:
    (told.path / name).write_bytes(b"{")
    assert [(each.file, each.what[:12]) for each in verify(told.path).findings] == [(name, "left half-wr")]


def test_what_is_being_written_now_is_no_fault(told: RunFolder) -> None:
    (told.path / OURS[0]).write_bytes(b"{")
    lock = FileLock(told.path / ".lock", is_singleton=False)
    with lock:
        assert told.is_being_written()
        assert verify(told.path).findings == ()
    assert not told.is_being_written()


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_under_a_temporary_name_is_named(told: RunFolder, tmp_path: Path) -> None:
    told.record_path(SECOND).unlink()
    (told.path / "MANIFEST.sha256").unlink()
    (told.path / OURS[0]).symlink_to(tmp_path)
    assert [each.file for each in verify(told.path).findings] == [OURS[0]]


def test_a_lock_that_is_a_link_is_not_opened(told: RunFolder, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (told.path / ".lock").unlink()
    (told.path / ".lock").symlink_to(victim)
    (told.path / ".x.tmp").write_text("")
    verify(told.path)
    assert victim.read_text() == "mine"


# -- llama.cpp itself ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def model(model_path: Path, model_file: ModelFile) -> Any:
    with LlamaModel(model_path) as model:
        yield model


@pytest.mark.model
@pytest.mark.parametrize("token", [-1, 49_152, 2**31 - 1])
def test_a_number_that_is_no_token_reaches_no_table(model: LlamaModel, token: int) -> None:
    """It read whatever lay there, or ended the process."""
    with pytest.raises(ModelError, match=f"has no token {token}"):
        model.piece(token)
    with (
        LlamaDecoder(model, 1, 256, BatchConfig(rows=1), 1) as decoder,
        pytest.raises(ModelError, match="has no token"),
    ):
        decoder.open(0, Sampling(seed=1, chain=(Greedy(),), max_tokens=1, stop=()), [1, token])


@pytest.mark.model
@pytest.mark.parametrize(
    "room",
    [
        KVCacheLayout(2**24, 64, 64),  # 2**31 cells: wrapped round at 32 bits they are none
        KVCacheLayout(2**25, 64, 64),
        KVCacheLayout(256, 64, 200),  # places for 256 sequences
        KVCacheLayout(0, 1, 0),
        KVCacheLayout(-256, 1, 0),
        KVCacheLayout(256, 0, 0),
        KVCacheLayout(2**24, 16, 16),  # terabytes
    ],
)
def test_no_room_that_llama_cpp_would_die_of(model: LlamaModel, room: KVCacheLayout) -> None:
    with pytest.raises(ModelError, match="no memory for"):
        LlamaDecoder(model, room.slots, room.n_ctx_seq, BatchConfig(rows=MOST_ROWS), 1, room.prefix_slots)
    with LlamaDecoder(model, 1, 256, BatchConfig(rows=1), 1) as decoder:
        with pytest.raises(ModelError, match="no memory for"):
            decoder.resize(room)
        assert decoder.n_ctx_seq == 256


@pytest.mark.model
def test_layers_on_a_gpu_that_is_not_there_need_memory_too(
    model: LlamaModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A forged record that named a GPU switched the check off."""
    monkeypatch.setattr("remix.engine.llama.decoder.has_gpu", lambda: False)
    with pytest.raises(ModelError, match="of memory are free"):
        LlamaDecoder(model, 16, 2**23, BatchConfig(gpu_layers=1), 1, 16)


@pytest.mark.model
@pytest.mark.parametrize(
    ("rows", "chunk", "slots", "prefix_slots"), [(32, 32, 32, 32), (32, 32, 32, 1), (16, 2, 16, 1)]
)
def test_more_places_than_a_call_has_tokens(
    model: LlamaModel, rows: int, chunk: int, slots: int, prefix_slots: int
) -> None:
    """llama.cpp ended the process: a record could say so, and `remix models tune` tried one of them."""
    with LlamaDecoder(model, slots, 256, BatchConfig(rows=rows, chunk=chunk), 1, prefix_slots) as decoder:
        decoder.open(0, Sampling(seed=1, chain=(Greedy(),), max_tokens=1, stop=()), [1])
        decoder.prefill(0, [1], 0)
        assert decoder.sample(0) is not None


@pytest.mark.model
def test_nothing_is_written_outside_a_batch(model: LlamaModel) -> None:
    with LlamaDecoder(model, 1, 256, BatchConfig(rows=1, chunk=2), 1) as decoder:
        decoder.open(0, Sampling(seed=1, chain=(Greedy(),), max_tokens=1, stop=()), [1, 2, 3])
        for tokens in ([], [1, 2, 3]):
            with pytest.raises(AssertionError):
                decoder.prefill(0, tokens, 0)


@pytest.mark.model
def test_a_probe_has_room_for_the_largest_chunk(
    model_path: Path, model_file: ModelFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It failed to decode, and said to lower --parallel."""
    monkeypatch.setenv("REMIX_CACHE", str(tmp_path))
    assert probe.probe(model_path, model_file, BatchConfig(rows=1, chunk=MOST_CHUNK), 1) is not None


@pytest.mark.model
@pytest.mark.parametrize("threads", [0, -1, MOST_THREADS + 1])
def test_no_threads_that_llama_cpp_would_die_of(model: LlamaModel, threads: int) -> None:
    with pytest.raises(ModelError, match="threads"):
        LlamaDecoder(model, 1, 256, BatchConfig(rows=1), threads)


EXTREMES = [
    (Dry(multiplier=1e6, base=1e6, allowed_length=0, last_n=2**20, breakers=("x",) * MOST_BREAKERS), Dist()),
    (Dry(multiplier=1e6, base=1e6, allowed_length=0, last_n=0, breakers=(), prompt=True), Dist()),
    (Dry(multiplier=1e6, base=1e6, allowed_length=0, last_n=1, breakers=("x",), prompt=True), Dist()),
    (Dry(multiplier=-1e6, base=-1e6, allowed_length=2**31 - 1, last_n=0, breakers=("", "\0", "é" * 256)), Dist()),
    (Penalties(last_n=2**20, repeat=1e-300, frequency=1e6, presence=-1e6), Dist()),
    (Temperature(t=1e-6), Dist()),
    (Temperature(t=1e6), Dist()),
    (Temperature(t=1e-6),) * 31 + (Dist(),),
]


@pytest.mark.model
@pytest.mark.parametrize("samplers", EXTREMES)
def test_llama_cpp_survives_samplers_at_their_bounds(model: LlamaModel, samplers: Any) -> None:
    with LlamaDecoder(model, 1, 256, BatchConfig(rows=1), 1) as decoder:
        decoder.open(0, Sampling(seed=1, chain=samplers, max_tokens=2, stop=()), [1, 2, 3])
        decoder.prefill(0, [1, 2, 3], 0)
        token = decoder.sample(0)
        assert token is not None
        assert 0 <= token < model.n_vocab


@pytest.mark.model
def test_dry_samplers_are_not_kept_for_ever(model: LlamaModel) -> None:
    """A run of 1,000 texts, each with its own, took 4 MB for each."""
    for last_n in range(samplers.MOST_DRY_SAMPLERS + 5):
        samplers.create(model, Dry(multiplier=1, base=1.75, allowed_length=2, last_n=last_n, breakers=()), 1)
    assert len(model.dry_samplers) == samplers.MOST_DRY_SAMPLERS
