"""A worker by itself: calls in, answers out."""

from __future__ import annotations

from contextlib import closing
from typing import cast

from remix.cluster.messages import Answers, Call, Method, Ready, Refusal, pack, unpack_answers
from remix.cluster.worker import Worker
from remix.records import Generation, Greedy, Message, Prompt, Sampling
from tests.cluster.thread_cluster import ORDER, load_fake

PROMPT = Prompt(template="0" * 64, messages=(Message(role="user", content="A clock."),), keep_opening=False)
SAMPLING = Sampling(seed=5, chain=(Greedy(),), max_tokens=8, stop=())


def call(number: int, method: str = "submit") -> Call:
    return Call(number, cast("Method", method), (PROMPT, SAMPLING), {"fork": None})


def test_calls_cross_with_the_question_for_answers() -> None:
    with closing(Worker(load_fake)) as worker:
        assert isinstance(worker.begin(ORDER), Ready)
        worker.give(pack([call(1)]))
        found = list(unpack_answers(worker.take(pack([call(2)]))).answers)
        while len(found) < 2:
            found += unpack_answers(worker.take(pack([]))).answers
    assert sorted(answer.number for answer in found) == [1, 2]
    assert all(isinstance(answer.result, Generation) for answer in found)


def test_a_call_of_an_unknown_method_has_a_refusal_as_answer() -> None:
    with closing(Worker(load_fake)) as worker:
        worker.begin(ORDER)
        answers: Answers = unpack_answers(worker.take(pack([call(1, "sing")])))
    assert [type(answer.result) for answer in answers.answers] == [Refusal]
