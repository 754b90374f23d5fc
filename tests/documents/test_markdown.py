"""Markdown as a document: its head becomes front matter, and no line of the head is left in the body."""

from __future__ import annotations

from pathlib import Path

import pytest

from remix.documents.markdown import read

PATH = Path("a.md")


@pytest.mark.parametrize(
    "head",
    [
        "---\ntitle: Lamps\ndate: 2023-05-07\ntags: [maps]\n---\n",
        "\n---\ntitle: Lamps\ndate: 2023-05-07\ntags: [maps]\n---\n",
        '{"title": "Lamps", "date": "2023-05-07", "tags": ["maps"]}\n',
        "Title: Lamps\nDate: 2023-05-07\nTags: maps\n",
        "title: Lamps\ndate: 2023-05-07\ntags: [maps]\n---\n",
    ],
)
def test_the_head_leaves_the_body(head: str) -> None:
    document = read(PATH, f"{head}\nProse.\n")
    assert (document.title, document.date, document.tags) == ("Lamps", "2023-05-07", ("maps",))
    assert [block.text for block in document.blocks] == ["Prose."]


def test_numbers_stay_numbers_if_the_yaml_is_whole() -> None:
    assert read(PATH, "---\nweight: 3\n---\nProse.\n").meta == {"weight": 3}
    assert read(PATH, "---\nweight: 3\ntitle: On: lamps\n---\nProse.\n").meta == {"weight": "3"}
