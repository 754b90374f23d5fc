"""Blocks: which blocks together are a passage, and for which passages a tag counts."""

from __future__ import annotations

import pytest

from remix.corpus.blocks import Block, passages
from remix.errors import SeedError


def heading(level: int, text: str, *tags: str, line: int = 1) -> Block:
    return Block("heading", text, tags, (line, line), level)


def paragraph(text: str, *tags: str, line: int = 1) -> Block:
    return Block("paragraph", text, tags, (line, line))


def group(text: str, *tags: str, line: int = 1) -> Block:
    return Block("group", text, tags, (line, line))


def test_a_paragraph_takes_the_group_that_it_leads_into() -> None:
    blocks = [paragraph("It has:"), group("- one", line=3), group("> two", line=5), paragraph("After.", line=7)]
    first, second, third = passages(blocks, "a.md")
    assert (first.text, first.lines) == ("It has:\n\n- one", (1, 3))
    assert (second.text, second.lines) == ("> two", (5, 5))
    assert (third.text, third.lines) == ("After.", (7, 7))


def test_tags_alone_belong_to_the_passage_above() -> None:
    blocks = [paragraph("One.", "a"), paragraph("", "b", line=3), paragraph("Two.", line=5)]
    one, two = passages(blocks, "a.md")
    assert (one.tags, one.lines, two.tags) == (("a", "b"), (1, 3), ())


def test_a_heading_s_tags_count_below_it_the_nearest_first() -> None:
    blocks = [
        paragraph("Before."),
        heading(1, "One", "a"),
        paragraph("A.", "own"),
        heading(2, "Two", "b"),
        paragraph("B."),
        heading(2, "Three"),
        paragraph("C."),
        heading(1, "Four"),
        paragraph("D."),
    ]
    found = list(passages(blocks, "a.md"))
    assert [each.tags for each in found] == [(), ("own", "a"), ("b", "a"), ("a",), ()]
    assert [each.section for each in found] == [None, "One", "Two", "Three", "Four"]


def test_tags_alone_with_nothing_above_count_for_all_that_follows_there() -> None:
    """Such tags used to be lost: notes in Obsidian often begin with tags."""
    blocks = [
        paragraph("", "garden"),
        paragraph("A."),
        heading(2, "Two", "b"),
        paragraph("", "c"),
        paragraph("B."),
        heading(2, "Three"),
        paragraph("C."),
    ]
    assert [each.tags for each in passages(blocks, "a.md")] == [("garden",), ("b", "garden", "c"), ("garden",)]


def test_a_heading_between_ends_a_passage() -> None:
    blocks = [paragraph("It has:"), heading(2, "Two"), group("- one")]
    assert [each.text for each in passages(blocks, "a.md")] == ["It has:", "- one"]


def test_more_tags_than_anyone_reads_are_refused() -> None:
    blocks = [heading(level, "H", *(f"{level}-{n}" for n in range(300)), line=level) for level in range(1, 6)]
    with pytest.raises(SeedError, match=r"^a\.md:4: has more than 1000 tags for all below it"):
        list(passages(blocks, "a.md"))
