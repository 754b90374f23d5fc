"""What is said after Ctrl-C."""

from __future__ import annotations

import pytest

from remix.cli import stopped


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("models pull owner/name", "Stopped; what was finished is kept. To go on:"),
        ("models prepare", "Stopped; what was finished is kept. To go on:"),
        ("resume", "Stopped; what was finished is kept. To go on:"),
        ("generate --all", "Stopped; nothing was written. To start again:"),
        ("passages", "Stopped; nothing was written. To start again:"),
    ],
)
def test_a_stopped_download_is_not_called_unwritten(line: str, said: str) -> None:
    """A stopped `models pull` said that nothing was written, though the next pull goes on where this one stopped."""
    assert stopped._words(line.split()) == (said, f"remix {line}")
