"""Lines broken between words alone, and what commands print on a narrow terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remix.cli.wrapping import columns, wrap

WORDS = st.text(st.sampled_from("ab '\u0301\u65e5-/.\t"), max_size=80)


@given(WORDS, st.integers(1, 30), st.sampled_from(["", "  ", "a: "]))
def test_no_word_is_cut_and_lines_fit(text: str, width: int, indent: str) -> None:
    lines = wrap(text, width, indent, indent)
    assert " ".join(line.removeprefix(indent) for line in lines).split() == text.split()
    for line in lines:
        words = line.removeprefix(indent)
        assert columns(line) <= width or len(words.split()) <= 1 or "'" in words


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("one two three", 7, ["one two", "three"]),
        ("see /a/very/long/path.md there", 10, ["see", "/a/very/long/path.md", "there"]),
        ("a counter-argument", 12, ["a", "counter-argument"]),
        ("resume '/my essays/run one' now", 12, ["resume", "'/my essays/run one'", "now"]),
        ("doesn't end 'here", 9, ["doesn't", "end 'here"]),
        ("日本 日本 日本", 9, ["日本 日本", "日本"]),
        ("", 9, [""]),
    ],
)
def test_where_lines_end(text: str, width: int, lines: list[str]) -> None:
    assert wrap(text, width) == lines


def test_millions_of_letters_take_linear_time() -> None:
    for text in ("'a " * 300_000, "'" * 1_000_000, "a" * 1_000_000, " " * 1_000_000):
        assert "".join("".join(wrap(text, 80)).split()) == "".join(text.split())
