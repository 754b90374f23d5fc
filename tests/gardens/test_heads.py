"""Heads of notes: foreign forms are read, odd optional keys cost nothing, dates are found in keys and in names."""

from __future__ import annotations

from pathlib import Path

import pytest

from remix.corpus.query import matches, parse
from tests.gardens.reading import Read, read_text

ODD = {
    "author: [[Ada Marsh]]": ("author", "Ada Marsh"),
    "author:\n  name: Ada Marsh\n  email: a@example.org": ("author", "Ada Marsh"),
    "author:\n  twitter: x": ("author", None),
    "author: [Ada Marsh, Bo Lind]": ("author", "Ada Marsh, Bo Lind"),
    'author: "[[Ada Marsh|Ada]]"': ("author", "Ada"),
    "title: [[Ada Marsh]]": ("title", "Ada Marsh"),
    "title:\n  en: Lamps\n  ru: Лампы": ("title", "Lamps"),
    "title: 1901": ("title", "1901"),
    "title: Ferries: a timetable": ("title", "Ferries: a timetable"),
    "title:": ("title", "note"),
    "title: [one, [two]]": ("title", None),
    "date: [[Ada Marsh]]": ("date", None),
    "date:\n  created: 2024-01-01": ("date", "2024-01-01"),
    "date: [[2024-01-01]]": ("date", "2024-01-01"),
    "aliases: [[Ada Marsh]]": ("aliases", ("Ada Marsh",)),
    "aliases:\n  en: Lamp": ("aliases", None),
    "aliases: 1901": ("aliases", ("1901",)),
    "aliases: Lamp, Light": ("aliases", ("Lamp", "Light")),
    "categories:\n  - name: Essays": ("author", None),
    "weight: {a: [b, {c: d}]}": ("author", None),
}


@pytest.mark.parametrize("head", ODD)
def test_an_odd_key_never_costs_the_note(tmp_path: Path, head: str) -> None:
    found = read_text(tmp_path, f"---\n{head}\ntags: [maps]\n---\nA note with an odd head.")
    assert found.passages == ["A note with an odd head."]
    assert "maps" in found.essay.tags
    key, value = ODD[head]
    if value is None and key in ("title", "aliases", "date"):
        return
    assert getattr(found.essay, key) == value


@pytest.mark.parametrize(
    ("head", "tags"),
    [
        ('categories:\n  - "[[Boats]]"\ntags: ["[[Old Harbours|harbours]]"]', {"boats", "harbours"}),
        ("tags: [[Boats]]", {"boats"}),
        ("tags:\n  - [[Boats]]\n  - [[Old Harbours]]", {"boats", "old harbours"}),
        ("tags: maps; cities", {"maps", "cities"}),
        ("tags: maps;cities", {"maps", "cities"}),
        ("tags: maps cities", {"maps", "cities"}),
        ("tags: maps, old cities", {"maps", "old cities"}),
        ("tags: '#maps #cities'", {"maps", "cities"}),
        ('tags: ["#maps", "#cities"]', {"maps", "cities"}),
        ("tags:\n- maps\n- 1901\n-", {"maps", "1901"}),
        ("tags:\n  maps: 1\n  cities: 2", set()),
        ("tags: null", set()),
        ("keywords: maps, cities", {"maps", "cities"}),
        ("keywords: [maps, cities]", {"maps", "cities"}),
        ("Tags: [maps]", {"maps"}),
        ("tags: [карты, старые города]", {"карты", "старые города"}),
        ("tags: 地図、都市", {"地図", "都市"}),
        ("taxonomies:\n  tags: [maps]\n  categories: [cities]", {"maps", "cities"}),
    ],
)
def test_tags_of_odd_forms(tmp_path: Path, head: str, tags: set[str]) -> None:
    found = read_text(tmp_path, f"---\n{head}\n---\nA note.")
    assert found.passages == ["A note."]
    if tags:
        assert {tag.lower() for tag in found.essay.tags} == tags


FOREIGN = {
    "hugo json": '{\n  "title": "The Ferry",\n  "date": "2024-03-01",\n  "tags": ["boats", "time tables"]\n}\n',
    "hugo toml": '+++\ntitle = "The Ferry"\ndate = 2024-03-01\ntags = ["boats", "time tables"]\n+++\n',
    "zola": '+++\ntitle = "The Ferry"\ndate = 2024-03-01\n[taxonomies]\ntags = ["boats", "time tables"]\n+++\n',
    "hexo": "title: The Ferry\ndate: 2024-03-01\ntags: [boats, time tables]\n---\n",
    "hexo json": '"title": "The Ferry",\n"date": "2024-03-01",\n"tags": ["boats", "time tables"]\n;;;\n',
    "pelican": "Title: The Ferry\nDate: 2024-03-01\nTags: boats, time tables\n\n",
    "multimarkdown": "title: The Ferry\ndate: 2024-03-01\nkeywords: boats, time tables\n\n",
    "yaml with blanks": "---   \ntitle: The Ferry\ndate: 2024-03-01\ntags: [boats, time tables]\n---\t\n",
    "yaml behind empty lines": "\n\n---\ntitle: The Ferry\ndate: 2024-03-01\ntags: [boats, time tables]\n---\n",
    "yaml with dots": "---\ntitle: The Ferry\ndate: 2024-03-01\ntags: [boats, time tables]\n...\n",
    "yaml behind a mark": "\ufeff---\ntitle: The Ferry\ndate: 2024-03-01\ntags: [boats, time tables]\n---\n",
    "windows": "---\r\ntitle: The Ferry\r\ndate: 2024-03-01\r\ntags: [boats, time tables]\r\n---\r\n",
}


