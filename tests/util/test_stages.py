"""Stages, and who hears of them."""

from __future__ import annotations

from remix.util import stages


def test_a_listener_hears_of_stages_while_it_listens() -> None:
    outer: list[tuple[str, float | None]] = []
    inner: list[tuple[str, float | None]] = []
    stages.tell("nobody listens")
    with stages.listening(lambda *told: outer.append(told)):
        stages.tell("checking")
        with stages.listening(lambda *told: inner.append(told)):
            stages.tell("loading", 0.5)
        stages.tell("probing", 1.0)
    stages.tell("nobody listens")
    assert (outer, inner) == ([("checking", None), ("probing", 1.0)], [("loading", 0.5)])
