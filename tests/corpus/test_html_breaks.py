"""Line breaks in HTML: two in a row part paragraphs, one doesn't."""

from __future__ import annotations

import pytest

from remix.corpus import markdown
from remix.corpus.blocks import passages
from tests.conftest import work_of_at_most


def texts(body: str) -> list[tuple[str, tuple[int, int]]]:
    return [(each.text, each.lines) for each in passages(markdown.read(body, "a.md").blocks, "a.md")]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("One.<br><br>Two.", [("One.", (1, 1)), ("Two.", (1, 1))]),
        ("One.<br />\n<br />\nTwo.<BR/>\nTwo still.", [("One.", (1, 1)), ("Two. Two still.", (3, 4))]),
        ("One.<br>&nbsp;<br>Two.", [("One.", (1, 1)), ("Two.", (1, 1))]),
        ("One\n<br><br><br>\nTwo<br><br>", [("One", (1, 1)), ("Two", (3, 3))]),
        ("One `<br><br>` two.", [("One <br><br> two.", (1, 1))]),
        ("One<br>two<br>three.", [("One two three.", (1, 1))]),
        ("<div class='post'>\nOne.<br /><br />Two.</div>", [("One.", (2, 2)), ("Two.", (2, 2))]),
        ('<p>One.<br>\n<br><a href="x"><img src="y"></a><br><br>Two.</p>', [("One.", (1, 1)), ("Two.", (2, 2))]),
        ("<h2>One<br><br>two</h2>\n<p>Three.</p>", [("Three.", (2, 2))]),
    ],
)
def test_two_breaks_part_paragraphs(body: str, found: list[tuple[str, tuple[int, int]]]) -> None:
    assert texts(body) == found


def test_each_paragraph_between_breaks_has_its_own_tags() -> None:
    found = passages(markdown.read("One. #maps<br><br>Two. #boats", "a.md").blocks, "a.md")
    assert [each.tags for each in found] == [("maps",), ("boats",)]


def test_breaks_are_left_out() -> None:
    left_out = markdown.read("One.<br>\n<br>Two.", "a.md").left_out
    assert [(part.why, part.text, part.lines) for part in left_out] == [("html", "<br>\n<br>", (1, 2))]


@pytest.mark.parametrize("part", ["<br>", "a<br><br>", "<br>`", "<br>&nbsp;", "\n<br>"])
def test_breaks_take_no_longer_than_their_length(part: str) -> None:
    with work_of_at_most(20):
        markdown.read("a" + part * (300_000 // len(part)), "a.md")
