"""How `remix show` marks uncertain words and lists uncertain tokens."""

from __future__ import annotations

import json
import sys

import pytest

from remix.cli import uncertain
from remix.outputs.run import RunFolder
from remix.records import Alternative, Trace
from remix.workspace import Workspace
from tests.conftest import Remix
from tests.studio_server import FIRST, TEXT, WORDS, choices, variants


@pytest.fixture
def traced(workspace: Workspace) -> RunFolder:
    """A run with a text of which every third token is uncertain, like a choice among 245."""
    return variants(workspace)


def test_the_ten_most_uncertain_tokens_stand_below_the_text(remix_: Remix, traced: RunFolder) -> None:
    lines = remix_("show", FIRST).stdout.splitlines()
    assert f"    {TEXT}" in lines, "a pipe gets the text as it is"
    rows = [line.split("\t") for line in lines if "\t" in line]
    assert [row[0] for row in rows] == ["3", "6", "9", "1", "2", "4", "5", "7", "8"]
    assert rows[0] == ["3", "245", "…The first [clock]", "37%", "1 sun 25%  2 the end 12%"]
    assert {row[1] for row in rows[3:]} == {"1.6"}


def test_numbers_mark_words_without_colours_if_asked(remix_: Remix, traced: RunFolder) -> None:
    assert (
        "    The first clock{3} is late.{6} It knows.{9}" in remix_("show", FIRST, "--uncertain").stdout.splitlines()
    )


def test_json_has_the_same_tokens_with_ranks(remix_: Remix, traced: RunFolder) -> None:
    found = json.loads(remix_("show", FIRST, "--json").stdout)["uncertain"]
    assert [each["token"] for each in found] == [3, 6, 9, 1, 2, 4, 5, 7, 8]
    assert found[0]["piece"] == " clock"
    assert found[0]["perplexity"] == choices(WORDS)[2].perplexity == pytest.approx(244.69, abs=0.01)
    assert found[0]["alternatives"] == [
        {"rank": 1, "piece": " sun", "probability": 0.25},
        {"rank": 2, "piece": "", "probability": 0.125},
    ]


def test_a_trace_of_another_record_marks_nothing(remix_: Remix, traced: RunFolder) -> None:
    path = traced.trace_path(FIRST)
    path.write_text(path.read_text().replace(" clock", " crock"))
    result = remix_("show", FIRST, "--uncertain")
    assert f"    {TEXT}" in result.stdout.splitlines()
    assert "\t" not in result.stdout


def test_on_a_terminal_marks_change_no_letter(
    remix_: Remix, traced: RunFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = uncertain.marked(TEXT, Trace(record="0" * 64, choices=choices(WORDS)), numbered=False)
    assert "".join(words for words, _ in parts) == TEXT
    assert [words for words, style in parts if style] == ["clock", "late.", "knows."]
    assert {style for _, style in parts} == {"", uncertain.STYLES[-1]}
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    from remix.cli.printing import print_below

    print_below("heading", parts)
    assert "\x1b[4;30;48;5;214mclock\x1b[0m" in capsys.readouterr().out


def test_on_a_terminal_alternatives_stand_below_their_token_and_are_not_broken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second, third, *_ = choices(WORDS)
    others = tuple(Alternative(f" {'long' * (5 - at)} word", 0.05) for at in range(5))
    trace = Trace(
        record="0" * 64, choices=(first, second, third._replace(piece="er", entropy=5.5, alternatives=others))
    )
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "80")
    uncertain.print_uncertain(trace, 1)
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == "token  choice among  in the text, with its probability; alternatives by rank"
    assert lines[1] == f"3      245           …{first.piece.strip()}{second.piece}[er] 37%"
    assert lines[2:] == [
        " " * 21 + "1 longlonglonglonglong word 5%  2 longlonglonglong word 5%",
        " " * 21 + "3 longlonglong word 5%  4 longlong word 5%  5 long word 5%",
    ]


def test_uncertain_goes_without_the_other_parts(remix_: Remix, traced: RunFolder) -> None:
    assert remix_("show", FIRST, "--uncertain", "--reading").exit_code == 2