@pytest.mark.parametrize("form", FOREIGN)
def test_foreign_heads(tmp_path: Path, form: str) -> None:
    found = read_text(tmp_path, f"{FOREIGN[form]}\nA ferry left.\n\nIt came back. #bells\n")
    assert (found.essay.title, found.essay.date) == ("The Ferry", "2024-03-01")
    assert found.essay.tags == ("boats", "time tables")
    assert found.passages == ["A ferry left.", "It came back."]
    assert found.left("metadata")


def test_pandoc_s_head(tmp_path: Path) -> None:
    found = read_text(tmp_path, "% The Ferry\n% Ada Marsh; Bo Lind\n% 2024-03-01\n\nA ferry left.\n")
    assert (found.essay.title, found.essay.date) == ("The Ferry", "2024-03-01")
    assert found.essay.author is not None
    assert "Ada Marsh" in found.essay.author
    assert found.passages == ["A ferry left."]


@pytest.mark.parametrize(
    "text",
    [
        "Note: nobody knows why the harbour closed.\n\nIt did.",
        "{A brace} begins a sentence.\n\nIt did.",
        "Dear reader: this is a letter.\nIt has two lines.\n\nIt did.",
        "---\n\nA rule begins this note.\n\n---\n\nIt did.",
        "+++ is three signs.\n\nIt did.",
    ],
)
def test_prose_that_begins_as_a_head_would(tmp_path: Path, text: str) -> None:
    found = read_text(tmp_path, text)
    assert found.passages[-1] == "It did."
    assert len(found.passages) == 2
    assert found.left("metadata") == ""


def dated(tmp_path: Path, head: str, name: str = "note.md") -> Read:
    return read_text(tmp_path, f"---\n{head}\n---\nA note." if head else "A note.", name)


@pytest.mark.parametrize(
    "key",
    [
        "date",
        "created",
        "published",
        "pubDate",
        "publishDate",
        "date created",
        "date-created",
        "planted",
        "Date",
        "updated",
    ],
)
def test_keys_of_dates(tmp_path: Path, key: str) -> None:
    assert dated(tmp_path, f"{key}: 2024-03-01").essay.date == "2024-03-01"


@pytest.mark.parametrize(
    "name",
    ["20230507.md", "202305071030.md", "202305071030 Ferries.md", "2023-05-07.md", "2023-05-07-ferries.md",
     "2023_05_07.md", "20230507103045-ferries.org", "20230507 渡し船.md"],
)  # fmt: skip
def test_dates_in_names(tmp_path: Path, name: str) -> None:
    date = dated(tmp_path, "", name).essay.date
    assert date is not None
    assert date.startswith("2023-05-07")


@pytest.mark.parametrize("name", ["20231507.md", "1234567890.md", "99999999 boats.md", "2023.md", "12 boats.md"])
def test_numbers_in_names_that_are_no_days(tmp_path: Path, name: str) -> None:
    assert dated(tmp_path, "", name).essay.date is None


def is_of(found: Read, query: str) -> bool:
    return matches(parse(query), found.essay.passages[0], found.essay)


@pytest.mark.parametrize(
    "date",
    ["2023-05-07", "2023/05/07", "2023/5/7", "2023.05.07", "7 May 2023", "7. Mai 2023", "7 мая 2023", "7 mai 2023",
     "7 de mayo de 2023", "2023年5月7日", "May 7, 2023", "Sunday, May 7, 2023", "7th May 2023", "20230507",
     "2023-05-07T10:00:00Z", "2023-05-07 10:00:00 +0200"],
)  # fmt: skip
def test_dates_of_one_meaning_are_found_by_a_query(tmp_path: Path, date: str) -> None:
    found = dated(tmp_path, f'date: "{date}"')
    assert is_of(found, "after:2023-05-06 and before:2023-05-08")
    assert not is_of(found, "after:2023-05-07 or before:2023-05-07")


@pytest.mark.parametrize("date", ["31.12.2023", "31/12/2023", "12/31/2023", "31-12-2023"])
def test_a_month_of_31_can_be_but_one_day(tmp_path: Path, date: str) -> None:
    assert is_of(dated(tmp_path, f"date: {date}"), "after:2023-12-30 and before:2024")


@pytest.mark.parametrize("date", ["soon", "1/2/3", "7 Brumaire", "[[Ada Marsh]]"])
def test_what_is_no_date_matches_none(tmp_path: Path, date: str) -> None:
    assert not is_of(dated(tmp_path, f'date: "{date}"'), "after:0001 or before:9999")


def test_of_a_date_with_two_meanings_the_year_is_known(tmp_path: Path) -> None:
    found = dated(tmp_path, "date: 05/07/2023")
    assert is_of(found, "after:2022 and before:2024")
    assert not is_of(found, "after:2023-01 or before:2023-12")
