"""Near-duplicate tags: which pairs are found, and which aren't."""

from __future__ import annotations

import random
from collections.abc import Callable
from unittest.mock import patch

import pytest

from remix.corpus import duplicates
from remix.corpus.duplicates import BLOCK, MOST_ALIKE, PAIRS_OF_A_GROUP, Duplicate, near_duplicates, not_compared


@pytest.mark.parametrize(
    ("tag", "other", "why"),
    [
        ("poets corner", "poet’s corner", "signs"),
        ("poetsCorner", "poet's-corner", "signs"),
        ("v1-1", "v11", "signs"),
        ("node.js", "nodejs", "signs"),
        ("genealogie", "généalogie", "accents"),
        ("map", "maps", "plural"),
        ("cities", "city", "plural"),
        ("boxes", "box", "plural"),
        ("local maximums", "local maximum", "plural"),
        ("maps of cities", "map of city", "plural"),
        ("sketch-books", "sketchbook", "plural"),
        ("maps and memory", "memory and maps", "order"),
        ("memories, map".replace(",", ""), "map memory", "order"),
        ("convergance", "convergence", "typo"),
        ("convergnece", "convergence", "typo"),
        ("convergenc", "convergence", "typo"),
        ("analyses", "analysis", "typo"),
        ("statistcal modle", "statistical model", "typo"),
        ("genericpastnesses", "generic pastness", "plural"),
        ("mapsOfCities", "map-of-city", "plural"),
        ("memoryAndMaps", "maps and memory", "order"),
        ("MemoryMap", "maps_memory", "order"),
        ("time/convergance", "time/convergence", "typo"),
        ("time/clock", "time/clocks", "plural"),
        ("post-colonial/theories", "postcolonial/theory", "plural"),
        ("poet’s-work/odes", "poetsWork/ode", "plural"),
        ("old places/sea/harbor", "old-places/sea/harbour", "typo"),
    ],
)
def test_what_is_perhaps_one(tag: str, other: str, why: str) -> None:
    assert near_duplicates([(other, 3), ("unrelated", 3), (tag, 1)]) == [Duplicate(tag, 1, other, 3, why)]


@pytest.mark.parametrize(
    ("tag", "other"),
    [
        ("maps", "naps"),  # too short for a typo
        ("cause", "pause"),  # different first letter
        ("1984a", "1985a"),  # digits must agree
        ("covid19", "covid"),
        ("prediction", "production"),  # two letters, in a word that isn't long
        ("glass", "glas"),
        ("this", "thi"),
        ("time/clocks", "time"),
        ("c++", "c"),
        ("記憶", "記録"),
        ("computing/ci", "computing/cpp"),  # last parts too short for a typo
        ("computing/rusts", "computer/rusts"),
        ("maps/old cities", "lamps/old city"),
        ("2023-05-17", "2023-05-07"),
        ("2023-05-07", "2023-07-05"),  # the same numbers in another order
        ("2023/05/07", "2023/05-07"),
        ("12 345", "12345"),
        ("days/2023-05-17", "days/2023-05-07"),
    ],
)
def test_what_is_not(tag: str, other: str) -> None:
    assert near_duplicates([(other, 3), (tag, 1)]) == []


def test_a_word_that_is_used_often_is_no_typo() -> None:
    assert near_duplicates([("nation", 30), ("notion", 20)]) == []
    assert near_duplicates([("nation", 30), ("notion", 3)]) == [Duplicate("notion", 3, "nation", 30, "typo")]


def test_each_is_named_once_with_the_commonest_and_the_surest_reason_first() -> None:
    counts = [("maps", 9), ("post.box", 4), ("postbox", 2), ("map", 2), ("post-boxes", 1), ("ma.ps", 1)]
    assert near_duplicates(counts) == [
        Duplicate("postbox", 2, "post.box", 4, "signs"),
        Duplicate("ma.ps", 1, "maps", 9, "signs"),
        Duplicate("map", 2, "maps", 9, "plural"),
        Duplicate("post-boxes", 1, "post.box", 4, "plural"),
    ]


