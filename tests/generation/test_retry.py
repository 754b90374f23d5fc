"""Texts that copy are written again, with other seeds; the kept text is a text like any other."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from remix.generation import execute, prepare, retry
from remix.generation.writer import Progress
from remix.outputs import RunFolder
from remix.records import Dist, Greedy, Options, Record, Sampling
from remix.verification import replay
from remix.verification.replay import ReplayOptions
from remix.verification.verify import verify
from remix.workspace import Workspace
from tests.conftest import FILE
from tests.fake_local import FakeLocal
from tests.forging import Change, forge
from tests.generation.copying import ids, is_copy, let_texts_copy, written

TRIES = 3


@pytest.fixture(autouse=True)
def _copying(monkeypatch: pytest.MonkeyPatch) -> None:
    let_texts_copy(monkeypatch)


def records(folder: RunFolder) -> dict[str, Record]:
    return {task.id: folder.read(task.id)[0] for task in folder.done}


def test_seeds_follow_from_the_first_and_differ() -> None:
    seeds = [retry.seed(7, number) for number in range(1, 100)]
    assert seeds == [retry.seed(7, number) for number in range(1, 100)]
    assert len({7, *seeds}) == 100
    assert all(1 <= seed <= 2**32 - 2 for seed in seeds)


def test_a_text_that_copies_is_written_again_until_the_tries_are_used_up(workspace: Workspace) -> None:
    folder = written(workspace, retry_copies=TRIES)
    assert folder.is_complete
    assert verify(folder.path).findings == ()
    counts = set()
    for task in folder.run.tasks:
        record, text = folder.read(task.id)
        counts.add(len(record.given_up))
        assert all(is_copy(each.text) and each.flags == ("copy",) for each in record.given_up)
        assert not is_copy(text) or len(record.given_up) == TRIES
        assert [each.seed for each in record.given_up][:1] in ([], [task.seed])
        retried = record.derivation.retried
        assert (retried.times if retried else 0) == len(record.given_up)
        sampling = record.derivation.sampling
        assert sampling
        assert sampling.seed == (retry.seed(task.seed, retried.times) if retried else task.seed)
        assert folder.read_trace(task.id).record == record.id
    assert {0, 1} < counts


def test_without_copies_the_option_changes_nothing(workspace: Workspace) -> None:
    """A record with no text given up has the id that it has without the option."""
    plain, tried = records(written(workspace)), records(written(workspace, retry_copies=TRIES))
    same = [id_ for id_, record in tried.items() if not record.given_up and id_.endswith(".1")]
    assert same
    for id_ in same:
        assert tried[id_].id == plain[id_].id
    assert all("retried" not in record.derivation.model_dump() for record in plain.values())


@pytest.mark.parametrize("best_of", [1, 2])
def test_the_same_texts_come_whatever_the_company(workspace: Workspace, best_of: int) -> None:
    one, *others = (written(workspace, parallel, retry_copies=TRIES, best_of=best_of) for parallel in (1, 3, 16))
    for other in others:
        assert ids(other) == ids(one)
        for id_, record in records(other).items():
            assert record.given_up == one.read(id_)[0].given_up


def test_each_candidate_is_tried_for_itself(workspace: Workspace) -> None:
    folder = written(workspace, retry_copies=TRIES, best_of=3)
    assert verify(folder.path).findings == ()
    of_several = 0
    for record in records(folder).values():
        assert [each.candidate for each in record.given_up] == sorted(each.candidate for each in record.given_up)
        of_several += len({each.candidate for each in record.given_up}) > 1
        for candidate in record.candidates or ():
            tries = [each for each in record.given_up if each.candidate == candidate.number]
            assert not is_copy(candidate.text) or len(tries) == TRIES
    assert of_several


def test_what_was_lost_is_written_with_the_same_tries(workspace: Workspace) -> None:
    folder = written(workspace, retry_copies=TRIES)
    before = ids(folder)
    for task in folder.run.tasks[::3]:
        for path in (folder.text_path(task.id), folder.record_path(task.id)):
            path.unlink()
    with closing(FakeLocal(trace=True)) as writer:
        execute.resume(RunFolder.open(folder.path), writer=writer)
    assert ids(folder) == before


@pytest.mark.parametrize("done", [1, 4])
def test_a_run_that_stops_among_tries_goes_on_to_the_same_texts(workspace: Workspace, done: int) -> None:
    """A text that would be tried again isn't kept because the run stops."""
    whole = written(workspace, retry_copies=TRIES, best_of=2)
    stop = threading.Event()

    def watch(progress: Progress) -> None:
        if progress.done >= done:
            stop.set()

    with closing(FakeLocal(trace=True)) as writer:
        job = prepare.prepare_for(workspace, Options(steps=2, retry_copies=TRIES, best_of=2), writer)
        job = dataclasses.replace(job, run=job.run.model_copy(update={"model": FILE, "n_ctx_seq": 4096}))
        folder = execute.generate(job, workspace.outputs, watch, stop, writer).folder
        assert 0 < len(folder.done) < len(folder.run.tasks)
        assert ids(folder).items() <= ids(whole).items()
        execute.resume(folder, writer=writer)
    assert ids(folder) == ids(whole)


