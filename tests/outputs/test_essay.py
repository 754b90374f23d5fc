"""The heading of an essay, whatever marks a model puts around a title; and requests that plan no such essay."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from remix.errors import RunError
from remix.outputs import RunFolder
from remix.outputs.essay import EssayPart, WovenEssay, woven
from remix.outputs.layout import REQUEST
from tests.conftest import FakeWriter
from tests.weaving import make_garden, woven_run


@pytest.mark.parametrize(
    ("title", "heading"),
    [
        ("The Floor of a Grade", "The Floor of a Grade"),
        ("“The Floor of a Grade.”", "The Floor of a Grade"),
        ("# **The Floor**", "The Floor"),
        ("\nTitle: The Floor\nAnd more", "The Floor"),
        ("What Is a Mile?", "What Is a Mile?"),
        ("Once more …", "Once more …"),
        ("***", "Untitled"),
    ],
)
def test_a_heading_has_no_marks_of_the_model(finished: RunFolder, title: str, heading: str) -> None:
    record, _ = finished.read(finished.run.tasks[0].id)
    part = EssayPart("x", record, "A  paragraph\nof two lines.")
    essay = WovenEssay(EssayPart("t", record, title), (part, part._replace(text="")))
    assert essay.heading == heading
    assert essay.markdown == f"# {heading}\n\nA paragraph of two lines.\n"


def test_other_runs_weave_no_essay(finished: RunFolder) -> None:
    with pytest.raises(RunError, match="weaves no essay"):
        woven(finished)


@pytest.mark.parametrize(
    "change",
    [
        lambda run: run["weave"]["groups"].pop(),
        lambda run: run.pop("weave"),
        lambda run: run["weave"].update(title="summary"),
        lambda run: run["tasks"][-1].update(inputs=[{"passage": "clocks/001"}]),
    ],
)
def test_a_request_whose_plan_has_no_such_part_is_refused(tmp_path: Path, writer: FakeWriter, change: object) -> None:
    folder = woven_run(make_garden(tmp_path / "garden"), writer)
    path = folder.path / REQUEST
    request = json.loads(path.read_bytes())
    assert callable(change)
    change(request)
    path.write_text(json.dumps(request), encoding="utf-8")
    with pytest.raises(RunError, match="plans no essay with the part"):
        RunFolder.open(folder.path)
