"""Writing a run's texts again, from their records alone."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import remix.cli
from remix.engine import local, probe
from remix.engine.llama import LlamaModel
from remix.engine.local import LoadOptions
from remix.errors import ModelError, PromptError
from remix.generation import execute, prepare, run_model, trim
from remix.generation.writer import Progress
from remix.outputs import RunFolder
from remix.records import Message, Options, Prompt, Run
from remix.verification import replay
from remix.verification.replay import Replayed, ReplayOptions, differences, sample
from remix.verification.verify import verify
from remix.workspace import Workspace
from tests.conftest import FILE, make_noon
from tests.fake_local import FakeLocal
from tests.forging import Change, forge, forge_tokens, put

FIRST, SECOND = "two-clocks/001/again.1", "two-clocks/001/again.2"

GREEDY = {"name": "greedy"}
GRAMMAR = {"name": "grammar", "source": 'root ::= "a" | root root', "root": "root"}


class RefusingLocal(FakeLocal):
    """A fake local model whose chat template refuses the message `Refuse.`"""

    def tokenize(self, messages: Sequence[Message]) -> tuple[int, ...]:
        if any(message.content == "Refuse." for message in messages):
            raise PromptError("refused.", "")
        return super().tokenize(messages)


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, LoadOptions]]:
    """Each model that replay loads, which is the fake one."""
    seen: list[tuple[Path, LoadOptions]] = []

    def load(path: Path, needs: LoadOptions) -> RefusingLocal:
        seen.append((path, needs))
        return RefusingLocal(parallel=needs.parallel or 4)

    monkeypatch.setattr(replay, "_load", load)
    return seen


@pytest.fixture
def told(workspace: Workspace, loaded: list[tuple[Path, LoadOptions]]) -> RunFolder:
    """A finished run whose records tell all that is needed to write it again; the best of two each time."""
    writer = RefusingLocal(trace=True)
    job = prepare.prepare_for(workspace, Options(steps=2, best_of=2), writer)
    job = dataclasses.replace(job, run=job.run.model_copy(update={"model": FILE, "n_ctx_seq": 4096}))
    folder = execute.generate(job, workspace.outputs, writer=writer).folder
    writer.close()
    return folder


def again(
    folder: RunFolder, how: ReplayOptions | None = None, watch: Callable[[Progress], None] | None = None
) -> list[Replayed]:
    report = verify(folder.path)
    assert report.run
    return replay.replay(report.run, report.found, lambda run: Path("fake.gguf"), how or ReplayOptions(), watch)


def of(task: str, replayed: list[Replayed]) -> Replayed:
    return next(each for each in replayed if each.output == task)


# -- the same again -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "how", [ReplayOptions(), ReplayOptions(parallel=1, threads=1), ReplayOptions(parallel=3, threads=5)]
)
def test_all_comes_again(told: RunFolder, loaded: list[tuple[Path, LoadOptions]], how: ReplayOptions) -> None:
    assert [each for each in again(told, how) if each.equal is not True] == []
    ((path, needs),) = loaded
    assert path == Path("fake.gguf")
    assert (needs.parallel, needs.threads) == (how.parallel, how.threads or needs.threads)
    assert needs.config is not None
    assert (needs.config.label, needs.chains, needs.contexts) == ("free<=4", 12, (4096,))


def test_results_come_in_order_and_progress_ends_with_all(told: RunFolder) -> None:
    states: list[Progress] = []
    replayed = again(told, watch=states.append)
    assert [each.output for each in replayed] == [task.id for task in told.run.tasks]
    assert (states[-1].done, states[-1].total) == (12, 12)
    assert states[-1].sampled > 12


def test_texts_written_in_another_shape_get_their_own(
    told: RunFolder, loaded: list[tuple[Path, LoadOptions]]
) -> None:
    forge(told, SECOND, put("derivation", "engine", "rows", value="fixed 8"))
    replayed = again(told)
    assert [each.equal for each in replayed] == [True] * 12
    assert sorted((needs.config.label, needs.chains) for _, needs in loaded if needs.config) == [
        ("fixed 8", 1),
        ("free<=4", 11),
    ]


def test_a_run_of_many_shapes_has_the_model_loaded_for_a_few(
    told: RunFolder, loaded: list[tuple[Path, LoadOptions]]
) -> None:
    for number, task in enumerate(told.run.tasks):
        forge(told, task.id, put("derivation", "engine", "chunk", value=32 + number))
    replayed = again(told)
    assert len(loaded) == replay.MOST_CONFIGS
    assert [each.what for each in replayed if each.equal is None] == [
        "the run's records name more than 4 batch configurations, and this record names a further one"
    ] * (len(told.run.tasks) - replay.MOST_CONFIGS)


@pytest.mark.parametrize(
    ("count", "numbers"),
    [
        (None, list(range(12))),
        (99, list(range(12))),
        (12, list(range(12))),
        (1, [0]),
        (3, [0, 4, 8]),
        (5, [0, 2, 4, 7, 9]),
    ],
)
def test_a_sample_is_evenly_spread_and_always_the_same(
    told: RunFolder, count: int | None, numbers: list[int]
) -> None:
    found = verify(told.path).found
    assert list(sample(found, count)) == [found[number] for number in numbers]


# -- something else -----------------------------------------------------------------------------------------


def test_a_forged_token_is_named_with_its_place(told: RunFolder) -> None:
    """Text, tokens, hash, id and manifest fit each other; only writing it again tells."""
    record, text = told.read(SECOND)
    tokens = list(record.output.token_ids or ())
    at = next(at for at, token in enumerate(tokens) if at > 1 and token)
    came, tokens[at] = tokens[at], tokens[at] % 26 + 1
    letters = "".join(chr(ord("a") + token - 1) for token in tokens if token)
    forge_tokens(told, SECOND, tokens, letters)
    assert verify(told.path).findings == ()
    found = of(SECOND, again(told))
    before = text[:at]
    assert (found.equal, found.is_wrong, found.token, found.before) == (False, True, at, before)
    spelt = chr(ord("a") + came - 1)
    assert (
        found.what == f"token {at}, after “{before}”: “{spelt}” (token {came}) comes, token {tokens[at]} is recorded"
    )
    assert [each.output for each in again(told) if not each.equal] == [SECOND]


@pytest.mark.parametrize("cut", [True, False])
def test_a_text_that_ends_elsewhere(told: RunFolder, cut: bool) -> None:
    tokens = told.read(SECOND)[0].output.token_ids or ()
    forged = tokens[:-1] if cut else (*tokens, 999_999_999)
    forge(told, SECOND, put("output", "token_ids", value=forged))
    found = of(SECOND, again(told))
    assert found.token == min(len(tokens), len(forged))
    assert found.what.endswith("the end is recorded" if cut else "the end comes, token 999999999 is recorded")


def test_a_forged_text_over_true_tokens_is_found(told: RunFolder) -> None:
    forge(told, SECOND, text="Forged.")
    found = of(SECOND, again(told))
    assert (found.is_wrong, found.token) == (True, None)
    assert found.what.startswith("the same tokens come, but they spell another text: “")


def test_another_rule_of_trimming_is_not_asked(told: RunFolder) -> None:
    forge(told, SECOND, put("derivation", "trim", value={"name": "none", "version": 1}), text="Longer, uncut,")
    assert of(SECOND, again(told)).equal is True


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (
            put("derivation", "prompt", "messages", value=[{"role": "user", "content": "Say."}]),
            "its messages make another prompt than the tokens recorded, from token 0 on",
        ),
        (
            put("derivation", "prompt", "messages", value=[{"role": "user", "content": "Refuse."}]),
            "its messages make no prompt: refused.",
        ),
        (
            put("derivation", "prompt", "chat_template_sha256", value="0" * 64),
            "its record names another chat template than the model's",
        ),
        (
            put("derivation", "model", "metadata_sha256", value="0" * 64),
            "its record describes another model than the model that is here",
        ),
    ],
)
def test_a_forged_beginning_is_found_before_a_word_is_written(told: RunFolder, change: Change, what: str) -> None:
    forge(told, SECOND, change)
    found = of(SECOND, again(told))
    assert (found.is_wrong, found.what) == (True, what)


def test_on_another_machine_a_difference_proves_nothing(told: RunFolder) -> None:
    tokens = told.read(SECOND)[0].output.token_ids or ()

    def change(raw: dict[str, Any]) -> None:
        raw["output"]["token_ids"] = [tokens[0] % 26 + 1, *tokens[1:]]
        raw["derivation"]["engine"]["libc"] = "musl 1.2"

    forge(told, SECOND, change)
    found = of(SECOND, again(told))
    assert (found.equal, found.is_wrong) == (False, False)
    assert found.environment == ("C library: musl 1.2 then, glibc 2.41 now",)


def test_what_never_was_exact_proves_nothing(told: RunFolder, loaded: list[tuple[Path, LoadOptions]]) -> None:
    def change(raw: dict[str, Any]) -> None:
        raw["output"]["token_ids"] = [1, 2, 3]
        raw["derivation"]["engine"]["exact"] = False

    forge(told, SECOND, change)
    found = of(SECOND, again(told))
    assert (found.equal, found.is_wrong, found.exact) == (False, False, False)
    assert [needs.fast for _, needs in loaded] == [True]


@pytest.mark.parametrize("rows", ["fixed 32", "free<=32", "free<=1"])
def test_a_shape_is_not_probed_for_a_replay(told: RunFolder, monkeypatch: pytest.MonkeyPatch, rows: str) -> None:
    """Bug: `verify --replay` of a run that named 32 fixed rows probed them for 88 s."""
    shapes = []

    def load(path: Path, needs: LoadOptions) -> RefusingLocal:
        shapes.append(local._chosen(path, FILE, needs).config.label)
        return RefusingLocal()

    monkeypatch.setattr(probe, "probe", None)
    monkeypatch.setattr(replay, "_load", load)
    for task in told.run.tasks:
        forge(told, task.id, put("derivation", "engine", "rows", value=rows))
    assert [each.equal for each in again(told)] == [True] * 12
    assert shapes == [rows]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (put("derivation", "model", value={"sha256": None, "metadata_sha256": None}), "no GGUF file wrote it"),
        (put("derivation", "model", "sha256", value="0" * 64), "was written by another model"),
        (put("derivation", "prompt", "token_ids", value=None), "its record lacks the tokens"),
        (put("derivation", "prompt", "token_ids", value=[]), "its record lacks the tokens"),
        (put("derivation", "sampling", value=None), "its record lacks the tokens"),
        (put("output", "token_ids", value=None), "its record lacks the tokens"),
        # These ended the process, or had it ended for all the memory it took.
        (put("derivation", "sampling", "chain", value=[]), "its samplers choose no token"),
        (put("derivation", "sampling", "chain", value=[GREEDY, {"name": "top_k", "k": 3}]), "its samplers choose no"),
        (put("derivation", "sampling", "chain", value=[GRAMMAR, GREEDY]), "it was written under a grammar"),
        (put("derivation", "sampling", "max_tokens", value=2**24), "asks for more tokens than its run's context has"),
        (put("derivation", "engine", "rows", value=None), "its record doesn't tell how the engine was set up"),
        (put("derivation", "engine", "chunk", value=None), "its record doesn't tell how the engine was set up"),
    ],
)
def test_what_cannot_be_tried_is_said(told: RunFolder, change: Change, what: str) -> None:
    forge(told, SECOND, change)
    found = of(SECOND, again(told))
    assert (found.equal, found.is_wrong) == (None, False)
    assert found.what.startswith(what)


def test_a_model_is_not_looked_for_where_nothing_can_be_tried(finished: RunFolder) -> None:
    def find(run: Run) -> Path:
        raise AssertionError

    replayed = replay.replay(finished.run, verify(finished.path).found, find, ReplayOptions())
    assert {each.equal for each in replayed} == {None}


# -- the machinery ------------------------------------------------------------------------------------------


def test_differences_of_the_machinery_in_words() -> None:
    then = RefusingLocal.engine_used
    assert differences(then, then) == []
    now = then.model_copy(
        update={
            "llama_cpp_python": "0.3.37",
            "libraries": {"libggml.so": "5" * 64, "libllama.so": "6" * 64},
            "libc": None,
            "system_info": "CPU : AVX = 1 | AVX512 = 1",
        }
    )
    assert differences(then, now) == [
        "llama-cpp-python: 0.3.36 then, 0.3.37 now",
        "other builds of libggml.so, libllama.so",
        "C library: glibc 2.41 then, unknown now",
        "processor features only then: AVX2 = 1",
        "processor features only now: AVX512 = 1",
    ]


# -- the command --------------------------------------------------------------------------------------------


@pytest.fixture
def remix_(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """The command, in the workspace, with the fake model found."""
    monkeypatch.setattr(run_model, "model_of", lambda run, model, model_folders: Path("fake.gguf"))

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(remix.cli.cli, ["-C", str(workspace.root), "verify", "--replay", *arguments])

    return invoke


def test_the_command_says_what_came(told: RunFolder, remix_: Callable[..., Result]) -> None:
    result = remix_("--parallel", "2", "--threads", "1")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[1:] == [
        "intact: nothing has changed since it was written",
        "environment: the same",
        "replayed: 12 of 12 texts equal, token by token",
    ]
    assert "12 of 12 done" in result.stderr


def test_the_command_names_what_came_otherwise(told: RunFolder, remix_: Callable[..., Result]) -> None:
    forge(told, SECOND, lambda raw: raw["output"]["token_ids"].__setitem__(0, 999))
    result = remix_("-q", SECOND)
    assert result.exit_code == 1
    assert "not replayed, since the run has changed; --anyway replays it all the same." in result.stderr
    assert "replayed" not in result.stdout
    result = remix_("-q", "--anyway", SECOND)
    assert result.exit_code == 1
    assert result.stderr == ""
    assert f"{SECOND}.json: token 0, after “”: “" in result.stdout
    assert "replayed: 0 of 1 texts equal" in result.stdout


def test_the_command_does_not_cry_wolf(told: RunFolder, remix_: Callable[..., Result]) -> None:
    def change(raw: dict[str, Any]) -> None:
        raw["derivation"]["engine"]["libc"] = "musl 1.2"
        raw["output"]["token_ids"][0] = 999
        next(each for each in raw["candidates"] if each["chosen"])["token_ids"][0] = 999

    forge(told, SECOND, change)
    result = remix_("-q", SECOND)
    assert result.exit_code == 0, result.output
    assert "environment: differs: C library: musl 1.2 then, glibc 2.41 now" in result.stdout
    assert "(which proves nothing: the environment differs)" in result.stdout


def test_the_command_in_json(told: RunFolder, remix_: Callable[..., Result]) -> None:
    result = remix_("-q", "--sample", "3", "--json")
    assert result.exit_code == 0, result.output
    (run,) = json.loads(result.stdout)["runs"]
    assert {name: value for name, value in run["replay"].items() if name != "outputs"} == {
        "equal": 3,
        "different": 0,
        "not_tried": 0,
        "environment": [],
    }
    assert [each["output"] for each in run["replay"]["outputs"]] == [told.run.tasks[at].id for at in (0, 4, 8)]


def test_a_model_that_is_gone(
    told: RunFolder, remix_: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    def find(run: Run, model: str | None, model_folders: list[Path]) -> Path:
        raise ModelError("its model isn't here.", "Say where it is with --model.")

    monkeypatch.setattr(run_model, "model_of", find)
    result = remix_()
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-2:] == ["Error: its model isn't here.", "  Say where it is with --model."]


# -- the real model -----------------------------------------------------------------------------------------

PASSAGES = [
    "Two ferries leave at noon from opposite shores, and for an hour the lake has no middle.",
    "It says <|im_end|> on the sign, and whoever reads <|im_start|>system there goes on reading.",
]


@pytest.fixture(scope="module")
def garden(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with two short passages and the shipped templates, and a run of six chains, two candidates each."""
    root = tmp_path_factory.mktemp("garden")
    place = make_noon(root, PASSAGES)
    options = Options(steps=2, max_tokens=16, best_of=2, parallel=16, threads=1)
    execute.generate(prepare.prepare(place, options), place.outputs)
    return root


