"""Lines of metadata in a note's body: their tags count for the whole note, and the lines are no passages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gardens.reading import read_text

PROSE = "A harbour keeps a list of what has left it."


@pytest.mark.parametrize(
    ("line", "tags"),
    [
        ("Tags: #maps #cities", ("maps", "cities")),
        ("tags: #maps, #cities", ("maps", "cities")),
        ("**Tags**: #locks, #water", ("locks", "water")),
        ("**Tags:** #locks, #water", ("locks", "water")),
        ("*Tags*: #locks", ("locks",)),
        ("Tags:: #maps", ("maps",)),
        ("tags:: maps, old cities", ("maps", "old cities")),
        ("tags:: [[Maps]], [[Old Cities]]", ("Maps", "Old Cities")),
        ("status:: #evergreen", ("evergreen",)),
        ("status:: #evergreen\nup:: [[Water]]", ("evergreen",)),
        ("up:: [[Water]]", ()),
        ("**Tags**: #locks, #water\n**Date**: 2024-03-01", ("locks", "water")),
        ("Created: 2024-03-01\nTags: #locks", ("locks",)),
        ("- tags:: #maps\n- up:: [[Water]]", ("maps",)),
        ("- Tags: #maps\n- Created: 2024-03-01", ("maps",)),
        ("rating:: 4", ()),
        ("[rating:: 4] [status:: #evergreen]", ("evergreen",)),
        ("(rating:: 4)", ()),
        ("*[HTML]: Hypertext Markup Language", ()),
        ("title:: On harbours\ntags:: maps", ("maps",)),
        ("id:: 64a1b2c3-0000-4d5e", ()),
        ("Schlagwörter: #hafen #ebbe", ("hafen", "ebbe")),
        ("Mots-clés : #port, #marée", ("port", "marée")),
        ("Etiquetas: #puerto", ("puerto",)),
        ("Теги: #гавань #прилив", ("гавань", "прилив")),
        ("标签：#港口 #潮汐", ("港口", "潮汐")),
        ("タグ: #港 #潮", ("港", "潮")),
        ("الوسوم: #ميناء", ("ميناء",)),
        ("> Tags: #maps", ("maps",)),
    ],
)
def test_a_line_of_metadata_is_no_passage(tmp_path: Path, line: str, tags: tuple[str, ...]) -> None:
    found = read_text(tmp_path, f"# On harbours\n\n{line}\n\n{PROSE}\n\n## Cranes\n\nA crane is a sum.")
    assert found.passages == [PROSE, "A crane is a sum."]
    assert set(found.essay.tags) == set(tags)
    assert [set(each) for each in found.tags] == [set(tags), set(tags)]
    assert found.left("metadata")


@pytest.mark.parametrize("line", ["Tags: #maps", "status:: #maps", "**Tags:** #maps", "#maps", "tags:: maps"])
@pytest.mark.parametrize("form", ["{line}\n" + PROSE, PROSE + "\n\n{line}\n", PROSE + "\n{line}"])
def test_tags_of_a_metadata_line_wherever_the_line_stands(tmp_path: Path, line: str, form: str) -> None:
    found = read_text(tmp_path, form.format(line=line))
    assert found.passages == [PROSE]
    assert found.tags == [("maps",)]


@pytest.mark.parametrize(
    "prose",
    [
        "Status: nobody knows why the harbour closed.",
        "Note: the tide is late, and nobody says so.",
        "Tags: why does anybody put labels on rope? I asked, and was told.",
        "The rule was simple: whoever comes late, pays.",
        "He said: #silence is a tag.",
        "std::vector is where the boats are kept.",
        "Es gilt: wer zu spät kommt, den bestraft das Meer.",
    ],
)
def test_prose_with_a_colon_is_prose(tmp_path: Path, prose: str) -> None:
    found = read_text(tmp_path, f"Before.\n\n{prose}")
    assert found.passages == ["Before.", prose]
    assert found.left("metadata") == ""
    assert found.essay.tags == ()


@pytest.mark.parametrize(
    ("text", "passage", "left"),
    [
        ("A crane [built:: 1901] stands.", "A crane stands.", "built 1901"),
        ("A crane (built:: 1901) stands.", "A crane stands.", "built 1901"),
        ("A crane stands. [built:: 1901]", "A crane stands.", "built 1901"),
        ("- [ ] oil the crane [due:: 2024-05-01]", "oil the crane", "due 2024 05 01"),
        ("A crane (see: there) stands.", "A crane (see: there) stands.", ""),
        ("A crane [sic] stands.", "A crane [sic] stands.", ""),
    ],
)
def test_fields_within_a_sentence(tmp_path: Path, text: str, passage: str, left: str) -> None:
    found = read_text(tmp_path, text)
    assert found.passages == [passage]
    assert found.left("metadata") == left


def test_a_field_of_an_item_leaves_the_item(tmp_path: Path) -> None:
    """As Logseq writes its outlines."""
    found = read_text(
        tmp_path, "- The quay was built twice.\n  collapsed:: true\n  id:: 64a1-b2c3\n\t- Once of wood.\n"
    )
    assert found.passages == ["The quay was built twice. Once of wood."]
    assert found.left("metadata") == "collapsed true id 64a1 b2c3"


@pytest.mark.parametrize(
    ("text", "passages", "tags"),
    [
        ("#ferries #timetables\nThe ferry leaves when the bell has been rung twice.",
         ["The ferry leaves when the bell has been rung twice."], [("ferries", "timetables")]),
        ("#bells The bell was cast in a town that has no harbour.",
         ["#bells The bell was cast in a town that has no harbour."], [("bells",)]),
        ("A lock.\n\n#ferries, #time tables\nThe ferry\nleaves.\n\nA quay.",
         ["A lock.", "The ferry leaves.", "A quay."], [(), ("ferries", "time tables"), ()]),
        ("#паром\nПаром уходит.\n\nЕщё раз.", ["Паром уходит.", "Ещё раз."], [("паром",), ()]),
        ("A quay. #maps#cities", ["A quay."], [("maps", "cities")]),
        ("#карты#города\nПричал.", ["Причал."], [("карты", "города")]),
        ("> #ferries\n> The ferry leaves.", ["The ferry leaves."], [("ferries",)]),
        ("#barges #rope\n\nA barge is towed.\n\nA rope tows.", ["A barge is towed.", "A rope tows."],
         [("barges", "rope"), ("barges", "rope")]),
    ],
)  # fmt: skip
def test_a_line_of_tags_above_a_paragraph_is_a_list(
    tmp_path: Path, text: str, passages: list[str], tags: list[tuple[str, ...]]
) -> None:
    found = read_text(tmp_path, text)
    assert found.passages == passages
    assert found.tags == tags
