"""Head keys: what is taken of each key, and what is left aside with a note."""

from __future__ import annotations

from typing import Any

import pytest

from remix.corpus.head_keys import HeadKeys, read
from remix.corpus.heads import split


def keys_of(head: str) -> HeadKeys:
    """The keys of front matter in YAML."""
    text = f"---\n{head}\n---\nProse.\n"
    return read(split(text, "a.md").meta, "a.md", text)


@pytest.mark.parametrize(
    ("head", "title"),
    [
        ("title: [[Ada Marsh]]", "Ada Marsh"),
        ("title: '[[people/ada|Ada Marsh]]'", "Ada Marsh"),
        ("title: On [[maps]] and [lamps](lamps.md)", "On maps and lamps"),
        ("Title: Lamps", "Lamps"),
        ("title: [Lamps, Boats]", "Lamps, Boats"),
        ("title: {en: Lamps, ru: Лампы}", "Lamps"),
        ("title: {ru: Лампы, en: Lamps}", "Lamps"),
        ("title: {de: '', fr: Lampes}", "Lampes"),
        ("title: {a: {b: c}}", None),
        ("title: [{x: y}]", None),
        ("title:", None),
        ("title: null", "null"),
        ("title: Ferries &#8211; a timetable &amp; a map", "Ferries – a timetable & a map"),
        ("title: AT&T &copy 1984", "AT&T &copy 1984"),
        ("title: <% tp.file.title %>", None),
        ('title: \'{{ replace .Name "-" " " }}\'', None),
        ("Titel: Der Hafen", "Der Hafen"),
        ("titre: Le port", "Le port"),
        ("название: Порт", "Порт"),
        ("title: Lamps\ntitel: Lampen", "Lamps"),
    ],
)
def test_title(head: str, title: str | None) -> None:
    assert keys_of(head).title == title


@pytest.mark.parametrize(
    ("head", "author"),
    [
        ("author: [[Ada Marsh]]", "Ada Marsh"),
        ("author:\n- [[Ada Marsh]]\n- Ben", "Ada Marsh, Ben"),
        ("author: [[Marsh, Ada]]", "Marsh, Ada"),
        ("author: {twitter: x}", None),
        ("author: {Name: Ada, twitter: x}", "Ada"),
        ("author: {given: Ada, family: Marsh}", "Ada Marsh"),
        ("author: [Ada, {twitter: x}]", "Ada"),
        ("authors: [Ada, Ben]", "Ada, Ben"),
        ("author: ''\nauthors: Ada", "Ada"),
        ("author: null", None),
        ("Autorin: Ada", "Ada"),
        ("作者: 安达", "安达"),
        ("author: 7", "7"),
        ("extra: {author: Ada}", "Ada"),
        ("author: Ben\nparams: {author: Ada}", "Ben"),
    ],
)
def test_author(head: str, author: str | None) -> None:
    assert keys_of(head).author == author


@pytest.mark.parametrize(
    ("head", "date"),
    [
        ("pubDatetime: 2022-09-23T15:22:00Z\nmodDatetime: 2023-12-21", "2022-09-23T15:22:00Z"),
        ("creation date: 2022-09-23 15:22", "2022-09-23 15:22"),
        ("createDate: 2021-01-01", "2021-01-01"),
        ("date_published: 2020-03-03", "2020-03-03"),
        ("Datum: 6. März 2024", "6. März 2024"),
        ("date: <% tp.date.now() %>", None),
        ("дата: 1 марта 2024", "1 марта 2024"),
        ("date: spring", "spring"),
        ("date: [[2023-05-07]]", "2023-05-07"),
        ("date: [[Ada Marsh]]", None),
        ("date: {created: 2024-01-01}", "2024-01-01"),
        ("date: {modified: 2024-02-02, created: 2024-01-01}", "2024-01-01"),
        ("date: {start: 2024-02-02}", "2024-02-02"),
        ("date: {a: b}", None),
        ("created: 2024-01-01", "2024-01-01"),
        ("published: true\npubDate: Sun, 07 May 2023 10:00:00 GMT", "Sun, 07 May 2023 10:00:00 GMT"),
        ("publishDate: 2024-01-01", "2024-01-01"),
        ("date created: 2024-01-01", "2024-01-01"),
        ("date-created: 2024-01-01", "2024-01-01"),
        ("created_at: 2024-01-01", "2024-01-01"),
        ("planted: 2024-01-01", "2024-01-01"),
        ("created: 2024-01-01\ndate: 2023", "2023"),
        ("date:\ncreated: 2024-01-01", "2024-01-01"),
        ("updated: 2024-01-01", None),
    ],
)
def test_date(head: str, date: str | None) -> None:
    assert keys_of(head).date == date


def test_the_date_of_the_last_change() -> None:
    assert keys_of("updated: 2024-01-01").updated == "2024-01-01"
    assert keys_of("lastmod: 7 May 2023").updated == "7 May 2023"


