"""Many renderings in few messages give what each rendering alone gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from remix.templates import worker
from remix.templates.worker import Program, Rendered, RenderingError

LOOPS = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"


@pytest.fixture(autouse=True)
def messages(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of requests in each message to the worker."""
    sent: list[int] = []
    exchange = worker._worker._exchange

    def counted(requests: Sequence[str]) -> list[dict[str, Any]]:
        sent.append(len(requests))
        return exchange(requests)

    monkeypatch.setattr(worker._worker, "_exchange", counted)
    return sent


def contexts(number: int) -> list[dict[str, Any]]:
    return [{"step": step, "steps": number, "previous": f"Text {step}."} for step in range(1, number + 1)]


def compiled(source: str) -> Program:
    program = Program("prompt", "prompts/x.md.j2", source)
    worker.compile_(program)
    return program


def texts(results: list[Rendered | RenderingError]) -> list[str]:
    return [each.reason if isinstance(each, RenderingError) else each.text for each in results]


def test_many_are_rendered_in_one_message(messages: list[int]) -> None:
    program = compiled("{% user %}{{ step }}{% enduser %}{{ previous }}")
    messages.clear()
    results = worker.render_all(program, contexts(64))
    assert messages == [64]
    assert results == [worker.render(program, context) for context in contexts(64)]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_few(number: int) -> None:
    assert texts(worker.render_all(compiled("{{ step }}"), contexts(number))) == list("12"[:number])


def test_a_failure_concerns_its_own_text_alone(messages: list[int]) -> None:
    program = compiled("\n{{ 6 // (step - 2) }}")
    messages.clear()
    first, failed, third = worker.render_all(program, contexts(3))
    assert messages == [3]
    assert texts([first, third]) == ["\n-6", "\n6"]
    assert isinstance(failed, RenderingError)
    assert (failed.trouble, failed.line) == ("fails", 2)


def test_a_text_that_takes_too_long_is_blamed_alone() -> None:
    results = worker.render_all(compiled(f"{{% if step == 3 %}}{LOOPS}{{% endif %}}{{{{ step }}}}"), contexts(6))
    assert [isinstance(each, RenderingError) for each in results] == [False, False, True, False, False, False]
    assert texts([*results[:2], *results[3:]]) == ["1", "2", "4", "5", "6"]
    assert isinstance(results[2], RenderingError)
    assert results[2].trouble == "time"


def test_a_worker_that_forgot_the_template_is_told_again() -> None:
    program = compiled("{{ step }}")
    worker._worker.close()
    assert texts(worker.render_all(program, contexts(9))) == list("123456789")


def test_a_worker_that_dies_is_replaced() -> None:
    program = compiled("{{ step }}")
    assert worker._worker._process
    worker._worker._process.kill()
    assert texts(worker.render_all(program, contexts(9))) == list("123456789")


def test_a_message_has_a_bound(messages: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    program = compiled("{{ previous }}")
    monkeypatch.setattr(worker, "MOST_TOGETHER", 1000)
    messages.clear()
    long = [{**context, "previous": str(context["step"]) * 400} for context in contexts(9)]
    assert texts(worker.render_all(program, long)) == [digit * 400 for digit in "123456789"]
    assert max(messages) == 2
