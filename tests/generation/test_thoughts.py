"""Runs of models that think aloud: texts without thoughts, thoughts in the records, exact on replay."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path

import pytest

from remix.engine.engine import Engine
from remix.engine.llama import LlamaModel
from remix.engine.local import LoadOptions, LocalModel
from remix.engine.reasoning import marking
from remix.errors import PromptError
from remix.generation import execute, prepare
from remix.generation.writer import OnText
from remix.models import identity
from remix.outputs import RunFolder, list_runs
from remix.outputs.uncertain import words
from remix.records import Fork, Generation, Grammar, Greedy, Message, Options, Prompt, Request, Run, Sampling, sha256
from remix.verification import replay
from remix.verification.replay import ReplayOptions
from remix.verification.verify import verify
from remix.workspace import Workspace
from tests import tiny_models
from tests.cli.test_cli import ok
from tests.conftest import FILE, Remix
from tests.fake_local import FakeLocal
from tests.forging import bless, forge
from tests.transcripts import TRANSCRIPTS, Reciting, Transcript

BY_FAMILY = {each.family: each for each in TRANSCRIPTS}
TASK = "two-clocks/001/again.1"


class RecitingLocal(FakeLocal):
    """A local model that writes a transcript, whatever the prompt."""

    def __init__(self, transcript: Transcript) -> None:
        super().__init__(trace=True)
        self.engine.close()
        self._opened = transcript.opened
        self.engine = Engine(
            Reciting(transcript.written),
            trace=True,
            writer=lambda: self.made_by(),
            marks=marking(transcript.template),
        )

    def request(self, messages: Sequence[Message], sampling: Sampling) -> Request:
        return super().request(messages, sampling).model_copy(update={"opened": self._opened})

    def submit(
        self, prompt: Prompt, sampling: Sampling, on_text: OnText | None = None, *, fork: Fork | None = None
    ) -> Future[Generation]:
        return self.engine.submit(self.request(prompt.messages, sampling))


Recite = Callable[..., RunFolder]


@pytest.fixture
def recite(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Recite:
    """Makes a run of a transcript; replays are by a model that writes the same transcript."""

    def make(transcript: Transcript, **options: int) -> RunFolder:
        monkeypatch.setattr(replay, "_load", lambda path, needs: RecitingLocal(transcript))
        with closing(RecitingLocal(transcript)) as writer:
            chosen = Options.model_validate({"kinds": ("again",), "steps": 1, "max_thoughts": 90, **options})
            job = prepare.prepare_for(workspace, chosen, writer)
            job = dataclasses.replace(job, run=job.run.model_copy(update={"model": FILE, "n_ctx_seq": 4096}))
            return execute.generate(job, workspace.outputs, writer=writer).folder

    return make


def replayed(folder: RunFolder, model: str = "fake.gguf") -> list[bool | None]:
    report = verify(folder.path)
    assert isinstance(report.run, Run)
    found = replay.replay(report.run, report.found, lambda _: Path(model), ReplayOptions())
    return [each.equal for each in found]


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda transcript: transcript.family)
def test_a_transcript_becomes_a_text_a_record_and_the_same_again(recite: Recite, transcript: Transcript) -> None:
    folder = recite(transcript)
    record, text = folder.read(TASK)
    thoughts = record.output.thoughts
    assert text == transcript.text.strip()
    assert (thoughts.text if thoughts else "") == transcript.thoughts
    assert ("thoughts" in record.flags) == (transcript.family == "never closed")
    assert verify(folder.path).findings == ()
    assert replayed(folder) == [True] * 3
    if text:
        trace = folder.read_trace(TASK)
        assert "".join(text[word.start : word.end] for word in words(text, trace.choices)) == "".join(text.split())


def test_each_candidate_has_its_thoughts(recite: Recite) -> None:
    folder = recite(BY_FAMILY["gpt-oss"], best_of=2)
    record, _ = folder.read(TASK)
    assert [each.thoughts for each in record.candidates or ()] == [record.output.thoughts] * 2
    assert replayed(folder) == [True] * 3


def test_other_thoughts_than_those_recorded_are_found(recite: Recite) -> None:
    folder = recite(BY_FAMILY["gpt-oss"])
    path = folder.record_path(TASK)
    raw = json.loads(path.read_bytes())
    raw["output"]["thoughts"]["text"] = "Maps tell the truth."
    path.write_text(json.dumps(raw))
    bless(folder)
    assert [each.what for each in verify(folder.path).findings] == ["its thoughts aren't those of their sha256"]


def test_forged_thoughts_do_not_come_again(recite: Recite) -> None:
    folder = recite(BY_FAMILY["gpt-oss"])
    forged = {"text": "Maps tell the truth.", "sha256": sha256("Maps tell the truth.")}
    forge(folder, TASK, lambda raw: raw["output"]["thoughts"].update(forged))
    assert verify(folder.path).findings == ()
    assert replayed(folder) == [False, True, True]


def test_thoughts_without_end_are_not_replayed(recite: Recite) -> None:
    folder = recite(BY_FAMILY["gpt-oss"])
    forge(folder, TASK, lambda raw: raw["derivation"]["sampling"].update(max_thoughts=100_000))
    assert replayed(folder) == [None, True, True]


def test_a_text_that_never_came_is_flagged(recite: Recite) -> None:
    record, text = recite(BY_FAMILY["never closed"]).read(TASK)
    assert (text, record.flags) == ("", ("empty", "thoughts"))


def test_show_tells_of_thoughts_and_shows_them(recite: Recite, remix_: Remix) -> None:
    recite(BY_FAMILY["gpt-oss"])
    assert "The model wrote 12 tokens of thoughts first: --thoughts shows them." in remix_("show", TASK).stderr
    assert "Say so." not in ok(remix_("show", TASK))
    assert "Say so." in ok(remix_("show", TASK, "--thoughts"))
    assert ", after 12 tokens of thoughts." in ok(remix_("why", TASK))
    assert json.loads(ok(remix_("show", TASK, "--thoughts", "--json")))["text"] == "Maps lie.\nSay so."


def test_show_says_if_there_were_no_thoughts(recite: Recite, remix_: Remix) -> None:
    recite(BY_FAMILY["none"])
    result = remix_("show", TASK, "--thoughts")
    assert "was written without thoughts" in result.stderr
    assert "--think" in result.stderr


def test_exports_have_the_text_alone(recite: Recite, remix_: Remix) -> None:
    folder = recite(BY_FAMILY["gpt-oss"])
    for form in ("markdown", "html"):
        ok(remix_("export", folder.path.name, "--format", form, "--to", folder.path.parents[1] / f"out.{form}"))
        made = (folder.path.parents[1] / f"out.{form}").read_text(encoding="utf-8")
        assert "All maps lie." in made
        assert "Say so." not in made


# -- through llama.cpp --------------------------------------------------------------------------------------


@pytest.fixture
def thinking(tmp_path: Path) -> Path:
    """A tiny model whose chat template opens a thought, and whose closing mark is a control token."""
    header = tiny_models.byte_pairs()
    header.put("tokenizer.chat_template", tiny_models.STRING, "{{ messages[0]['content'] }}\n<think>\n")
    tokens = header.get("tokenizer.ggml.tokens").items
    tokens[tokens.index(b"<|im_start|>")] = b"</think>"
    return tiny_models.write(tmp_path / "thinking.gguf", header)


@pytest.mark.parametrize("think", [True, False])
def test_a_run_of_a_model_that_thinks_comes_again(
    workspace: Workspace, remix_: Remix, thinking: Path, think: bool
) -> None:
    """The tiny model writes at random, so remix closes its thoughts at the limit, in the middle of a batch."""
    options = ("--all", "--kind", "again", "--steps", 2, "--model", thinking)
    ok(remix_("generate", *options, *(["--think", "--max-thoughts", 24] if think else [])))
    (path,) = list_runs(workspace.outputs)
    folder = RunFolder.open(path)
    closed = 0
    for task in folder.run.tasks:
        record, _ = folder.read(task.id)
        prompt = record.derivation.prompt.token_ids or ()
        with LlamaModel(thinking, vocab_only=True) as model:
            (mark,) = model.tokenize_markup("</think>")
            thoughts = record.output.thoughts and record.output.thoughts.token_ids
            if think:
                assert mark not in prompt
                assert thoughts
                assert len(thoughts) <= 24
                closed += mark in thoughts[-3:]
            else:
                assert b"".join(map(model.spelling, prompt)).endswith(b"\n<think></think>")
    assert bool(closed) == think
    ok(remix_("verify", "--replay"))
    assert replayed(folder, str(thinking)) == [True] * 6


def test_a_run_that_is_resumed_thinks_the_same(workspace: Workspace, remix_: Remix, thinking: Path) -> None:
    ok(remix_("generate", "--all", "--kind", "again", "--model", thinking, "--think", "--max-thoughts", 24))
    (path,) = list_runs(workspace.outputs)
    folder = RunFolder.open(path)
    before = [folder.read(task.id)[0].id for task in folder.run.tasks]
    folder.unseal()
    for task in folder.run.tasks[1::2]:
        folder.record_path(task.id).unlink()
    ok(remix_("resume", "--model", thinking))
    assert [folder.read(task.id)[0].id for task in folder.run.tasks] == before
    assert verify(folder.path).findings == ()


@pytest.fixture
def load(thinking: Path) -> Callable[[bool], LocalModel]:
    needs = LoadOptions((256,), 1, 1, fast=True)
    return lambda think: LocalModel(thinking, identity.identify(thinking), needs._replace(think=think))


QUESTION = (Message(role="user", content="Do maps lie?"),)


def test_an_answer_under_a_grammar_is_no_thought(load: Callable[[bool], LocalModel]) -> None:
    """Bug: a prompt that left a thought open had the grammar's answer in the thought, and the text was empty."""
    grammar = Grammar(source='root ::= "yes" | "no"')
    sampling = Sampling(seed=1, chain=(grammar, Greedy()), max_tokens=9, stop=(), max_thoughts=40)
    with load(True) as model:
        generation = model.engine.submit(model.request(QUESTION, sampling)).result(timeout=60)
    assert generation.text in ("yes", "no")
    assert generation.thoughts is None


