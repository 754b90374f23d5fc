"""Plain text: paragraphs, wrapped or not."""

from __future__ import annotations

import pytest

from remix.corpus import plain
from remix.corpus.blocks import passages

LONG = "word " * 40 + "end."


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("One.\n\nTwo.\n", [("One.", (), (1, 1)), ("Two.", (), (3, 3))]),
        ("One\nwrapped. #a\n \t\n\n  Two.", [("One wrapped.", ("a",), (1, 2)), ("Two.", (), (5, 5))]),
        ("One.\n\n#a, #b c\n\nTwo.", [("One.", ("a", "b c"), (1, 3)), ("Two.", (), (5, 5))]),
        ("A #map of it.", [("A #map of it.", ("map",), (1, 1))]),
        ("# No heading\n\n- no list\n- no list", [("# No heading", (), (1, 1)), ("- no list - no list", (), (3, 4))]),
        (f"Short.\n{LONG} #a\n{LONG}", [("Short.", (), (1, 1)), (LONG, ("a",), (2, 2)), (LONG, (), (3, 3))]),
        (f"One\nwrapped.\n\n{LONG}\nTwo.", [("One wrapped.", (), (1, 2)), (LONG, (), (4, 4)), ("Two.", (), (5, 5))]),
        ("---\ntags: [x]\n---\nOne.", [("One.", (), (4, 4))]),
        ("", []),
    ],
)
def test_paragraphs(text: str, found: list[tuple[str, tuple[str, ...], tuple[int, int]]]) -> None:
    blocks = plain.read(text, "a.txt").blocks
    assert [(each.text, each.tags, each.lines) for each in passages(blocks, "a.txt")] == found


def test_its_head() -> None:
    assert plain.read("---\ntags: [x]\n---\nOne.", "a.txt").meta == {"tags": ["x"]}
    assert plain.read("One.", "a.txt").title is None
