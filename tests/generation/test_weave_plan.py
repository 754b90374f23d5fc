"""Plan files: written, edited, given back, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from remix.errors import SeedError
from remix.generation import weave_plan
from remix.generation.weave import WeaveOptions, prepare_weave
from remix.records import Options
from remix.workspace import Workspace
from tests.conftest import FakeWriter
from tests.weaving import IDS, make_garden


@pytest.fixture
def garden(tmp_path: Path) -> Workspace:
    return make_garden(tmp_path / "garden")


def plan_of(garden: Workspace, writer: FakeWriter, asked: WeaveOptions) -> str:
    run = prepare_weave(garden, Options(), asked, writer=writer).run
    assert run.weave
    return weave_plan.written(run.weave, weave_plan.labels_of(run), ("A note.",))


def test_a_plan_given_back_makes_the_same_tasks(garden: Workspace, writer: FakeWriter, tmp_path: Path) -> None:
    asked = WeaveOptions("closest", 400, dialectic=True)
    path = tmp_path / "plan.toml"
    path.write_text(source := plan_of(garden, writer, asked), encoding="utf-8")
    assert '"clocks/001", # Clocks: The first clock runs fast.' in source
    assert "# A note." in source
    one = prepare_weave(garden, Options(), asked, writer=writer).run
    other = prepare_weave(garden, Options(), WeaveOptions(plan=path), writer=writer).run
    assert one.tasks == other.tasks
    assert one.weave
    assert other.weave
    assert one.weave.groups == other.weave.groups


def test_an_edited_plan_is_followed(garden: Workspace, writer: FakeWriter, tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(
        'length = 200\n[[paragraph]]\nwords = 70\npassages = ["maps/003", "clocks/001"]\n'
        '[[paragraph]]\npassages = ["clocks/002"]\n',
        encoding="utf-8",
    )
    weave = prepare_weave(garden, Options(), WeaveOptions(plan=path), writer=writer).run.weave
    assert weave
    assert [(group.passages, group.words) for group in weave.groups] == [
        (("maps/003", "clocks/001"), 70),
        (("clocks/002",), 100),
    ]
    assert (weave.order, weave.length) == ("given", 200)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("[[paragraph]]\npassages = [\n", r"plan\.toml:\d+: not TOML"),
        ("length = 600\n", r"plan\.toml:1: `paragraph`: field required"),
        (
            "[[paragraph]]\npassages = ['a/001']\n[[paragraph]]\n\nwords = 0\npassages = ['a/002']\n",
            r"plan\.toml:5: ",
        ),
        ("[[paragraph]]\npassages = ['a/001']\ntitle = 'x'\n", r"plan\.toml:3: `paragraph\.0\.title`"),
        ("[[paragraph]]\nwords = 90\n", r"plan\.toml:1: paragraph 1 has neither passages nor texts"),
        ('[[paragraph]]\npassages = [\n"a/001",\n"a/001"]\n', r"plan\.toml:4: 'a/001' stands in the plan twice"),
        ("[[paragraph]]\npassages = ['clocks/009']\n", r"plan\.toml:2: no passage 'clocks/009'"),
    ],
)
def test_errors_name_file_and_line(
    garden: Workspace, writer: FakeWriter, tmp_path: Path, source: str, message: str
) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(source, encoding="utf-8")
    with pytest.raises(SeedError, match=message):
        prepare_weave(garden, Options(), WeaveOptions(plan=path), writer=writer)


def test_passages_in_the_order_in_which_they_were_named(garden: Workspace, writer: FakeWriter) -> None:
    named = (IDS[4], IDS[0], IDS[2])
    run = prepare_weave(garden, Options(passages=named), WeaveOptions("given"), writer=writer).run
    assert run.weave
    assert run.weave.groups[0].passages == named
