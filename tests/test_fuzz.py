"""Each fuzzer for a few cases, and for a minute with `pytest --full`."""

from __future__ import annotations

import pytest

from .fuzz.__main__ import TARGETS
from .fuzz.harness import run

CASES = 60
"""Without `--full`: always the same ones."""


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_goes_wrong(name: str, request: pytest.FixtureRequest) -> None:
    full = request.config.getoption("full")
    report = run(name, seconds=60) if full else run(name, cases=CASES)
    assert report.cases > 0
    assert report.faults == []
