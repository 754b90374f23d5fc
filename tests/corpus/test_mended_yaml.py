"""Mended YAML: slips that cost a note nothing, and slips that stay errors."""

from __future__ import annotations

import pytest

from remix.corpus.heads import split
from remix.corpus.mended_yaml import MOST_ENTRIES, read


@pytest.mark.parametrize(
    ("source", "meta"),
    [
        ("title: Ferries: a timetable", {"title": "Ferries: a timetable"}),
        ("title: @home", {"title": "@home"}),
        ("title: *Emphasis* at sea", {"title": "*Emphasis* at sea"}),
        ("title: %41 of all", {"title": "%41 of all"}),
        ("title: `code` at sea", {"title": "`code` at sea"}),
        ("title: \tLamps", {"title": "Lamps"}),
        ("title: 'It's late'", {"title": "It's late"}),
        ('title: "A "good" lamp"', {"title": 'A "good" lamp'}),
        ("title: [Draft] Lamps", {"title": "[Draft] Lamps"}),
        ("subtitle: a: b # a comment", {"subtitle": "a: b"}),
        ("author: [[Ada]], [[Ben]]", {"author": "[[Ada]], [[Ben]]"}),
        ("tags: [[maps]], [[cities]]", {"tags": "[[maps]], [[cities]]"}),
        ("aliases: [[a]], [[b]]", {"aliases": "[[a]], [[b]]"}),
        ("tags: [#maps, #old cities]", {"tags": ["maps", "old cities"]}),
        ("title:Lamps\ntags: [a]", {"title": "Lamps", "tags": ["a"]}),
        ("tags:\n\t- maps\n\t- cities", {"tags": ["maps", "cities"]}),
        ("# a comment\ntitle: a: b\ntags:\n- maps\n", {"title": "a: b", "tags": ["maps"]}),
        ("description: >\n  Long: and\n  longer\ntitle: a: b", {"description": "Long: and longer", "title": "a: b"}),
    ],
)
def test_what_is_mended(source: str, meta: dict[str, object]) -> None:
    mended = read(source, "a.md", 2)
    assert mended is not None
    assert mended.meta == meta
    assert all(note.endswith("; read as plain text.") for note in mended.notes)
    assert mended.notes


@pytest.mark.parametrize(
    ("source", "tags"),
    [
        ("tags: #maps", "maps"),
        ("tags: #maps #cities # a comment", "maps cities"),
        ("title: A\ntags:\n- #maps\n- cities\n- #lamps", ["maps", "cities", "lamps"]),
        ("tags:\n  #maps", "maps"),
        ("title: a: b\ntags: #maps", "maps"),
        ("tags: # a comment", ""),
        ("tags: [maps] #comment", ["maps"]),
        ("title: #maps\ntags:", ""),
        ("tags:\n#comment\n", ""),
        ("tags: ##", ""),
    ],
)
def test_tags_that_yaml_takes_for_comments(source: str, tags: object) -> None:
    text = f"---\n{source}\n---\n"
    assert split(text, "a.md").meta["tags"] == tags


@pytest.mark.parametrize(
    ("entry", "key"),
    [
        ("cover: @/a.png", "cover"),
        ("up: [[a]] and [[b]]", "up"),
        ("aliases: [a, b", "aliases"),
        ("date: {{date}}", "date"),
        ('title: "never closed', "title"),
        ("title: {{title}}", "title"),
        ('title: "a\\x: "b"', "title"),
        ("title: a\x07b", "title"),
        ("just words", "just words"),
        ("summary: a: b\n  on two: lines", "summary"),
    ],
)
def test_what_is_left_aside(entry: str, key: str) -> None:
    mended = read(f"tags: [maps]\n{entry}\nlang: en", "a.md", 2)
    assert mended == ({"tags": ["maps"], "lang": "en"}, (f"a.md:3: `{key}` is not valid YAML; left aside.",))


@pytest.mark.parametrize(
    "source",
    [
        "tags: [a, b",
        "title: a\ntags: @maps",
        "title: a\n tags: [b]",
        "Categories: a: b",
        "just words",
        "- a\n- b",
        "",
        "title: a: b\n" * (MOST_ENTRIES + 1),
    ],
)
def test_what_stays_broken(source: str) -> None:
    assert read(source, "a.md", 2) is None


@pytest.mark.parametrize(
    "source", ["date: {{date:YYYY-MM-DD}}", "id: {{title}}\ncreated: {{date}}", "a: {{b}}\nc: {{d}} e"]
)
def test_templates_cost_a_note_only_their_own_keys(source: str) -> None:
    mended = read(source, "a.md", 2)
    assert mended is not None
    assert mended.meta == {}
    assert all(note.endswith("; left aside.") for note in mended.notes)
    assert len(mended.notes) == source.count("\n") + 1
