"""Metadata lines: their tags are the note's, and they are no passages; sentences that look alike are prose."""

from __future__ import annotations

import pytest

from remix.corpus import markdown, metadata_lines
from remix.corpus.blocks import passages


def read(body: str) -> tuple[list[str], tuple[str, ...]]:
    """The texts of the passages, and the tags of the note."""
    found = markdown.read(body, "a.md")
    return [each.text for each in passages(found.blocks, "a.md")], found.tags


@pytest.mark.parametrize(
    ("line", "tags"),
    [
        ("Tags: #maps #cities", ("maps", "cities")),
        ("tags: #maps", ("maps",)),
        ("Tags:#maps", ("maps",)),
        ("Tags: #slow time, #local knowledge", ("slow time", "local knowledge")),
        ("**Tags**: #locks, #water", ("locks", "water")),
        ("**Tags:** #locks", ("locks",)),
        ("*Keywords*: tide; moon", ("tide", "moon")),
        ("Tags:: #maps", ("maps",)),
        ("tags:: maps, cities", ("maps", "cities")),
        ("tags:: [[Boats]], [[Ships|Small ships]] [Ports](p.md)", ("Boats", "Small ships", "Ports")),
        ("status:: #evergreen", ("evergreen",)),
        ("up:: [[Water]]", ()),
        ("any key:: a sentence of any length, which Dataview reads.", ()),
        ("**Date**: 2024-03-01", ()),
        ("Created: 7 May 2023", ()),
        ("Author: A. Writer", ()),
        ("up: [[Harbours]]", ()),
        ("See also: [[A]], [[B]]", ()),
        ("Source: https://example.org/a", ()),
        ("Related:", ()),
        ("[status:: #budding]", ("budding",)),
        ("Tags: none", ()),
        ("标签： 港口 城市", ("港口", "城市")),
        ("Tagi: #port", ("port",)),
        ("Tags: –", ()),
        ("Tags #maps #cities", ("maps", "cities")),
        ("_Tags_: `maps` `cities`", ("maps", "cities")),
        ("**Tags** #maps, #cities", ("maps", "cities")),
        ("Keywords – #maps", ("maps",)),
        ("Filed under: #maps", ("maps",)),
        ("Tagged #maps", ("maps",)),
        ("Теги #порт", ("порт",)),
        ("(created:: 2024-01-02) [up:: [[Water]]]", ()),
        ("Schlagwörter: #hafen", ("hafen",)),
        ("Étiquettes : ports, mer", ("ports", "mer")),
        ("Etiquetas: #mar", ("mar",)),
        ("Categorie: mare", ("mare",)),
        ("Теги: #порт #море", ("порт", "море")),
        ("标签：港口、城市", ("港口", "城市")),
        ("タグ：#港", ("港",)),
        ("الوسوم: #بحر", ("بحر",)),
    ],
)
def test_a_line_of_metadata_is_no_passage(line: str, tags: tuple[str, ...]) -> None:
    assert metadata_lines.field(line)
    assert read(f"{line}\n\nProse.") == (["Prose."], tags)
    assert read(f"# Title\n\n{line}\nAuthor: [[Me]]\n\nProse.") == (["Prose."], tags)


@pytest.mark.parametrize(
    "line",
    [
        "Status: nobody knows why the harbour closed.",
        "Date: Tuesday it rained all day long and nobody came to the quay",
        "Up: the road climbs to the pass",
        "Note: this is prose",
        "12:30 we left",
        "He said: no.",
        "状态：没有人知道港口为什么关闭了，也没有人问。",
        "std::vector is a word",
        "Author: he who writes, and who is not asked, is no author.",
    ],
)
def test_a_sentence_is_no_metadata(line: str) -> None:
    assert metadata_lines.field(line) is None
    assert read(line) == ([line], ())


@pytest.mark.parametrize(
    ("body", "texts", "tags"),
    [
        ("Tags: #maps\nA harbour keeps a list.", ["A harbour keeps a list."], ("maps",)),
        ("A harbour keeps a list.\nstatus:: #budding", ["A harbour keeps a list."], ("budding",)),
        ("up:: [[Water]]\nA canal.\n**Tags**: canals", ["A canal."], ("canals",)),
        ("A harbour.\nStatus: closed", ["A harbour. Status: closed"], ()),
        ("- A block.\n  id:: 64f0-1234\n  collapsed:: true\n- two", ["- A block.\n- two"], ()),
        ("- tags:: #ropes, [[Knots]]\n- A rope.", ["- A rope."], ("ropes", "Knots")),
        ("> Tags: #maps\n> Quoted.", ["> Quoted."], ("maps",)),
        ("- tags:: #maps\n- up:: [[A]]\n\nProse.", ["Prose."], ("maps",)),
        ("# A\n\ntags: [maps, old cities]\n\nProse.", ["Prose."], ("maps", "old cities")),
        ("Prose.\n\n---\ntags: [maps]\n---\n\nMore.", ["Prose.", "More."], ("maps",)),
        ("<p>Tags: #lamps</p>\n\n<p>Lit.</p>", ["Lit."], ("lamps",)),
    ],
)
def test_metadata_beside_prose(body: str, texts: list[str], tags: tuple[str, ...]) -> None:
    assert read(body) == (texts, tags)


def test_the_lines_of_a_passage_are_those_of_its_words() -> None:
    found = markdown.read("Tags: #maps\nA harbour\nkeeps a list.\nup:: [[A]]", "a.md")
    assert [each.lines for each in passages(found.blocks, "a.md")] == [(2, 3)]
    assert [(part.why, part.lines) for part in found.left_out] == [("metadata", (1, 1)), ("metadata", (4, 4))]
