"""Plain text: paragraphs, wrapped or not."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remix.corpus import plain
from remix.corpus.blocks import LeftOut, passages
from remix.util.frontmatter import FrontMatterError

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
        ("#a #b\nOne\nwrapped. #c", [("One wrapped.", ("a", "b", "c"), (1, 3))]),
        ("====\n\n---\n\n* * *\n\nA pier of plain text.\n\n~~~~~", [("A pier of plain text.", (), (7, 7))]),
        ("https://e.org/piers\n\n<www.e.org/a>,\nmailto:a@e.org\n\nOne.", [("One.", (), (6, 6))]),
        ("See https://e.org/piers\n\n10", [("See https://e.org/piers", (), (1, 1)), ("10", (), (3, 3))]),
        (
            "   One\nwrapped.\n   Two is\nwrapped. #a\n   Three.",
            [("One wrapped.", (), (1, 2)), ("Two is wrapped.", ("a",), (3, 4)), ("Three.", (), (5, 5))],
        ),
        ("One is\nflush.\n\tTwo\nisn't.", [("One is flush.", (), (1, 2)), ("Two isn't.", (), (3, 4))]),
        ("「一」。\n　二は\n続く。", [("「一」。", (), (1, 1)), ("二は 続く。", (), (2, 3))]),
        (
            "Whither, O ship,\n  Leaning across\nthe bosom.",
            [("Whither, O ship, Leaning across the bosom.", (), (1, 3))],
        ),
        ("- One.\n  More.\n- Two.", [("- One. More. - Two.", (), (1, 3))]),
        ("It was late.\n    A. Marsh", [("It was late. A. Marsh", (), (1, 2))]),
        ("*so* [it](is)", [("*so* [it](is)", (), (1, 1))]),
        ("", []),
    ],
)
def test_paragraphs(text: str, found: list[tuple[str, tuple[str, ...], tuple[int, int]]]) -> None:
    blocks = plain.read(text, "a.txt").blocks
    assert [(each.text, each.tags, each.lines) for each in passages(blocks, "a.txt")] == found


def test_its_head() -> None:
    assert plain.read("---\ntags: [x]\n---\nOne.", "a.txt").meta == {"tags": ["x"]}
    assert plain.read("One.", "a.txt").title is None


def test_what_is_left_out() -> None:
    body = plain.read("---\ntags: [x]\n---\n#a\nOne. #b\n\nhttps://e.org\n\n===\n", "a.txt")
    assert body.left_out == (
        LeftOut("metadata", "---\ntags: [x]\n---", (1, 3)),
        LeftOut("tags", "#a", (4, 4)),
        LeftOut("tags", "#b", (5, 5)),
        LeftOut("link", "https://e.org", (7, 7)),
    )


PIECES = (
    "---\n",
    "a: b\n",
    "One",
    " two. ",
    "#a",
    "#b c",
    ",",
    "\n",
    "\n\n",
    "https://e.org",
    "===",
    "1",
    " ",
    "é",
    "…",
)


@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join))
def test_no_letter_is_lost_and_none_is_new(text: str) -> None:
    try:
        body = plain.read(text, "a.txt")
    except FrontMatterError:
        return
    found = Counter("".join(each.text for each in (*body.blocks, *body.left_out)))
    assert {key: n for key, n in found.items() if key.isalnum()} == {
        key: n for key, n in Counter(text).items() if key.isalnum()
    }


def test_lines_of_metadata_are_the_notes() -> None:
    body = plain.read(
        "Tags: #maps, #cities\n\nA harbour keeps a list.\nstatus:: #done\n\nStatus: nobody knows why.\n", "a.txt"
    )
    assert body.tags == ("maps", "cities", "done")
    assert [(block.text, block.lines) for block in body.blocks] == [
        ("A harbour keeps a list.", (3, 3)),
        ("Status: nobody knows why.", (6, 6)),
    ]
    assert [(part.why, part.lines) for part in body.left_out] == [("metadata", (1, 1)), ("metadata", (4, 4))]
