"""Passages as prose."""

from __future__ import annotations

import pytest

from remix.studio.prose import MOST_LEVELS, Block, blocks_of


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("One line.", [Block(kind="paragraph", text="One line.")]),
        ("Line\nand line.", [Block(kind="paragraph", text="Line\nand line.")]),
        (
            "- one\n  goes on\n- two\n  - in two",
            [
                Block(kind="item", text="one\ngoes on"),
                Block(kind="item", text="two"),
                Block(kind="item", text="in two", level=1),
            ],
        ),
        ("1. uno\n2) due", [Block(kind="item", text="uno", mark="1."), Block(kind="item", text="due", mark="2)")]),
        ("> said\n> and said", [Block(kind="quotation", text="said\nand said")]),
        ("> said\n- item", [Block(kind="quotation", text="said"), Block(kind="item", text="item")]),
        ("-5 degrees, 3.5 and 2026.", [Block(kind="paragraph", text="-5 degrees, 3.5 and 2026.")]),
        ("", []),
    ],
)
def test_blocks_of_a_passage(text: str, blocks: list[Block]) -> None:
    assert list(blocks_of(text)) == blocks


def test_no_list_is_deeper_than_the_page_shows() -> None:
    assert blocks_of(" " * 200 + "- deep")[0].level == MOST_LEVELS
