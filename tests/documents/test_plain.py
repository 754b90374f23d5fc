"""Plain text: paragraphs, headings and tags."""

from __future__ import annotations

import pytest

from remix.documents.document import Block
from remix.documents.plain import read

LONG = (
    "The tailor measured the cloth twice, by the light of a window that nobody had cleaned since his father died, "
    "and long before that"
)

ESSAY = f"""“You measure twice.
You certainly cut once.” (Nobody 1911)
“The same cloth everywhere” (Somebody 1912). #sameness
{LONG}, and then he cut. #cloth, #small light
{LONG}, and then he slept.#cloth, #Sleep

The Second Cut
{LONG}; so he said. (His wife (1913) said otherwise.)#cloth
It was a short line.
Is it a heading?
What Is a Coat For?
1911 was a bad year.
"""


def texts(blocks: tuple[Block, ...]) -> list[tuple[str, str]]:
    return [(block.kind, block.text) for block in blocks]


def test_the_long_essay() -> None:
    essay = read(ESSAY)
    assert essay.form == "plain text, one paragraph a line"
    assert essay.title is None
    assert texts(essay.blocks) == [
        ("paragraph", "“You measure twice. You certainly cut once.” (Nobody 1911)"),
        ("paragraph", "“The same cloth everywhere” (Somebody 1912)."),
        ("paragraph", f"{LONG}, and then he cut."),
        ("paragraph", f"{LONG}, and then he slept."),
        ("heading", "The Second Cut"),
        ("paragraph", f"{LONG}; so he said. (His wife (1913) said otherwise.)"),
        ("paragraph", "It was a short line."),
        ("paragraph", "Is it a heading?"),
        ("heading", "What Is a Coat For?"),
        ("paragraph", "1911 was a bad year."),
    ]
    assert [block.tags for block in essay.blocks if block.tags] == [
        ("sameness",),
        ("cloth", "small light"),
        ("cloth", "Sleep"),
        ("cloth",),
    ]


def test_lines_that_somebody_wrapped_are_joined() -> None:
    essay = read(
        "The Coat\n\nHe measured twice, and then\nhe cut. It was\nlate. #cloth\n\nThe End\n-------\n\nHe slept.\n"
    )
    assert (essay.form, essay.title) == ("plain text", "The Coat")
    assert texts(essay.blocks) == [
        ("paragraph", "He measured twice, and then he cut. It was late."),
        ("heading", "The End"),
        ("paragraph", "He slept."),
    ]
    assert essay.blocks[0].tags == ("cloth",)


def test_tags_on_a_line_of_their_own_belong_to_the_paragraph_above() -> None:
    essay = read(f"#whole\n{LONG}.\n#cloth, #maps\n{LONG}. #sea\n")
    assert essay.tags == ("whole",)
    assert [block.tags for block in essay.blocks] == [("cloth", "maps"), ("sea",)]


@pytest.mark.parametrize(
    ("lines", "blocks"),
    [
        (["- one", "• two", "After."], [("list", "- one\n- two"), ("paragraph", "After.")]),
        (["1. one", "2) two"], [("list", "1. one\n2) two")]),
        (["1. The only one."], [("paragraph", "1. The only one.")]),
        (["* * *"], [("break", "* * *")]),
        (["The Title", "====="], [("heading", "The Title")]),
        (["A man’s reach", "— Somebody"], [("paragraph", "A man’s reach"), ("paragraph", "— Somebody")]),
        (["“Open.", "And never closed."], [("paragraph", "“Open."), ("paragraph", "And never closed.")]),
        (["“One.", "“Two.”"], [("paragraph", "“One."), ("paragraph", "“Two.”")]),
        (["« Un.", "Deux. »"], [("paragraph", "« Un. Deux. »")]),
        (["a line in small letters"], [("paragraph", "a line in small letters")]),
        (["A line that stops,"], [("paragraph", "A line that stops,")]),
    ],
)
def test_what_lines_are(lines: list[str], blocks: list[tuple[str, str]]) -> None:
    body = "\n".join([f"{LONG}.", *lines, f"{LONG}."])
    assert texts(read(body).blocks)[1:-1] == blocks


def test_a_last_line_heads_nothing() -> None:
    assert texts(read(f"{LONG}.\nThe End").blocks)[-1] == ("paragraph", "The End")


def test_items_that_go_on() -> None:
    assert texts(read("It has\nthese.\n\n- one\n  and more\n- two\n").blocks) == [
        ("paragraph", "It has these."),
        ("list", "- one and more\n- two"),
    ]


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        (
            "I need:\n- thread\n- a needle\n  of steel",
            [("paragraph", "I need:"), ("list", "- thread\n- a needle of steel")],
        ),
        ("I waited\n- for hours -\nand then left.", [("paragraph", "I waited - for hours - and then left.")]),
    ],
)
def test_a_list_right_below_a_line_is_a_list(text: str, blocks: list[tuple[str, str]]) -> None:
    """The items were joined with the line."""
    assert [(block.kind, block.text) for block in read(text).blocks] == blocks
