"""A run by the fake local model from which branches can leave, and what tests of branches ask of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from remix.generation import branch_run, execute, prepare, roads
from remix.generation.job import Job
from remix.outputs import RunFolder
from remix.records import Alternative, Branch, Choice, Fork, Options, Record, Run
from remix.verification import replay
from remix.verification.replay import ReplayOptions
from remix.verification.verify import verify
from remix.workspace import Workspace
from tests.conftest import FILE
from tests.fake_decoder import FakeDecoder
from tests.fake_local import FakeLocal


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeLocal]:
    """The fake local model with alternatives, for which roads can be planned."""
    monkeypatch.setattr(FakeDecoder, "choices_of", choices_with_alternatives)
    monkeypatch.setattr(roads, "vocabulary_of", fake_vocabulary_of)
    monkeypatch.setattr(roads, "model_of", lambda run, model, folders: Path("fake.gguf"))
    monkeypatch.setattr(branch_run, "check_memory", lambda *of_what: None)
    with closing(FakeLocal(trace=True)) as writer:
        yield writer


def write_run(workspace: Workspace, local: FakeLocal, options: Options | None = None) -> RunFolder:
    """A run of two steps that tells all that branches need."""
    job = prepare.prepare_for(workspace, options or Options(steps=2, max_tokens=30), local)
    return write(workspace, dataclasses.replace(job, run=job.run.model_copy(update={"model": FILE})), local)


def write(workspace: Workspace, job: Job, local: FakeLocal) -> RunFolder:
    """A job carried out."""
    job = dataclasses.replace(job, run=job.run.model_copy(update={"n_ctx_seq": 4096, "contexts": ()}))
    return execute.generate(job, workspace.outputs, writer=local).folder


def branch_of(record: Record, kept: int, *put: int) -> Branch:
    """A branch after `kept` tokens of an output, with other tokens there. Each token is a letter of the text."""
    return Branch(
        original=record.id,
        token=kept + 1,
        character=kept + 1,
        was=_letters(tokens_of(record)[kept : kept + 1]),
        put=_letters(put),
        max_tokens=30,
        fork=Fork(token_ids=(*tokens_of(record)[:kept], *put)),
    )


def tokens_of(record: Record) -> tuple[int, ...]:
    """The tokens of an output's text."""
    assert record.output.token_ids is not None
    return record.output.token_ids


def _letters(tokens: Sequence[int]) -> str:
    return b"".join(map(FakeVocabulary().piece, tokens)).decode()


def replayed(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> list[bool | None]:
    """For each text of a run, whether the same tokens come again."""
    monkeypatch.setattr(replay, "_load", lambda path, needs: FakeLocal())
    report = verify(folder.path)
    assert report.run is not None
    found = replay.replay(report.run, report.found, lambda run: Path("fake.gguf"), ReplayOptions())
    return [each.equal for each in found]


class FakeVocabulary:
    """The vocabulary of `FakeLocal`: letters, and bytes as prompts."""

    def piece(self, token: int) -> bytes:
        return b"" if token == FakeDecoder.END else bytes([ord("a") + (token - 1) % 26])

    def tokenize_text(self, text: str) -> list[int]:
        return [ord(letter) - ord("a") + 1 for letter in text]

    def spelt(self, text: str) -> list[int]:
        return self.tokenize_text(text) if len(text) == 1 and text.islower() else []

    def refuse_marks(self, tokens: Sequence[int]) -> None:
        """The fake model has no marks."""

    def refuse_other_prompt(self, record: Record) -> None:
        """All prompts are as they were."""


@contextmanager
def fake_vocabulary_of(run: Run, path: Path) -> Iterator[FakeVocabulary]:
    """The vocabulary of any run."""
    yield FakeVocabulary()


def choices_with_alternatives(decoder: FakeDecoder, slots: Sequence[int], tokens: Sequence[int]) -> list[Choice]:
    """The choices of `FakeDecoder`, with an entropy and five alternatives by token: some can't be taken."""
    return [
        Choice(decoder.piece(token).decode(), -float(token), token * 7 % 11 / 3, _alternatives(token))
        for token in tokens
    ]


def _alternatives(token: int) -> tuple[Alternative, ...]:
    letters = [chr(ord("a") + (token + offset) % 26) for offset in (3, 5, 9)]
    return tuple(Alternative(piece, 0.1) for piece in (letters[0], "", "�", *letters[1:]))
