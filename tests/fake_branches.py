"""Runs of branches by the fake local model, each of whose tokens is a letter."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from remix.generation import branching, execute, prepare
from remix.generation.branch_run import Original
from remix.generation.branching import BranchOptions, Planned
from remix.generation.job import Job
from remix.outputs import RunFolder
from remix.outputs.find import OutputPlace
from remix.records import Branch, Fork, Options, Record, Run
from remix.workspace import Workspace
from tests.conftest import FILE
from tests.fake_decoder import FakeDecoder
from tests.fake_local import FakeLocal

MOST = 30
"""Tokens of a text at most."""


def letters(tokens: tuple[int, ...]) -> str:
    """The text of tokens of the fake decoder."""
    return "".join(chr(ord("a") + (token - 1) % 26) for token in tokens)


def write_originals(workspace: Workspace, local: FakeLocal, **options: object) -> RunFolder:
    """A run that tells all that branches need."""
    job = prepare.prepare_for(workspace, Options.model_validate({"max_tokens": MOST, **options}), local)
    job = dataclasses.replace(job, run=job.run.model_copy(update={"model": FILE, "n_ctx_seq": 4096}))
    return execute.generate(job, workspace.outputs, writer=local).folder


def original_at(folder: RunFolder, task: str) -> Original:
    """A text to branch from."""
    return branching.original_of(OutputPlace(folder, task))


def branch_after(original: Original, kept: int, *put: int, seed: int | None = None) -> Branch:
    """A branch after `kept` tokens of an output, with other tokens there."""
    return Branch(
        original=original.record.id,
        token=kept + 1,
        character=kept + 1,
        was=original.text[kept : kept + 1],
        put=letters(put),
        max_tokens=MOST,
        fork=Fork(token_ids=(*(original.record.output.token_ids or ())[:kept], *put), seed=seed),
    )


def carry_out(workspace: Workspace, run: Run, local: FakeLocal) -> RunFolder:
    """The finished run."""
    return execute.generate(Job(run, Path("fake.gguf"), {}, 0, ()), workspace.outputs, writer=local).folder


class LetterVocabulary:
    """The vocabulary of the fake decoder."""

    def piece(self, token: int) -> bytes:
        return FakeDecoder(1).piece(token)

    def tokenize_text(self, text: str) -> list[int]:
        return [FakeDecoder.LINE if letter == "\n" else ord(letter) - ord("a") + 1 for letter in text]

    def spelt(self, text: str) -> list[int]:
        return self.tokenize_text(text) if len(text) == 1 else []

    def refuse_marks(self, tokens: tuple[int, ...]) -> None:
        """The fake model has no marks."""

    def refuse_other_prompt(self, record: Record) -> None:
        """The fake model's prompts are always the same."""


@pytest.fixture
def letter_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets branches be planned for the fake model."""

    @contextmanager
    def vocabulary_of(run: Run, path: Path) -> Iterator[LetterVocabulary]:
        yield LetterVocabulary()

    monkeypatch.setattr(branching, "vocabulary_of", vocabulary_of)
    monkeypatch.setattr(branching, "model_of", lambda run, model, folders: Path("fake.gguf"))
    monkeypatch.setattr("remix.generation.branch_run.check_memory", lambda *_: None)


def plan_asked(workspace: Workspace, folder: RunFolder, task: str, **options: object) -> Planned:
    """Branches as the command plans them."""
    asked = BranchOptions()._replace(**options)
    return branching.plan_branches(workspace, OutputPlace(folder, task), asked)
