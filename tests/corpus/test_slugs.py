"""Slugs: which ids essays get, and that ids stay when other files come and go."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from remix.corpus import chooser, consult, read_seeds, slugs
from remix.corpus.memory import MemoryCorpus
from remix.records import Options
from remix.util import names

LOUD = [
    *("lang/C.md", "lang/C++.md", "lang/C#.md", "a/b.md", "a-b.md", "a_b.txt"),
    *("\U0001f331.md", "\U0001f525.md", "Why not?.md", "Why not!.md"),
]
"""Names that used to share the folders of their passages."""

MORE = ["F*.md", "F&.md", "100%.md", "100.md", "~.md", "x = y.md", "x = z.md", "@home.md", "home.md", "\u2026.md"]


@pytest.mark.parametrize(
    ("path", "slug"),
    [
        ("Two Clocks.md", "two-clocks"),
        ("notes/On_Maps.org", "notes--on_maps"),
        ("Éloge — de l’oubli.md", "éloge-de-l-oubli"),
        ("記憶.md", "記憶"),
        ("ﬁne.md", "fine"),
        ("हिन्दी में.md", "हिन्दी-में"),
        ("กิน.md", "กิน"),
        ("İstanbul.md", "i̇stanbul"),
        ("a.b (c), d: 'e'.md", "a-b-c-d-e"),
        ("港、灯台。.md", "港-灯台"),
        (
            "読書ノート/港と灯台についての考察/古い灯台が町にとって不要になった経緯とその後に起きたいくつかの出来事について考えたこと.md",
            "読書ノート--港と灯台についての考察--古い灯台が町にとって不要になった経緯とその後に起きたいくつかの出来事について考えたこと",
        ),
        ("_index.md", "_index"),
        ("CON.md", "con-essay"),
        ("con/aux.md", "con--aux"),
        ("a/ b /c.txt", "a--b--c"),
    ],
)
def test_a_quiet_name_is_its_slug(path: str, slug: str) -> None:
    assert slugs.of_path(path) == slug


@pytest.mark.parametrize(
    ("path", "begin"),
    [
        ("C++.md", "c-"),
        ("\U0001f331.md", "essay-"),
        ("\U0001f331/a.md", "a-"),
        ("….md", "essay-"),
        ("1️⃣ One.md", "1-one-"),
    ],
)
def test_a_loud_name_has_a_hash(path: str, begin: str) -> None:
    slug = slugs.of_path(path)
    assert slug.startswith(begin)
    assert len(slug) == len(begin) + slugs.HASH


def test_accents_as_macos_writes_them_give_the_same_hash() -> None:
    assert slugs.of_path("Caf\u00e9!.md") == slugs.of_path("Cafe\u0301!.md")


@pytest.mark.parametrize("names_there", [LOUD, MORE])
def test_ids_stay_whoever_comes_or_goes(names_there: list[str]) -> None:
    everywhere = slugs.settled(names_there)
    assert len({names.same_place(slug) for slug in everywhere.values()}) == len(names_there)
    for size in range(1, len(names_there)):
        for present in itertools.combinations(names_there, size):
            assert slugs.settled(present) == {path: everywhere[path] for path in present}


def test_of_names_that_differ_in_case_alone_the_first_keeps_the_slug() -> None:
    there = ["maps.org", "maps.md", "Maps.md", "maps.txt", "ma ps.md", "ma-ps.md"]
    for order in itertools.permutations(there):
        settled = slugs.settled(order)
        assert (settled["Maps.md"], settled["ma ps.md"]) == ("maps", "ma-ps")
        assert len(set(settled.values())) == len(there)
    whole = slugs.settled(there)
    for present in itertools.combinations(there, 4):
        if "Maps.md" in present:
            assert slugs.settled(present)["Maps.md"] == "maps"
            kept = [path for path in present if path.startswith("maps")]
            assert [slugs.settled(present)[path] for path in kept] == [whole[path] for path in kept]


@pytest.mark.parametrize(
    "names_there",
    [
        ["caf\u00e9.md", "cafe\u0301.md", "CAF\u00c9.md"],
        ["C++.md", f"{slugs.of_path('C++.md')}.md"],
        ["a" * 200 + ".md", "A" * 200 + ".md", "a" * 200 + ".org"],
        ["\u00e9" * 40 + ".md", *("\u00e9" * n + "e\u0301" * (40 - n) + ".md" for n in range(40))],
    ],
)
def test_names_made_to_clash_are_settled(names_there: list[str]) -> None:
    settled = slugs.settled(names_there)
    assert len({names.same_place(slug) for slug in settled.values()}) == len(names_there)
    assert not any(map(names.is_too_long, settled.values()))


@pytest.mark.parametrize(
    ("path", "begin"),
    [
        (
            "Дневник наблюдений за морем/Осенние заметки и черновики/"
            "О том, как старый маяк перестал быть нужным городу и что из этого вышло.md",
            "дневник-наблюдений-за-морем--осенние-заметки-и-черновики--о-том-как-старый-маяк-перестал-быть-нужным-",
        ),
        ("読書ノート/" + "灯台" * 80 + ".md", "読書ノート--灯台灯台"),
        ("a/" * 150 + "b.md", "a--a--a--"),
        ("सम" * 90 + ".txt", "समसम"),
    ],
)
def test_a_long_name_is_cut_at_a_word(path: str, begin: str) -> None:
    slug = slugs.of_path(path)
    assert slug.startswith(begin)
    assert names.LONGEST // 2 < len(slug.encode()) <= names.LONGEST
    assert slug != slugs.of_path(f"x{path}")


@given(st.lists(st.text(max_size=8).map(lambda name: f"{name}a.md"), unique=True, max_size=8))
def test_no_two_files_share_a_slug(names_there: list[str]) -> None:
    settled = slugs.settled(names_there)
    assert settled.keys() == set(names_there)
    assert len({names.same_place(slug) for slug in settled.values()}) == len(names_there)


# -- what a person types ------------------------------------------------------------------------------------


@pytest.fixture
def garden(tmp_path: Path) -> Path:
    for name in LOUD:
        path = tmp_path / "seeds" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("Words.\n", encoding="utf-8")
    (tmp_path / "seeds" / "2023.md").write_text("---\ntitle: Is it late?\naliases: A & B\n---\nA.\n")
    return tmp_path / "seeds"


@pytest.mark.parametrize(
    ("typed", "path"),
    [
        ("a/b", "a/b.md"),
        ("a-b", "a-b.md"),
        ("A_B", "a_b.txt"),
        ("lang/C++", "lang/C++.md"),
        ("seeds/lang/C#.md", "lang/C#.md"),
        ("c++", "lang/C++.md"),
        ("lang/C", "lang/C.md"),
        ("Why not?", "Why not?.md"),
        ("why not !", "Why not!.md"),
        ("\U0001f331", "\U0001f331.md"),
        (slugs.of_path("lang/C++.md"), "lang/C++.md"),
        ("Is it late?", "2023.md"),
        ("a & b", "2023.md"),
        ("2023.md", "2023.md"),
    ],
)
def test_an_essay_is_found_by_what_a_person_types(garden: Path, typed: str, path: str) -> None:
    chosen = chooser(Options(essays=(typed,)))
    in_memory = chosen(MemoryCorpus(read_seeds(garden, garden.parent)))
    for found in (in_memory, consult(garden, garden.parent, chosen)):
        assert [passage.path for _, passage in found.pairs] == [f"seeds/{path}"]


@example("हिन्दी/कविता")
@example("ß\u0323")
@given(st.text(max_size=20))
def test_a_slug_is_what_is_typed_for_it(name: str) -> None:
    slug = slugs.of_path(f"{name}.md")
    assert slugs.typed(slug) == slug


@pytest.mark.parametrize(
    ("title", "name"),
    [("The Ferry", "the-ferry"), ("On_Maps: a/b", "on-maps-a-b"), ("Nul", "nul-essay"), ("?", "essay")],
)
def test_a_new_file_s_name(title: str, name: str) -> None:
    assert slugs.of_words(title) == name