def test_an_answer_is_not_scored_as_a_thought(load: Callable[[bool], LocalModel]) -> None:
    """Bug: a prompt that left a thought open had the answer scored within the thought."""
    scores = []
    for think in (True, False):
        with load(think) as model:
            scores.append(model.score(QUESTION, "All maps lie.").result(timeout=60))
    assert scores[0] == scores[1]


def test_what_does_not_fit_with_thoughts_is_said_of_thoughts(workspace: Workspace, thinking: Path) -> None:
    """Bug: the advice named --max-tokens alone, which can't help if the thoughts fill the context."""
    options = Options(model=str(thinking), kinds=("again",), steps=1, think=True, max_thoughts=100_000, strict=True)
    with pytest.raises(PromptError, match="tokens with its thoughts and output") as caught:
        prepare.prepare(workspace, options)
    assert caught.value.hint == "Split the passage, lower --max-thoughts or --max-tokens, or take another model."


def test_a_draft_tells_of_its_thoughts(workspace: Workspace, remix_: Remix, thinking: Path) -> None:
    options = ("--max-tokens", 8, "--model", thinking)
    thought = remix_("try", "again", "two-clocks/001", "--think", "--max-thoughts", 24, *options)
    assert re.search(r"\(after \d+ tokens of thoughts\)", thought.stderr)
    assert "thoughts" not in remix_("try", "again", "two-clocks/001", *options).stderr


def test_a_model_without_a_chat_template_is_told(workspace: Workspace, remix_: Remix, tmp_path: Path) -> None:
    header = tiny_models.byte_pairs()
    header.drop("tokenizer.chat_template")
    plain = tiny_models.write(tmp_path / "plain.gguf", header)
    for command in (("try", "again", "two-clocks/001"), ("generate", "--all", "--kind", "again", "--dry-run")):
        result = remix_(*command, "--max-tokens", 8, "--model", plain)
        assert result.exit_code == 0
        assert result.stderr.count("plain has no chat template and gets the prompt as plain text.") == 1


@pytest.mark.model
def test_control_tokens_are_spelt_and_stand_for_no_text(model_path: Path) -> None:
    with LlamaModel(model_path, vocab_only=True) as model:
        (token,) = model.tokenize_markup("<|im_start|>")
        assert (model.piece(token), model.spelling(token)) == (b"", b"<|im_start|>")
        assert all(model.piece(each) == model.spelling(each) for each in model.tokenize_text("A word."))