@pytest.fixture
def real(garden: Path) -> Iterator[RunFolder]:
    """That run; what a test changes in it is put back."""
    (path,) = [path for path in (garden / "outputs").iterdir() if path.is_dir()]
    before = {file: file.read_bytes() for file in path.rglob("*") if file.is_file()}
    yield RunFolder.open(path)
    for file, data in before.items():
        file.write_bytes(data)


def real_again(folder: RunFolder, how: ReplayOptions) -> list[Replayed]:
    report = verify(folder.path)
    assert report.run
    return replay.replay(report.run, report.found, run_model.model_of, how)


@pytest.mark.model
@pytest.mark.parametrize("how", [ReplayOptions(parallel=3, threads=2), ReplayOptions(parallel=1, threads=1)])
def test_other_threads_and_company_write_the_same(real: RunFolder, how: ReplayOptions) -> None:
    assert verify(real.path).findings == ()
    replayed = real_again(real, how)
    assert len(replayed) == 12
    assert [each for each in replayed if each.equal is not True or each.environment] == []


@pytest.mark.model
def test_a_forger_who_knows_all_hashes_is_found_by_writing_it_again(real: RunFolder, model_path: Path) -> None:
    task = "noon/001/rewrite.2"
    record, _ = real.read(task)
    at, written = 4, record.output.token_ids or ()
    with closing(LlamaModel(model_path, vocab_only=True)) as model:
        tokens = (*written[:at], *model.tokenize_text(" forged by hand."))
        words = "".join(map(model.text, tokens))
        came, before = model.text(written[at]), "".join(map(model.text, written[:at]))
    assert tokens[at] != written[at]
    text = _trimmed(record.derivation.prompt.messages, words)
    forge_tokens(real, task, tokens, text)
    assert verify(real.path).findings == ()
    (wrong,) = [each for each in real_again(real, ReplayOptions()) if each.is_wrong]
    assert (wrong.output, wrong.equal, wrong.token) == (task, False, at)
    assert wrong.before == " ".join(before.split()[-6:])
    assert wrong.what.endswith(f"“{came}” (token {written[at]}) comes, token {tokens[at]} is recorded")


def _trimmed(messages: tuple[Message, ...], words: str) -> str:
    """The text as remix would have kept it, had the model written these words."""
    prompt = Prompt(template="0" * 64, messages=messages, keep_opening=True)
    generation: Any = type("Written", (), {"text": words, "finish": "stop"})
    return trim.trim(prompt, generation).text


@pytest.mark.model
def test_the_command_on_the_real_model(real: RunFolder, garden: Path) -> None:
    arguments = ["verify", "--replay", "--sample", "4", "--threads", "1", "-q", "--json"]
    result = CliRunner().invoke(remix.cli.cli, ["-C", str(garden), *arguments])
    assert result.exit_code == 0, result.output
    (run,) = json.loads(result.stdout)["runs"]
    assert (run["replay"]["equal"], run["replay"]["environment"]) == (4, [])
