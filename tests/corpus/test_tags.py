"""Tags: which are the same, and how many passages have each."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remix.corpus.tags import count_tags, merge_spellings, tag_key, tag_keys, tag_levels, tag_words, unique
from remix.records import Passage, sha256


@pytest.mark.parametrize(
    "spelling",
    [
        "local maximum",
        "Local-Maximum",
        "LOCAL_MAXIMUM",
        " local  maximum ",
        "local -_ maximum",
        "localmaximum",
        "localMaximum",
        "LocalMaximum",
        "loc-al\u00a0maxi_mum-",
    ],
)
def test_tag_key_is_blind_to_case_and_joints(spelling: str) -> None:
    """A tag run together was another tag than the tag written apart."""
    assert tag_key(spelling) == tag_key("local maximum")


@pytest.mark.parametrize(
    ("tag", "other"),
    [
        ("2023-05", "202305"),
        ("2023-05-17", "2023-0517"),
        ("v1-1", "v11"),
        ("1 2 3", "12 3"),
        ("٢-٣", "٢٣"),
        ("area 5-1", "area-51"),
    ],
)
def test_a_joint_between_digits_counts(tag: str, other: str) -> None:
    assert tag_key(tag) != tag_key(other)


@pytest.mark.parametrize(
    ("tag", "other"),
    [
        ("2023-05", "2023_05"),
        ("2023 - 05", "2023-05"),
        ("covid-19", "Covid19"),
        ("3-D", "3d"),
        ("area 51", "area51"),
        ("web 2.0", "Web2.0"),
        ("c++ 17", "c++17"),
    ],
)
def test_a_joint_beside_one_digit_does_not_count(tag: str, other: str) -> None:
    assert tag_key(tag) == tag_key(other)


@pytest.mark.parametrize(
    ("tag", "other", "same"),
    [
        ("time/oldClocks", "Time/old-clocks", True),
        ("old time / clocks", "oldTime/clocks", True),
        ("time/clocks", "timeclocks", False),
        ("time/clocks", "time-clocks", False),
        ("2023/05", "2023-05", False),
        ("a-b/c", "a/b-c", False),
    ],
)
def test_nested_tags_compare_part_by_part(tag: str, other: str, same: bool) -> None:
    assert (tag_key(tag) == tag_key(other)) is same


def test_tag_key_composes_accents_and_folds_case() -> None:
    assert tag_key("cafe\u0301") == tag_key("CAFÉ")
    assert tag_key("Straße") == tag_key("STRASSE")
    assert tag_key("maps") != tag_key("map")


@pytest.mark.parametrize(
    ("tag", "keys"),
    [
        ("maps", ("maps",)),
        ("Time/Clocks", ("time/clocks", "time")),
        ("a/b_c/d", ("a/bc/d", "a/bc", "a")),
        ("a//b", ("a//b", "a")),
        ("a/", ("a/", "a")),
        ("/a", ("/a",)),
        ("/", ("/",)),
        ("a / b", ("a/b", "a")),
        ("", ("",)),
    ],
)
def test_a_tag_answers_to_its_parents_too(tag: str, keys: tuple[str, ...]) -> None:
    assert tag_keys(tag) == keys


def test_a_tag_of_many_slashes_has_few_parents() -> None:
    assert len(tag_keys("a/" * 10_000)) == 21


def test_the_levels_of_a_tag_are_as_written() -> None:
    assert tag_levels("Old-Maps/of Cities/x") == ("Old-Maps/of Cities/x", "Old-Maps/of Cities", "Old-Maps")


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ("Generic-Pastness", ["generic", "pastness"]),
        ("genericPastness", ["generic", "pastness"]),
        ("GenericPastness", ["generic", "pastness"]),
        ("genericpastness", ["genericpastness"]),
        ("générauxÉtats", ["généraux", "états"]),
        ("HTML", ["html"]),
        (" _maps-of  Cities_", ["maps", "of", "cities"]),
        ("", []),
        ("-", []),
    ],
)
def test_the_words_of_a_tag(tag: str, words: list[str]) -> None:
    assert tag_words(tag) == words


def test_unique_keeps_the_first_spelling_in_the_first_place() -> None:
    """The last place used to be kept: a passage's own tag moved behind if the essay had the tag too."""
    assert unique(["Time", "maps", "time", "TIME", "loss"]) == ("Time", "maps", "loss")
    assert unique(["oldMaps", "-", "old-maps", "old maps"]) == ("oldMaps",)


def passage(*tags: str) -> Passage:
    return Passage(
        id="e/001",
        essay="e",
        title="E",
        section=None,
        path="seeds/e.md",
        lines=(1, 1),
        tags=tags,
        text="A.",
        sha256=sha256("A."),
    )


def test_count_tags_by_number_then_name_in_the_commonest_spelling() -> None:
    passages = [passage("maps", "Generic Pastness"), passage("Maps", "loss"), passage("maps", "age"), passage()]
    assert count_tags(passages) == [("maps", 3), ("age", 1), ("Generic Pastness", 1), ("loss", 1)]


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ({"genericpastness": 2, "generic pastness": 1}, "genericpastness"),
        ({"genericpastness": 1, "generic pastness": 1}, "generic pastness"),
        ({"Generic-Pastness": 1, "genericPastness": 1, "genericpastness": 1}, "Generic-Pastness"),
        ({"Generic-Pastness": 1, "generic-pastness": 1}, "generic-pastness"),
        ({"generic": 1, "generic-": 1}, "generic"),
        ({"strasse": 1, "straße": 1}, "strasse"),
    ],
)
def test_of_spellings_as_frequent_the_one_written_apart_is_shown(counts: dict[str, int], shown: str) -> None:
    """Whichever is counted first: the index and memory count in different orders."""
    merged = [(shown, sum(counts.values()))]
    assert merge_spellings(counts.items()) == merged
    assert merge_spellings(reversed(counts.items())) == merged


SPELLINGS = st.text(alphabet="aAbßs12-_ /é\u0301", max_size=5)


@given(st.dictionaries(SPELLINGS, st.integers(1, 3), max_size=12))
def test_merging_spellings_loses_no_count(counts: dict[str, int]) -> None:
    merged = merge_spellings(counts.items())
    totals: Counter[str] = Counter()
    for tag, count in counts.items():
        totals[tag_key(tag)] += count
    assert {tag_key(tag): count for tag, count in merged} == totals
    assert len(merged) == len(totals)
    assert counts.keys() >= {tag for tag, _ in merged}
    assert merge_spellings(sorted(counts.items(), reverse=True)) == merged
