"""The queue of jobs, with a process that is played: what the page hears, and what becomes of jobs when it dies."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from remix.errors import ModelError, RemixError, RunError
from remix.records import Failure, Options
from remix.studio import jobs as jobs_
from remix.studio.engine_messages import (
    AskEstimate,
    Begin,
    BranchRequest,
    Ended,
    Estimate,
    Estimated,
    LetGo,
    Loaded,
    NewWords,
    RedoRequest,
    ResumeRequest,
    Stage,
    Stop,
    TextFinished,
    Words,
    WriteRequest,
)
from remix.studio.output_files import key_of
from remix.workspace import Workspace
from tests.conftest import eventually
from tests.played_engine import Played

TASK = "two-clocks/001/again.2.v3"
WRITE = WriteRequest(options=Options(tags=("time",)))


@pytest.fixture
def played(workspace: Workspace) -> Played:
    return Played(workspace)


def test_a_job_runs_from_the_queue_to_its_end(played: Played, workspace: Workspace) -> None:
    job = played.jobs.add(WRITE)
    assert job.state == "loading"
    assert played.host.told == [Begin(job=job.id, request=WRITE)]
    played.host.hear(Stage(job=job.id, stage="Loading the model", share=0.5))
    assert played.jobs.get(job.id).stage == "Loading the model 50%"
    played.begin(job)
    played.host.hear(TextFinished(job=job.id, task=TASK, record="f" * 64))
    assert (played.jobs.get(job.id).finished, played.jobs.get(job.id).model) == (1, "tiny")
    (output,) = [value for name, value in played.published if name == "output"]
    assert (output.run, output.place, output.kind, output.step) == ("a-run", "two-clocks/001", "again", 2)
    assert (output.variant, output.key) == (3, key_of(workspace.outputs / "a-run", TASK))
    failure = Failure(task="two-clocks/002/again.1", error="No.", hint="Ask again.")
    played.host.hear(Ended(job=job.id, state="finished", failures=(failure,), notes=("left out",)))
    ended = played.jobs.get(job.id)
    assert ended.failures == ("two-clocks/002/again.1: No. Ask again.",)
    assert ended.notes == ("left out",)
    assert played.states(job) == ["queued", "loading", "writing", "finished"]


def test_words_are_told_as_they_come_and_again_to_whoever_comes_later(played: Played) -> None:
    job = played.jobs.add(WRITE)
    played.begin(job)
    for at, piece in ((0, "The first"), (9, " clock")):
        words = (Words(task=TASK, candidate=1, at=at, piece=piece),)
        played.host.hear(NewWords(job=job.id, words=words))
    told = [(value.at, value.piece) for name, value in played.published if name == "text"]
    assert told == [(0, "The first"), (9, " clock")]
    (text,) = [value for name, value in played.jobs.present() if name == "text"]
    assert (text.at, text.piece, text.place, text.step, text.variant) == (
        0,
        "The first clock",
        "two-clocks/001",
        2,
        3,
    )
    # The text begins once more, because it copied.
    played.host.hear(NewWords(job=job.id, words=(Words(task=TASK, candidate=1, at=0, piece="Late"),)))
    assert [value.piece for name, value in played.jobs.present() if name == "text"] == ["Late"]
    played.host.hear(TextFinished(job=job.id, task=TASK, record="f" * 64))
    assert [name for name, _ in played.jobs.present()] == ["job", "model"]


def test_jobs_wait_for_each_other(played: Played) -> None:
    first, second = played.jobs.add(WRITE), played.jobs.add(RedoRequest(output=f"a-run:{TASK}"))
    assert (first.state, second.state, second.about) == ("loading", "queued", TASK)
    assert len(played.host.told) == 1
    played.host.hear(Ended(job=first.id, state="finished"))
    assert played.jobs.get(second.id).state == "loading"
    assert played.host.told[1] == Begin(job=second.id, request=RedoRequest(output=f"a-run:{TASK}"))
    assert len(played.hosts) == 1


def test_a_waiting_job_is_cancelled_at_once_and_a_running_one_asked_to_stop(played: Played) -> None:
    first, second, third = (played.jobs.add(WRITE) for _ in range(3))
    assert played.jobs.stop(second.id).state == "stopped"
    assert played.jobs.stop(first.id).state == "stopping"
    assert played.host.told[-1] == Stop(job=first.id)
    # The run may get its folder after it was asked to stop.
    played.begin(first)
    assert played.jobs.get(first.id).state == "stopping"
    played.host.hear(Ended(job=first.id, state="stopped"))
    assert played.jobs.get(third.id).state == "loading"
    assert played.jobs.stop(first.id).state == "stopped", "a job that has ended stays as it ended"


def test_a_process_that_dies_ends_its_job_in_words_and_the_next_has_a_new_process(played: Played) -> None:
    first, second = played.jobs.add(WRITE), played.jobs.add(WRITE)
    played.begin(first)
    dead = played.host
    dead.hear_end("the engine's process was killed, perhaps for lack of memory")
    ended = played.jobs.get(first.id)
    assert ended.state == "failed"
    assert ended.error == "The engine's process was killed, perhaps for lack of memory."
    assert "go on" in ended.hint
    assert len(played.hosts) == 2
    assert played.jobs.get(second.id).state == "loading"
    # What the dead process still had to say is about nothing any more.
    dead.hear(Ended(job=second.id, state="finished"))
    dead.hear_end("again")
    assert played.jobs.get(second.id).state == "loading"


def test_a_process_that_cannot_be_started_fails_the_jobs(played: Played) -> None:
    played.refuses = ModelError("the engine's process can't be started (no memory).", "Close other programs.")
    first, second = played.jobs.add(WRITE), played.jobs.add(WRITE)
    assert [played.jobs.get(each.id).state for each in (first, second)] == ["failed", "failed"]
    assert "can't be started" in played.jobs.get(first.id).error
    played.refuses = None
    assert played.jobs.add(WRITE).state == "loading"


def test_a_process_that_dies_between_two_jobs_is_replaced(played: Played) -> None:
    first = played.jobs.add(WRITE)
    played.host.hear(Ended(job=first.id, state="finished"))
    played.host.hear_end("the engine's process ended with status 1")
    second = played.jobs.add(WRITE)
    assert len(played.hosts) == 2
    assert second.state == "loading"
    assert played.jobs.get(first.id).state == "finished"


def test_a_process_that_has_just_ended_is_replaced_before_its_end_is_heard_of(played: Played) -> None:
    first = played.jobs.add(WRITE)
    played.host.hear(Ended(job=first.id, state="finished"))
    dead = played.host
    dead.is_deaf = True
    second = played.jobs.add(WRITE)
    assert second.state == "loading"
    assert (len(played.hosts), len(played.host.told)) == (2, 1)
    dead.hear_end("the engine's process ended with status 1")
    played.begin(second)
    assert played.jobs.get(second.id).state == "writing"


def test_a_job_of_which_an_ending_process_never_heard_is_begun_once_more(played: Played) -> None:
    job = played.jobs.add(WRITE)
    played.host.hear_end("the engine's process ended with status 1")
    assert played.jobs.get(job.id).state == "loading"
    assert [host.told for host in played.hosts] == [[Begin(job=job.id, request=WRITE)]] * 2
    played.host.hear_end("the engine's process ended with status 1")
    assert played.jobs.get(job.id).state == "failed"
    assert len(played.hosts) == 2


def test_a_run_is_queued_once_to_be_resumed(played: Played) -> None:
    played.jobs.add(WRITE)
    asked = ResumeRequest(run="a-run")
    assert played.jobs.add(asked).id == played.jobs.add(asked).id
    assert len(played.jobs.all()) == 2


def test_the_queue_has_an_end(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_, "MOST_WAITING", 2)
    for _ in range(3):
        played.jobs.add(WRITE)
    with pytest.raises(RunError, match="2 jobs are waiting"):
        played.jobs.add(WRITE)


def test_old_jobs_are_forgotten(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_, "KEPT", 2)
    for _ in range(4):
        job = played.jobs.add(WRITE)
        played.host.hear(Ended(job=job.id, state="finished"))
    kept = [each.id for each in played.jobs.all()]
    assert len(kept) <= 3
    assert kept[-1] == job.id
    with pytest.raises(RunError, match="isn't known"):
        played.jobs.get("nothing")


def asked(played: Played, work: Callable[[], Estimate]) -> tuple[AskEstimate, list[Any]]:
    """Ask for an estimate in a thread; the question, and a list that will hold the answer or the error."""
    found: list[Any] = []

    def ask() -> None:
        try:
            found.append(work())
        except RemixError as error:
            found.append(error)

    threading.Thread(target=ask).start()
    eventually(lambda: played.hosts and any(isinstance(each, AskEstimate) for each in played.host.told))
    return next(each for each in played.host.told if isinstance(each, AskEstimate)), found


ESTIMATE = Estimate(
    texts=2,
    passages=1,
    candidates=2,
    kinds=("again",),
    model="tiny",
    prompt_tokens=80,
    prompt_tokens_computed=60,
    seconds=None,
    memory="",
    notes=(),
)


def test_an_estimate_is_answered_beside_a_job(played: Played) -> None:
    job = played.jobs.add(WRITE)
    question, found = asked(played, lambda: played.jobs.estimate(Options(tags=("time",))))
    assert question.options == Options(tags=("time",))
    played.host.hear(Estimated(question=question.question, estimate=ESTIMATE))
    eventually(lambda: found)
    assert found == [ESTIMATE]
    assert played.jobs.get(job.id).state == "loading"


def test_an_estimate_that_cannot_be_given_says_why(played: Played) -> None:
    question, found = asked(played, lambda: played.jobs.estimate(Options(tags=("tim",))))
    refusal = Estimated(
        question=question.question, estimate=None, error="no passage has the tag 'tim'.", hint="time?"
    )
    played.host.hear(refusal)
    eventually(lambda: found)
    assert (found[0].message, found[0].hint) == ("no passage has the tag 'tim'.", "time?")


def test_an_estimate_by_a_process_that_dies_says_so(played: Played) -> None:
    _, found = asked(played, lambda: played.jobs.estimate(Options(tags=("time",))))
    played.host.hear_end("the engine's process ended with status 1")
    eventually(lambda: found)
    assert "ended with status 1" in found[0].message


def test_closing_drops_what_waits_and_ends_the_process(played: Played) -> None:
    first, second = played.jobs.add(WRITE), played.jobs.add(WRITE)
    played.jobs.close()
    assert played.host.is_closed
    played.host.hear(Ended(job=first.id, state="stopped"))
    assert played.jobs.get(first.id).state == "stopped"
    assert played.jobs.get(second.id).state == "queued"
    assert len(played.hosts) == 1, "nothing is begun any more"
    with pytest.raises(ModelError, match="closing"):
        played.jobs.estimate(Options())


def test_the_model_in_memory_is_known_and_let_go(played: Played) -> None:
    job = played.jobs.add(WRITE)
    played.host.hear(Loaded(model="tiny"))
    assert played.jobs.loaded == "tiny"
    played.jobs.let_go()
    assert played.host.told[-1] == LetGo()
    played.host.hear_end("killed")
    assert played.jobs.loaded is None
    assert played.jobs.get(job.id).state == "failed"
    assert [value.loaded for name, value in played.published if name == "model"] == ["tiny", None]


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"take": "x", "write": "y"},
        {"text_before": "The first", "at": "clock"},
        {"take": ""},
        {"take": "x", "variants": 0},
    ],
    ids=["nothing", "two-ways", "two-places", "no-word", "no-variant"],
)
def test_a_branch_says_in_one_way_how_it_leaves_the_text(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"exactly one|leave `at` out|at least 1|greater than or equal to 1"):
        BranchRequest(output=f"a-run:{TASK}", **wrong)
