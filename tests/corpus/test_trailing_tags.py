"""Trailing tags: which tags are taken off the end of a paragraph, and which stay in the text."""

from __future__ import annotations

import pytest

from remix.corpus.trailing_tags import split_trailing_tags


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


def test_a_sentence_that_begins_with_a_tag_is_a_sentence() -> None:
    sentence = "#Maps are out of date before the ink is dry"
    assert split_trailing_tags(sentence) == (sentence, ())
    assert split_trailing_tags("So. #one word at a time") == ("So.", ("one word at a time",))
