"""Tags: which are taken off a paragraph, which stay in it, and which are the same."""

from __future__ import annotations

import pytest

from remix.corpus.tags import count_tags, split_trailing_tags, tag_key, tag_keys, unique
from remix.records import Passage, sha256


@pytest.mark.parametrize(
    ("paragraph", "text", "tags"),
    [
        ("Words.", "Words.", ()),
        ("Words. #maps", "Words.", ("maps",)),
        ("Words. #maps, #generic pastness", "Words.", ("maps", "generic pastness")),
        ("Words. #maps #loss", "Words.", ("maps", "loss")),
        ("Words. #maps; #loss;", "Words.", ("maps", "loss")),
        ("Words. #maps,#loss", "Words.", ("maps", "loss")),
        ("Words.\n#maps\n#loss", "Words.", ("maps", "loss")),
        ("Words without an end\n#maps", "Words without an end", ("maps",)),
        ("Really? #maps", "Really?", ("maps",)),
        ("“So it is.” #maps", "“So it is.”", ("maps",)),
        ("He said (once.) #maps", "He said (once.)", ("maps",)),
        ("*So it is.* #maps", "*So it is.*", ("maps",)),
        ("Words… #maps", "Words…", ("maps",)),
        ("#maps, #loss", "", ("maps", "loss")),
        ("Words. #local maximum.", "Words.", ("local maximum",)),
        ("Words. #Maps #maps #MAPS", "Words.", ("Maps",)),
        ("Words. #généalogie, #日本語, #time/clocks", "Words.", ("généalogie", "日本語", "time/clocks")),
        ("Words. #r&d, #poet's corner, #v1.2", "Words.", ("r&d", "poet's corner", "v1.2")),
        ("I love #maps and cities", "I love #maps and cities", ()),
        ("I love #maps", "I love #maps", ()),
        ("See #maps. Then #loss, it said.", "See #maps. Then #loss, it said.", ()),
        ("Words. #maps (and more)", "Words. #maps (and more)", ()),
        ("In C# one writes. #", "In C# one writes. #", ()),
        ("A price. # 5", "A price. # 5", ()),
        ("First. #one and then. #maps", "First.", ("one and then", "maps")),
        ("Words.[^1] #maps, #generic pastness", "Words.[^1]", ("maps", "generic pastness")),
        ("==So it is.== #maps, #local light", "==So it is.==", ("maps", "local light")),
        ("„So ist es.“ #karten, #altes Licht", "„So ist es.“", ("karten", "altes Licht")),
        ("« C’est ainsi. » #cartes du ciel", "« C’est ainsi. »", ("cartes du ciel",)),
        ("地図は領土ではない。#地図、#記憶", "地図は領土ではない。", ("地図", "記憶")),
        ("「そうだ。」　#地図", "「そうだ。」", ("地図",)),
        ("नक़्शा पुराना है। #नक़्शा, #हिन्दी", "नक़्शा पुराना है।", ("नक़्शा", "हिन्दी")),
        ("هل هذا صحيح؟ #خرائط، #ذاكرة", "هل هذا صحيح؟", ("خرائط", "ذاكرة")),
        ("متن. #می\u200cخواهم, #maps", "متن.", ("می\u200cخواهم", "maps")),
        ("Words. #✨, #⭐ of the week", "Words.", ("✨", "⭐ of the week")),
        ("", "", ()),
    ],
)
def test_split_trailing_tags(paragraph: str, text: str, tags: tuple[str, ...]) -> None:
    assert split_trailing_tags(paragraph) == (text, tags)


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
    """It used to keep the last place: a passage's own tag moved behind when its essay had it too."""
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


def test_a_sentence_that_begins_with_a_tag_is_a_sentence() -> None:
    sentence = "#Maps are out of date before the ink is dry"
    assert split_trailing_tags(sentence) == (sentence, ())
    assert split_trailing_tags("So. #one word at a time") == ("So.", ("one word at a time",))
