"""Texts that copy, by chance: every other text, by its hash, counts as a copy."""

from __future__ import annotations

import dataclasses
from contextlib import closing

import pytest

from remix.generation import execute, prepare, recorder
from remix.outputs import RunFolder
from remix.records import Options, sha256
from remix.workspace import Workspace
from tests.conftest import FILE
from tests.fake_local import FakeLocal


def is_copy(text: str) -> bool:
    return int(sha256(text)[:8], 16) % 2 == 0


def let_texts_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the hash of a text decide whether the text copies."""
    monkeypatch.setattr(recorder, "flags", lambda text, *_: ("copy",) if is_copy(text) else ())


def written(workspace: Workspace, parallel: int = 4, **options: object) -> RunFolder:
    """A finished run by the fake local model."""
    with closing(FakeLocal(parallel, trace=True)) as writer:
        job = prepare.prepare_for(workspace, Options(steps=2, **options), writer)
        job = dataclasses.replace(job, run=job.run.model_copy(update={"model": FILE, "n_ctx_seq": 4096}))
        return execute.generate(job, workspace.outputs, writer=writer).folder


def ids(folder: RunFolder) -> dict[str, str]:
    """The id of each record, by task."""
    return {task.id: folder.read(task.id)[0].id for task in folder.done}
