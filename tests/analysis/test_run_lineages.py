"""Lineages of outputs, stored and made anew; which passages of a run are heard."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from remix.analysis import coverage, run_lineages
from remix.analysis.run_lineages import lineage_of
from remix.generation import execute, prepare
from remix.measure import lineage as by_words
from remix.outputs import RunFolder
from remix.outputs.layout import LINEAGE, place_of
from remix.outputs.stored_lineages import store_lineage, stored_lineage
from remix.records import Options
from remix.verification.verify import verify
from remix.workspace import Workspace
from tests.conftest import FakeWriter
from tests.made_weave import ADDED, OPENING, PARAGRAPHS, UNHEARD, made_weave

GROUPED = (
    "---\ndescription: x\nreads: passages\n---\n{% for each in passages %}{{ each }}\n{% endfor %}Now all of it."
)
WHOLE = "_group/001/whole.1"


@pytest.fixture
def essay(workspace: Workspace, finished: RunFolder) -> RunFolder:
    """A woven essay."""
    return made_weave(workspace, finished)


@pytest.fixture
def grouped(workspace: Workspace) -> RunFolder:
    """A run with a text of three passages and texts of one."""
    (workspace.prompts / "whole.md.j2").write_text(GROUPED)
    writer = FakeWriter()
    job = prepare.prepare_for(workspace, Options(kinds=("whole", "once"), steps=1), writer)
    return execute.generate(job, workspace.outputs, writer=writer).folder


def test_a_lineage_is_stored_as_a_text_of_several_passages_is_finished(grouped: RunFolder) -> None:
    stored = [path.relative_to(grouped.path).as_posix() for path in grouped.path.rglob(f"*{LINEAGE}")]
    assert stored == [f"{WHOLE}{LINEAGE}"]
    record, text = grouped.read(WHOLE)
    found = stored_lineage(grouped, WHOLE, record.id)
    assert found == lineage_of(grouped, WHOLE, record, text)
    assert found
    assert found.words.passages == ("two-clocks/001", "two-clocks/002", "two-clocks/003")
    assert verify(grouped.path).findings == ()
    assert LINEAGE not in (grouped.path / "MANIFEST.sha256").read_text()


def test_a_text_that_is_forgotten_loses_its_lineage(grouped: RunFolder) -> None:
    (task,) = [task for task in grouped.run.tasks if task.id == WHOLE]
    grouped.forget(task)
    assert not (grouped.path / f"{WHOLE}{LINEAGE}").exists()


def test_a_missing_lineage_is_made_when_somebody_asks(essay: RunFolder) -> None:
    record, text = essay.read(PARAGRAPHS[0])
    assert stored_lineage(essay, PARAGRAPHS[0], record.id) is None
    found = lineage_of(essay, PARAGRAPHS[0], record, text)
    assert [[each.passage for each in sentence.behind] for sentence in found.words.sentences] == [
        ["two-clocks/001"],
        ["two-clocks/001"],
        ["two-clocks/002"],
        [],
    ]


def changed(folder: RunFolder, change: Callable[[dict[str, Any]], None]) -> None:
    """Store the first paragraph's lineage with a change."""
    record, text = folder.read(PARAGRAPHS[0])
    raw = lineage_of(folder, PARAGRAPHS[0], record, text).model_dump(mode="json")
    change(raw)
    (folder.path / f"{PARAGRAPHS[0]}{LINEAGE}").write_text(json.dumps(raw))


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw["words"].update(version=1),
        lambda raw: raw["words"].update(method="model"),
        lambda raw: raw["words"].update(passages=["two-clocks/001"]),
        lambda raw: raw["words"]["sentences"].pop(),
        lambda raw: raw["words"]["sentences"][0].update(sentence="Another."),
        lambda raw: raw["words"]["sentences"][0].update(added=True),
        lambda raw: raw["words"]["sentences"][0]["behind"][0].update(passage="maps/001"),
        lambda raw: raw["words"]["sentences"][0]["behind"].append(raw["words"]["sentences"][0]["behind"][0]),
        lambda raw: raw["words"]["sentences"][0]["behind"][0].update(share=2.0),
        lambda raw: raw["words"]["sentences"][0]["behind"][0].update(score=float("nan")),
        lambda raw: raw.update(record="0" * 64),
        lambda raw: raw.update(words=None),
        lambda raw: raw.update(model=raw["words"]),
    ],
)
def test_a_lineage_that_cant_be_the_texts_is_made_anew(
    essay: RunFolder, change: Callable[[dict[str, Any]], None]
) -> None:
    """The folder may be a stranger's; and lineages of earlier versions are no longer right."""
    record, text = essay.read(PARAGRAPHS[0])
    right = lineage_of(essay, PARAGRAPHS[0], record, text)
    changed(essay, change)
    assert lineage_of(essay, PARAGRAPHS[0], record, text) == right
    assert right.words.version == by_words.VERSION


def test_a_lineage_of_another_record_is_found_by_verification(essay: RunFolder) -> None:
    changed(essay, lambda raw: raw.update(record="0" * 64))
    assert [(each.file, each.what) for each in verify(essay.path).findings if each.file.endswith(LINEAGE)] == [
        (f"{PARAGRAPHS[0]}{LINEAGE}", "belongs to another record; `remix measure` makes it anew")
    ]
    changed(essay, lambda raw: raw.update(words=[]))
    (found,) = [each.what for each in verify(essay.path).findings if each.file.endswith(LINEAGE)]
    assert found == "not the lineage of a text; `remix measure` makes it anew"


def test_a_stored_lineage_of_the_present_version_is_used(essay: RunFolder) -> None:
    record, text = essay.read(PARAGRAPHS[0])
    own = lineage_of(essay, PARAGRAPHS[0], record, text)
    first = own.words.sentences[0].model_copy(update={"added": True, "behind": ()})
    told = own.words.model_copy(update={"sentences": (first, *own.words.sentences[1:])})
    store_lineage(essay, PARAGRAPHS[0], own.model_copy(update={"words": told}))
    assert lineage_of(essay, PARAGRAPHS[0], record, text).words == told
    place = place_of(f"{PARAGRAPHS[0]}{LINEAGE}", [PARAGRAPHS[0]])
    assert place
    assert not place.kind.listed


def test_which_passages_of_an_essay_are_heard(essay: RunFolder) -> None:
    found = coverage.of_run(essay, list(run_lineages.lineages(essay)))
    assert found
    assert found.essay
    assert (found.essay.passages, found.essay.heard, found.essay.unheard) == (7, 5, UNHEARD)
    assert (found.essay.sentences, found.essay.added) == (10, len(ADDED))
    assert found.outputs[OPENING].heard == 1
    assert found.rows[-1] == ("the essay", "5 of 7", "2 of 10", ", ".join(UNHEARD))


def test_an_unfinished_essay_has_the_coverage_of_its_texts_alone(workspace: Workspace, finished: RunFolder) -> None:
    folder = made_weave(workspace, finished, {PARAGRAPHS[0]: "The first clock runs fast."})
    found = coverage.of_run(folder, list(run_lineages.lineages(folder)))
    assert found
    assert found.essay is None
    assert list(found.outputs) == [PARAGRAPHS[0]]


def test_a_run_of_single_passages_has_no_coverage(finished: RunFolder) -> None:
    assert coverage.of_run(finished, list(run_lineages.lineages(finished))) is None
