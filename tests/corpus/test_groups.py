"""Groups: lists and quotations line by line, without what isn't prose."""

from __future__ import annotations

import pytest

from remix.corpus import markdown
from remix.corpus.blocks import passages


@pytest.mark.parametrize(
    ("body", "text", "tags"),
    [
        ("- one\n\n  ```\n  code\n  ```\n- two", "- one\n\n- two", ()),
        ("- one\n  ```\n  code\n  ```\n- two", "- one\n- two", ()),
        ("1. ```\n   code\n   ```\n2. two", "2. two", ()),
        ("- one\n\n  | a | b |\n  | - | - |\n  | 1 | 2 |\n\n  after\n- two", "- one\n\n  after\n- two", ()),
        ("> one\n>\n> $$\n> a\n> $$\n>\n> two", "> one\n>\n> two", ()),
        ("- one\n  <!-- a\n\n  b -->\n- two", "- one\n\n- two", ()),
        ("- one\n\n\n- two", "- one\n\n\n- two", ()),
        (
            "- one\n  - in\n    wrapped\n\n    more\n- two #a",
            "- one\n  - in\n    wrapped\n\n    more\n- two #a",
            ("a",),
        ),
        ("> # Head\n> Words. #a", "> # Head\n> Words.", ("a",)),
        ("> > deep\n> shallow", "> > deep\n> shallow", ()),
        ("> lazy\nline", "> lazy\nline", ()),
        ("- *one* [two](b.md)\n- `#three` \\*", "- one two\n- #three *", ()),
        ("> [!note] Title\n> Words.", "> Title\n> Words.", ()),
        ("> [!warning]-\n> Words.", "> Words.", ()),
        ("> [!NOTE]\n> Words. #a", "> Words.", ("a",)),
        ("- a. #maps\n- b. #loss", "- a. #maps\n- b.", ("loss", "maps")),
    ],
)
def test_the_text_and_tags_of_a_group(body: str, text: str, tags: tuple[str, ...]) -> None:
    (only,) = passages(markdown.read(body, "a.md").blocks, "a.md")
    assert (only.text, only.tags) == (text, tags)


def test_the_number_of_an_item_that_is_left_out_is_left_out_too() -> None:
    found = markdown.read("1. ![](a.png)\n2. two", "a.md")
    assert [(part.why, part.text) for part in found.left_out] == [("image", "![](a.png)"), ("image", "1.")]
    assert [block.text for block in found.blocks] == ["2. two"]
