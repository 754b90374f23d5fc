"""How long a run will take: by its last run, by tuning, or by a rule of thumb that says so."""

from __future__ import annotations

import pytest

from remix.engine import tune
from remix.engine.decoder import BatchConfig
from remix.generation import duration, execute, prepare
from remix.generation.duration import Pace
from remix.records import Options, Run
from remix.workspace import Workspace
from tests.conftest import FILE, FakeWriter


class Named(FakeWriter):
    """A writer with a model's file."""

    file = FILE


@pytest.fixture(autouse=True)
def _cache(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REMIX_CACHE", f"{tmp_path}/cache")


def plan(workspace: Workspace, **options: object) -> Run:
    writer = FakeWriter()
    writer.close()
    run = prepare.prepare_for(workspace, Options.model_validate({"steps": 2, **options}), writer).run
    return run.model_copy(update={"model": FILE})


def keep(run: Run, **numbers: float) -> None:
    pace = Pace.model_validate({"texts": 10, "sampled": 100, "seconds": 10, "at_once": 6, **numbers})
    duration._MEMOS.write(duration._key(FILE, run.options.gpu_layers), pace)


def test_by_the_last_run(workspace: Workspace) -> None:
    """12 texts of 10 tokens as before, or of the 12 tokens that the template allows, at 10 tokens a second."""
    run = plan(workspace)
    keep(run)
    found = duration.estimate(run, 0)
    assert found == (pytest.approx(12.0), pytest.approx(14.4), "its last run")


def test_more_texts_at_a_time_may_be_faster(workspace: Workspace) -> None:
    run = plan(workspace)
    keep(run, at_once=2)
    found = duration.estimate(run, 0)
    assert found
    assert (found.least, found.most) == (pytest.approx(4.0), pytest.approx(14.4))


def test_candidates_are_counted(workspace: Workspace) -> None:
    keep(plan(workspace), at_once=16)
    one, three = (duration.estimate(plan(workspace, best_of=number), 0) for number in (1, 3))
    assert one
    assert three
    assert three.most == pytest.approx(3 * one.most)


def test_by_tuning(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    config = BatchConfig()
    timed = tune.Timed(config=config, texts_a_minute=9, prompt=100, decode=10, exact=True)
    tuned = tune.Tuned(texts=72, config=config, fastest=config, how="probed", timed=(timed,), waiting=())
    monkeypatch.setattr(tune, "recall", lambda file: tuned)
    found = duration.estimate(plan(workspace), 200)
    assert found == (pytest.approx(2 + 0.4 * 14.4), pytest.approx(2 + 14.4), "`remix models tune`")
    tuned = tuned.model_copy(update={"texts": 1})
    found = duration.estimate(plan(workspace), 200)
    assert found, "more texts at a time are faster than the one that was measured"
    assert found[:2] == (pytest.approx(2 + 0.4 * 14.4 / 3), pytest.approx(2 + 14.4))


def test_a_rule_of_thumb_says_that_it_is_one(workspace: Workspace) -> None:
    found = duration.estimate(plan(workspace), 0)
    assert found
    assert found.basis == "a rule of thumb, since no run with this model was timed here"
    assert found.least < found.most


def test_nothing_is_known_of_a_writer_without_a_file(workspace: Workspace) -> None:
    assert duration.estimate(plan(workspace).model_copy(update={"model": None}), 0) is None


def test_a_run_is_remembered_outside_of_its_folder(workspace: Workspace) -> None:
    options = Options(steps=2)
    writer = Named()
    folder = execute.generate(
        prepare.prepare_for(workspace, options, writer), workspace.outputs, writer=writer
    ).folder
    sampled = writer.sampled
    writer.close()
    kept = duration._MEMOS.read(duration._key(FILE, 0))
    assert kept
    assert (kept.texts, kept.sampled, kept.at_once) == (12, sampled, 4)
    assert not [path for path in folder.path.rglob("*") if "pace" in path.name]


@pytest.mark.parametrize(("sampled", "seconds", "texts"), [(10, 5.0, 3), (100, 0.0, 3), (0, 5.0, 0)])
def test_a_run_that_says_little_is_not_remembered(
    workspace: Workspace, sampled: int, seconds: float, texts: int
) -> None:
    writer = Named()
    writer.close()
    duration.remember(plan(workspace), writer, sampled, seconds, texts)
    assert duration._MEMOS.read(duration._key(FILE, 0)) is None


def test_a_damaged_memo_counts_as_none(workspace: Workspace) -> None:
    run = plan(workspace)
    keep(run)
    numbers = '{"texts": 0, "sampled": 1, "seconds": 1, "at_once": 1}'
    duration._MEMOS.path(duration._key(FILE, 0)).write_text(numbers, encoding="utf-8")
    found = duration.estimate(run, 0)
    assert found
    assert found.basis.startswith("a rule of thumb")
