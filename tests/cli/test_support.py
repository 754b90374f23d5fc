"""`remix why --sentences`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from remix.outputs import RunFolder
from remix.reader import output_support, run_readings
from remix.reader.leave_one_out import Support, Supported
from tests.conftest import FILE, Remix

AGAIN = "two-clocks/001/again.1"
FOUND = Support(
    parts=("The clock runs.", "It was set.", "It rings."),
    sentences=(
        Supported(sentence="It was set by none.", bits=(1.5, 12.25, 0.9)),
        Supported(sentence="Who knows?", bits=(0.2, -3.0, 0.0)),
    ),
)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts whose support was asked for, in place of a model."""
    texts: list[str] = []

    def support_of(_: object, text: str, __: object) -> Support:
        texts.append(text)
        return FOUND

    monkeypatch.setattr(run_readings, "find_reader", lambda *_: (Path("fake.gguf"), FILE))
    monkeypatch.setattr(output_support, "support_of", support_of)
    return texts


def test_each_sentence_has_the_parts_behind_it_the_strongest_first(
    finished: RunFolder, remix_: Remix, asked: list[str]
) -> None:
    result = remix_("why", AGAIN, "--sentences")
    assert [line.split("\t") for line in result.stdout.splitlines()] == [
        ["It was set by none.", "12.2", "It was set."],
        ["", "1.5", "The clock runs."],
        ["Who knows?", "-", "nothing in the passage"],
    ]
    assert "Read by fake." in result.stderr
    assert asked == [finished.read(AGAIN)[1]]


def test_json_has_all_bits(finished: RunFolder, remix_: Remix, asked: list[str]) -> None:
    found = json.loads(remix_("why", AGAIN, "--sentences", "--json").stdout)
    assert (found["output"], found["reader"]["name"]) == (AGAIN, "fake")
    assert found["sentences"][0]["bits"] == [1.5, 12.25, 0.9]
    assert found["parts"] == list(FOUND.parts)


@pytest.mark.parametrize("words", [(AGAIN, "--reader", "x"), ("--of", "two-clocks/001", "--sentences")])
def test_options_without_what_they_need_are_refused(
    finished: RunFolder, remix_: Remix, words: tuple[str, ...]
) -> None:
    assert remix_("why", *words).exit_code == 2