@pytest.mark.parametrize(
    ("head", "aliases"),
    [
        ("aliases: [[Ada Marsh]]", ("Ada Marsh",)),
        ("aliases: '[[Ada Marsh]]'", ("Ada Marsh",)),
        ("aliases: [Ada, {x: y}, 7]", ("Ada", "7")),
        ("aliases: {x: y}", ()),
        ("alias: Ada", ("Ada",)),
    ],
)
def test_aliases(head: str, aliases: tuple[str, ...]) -> None:
    assert keys_of(head).aliases == aliases


@pytest.mark.parametrize(
    ("head", "tags"),
    [
        ("Schlagwörter: [Meer, alte Häfen]", ("Meer", "alte Häfen")),
        ("mots-clés: mer, ports anciens", ("mer", "ports anciens")),
        ("теги:\n- море\n- порт", ("море", "порт")),
        ("标签: 海 港口", ("海", "港口")),
        ("tags: [بحر، ميناء]", ("بحر", "ميناء")),
        ("tags: [海、港]", ("海", "港")),
        ("tags: ['R&amp;D', <% tp.file.title %>]", ("R&D",)),
        ("etiquetas: [mar]\ntags: [sea]", ("sea", "mar")),
        ("categories:\n  - '[[Boats]]'\ntags: ['[[Old Harbours|harbours]]']", ("harbours", "Boats")),
        ("tags: [[Boats]]", ("Boats",)),
        ("tags:\n- [[Boats]]\n- [[Old Harbours]]", ("Boats", "Old Harbours")),
        ("tags: '[[Boats]] [[Old Harbours]] lamps'", ("Boats", "Old Harbours", "lamps")),
        ("tags: '[[Boats]], [[Old Harbours]]'", ("Boats", "Old Harbours")),
        ("tags: [[[Boats, small]]]", ("Boats", "small")),
        ("tags: '[Boats](boats.md)'", ("Boats",)),
        ("tags: maps; cities", ("maps", "cities")),
        ("tags: maps; old cities,lamps", ("maps", "old cities", "lamps")),
        ("tags: 地図、灯台", ("地図", "灯台")),
        ("tags: 'one,'", ("one",)),
        ("tags: '#boats'", ("boats",)),
        ("tags: ['#boats', 'c#']", ("boats", "c#")),
        ("tags: '#maps#cities'", ("maps", "cities")),
        ("tags: '#maps,#cities'", ("maps", "cities")),
        ("tags: [1984, 7]", ("1984", "7")),
        ("tags: {maps, cities}", ("maps", "cities")),
        ("tags: {topic: maps}", ()),
        ("categories:\n- name: Essays\n- Notes", ("Essays", "Notes")),
        ("keywords: old maps, cities", ("old maps", "cities")),
        ("keywords: [maps]", ("maps",)),
        ("taxonomies: {tags: [maps], categories: [essays]}", ("maps", "essays")),
        ("extra: {tags: [maps]}", ("maps",)),
    ],
)
def test_tags(head: str, tags: tuple[str, ...]) -> None:
    assert keys_of(head).tags == tags


@pytest.mark.parametrize(
    ("head", "note"),
    [
        ("tags: [a]\nauthor: {twitter: x}", "a.md:3: `author` is a mapping without a name; left aside."),
        ("author: [Ada, {twitter: x}, {x: y}]", "a.md:2: `author` has a mapping without a name; left aside."),
        ("title: {en: A, fr: B}", "a.md:2: `title` is a mapping; one title is taken."),
        ("title: {}", "a.md:2: `title` is a mapping; left aside."),
        ("Date: [[Ada Marsh]]", "a.md:2: `Date` has no date; left aside."),
        ("date: {a: b}", "a.md:2: `date` is a mapping without a date; left aside."),
        ("a: b\ntags: {topic: maps}", "a.md:3: `tags` is a mapping without a name; left aside."),
    ],
)
def test_notes(head: str, note: str) -> None:
    assert keys_of(head).notes == (note,)


@pytest.mark.parametrize(
    "head", ["title: A\ntags: [a]", "title: [[Ada Marsh]]", "published: true", "author: null", ""]
)
def test_nothing_to_note(head: str) -> None:
    assert keys_of(head).notes == ()


@pytest.mark.parametrize("key", ["title", "author", "date", "created", "aliases", "tags", "categories", "extra"])
@pytest.mark.parametrize(
    "value", [None, "", {}, [], [[]], [{}], {"": ""}, {"a": {"b": ["c"]}}, [[["x"]], "y"], ["", None]]
)
def test_no_value_costs_the_note(key: str, value: Any) -> None:
    text = f"---\n{key}: odd\n---\n"
    assert all(note.startswith("a.md:2: ") for note in read({key: value}, "a.md", text).notes)
