"""The threads that remix computes with unless a user chooses."""

from __future__ import annotations

import pytest

from remix.util import environment


@pytest.mark.parametrize(
    ("variable", "threads"), [("3", 3), (" 2,1", 2), ("9" * 5000, 512), ("0", 7), ("-1", 7), ("all", 7), ("", 7)]
)
def test_threads_are_those_of_openmp_or_one_for_each_core(
    monkeypatch: pytest.MonkeyPatch, variable: str, threads: int
) -> None:
    monkeypatch.setattr(environment, "physical_cores", lambda: 7)
    monkeypatch.setenv("OMP_NUM_THREADS", variable)
    assert environment.default_threads() == threads


def test_without_the_variable_each_core_has_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "physical_cores", lambda: 7)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert environment.default_threads() == 7