def test_the_kept_text_is_replayed(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "_load", lambda path, needs: FakeLocal(parallel=needs.parallel or 4))
    folder = written(workspace, retry_copies=TRIES, best_of=2)
    report = verify(folder.path)
    assert report.run
    replayed = replay.replay(report.run, report.found, lambda run: Path("fake.gguf"), ReplayOptions())
    assert all(each.equal for each in replayed)
    assert len(replayed) == len(folder.run.tasks)


def test_the_most_probable_text_comes_with_any_seed_and_is_not_tried_again(workspace: Workspace) -> None:
    assert retry.draws(None)
    assert retry.draws(Sampling(seed=1, chain=(Dist(),), max_tokens=9, stop=()))
    assert not retry.draws(Sampling(seed=1, chain=(Greedy(),), max_tokens=9, stop=()))
    assert retry.draws(Sampling(seed=1, chain=(), max_tokens=9, stop=()))
    folder = written(workspace, retry_copies=TRIES, temperature=0)
    assert all(not record.given_up for record in records(folder).values())
    assert verify(folder.path).findings == ()


def set_(place: list[Any], value: object) -> Change:
    def change(raw: dict[str, Any]) -> None:
        target: Any = raw
        for key in place[:-1]:
            target = target[key]
        target[place[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda raw: raw["given_up"].pop(), "its given-up tries aren't all here"),
        (lambda raw: raw["derivation"].pop("retried"), "its given-up tries aren't all here"),
        (set_(["given_up", 0, "candidate"], 2), "its given-up tries aren't those of its candidates, in their order"),
        (
            set_(["given_up", 0, "text"], "So."),
            "the text of a given-up try at candidate 1 isn't the one of its sha256",
        ),
        (set_(["given_up", 0, "flags"], []), "a try at candidate 1 was given up, and is no copy"),
        (set_(["given_up", 0, "seed"], 7), "its seed isn't the one in run.json"),
        (
            set_(["derivation", "sampling", "seed"], 7),
            "the seeds of the tries at candidate 1 don't follow from the first",
        ),
    ],
)
def test_forged_tries_are_named(workspace: Workspace, change: Change, said: str) -> None:
    folder = written(workspace, retry_copies=TRIES)
    task = next(id_ for id_, record in records(folder).items() if len(record.given_up) == 1)
    forge(folder, task, change)
    assert said in [finding.what for finding in verify(folder.path).findings]


@pytest.mark.parametrize(
    ("retry_copies", "wanted", "said"),
    [
        (TRIES, lambda record: not record.given_up, "candidate 1 is a copy, and was kept before the last try"),
        (1, lambda record: len(record.given_up) == 1, "2 tries at candidate 1 were given up, and the run allows 1"),
    ],
)
def test_tries_that_the_run_would_not_have_made(
    workspace: Workspace, retry_copies: int, wanted: Callable[[Record], bool], said: str
) -> None:
    folder = written(workspace, retry_copies=retry_copies)
    task, record = next((id_, record) for id_, record in records(folder).items() if wanted(record))

    def change(raw: dict[str, Any]) -> None:
        if not record.given_up:
            raw["flags"] = ["copy"]
            return
        raw["given_up"].append({**raw["given_up"][0], "seed": retry.seed(raw["given_up"][0]["seed"], 1)})
        raw["derivation"]["retried"]["times"] = 2
        raw["derivation"]["sampling"]["seed"] = retry.seed(raw["given_up"][0]["seed"], 2)

    forge(folder, task, change)
    assert said in [finding.what for finding in verify(folder.path).findings]
