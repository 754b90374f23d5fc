"""Co-occurrence: pairs of tags on the same passages."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remix.corpus import cooccurrence
from remix.corpus.cooccurrence import Pair, companions, cooccurrences
from remix.corpus.tags import count_tags, tag_key
from remix.records import Passage
from tests.corpus.test_tags import passage

PASSAGES = [passage("maps", "Loss"), passage("Maps", "loss", "time"), passage("maps"), passage("time"), passage()]


def test_pairs_by_passages_then_share() -> None:
    assert cooccurrences(PASSAGES) == [
        Pair("maps", "loss", 2, 2 / 3),
        Pair("loss", "time", 1, 1 / 3),
        Pair("maps", "time", 1, 1 / 4),
    ]


def test_companions_of_a_tag_however_it_is_spelt() -> None:
    assert companions(PASSAGES, "#LOSS") == [Pair("loss", "maps", 2, 2 / 3), Pair("loss", "time", 1, 1 / 3)]
    assert companions(PASSAGES, "nothing") == []


def test_spellings_of_a_tag_stand_together_as_one_tag() -> None:
    passages = [passage("oldMaps", "loss"), passage("old-maps", "Loss"), passage("old maps")]
    assert cooccurrences(passages) == [Pair("old maps", "loss", 2, 2 / 3)]
    assert companions(passages, "#oldmaps") == [Pair("old maps", "loss", 2, 2 / 3)]


def test_companions_of_a_tag_are_those_of_the_ones_below_it_too() -> None:
    passages = [
        passage("time/clocks", "maps"),
        passage("time", "maps"),
        passage("timetable", "maps"),
        passage("time"),
    ]
    assert companions(passages, "time") == [Pair("time", "maps", 2, 2 / 4)]
    assert companions(passages[:1], "Time") == [Pair("Time", "maps", 1, 1.0)]


def test_only_the_commonest() -> None:
    assert cooccurrences(PASSAGES, most=2) == [Pair("maps", "loss", 2, 2 / 3)]
    assert cooccurrences([], most=2) == []


@given(lists=st.lists(st.sets(st.sampled_from("abcdef")), max_size=12))
@pytest.mark.parametrize("block", [1, 5, 4096])
def test_they_are_what_counting_by_hand_gives(block: int, lists: list[set[str]]) -> None:
    passages: list[Passage] = [passage(*sorted(tags)) for tags in lists]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cooccurrence, "_BLOCK", block)
        found = {frozenset((pair.tag, pair.other)): (pair.together, pair.share) for pair in cooccurrences(passages)}
    expected = {}
    for one, other in combinations([tag for tag, _ in count_tags(passages)], 2):
        both = sum({one, other} <= tags for tags in lists)
        if both:
            expected[frozenset((one, other))] = (both, both / sum(bool({one, other} & tags) for tags in lists))
    assert found == expected
    for tag in {tag for tags in lists for tag in tags}:
        one_sided = {frozenset((tag, pair.other)): (pair.together, pair.share) for pair in companions(passages, tag)}
        assert one_sided == {pair: facts for pair, facts in expected.items() if tag_key(tag) in pair}