def test_typos_are_found_in_any_block() -> None:
    words = [f"w{chr(97 + n // 26 // 26)}{chr(97 + n // 26 % 26)}{chr(97 + n % 26)}" * 3 for n in range(BLOCK + 10)]
    counts = [(word, 2) for word in words] + [(f"{words[0]}x", 1), (f"{words[-1]}x", 1)]
    assert [(pair.tag, pair.other) for pair in near_duplicates(counts) if pair.why == "typo"] == [
        (f"{words[0]}x", words[0]),
        (f"{words[-1]}x", words[-1]),
    ]


def test_no_tags_no_pairs() -> None:
    assert near_duplicates([]) == []


# -- many tags ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["t{:05}", "aaaaaaaaaaaaaa{:05}", "{:05}" + "a" * 55, "t/{:05}ies"])
def test_tags_that_differ_by_digits_alone(form: str) -> None:
    """20,000 such tags took minutes: all pairs were compared."""
    assert near_duplicates([(form.format(n), 1) for n in range(20_000)]) == []


def test_tags_that_are_all_alike() -> None:
    """Each of 17,576 tags is a letter away from 75 tags, and two letters away from thousands."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    tags = [f"aaaaaaaaaaaa{a}{b}{c}" for a in letters for b in letters for c in letters]
    counts = [(tag, 2) for tag in tags]
    found = near_duplicates(counts)
    assert len(found) == MOST_ALIKE - 1
    assert {pair.other for pair in found[:700]} == {"aaaaaaaaaaaaaaa"}
    assert not_compared(counts) == len(tags) - MOST_ALIKE


def many_pairs() -> list[str]:
    return [f"t{essay}x{number}" for essay in range(950) for number in range(20)]


def many_groups() -> list[str]:
    return [f"{letter}{number:05}" for number in range(9_500) for letter in ("time", "tide")]


def nine_letters() -> list[str]:
    chance = random.Random(2)
    made = ("".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=9)) for _ in range(19_000))
    return list(dict.fromkeys(made))


def anagrams() -> list[str]:
    chance = random.Random(1)
    letters = "convergenceconvergence"
    made = (chr(ord("a") + number % 26) + "".join(chance.sample(letters, 22)) for number in range(19_000))
    return list(dict.fromkeys(made))


@pytest.mark.parametrize("make", [many_pairs, many_groups, nine_letters, anagrams], ids=lambda make: make.__name__)
def test_work_is_bounded_for_all_groups_together(
    make: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bound held for each group of tags alone: of 190,000 tags, 26 or 95,000 groups took up to 20 s."""
    monkeypatch.setattr(duplicates, "MOST_PAIRS", 10**6)
    with patch.object(duplicates.process, "cdist", wraps=duplicates.process.cdist) as cdist:
        near_duplicates([(tag, 1) for tag in make()])
    sizes = [len(call.args[0]) * len(call.args[1]) for call in cdist.call_args_list]
    # At most half of what a block computes is of no use: distances of tags to rarer ones, or to themselves.
    assert sum(sizes) + PAIRS_OF_A_GROUP * len(sizes) < 3 * 10**6


def test_of_all_groups_together_the_commonest_tags_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each group's overhead counts too, so that the second of two groups is left out here."""
    monkeypatch.setattr("remix.corpus.duplicates.MOST_PAIRS", PAIRS_OF_A_GROUP + 3)
    counts = [("clocks and maps", 9), ("maps and clocks x", 8), ("clocks and mops", 2), ("maps and clocks y", 1)]
    assert [(pair.tag, pair.other) for pair in near_duplicates(counts)] == [("clocks and mops", "clocks and maps")]
    assert not_compared(counts) == 1


def test_tags_that_are_too_long_for_typos() -> None:
    counts = [("a" * 65, 9), ("a" * 64 + "b", 1), ("b" * 64, 9), ("b" * 63 + "c", 1)]
    assert [(pair.tag, pair.why) for pair in near_duplicates(counts)] == [("b" * 63 + "c", "typo")]
    assert not_compared(counts) == 2
    assert not_compared([("a", 1), ("abcde", 1)]) == 0
