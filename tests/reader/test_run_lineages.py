"""Lineages of a run by a model: asked once, stored beside the records."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from remix.analysis.run_lineages import lineages
from remix.errors import PromptError
from remix.outputs import RunFolder
from remix.reader import run_lineages, run_readings
from remix.records import ModelFile
from remix.verification.verify import verify
from remix.workspace import Workspace
from tests.conftest import FILE, Remix
from tests.made_weave import PARAGRAPHS, RUN, made_weave
from tests.reader.fake_scorer import FakeScorer

MODEL = (Path("fake.gguf"), FILE)


class Vocabulary:
    """Counts a word as a token."""

    def __init__(self, *_: object) -> None:
        pass

    def count_text(self, text: str) -> int:
        return len(text.split())

    def close(self) -> None:
        pass


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[FakeScorer]:
    """The readers that were loaded."""
    found: list[FakeScorer] = []

    def load(*_: object) -> FakeScorer:
        found.append(FakeScorer())
        return found[-1]

    monkeypatch.setattr(run_lineages, "Vocabulary", Vocabulary)
    monkeypatch.setattr(run_lineages, "LocalModel", load)
    monkeypatch.setattr(run_readings, "find_reader", lambda *_: MODEL)
    return found


@pytest.fixture
def essay(workspace: Workspace, finished: RunFolder) -> RunFolder:
    """A woven essay."""
    return made_weave(workspace, finished)


def test_what_is_stored_is_not_asked_again(essay: RunFolder, loaded: list[FakeScorer]) -> None:
    found = run_lineages.read(essay, MODEL)
    assert len(found.outputs) == 5
    assert not found.left_out
    assert run_lineages.read(essay, MODEL) == found
    assert len(loaded) == 1
    assert list(lineages(essay)) == found.outputs
    assert not [each for each in verify(essay.path).findings if "lineage" in each.file]
    other: ModelFile = FILE.model_copy(update={"sha256": "1" * 64})
    run_lineages.read(essay, (MODEL[0], other))
    assert len(loaded) == 2


def test_behind_a_copy_stands_its_passage(essay: RunFolder, loaded: list[FakeScorer]) -> None:
    by_task = {each.task.id: each.file.model for each in run_lineages.read(essay, MODEL).outputs}
    model = by_task[PARAGRAPHS[1]]
    assert model
    assert [each.behind[0].passage for each in model.sentences] == ["maps/001", "maps/002", "maps/002"]


def test_texts_that_dont_fit_are_left_out(essay: RunFolder, loaded: list[FakeScorer]) -> None:
    small: ModelFile = FILE.model_copy(update={"context": 30})
    found = run_lineages.read(essay, (MODEL[0], small))
    assert found.left_out
    assert not set(found.left_out) & {each.task.id for each in found.outputs}
    long = next(each for each in lineages(essay) if each.task.id == found.left_out[0])
    with pytest.raises(PromptError, match="longer than fake reads"):
        run_lineages.read_output(essay, long, (MODEL[0], small))


def test_why_asks_the_model_once_and_stores_what_it_says(
    essay: RunFolder, loaded: list[FakeScorer], remix_: Remix
) -> None:
    words = ("why", f"{RUN}:{PARAGRAPHS[1]}", "--sentence", "2", "--by", "model")
    found = json.loads(remix_(*words, "--json").stdout)
    assert (found["by"], found["reader"]["name"], found["behind"][0]["passage"]) == ("model", "fake", "maps/002")
    result = remix_(*words)
    assert "Read by fake." in result.stderr
    assert len(loaded) == 1


def test_a_single_passage_may_be_asked_about_too(
    finished: RunFolder, loaded: list[FakeScorer], remix_: Remix
) -> None:
    found = json.loads(remix_("why", "two-clocks/001/again.1", "--sentence", "1", "--by", "model", "--json").stdout)
    assert found["by"] == "model"
