"""Heads: where a note's metadata end and its prose begins, in any form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remix.corpus.heads import Head, split
from remix.util.frontmatter import FrontMatterError

BODY = "\nProse.\n"


@pytest.mark.parametrize(
    ("head", "meta"),
    [
        ("---\ntitle: A\n---\n", {"title": "A"}),
        ("---  \ntitle: No\n...\n", {"title": "No"}),
        ("\ufeff---\ntitle: A\n---\n", {"title": "A"}),
        ("\n \n---\ntitle: A\n---\t\n", {"title": "A"}),
        ("\n\ufeff---\ntitle: A\n---\n", {"title": "A"}),
        ("+++\ntitle = 'A'\n+++ \n", {"title": "A"}),
        ("\n+++\ntitle = 'A'\n+++\n", {"title": "A"}),
        ("---\n---\n", {}),
        ('{\n  "title": "A"\n}\n', {"title": "A"}),
        ('\n{"title": "A"}\n', {"title": "A"}),
        ("title: A\ntags: [b]\n---\n", {"title": "A", "tags": ["b"]}),
    ],
)
def test_heads(head: str, meta: dict[str, object]) -> None:
    found = split(head + BODY, "a.md")
    assert (found.meta, found.body, found.notes) == (meta, BODY, ())
    assert (head + BODY).split("\n")[found.body_line - 1 :] == BODY.split("\n")


@pytest.mark.parametrize(
    "text",
    [
        "Prose.\n",
        "\n---\n\nProse below a rule.\n",
        "\n---\nProse between rules.\n---\n",
        "\n---\nNever closed: prose.\n",
        "----\nA rule.\n",
        "title: [A heading\n---\nProse.\n",
        "",
        "\n",
        "\ufeff",
    ],
)
def test_prose_alone(text: str) -> None:
    found = split(text, "a.md")
    assert (found.meta, found.body.strip("\ufeff"), found.body_line) == ({}, text.strip("\ufeff"), 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("---\ntitle: a\n", "a.md:1: the front matter is never closed."),
        ("+++\ntitle: a\n+++\n", "a.md:2: broken front matter"),
        ("---\n- a\n---\n", "a.md:2: the front matter is not a list"),
        ("---\na: 1\ntags: [a\n---\n", "a.md:3: broken front matter"),
        ('{\n"title": A}\n', "a.md:2: broken front matter (Expecting value)."),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(FrontMatterError) as caught:
        split(text, "a.md")
    assert caught.value.message.startswith(message)


def test_lines_of_notes_count_from_the_file_s_first() -> None:
    assert split("\n\n---\na: 1\ntitle: b: c\n---\nA.", "a.md").notes == (
        "a.md:5: `title` is not valid YAML; read as plain text.",
    )


PIECES = [
    "---",
    "+++",
    ";;;",
    "",
    "title: a",
    'title = "a"',
    '"title": "a",',
    "{",
    "}",
    "% a",
    "tags: [",
    "- b",
    "Words.",
]


@given(st.lists(st.sampled_from(PIECES), max_size=8), st.booleans())
def test_each_line_is_in_the_head_or_in_the_body(lines: list[str], marked: bool) -> None:
    text = "\ufeff" * marked + "\n".join(lines)
    try:
        found = split(text, "a.md")
    except FrontMatterError:
        return
    assert found.body.lstrip("\ufeff") == "\n".join(text.split("\n")[found.body_line - 1 :]).lstrip("\ufeff")
    assert found.meta or found.body_line == 1 or lines[0] in ("---", "+++", ";;;")


@pytest.mark.parametrize("text", ["---\n\nOne.\n\n---\n\nTwo.\n", "---\n\nOne: and\n[two.\n", "---\n\n"])
def test_a_rule_at_the_head_of_a_note_is_no_front_matter(text: str) -> None:
    """The note was refused."""
    assert split(text, "a.md") == Head({}, text, 1)
