"""Tags: which are the same, and how many passages have each."""

from __future__ import annotations

import pytest

from remix.corpus.tags import count_tags, tag_key, tag_keys, unique
from remix.records import Passage, sha256


@pytest.mark.parametrize(
    "spelling", ["local maximum", "Local-Maximum", "LOCAL_MAXIMUM", " local  maximum ", "local -_ maximum"]
)
def test_tag_key_is_blind_to_case_and_joints(spelling: str) -> None:
    assert tag_key(spelling) == "local maximum"


def test_tag_key_composes_accents_and_folds_case() -> None:
    assert tag_key("cafe\u0301") == tag_key("CAFÉ")
    assert tag_key("Straße") == tag_key("STRASSE")
    assert tag_key("maps") != tag_key("map")


@pytest.mark.parametrize(
    ("tag", "keys"),
    [
        ("maps", ("maps",)),
        ("Time/Clocks", ("time/clocks", "time")),
        ("a/b_c/d", ("a/b c/d", "a/b c", "a")),
        ("a//b", ("a//b", "a")),
        ("a/", ("a/", "a")),
        ("/a", ("/a",)),
        ("/", ("/",)),
        ("a / b", ("a / b", "a")),
        ("", ("",)),
    ],
)
def test_a_tag_answers_to_its_parents_too(tag: str, keys: tuple[str, ...]) -> None:
    assert tag_keys(tag) == keys


def test_a_tag_of_many_slashes_has_few_parents() -> None:
    assert len(tag_keys("a/" * 10_000)) == 21


def test_unique_keeps_the_first_spelling_in_the_first_place() -> None:
    """The last place used to be kept: a passage's own tag moved behind if the essay had the tag too."""
    assert unique(["Time", "maps", "time", "TIME", "loss"]) == ("Time", "maps", "loss")


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
