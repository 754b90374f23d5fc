"""`remix show` of a text that a model has read."""

from __future__ import annotations

import json

import pytest
from rich.text import Text

from remix.analysis.trajectory import passage_of
from remix.cli import printing
from remix.outputs import RunFolder
from tests.conftest import Remix
from tests.reader.made import made, store, store_made

AGAIN = "two-clocks/001/again.1"


def test_show_has_the_reading_in_a_line(finished: RunFolder, remix_: Remix) -> None:
    assert "reading:" not in remix_("show", AGAIN).output
    store_made(finished, AGAIN)
    shown = remix_("show", AGAIN)
    assert "reading: keeps 25 % of the passage's bits in" in shown.stdout
    assert "Read by fake" in shown.stderr


def test_lost_words_stand_in_brackets_and_words_against_the_passage_have_their_bits(
    finished: RunFolder, remix_: Remix
) -> None:
    record, text = finished.read(AGAIN)
    store(finished, AGAIN, made(passage_of(record), text, {"clock": 5.0, "set": 2.0}, {text: -2.5}, ["turned round"]))
    shown = remix_("show", AGAIN, "--reading")
    assert "\n    [The first] clock [runs fast. It was] set [by the second.]\n" in shown.stdout
    assert f"\n    {text}{{-2.5}}\n" in shown.stdout
    assert f"turned round\t70%\t{text}\t{text}\n" in shown.stdout
    assert shown.stdout.rstrip().endswith(f"turns round *{text}*")
    assert "\x1b" not in shown.output


def test_on_a_terminal_shades_change_no_letter(
    finished: RunFolder, remix_: Remix, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_made(finished, AGAIN)
    plain = remix_("show", AGAIN, "--reading")
    drawn: list[Text] = []
    monkeypatch.setattr(printing, "_terminal", lambda err=False: 200)
    monkeypatch.setattr(printing, "print_rich", lambda shown: drawn.append(getattr(shown, "renderable", Text(""))))
    remix_("show", AGAIN, "--reading")
    passage, text, _ = drawn
    assert f"    {passage.plain}\n" in plain.stdout
    assert f"    {text.plain}\n" in plain.stdout
    styles = {passage.plain[span.start : span.end]: str(span.style) for span in passage.spans if span.style}
    assert styles["The"] == "black on color(114)"
    assert {str(span.style) for span in text.spans} == {"black on color(216)"}


def test_show_has_the_reading_as_json(finished: RunFolder, remix_: Remix) -> None:
    assert json.loads(remix_("show", AGAIN, "--json").stdout)["reading"] is None
    reading = store_made(finished, AGAIN)
    found = json.loads(remix_("show", AGAIN, "--json").stdout)["reading"]
    assert found["line"].startswith("keeps 25 %")
    assert found["trust"].startswith("Read by fake")
    assert found["kept_bits"] == reading.kept_bits
    assert json.loads(remix_("show", AGAIN, "--reading", "--json").stdout) == found


def test_a_text_that_was_not_read_says_how_to_have_it_read(finished: RunFolder, remix_: Remix) -> None:
    result = remix_("show", AGAIN, "--reading")
    assert result.exit_code == 1
    assert f"{AGAIN} has no reading" in " ".join(result.output.split())
    assert f"`remix measure {finished.path.name} --by model`" in " ".join(result.output.split())


def test_a_reading_and_alternatives_do_not_go_together(finished: RunFolder, remix_: Remix) -> None:
    assert remix_("show", AGAIN, "--reading", "--alternatives").exit_code == 2
