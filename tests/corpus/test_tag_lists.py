"""Tag lists: taken off a paragraph's head and end, with their lines."""

from __future__ import annotations

import pytest

from remix.corpus.tag_lists import without_tag_lists


@pytest.mark.parametrize(
    ("paragraph", "text", "tags", "left_out"),
    [
        ("One. #a, #b c", "One.", ("a", "b c"), [("#a, #b c", (5, 5))]),
        ("#a #b\nOne\ntwo.\n#c", "One\ntwo.", ("a", "b", "c"), [("#a #b", (5, 5)), ("#c", (8, 8))]),
        ("#a, #b c\nOne.", "One.", ("a", "b c"), [("#a, #b c", (5, 5))]),
        ("One.\n#a\n#b", "One.", ("a", "b"), [("#a\n#b", (6, 7))]),
        ("#a\n#b", "", ("a", "b"), [("#a", (5, 5)), ("#b", (6, 6))]),
        ("#bells The bell was cast in a town.", "#bells The bell was cast in a town.", (), []),
        ("#bells The bell\nwas cast.", "#bells The bell\nwas cast.", (), []),
        ("#1\nOne.", "One.", ("1",), [("#1", (5, 5))]),
        ("One.", "One.", (), []),
    ],
)
def test_lists(paragraph: str, text: str, tags: tuple[str, ...], left_out: list[tuple[str, tuple[int, int]]]) -> None:
    result = without_tag_lists(paragraph, 5)
    assert (result.text, result.tags) == (text, tags)
    assert [(each.text, each.lines) for each in result.left_out] == left_out
    assert {each.why for each in result.left_out} <= {"tags"}
