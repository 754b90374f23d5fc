"""Identity: each note has an id of its own, and ids stay when other notes come or go."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from remix.corpus import read_seeds, select
from remix.util import names

NEIGHBOURS = {
    "lang/C.md": "A note on C.",
    "lang/C++.md": "A note on C++.",
    "lang/C#.md": "A note on C#.",
    "🌱.md": "Seeds.",
    "🔥.md": "Fire.",
    "a/b.md": "x.",
    "a-b.md": "y.",
    "a_b.txt": "z.",
    "Why not?.md": "Q.",
    "Why not!.md": "E.",
}
SPECIALS = {
    "50% off.md": "Half.",
    "50 off.md": "Whole.",
    "❤️.md": "Red.",
    "❤.md": "Plain.",
    "R&D.md": "Both.",
    "R D.md": "Neither.",
    "$.md": "Money.",
    "@.md": "At.",
    "x/y/z.md": "Deep.",
    "x-y/z.md": "Less deep.",
    "x/y-z.md": "Other.",
}
LONG = {
    "読書ノート/港と灯台についての考察/古い灯台が町にとって不要になった経緯と"
    "その後に起きたいくつかの出来事について考えたこと.md": "灯台は十一月に消えた。 #灯台",
    "Дневник наблюдений за морем/Осенние заметки и черновики/"
    "О том, как старый маяк перестал быть нужным городу и что из этого вышло.md": "Маяк погас. #маяк",
    "ملاحظات/" + "الميناء القديم والمنارة التي لم يعد يحتاجها أحد في المدينة " * 2 + "نهاية.md": "انطفأت. #منارة",
    "notes/" + "a very long name of a note that somebody wrote as a sentence " * 3 + "end.md": "Long. #long",
}


def plant(folder: Path, notes: dict[str, str]) -> dict[str, str]:
    """Write the notes; the slug of each."""
    for name, text in notes.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return {essay.path.split("/", 1)[1]: essay.slug for essay in read_seeds(folder, folder.parent / "elsewhere")}


@pytest.mark.parametrize("notes", [NEIGHBOURS, SPECIALS, LONG], ids=["neighbours", "specials", "long"])
def test_every_note_has_a_slug_of_its_own(tmp_path: Path, notes: dict[str, str]) -> None:
    slugs = plant(tmp_path / "notes", notes)
    assert slugs.keys() == notes.keys()
    places = {names.same_place(slug) for slug in slugs.values()}
    assert len(places) == len(notes)
    assert not any(names.is_too_long(slug) for slug in slugs.values())
    assert all("/" not in slug and slug == slug.strip("-") for slug in slugs.values())


@pytest.mark.parametrize("notes", [NEIGHBOURS, SPECIALS, LONG], ids=["neighbours", "specials", "long"])
def test_a_note_alone_has_the_slug_that_it_has_among_others(tmp_path: Path, notes: dict[str, str]) -> None:
    together = plant(tmp_path / "all" / "notes", notes)
    for at, name in enumerate(notes):
        assert plant(tmp_path / str(at) / "notes", {name: notes[name]}) == {name: together[name]}


def test_slugs_stay_while_neighbours_come_and_go(tmp_path: Path) -> None:
    together = plant(tmp_path / "all" / "notes", NEIGHBOURS)
    pairs = [
        ("lang/C.md", "lang/C++.md", "lang/C#.md"),
        ("🌱.md", "🔥.md", "a-b.md"),
        ("a/b.md", "a-b.md", "a_b.txt"),
    ]
    for at, group in enumerate(pairs):
        for size in (1, 2, 3):
            for chosen in itertools.combinations(group, size):
                folder = tmp_path / f"{at}-{'-'.join(str(group.index(name)) for name in chosen)}" / "notes"
                found = plant(folder, {name: NEIGHBOURS[name] for name in chosen})
                assert found == {name: together[name] for name in chosen}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Ferry.md", "ferry.txt"),
        ("old ferry.md", "old-ferry.md"),
        ("ferry.md", "ferry.org"),
        ("FERRY.md", "ferry.md"),
    ],
)
def test_notes_whose_names_differ_in_case_or_suffix_are_both_read(tmp_path: Path, first: str, second: str) -> None:
    slugs = plant(tmp_path / "notes", {first: "One.", second: "Two."})
    if len(slugs) == 1:  # a file system that ignores case
        return
    assert len({names.same_place(slug) for slug in slugs.values()}) == 2


@pytest.mark.parametrize("tag", ["灯台", "маяк", "منارة", "long"])
def test_passages_of_long_names_are_found(tmp_path: Path, tag: str) -> None:
    plant(tmp_path / "notes", LONG)
    essays = read_seeds(tmp_path / "notes", tmp_path)
    (passage,) = select(essays, [tag])
    assert len(passage.id.encode()) <= names.LONGEST


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ("C++", "A note on C++."),
        ("lang/C++", "A note on C++."),
        ("C#", "A note on C#."),
        ("lang/C", "A note on C."),
        ("🌱", "Seeds."),
        ("a/b", "x."),
        ("a-b", "y."),
        ("a_b", "z."),
        ("Why not?", "Q."),
        ("Why not!", "E."),
    ],
)
def test_a_note_is_found_by_what_a_person_types(tmp_path: Path, asked: str, text: str) -> None:
    plant(tmp_path / "notes", NEIGHBOURS)
    essays = read_seeds(tmp_path / "notes", tmp_path)
    assert [each.text for each in select(essays, slugs=[asked])] == [text]
