"""Indented text: prose is read, code is left out."""

from __future__ import annotations

import pytest

from remix.corpus import markdown
from remix.corpus.blocks import passages
from remix.corpus.indented_text import reads_like_code

PROSE = [
    "A paragraph that a typewriter indented by four spaces.",
    "The moon was out;\nthe boats were in,\nand nobody slept.",
    "Shantih\nshantih shantih\nThe river turns",
    "- review the harbour #review\n- write down what left",
    "- [ ] tea\n- [x] bread",
    "1. First, the quay.\n2. Then the crane.",
    "> Who goes there?\n> Nobody, he said.",
    "港口记着离开的一切。",
    "港は去ったものを覚えている。",
    "Гавань помнит всё, что её покинуло.",
    "الميناء يتذكر كل ما غادره.",
    "See [the harbour](harbour.md) and [[Crane|a crane]], she said.",
    "In *slow time* the **crane** turns on its own.",
    "For the reasons given below:\nfirst the tide, then the moon.",
    "«Qui vive ?» demanda le vieux garde-côte.",
    "— Where to? — Nowhere, he answered.\n— Then stay.",
]
CODE = [
    "indented code",
    "$ git status\nOn branch main",
    'git commit -m "words of a message"',
    "def lift(x):\n    return x + 1",
    "for x in range(10):\n    print(x)",
    '{"key": 1,\n "other key": [1, 2]}',
    "int main(void) {\n    return 0;\n}",
    "#include <stdio.h>",
    "<div class='a'>\n</div>",
    "name: value\nother: 1",
    "10 20 30\n40 50 60",
    "SELECT a FROM b;\nx = 1;",
    "sudo apt install vim",
    ">>> 1 + 1\n2",
    "/usr/bin/env",
    "const a = () => b",
    "+---+---+\n| a | b |\n+---+---+",
    "#maps, #maps",
]


@pytest.mark.parametrize("text", PROSE)
def test_prose_is_read(text: str) -> None:
    assert not reads_like_code(text.split("\n"))
    body = "Before.\n\n" + "\n".join(f"    {line}" for line in text.split("\n"))
    assert len(list(passages(markdown.read(body, "a.md").blocks, "a.md"))) == 2


@pytest.mark.parametrize("text", CODE)
def test_code_is_left_out(text: str) -> None:
    assert reads_like_code(text.split("\n"))
    body = "Before.\n\n" + "\n".join(f"    {line}" for line in text.split("\n"))
    found = markdown.read(body, "a.md")
    assert [block.text for block in found.blocks] == ["Before."]
    assert [part.why for part in found.left_out] == ["indented"]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (
            "## Weekly\n\t- review the harbour #review\n\t- write down",
            [("- review the harbour #review\n- write down", (2, 3), ("review",))],
        ),
        (
            "After a line:\n\n\t- a list\n\t- and a second item",
            [("After a line:\n\n- a list\n- and a second item", (1, 4), ())],
        ),
        (
            "An essay.\n\n    A paragraph, indented. #maps",
            [("An essay.", (1, 1), ()), ("A paragraph, indented.", (3, 3), ("maps",))],
        ),
        ("　　中文段落以两个全角空格开头。 #港口", [("中文段落以两个全角空格开头。", (1, 1), ("港口",))]),
        (
            "    One paragraph of words.\n\n    # Head\n\n    Another of them.",
            [("One paragraph of words.", (1, 1), ()), ("Another of them.", (5, 5), ())],
        ),
        (
            "- one\n\n      A paragraph that stands too far to the right. #maps\n- two",
            [("- one\n\n      A paragraph that stands too far to the right. #maps\n- two", (1, 4), ("maps",))],
        ),
        (
            "1. One\n\n   Second paragraph.\n\n       x = 1;\n\n   Third.",
            [("1. One\n\n   Second paragraph.\n\n   Third.", (1, 7), ())],
        ),
        (
            "    Prose of a note is read.\n\n        def f(x):\n            return x\n\n    And more prose of it.",
            [("Prose of a note is read.", (1, 1), ()), ("And more prose of it.", (6, 6), ())],
        ),
    ],
)
def test_indented_prose_has_its_lines_and_tags(
    body: str, found: list[tuple[str, tuple[int, int], tuple[str, ...]]]
) -> None:
    """By CommonMark it is code, and vanished with its tags."""
    read = passages(markdown.read(body, "a.md").blocks, "a.md")
    assert [(each.text, each.lines, each.tags) for each in read] == found


def test_staircases_have_an_end() -> None:
    """Each step of the stairs is indented text within indented text."""
    body = "\n\n".join(" " * (4 * step) + "a step of the stairs" for step in range(200))
    assert sum(block.text.count("stairs") for block in markdown.read(body, "a.md").blocks) == 200
