"""A digital garden's notes."""

from __future__ import annotations

import pytest

from remix.documents.garden_note import is_note, read

NOTE = """seed

The Map of the Tailor

A. Writer, 'Threads' (1911)

He measured twice, and then he cut the cloth.

Maps of cloth
are wrapped here. They have no memory.

clothmapsmemory
planted 2026-01-02
"""


def test_the_whole_of_a_note() -> None:
    note = read(NOTE)
    assert (note.form, note.title, note.author, note.date) == (
        "garden note",
        "The Map of the Tailor",
        None,
        "2026-01-02",
    )
    assert note.meta == {"source": "A. Writer, 'Threads' (1911)", "stage": "seed"}
    assert note.tags == ("cloth", "maps", "memory")
    assert [block.text for block in note.blocks] == [
        "He measured twice, and then he cut the cloth.",
        "Maps of cloth are wrapped here. They have no memory.",
    ]
    assert [(split.word, split.doubts) for split in note.splits] == [("clothmapsmemory", ())]


def test_a_tag_that_the_corpus_has_is_written_as_there() -> None:
    assert read(NOTE.replace("clothmaps", "genericpastnessmaps"), ["generic pastness"]).tags == (
        "generic pastness",
        "maps",
        "memory",
    )


@pytest.mark.parametrize(
    ("line", "tags"),
    [
        ("#cloth #small light", ("cloth", "small light")),
        ("cloth, small light; maps", ("cloth", "small light", "maps")),
        ("cloth", ("cloth",)),
    ],
)
def test_tags_that_are_listed_need_no_taking_apart(line: str, tags: tuple[str, ...]) -> None:
    note = read(NOTE.replace("clothmapsmemory", line))
    assert note.tags == tags
    assert note.splits == ()
    assert len(note.blocks) == 2


@pytest.mark.parametrize("last", ["He left, and nobody came.", "He left, he went to the town in the north, he slept"])
def test_a_sentence_at_the_end_is_a_paragraph(last: str) -> None:
    note = read(NOTE.replace("clothmapsmemory", last))
    assert note.tags == ()
    assert note.blocks[-1].text == last


def test_a_note_without_a_source() -> None:
    note = read("seedling\n\nA Title\n\nThe only paragraph.\n\nplanted 2026-01-02")
    assert (note.title, note.meta, note.date) == ("A Title", {"stage": "seedling"}, "2026-01-02")
    assert [block.text for block in note.blocks] == ["The only paragraph."]


def test_a_note_of_one_line_is_its_only_paragraph() -> None:
    assert [block.text for block in read("seed\n\nOnly this").blocks] == ["Only this"]


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (NOTE, True),
        ("Seed\n\nA line.", True),
        ("A line.\n\nPlanted: 2 January", True),
        ("seed", False),
        ("A line.\n\nHe planted 40 trees.", False),
        ("Seed money is short.\n\nA line.", False),
    ],
)
def test_what_is_a_note(text: str, verdict: bool) -> None:
    assert is_note(text) == verdict
