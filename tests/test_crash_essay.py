"""Faults of the disk while an essay is put together from its finished texts."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

import pytest

from remix.generation import execute
from remix.generation.weave import WeaveOptions, prepare_weave
from remix.outputs import RunFolder
from remix.records import Options
from tests.conftest import FakeWriter
from tests.test_crash import MANIFEST, Make, Reference, check, check_finished, faults, resume, suffer
from tests.weaving import make_garden

__all__ = ["faults"]


@pytest.fixture(scope="module")
def essay(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    """A run of an essay of one paragraph."""
    garden = make_garden(tmp_path_factory.mktemp("essay") / "garden")
    writer = FakeWriter(trace=True)
    job = prepare_weave(garden, Options(max_tokens=20, limit=1), WeaveOptions(), writer=writer)
    folder = execute.generate(job, garden.root / "reference", writer=writer).folder
    writer.close()
    return Reference(job, {task.id: folder.text_path(task.id).read_bytes() for task in folder.run.tasks})


def test_whatever_fails_while_an_essay_is_put_together_nothing_is_lost(
    essay: Reference, faults: Make, tmp_path: Path
) -> None:
    """From an essay of which only the file and what comes after it are missing."""
    writer = FakeWriter(trace=True)
    whole = execute.generate(essay.job, tmp_path / "whole", writer=writer).folder
    writer.close()
    (whole.path / "essay.md").unlink()
    (whole.path / MANIFEST).unlink()
    for at in range(1, 100):
        folder = RunFolder.open(shutil.copytree(whole.path, tmp_path / str(at) / whole.path.name))
        fault = faults(folder.path, at)
        suffer(fault, partial(execute.resume, folder))
        check(folder.path, essay)
        resume(folder)
        check_finished(folder, essay)
        assert (folder.path / "essay.md").read_bytes().startswith(b"# ")
        if not fault.struck:
            break
    assert 5 < at < 99, "it ends when nothing is left to fail"
