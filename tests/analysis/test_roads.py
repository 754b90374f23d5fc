"""Where the roads of made-up texts lead."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from remix.analysis.road_records import Return
from remix.analysis.roads import roads_in_words, roads_of
from remix.measure.chrf import CHRF
from remix.measure.embedding import Embedder
from remix.measure.vectors import FloatArray
from remix.outputs import RunFolder
from tests.analysis.made_roads import MadeRoad, make_roads

FIRST, SECOND = "two-clocks/001/again.1", "two-clocks/002/again.2"
REST = " runs fast, and it was set by the second clock, which is slow."
TEXT = f"The first clock{REST}"
OTHER = " was sold to a sailor, who threw his money into the harbour."


def test_a_road_with_the_same_ending(finished: RunFolder) -> None:
    text = "The clock of the tower" + REST
    folder = make_roads(finished, {FIRST: (text, [MadeRoad("tower", "town", " hall" + REST)])})
    ((road,),) = (each.roads for each in roads_of(folder))
    assert (road.task, road.token, road.was, road.put) == (f"{FIRST}.v2", 5, "tower", "town")
    assert road.words_left == 13
    assert road.same_ending == road.rejoins == Return(words=1, tokens=1)
    assert road.distance == pytest.approx(1 - float(CHRF.scores([REST], [" hall" + REST])[0, 0]) / 100)


def test_a_road_that_rejoins_for_a_while(finished: RunFolder) -> None:
    then = " stops whenever it was set by the second clock alone."
    folder = make_roads(finished, {FIRST: (TEXT, [MadeRoad("first", "old", " clock" + then)])})
    ((road,),) = (each.roads for each in roads_of(folder))
    assert road.same_ending is None
    assert road.rejoins == Return(words=3, tokens=3)


def test_a_road_that_never_comes_back(finished: RunFolder) -> None:
    folder = make_roads(finished, {FIRST: (TEXT, [MadeRoad("first", "old", OTHER)])})
    (found,) = roads_of(folder)
    assert found.roads[0].rejoins is None
    assert found.firmness == 0
    assert found.distance == found.roads[0].distance
    assert roads_in_words(found) == "1 turn, 1 road: 0 come back to the same ending, 0 end near it (firmness 0.00)"


def test_firmness_is_the_share_of_near_endings(finished: RunFolder) -> None:
    roads = [MadeRoad("first", put, f" clock{REST}") for put in ("old", "small", "new")]
    roads.append(MadeRoad("runs", "is", OTHER))
    (found,) = roads_of(make_roads(finished, {FIRST: (TEXT, roads)}))
    assert (found.firmness, found.turns, found.planned) == (0.75, 2, 4)
    assert [road.distance for road in found.roads[:3]] == pytest.approx([0, 0, 0])
    assert roads_in_words(found) == "2 turns, 4 roads: 3 come back to the same ending, 3 end near it (firmness 0.75)"


def test_an_unfinished_run_has_the_roads_that_are_there(finished: RunFolder) -> None:
    roads = [MadeRoad("first", "old", f" clock{REST}"), MadeRoad("first", "new", None)]
    folder = make_roads(finished, {FIRST: (TEXT, roads), SECOND: (TEXT, [MadeRoad("first", "old", None)])})
    begun, waiting = roads_of(folder)
    assert (len(begun.roads), begun.planned, begun.firmness) == (1, 2, 1)
    assert (
        roads_in_words(begun)
        == "1 turn, 1 of 2 roads: 1 comes back to the same ending, 1 ends near it (firmness 1.00)"
    )
    assert (waiting.task, waiting.step, waiting.roads) == (SECOND, 2, ())
    assert waiting.firmness is waiting.distance is None
    assert roads_in_words(waiting) == "1 road, none of them finished"


def test_a_turn_at_the_end_has_no_distance(finished: RunFolder) -> None:
    (found,) = roads_of(make_roads(finished, {FIRST: (TEXT, [MadeRoad("slow", "late", " as well.")])}))
    assert (found.roads[0].words_left, found.roads[0].distance, found.firmness) == (0, None, None)
    assert roads_in_words(found) == "1 turn, 1 road: 0 come back to the same ending"


def test_a_road_that_ends_at_its_turn_lost_everything(finished: RunFolder) -> None:
    (found,) = roads_of(make_roads(finished, {FIRST: (TEXT, [MadeRoad("first", "end.", "")])}))
    assert (found.roads[0].distance, found.roads[0].rejoins) == (1, None)


def test_without_a_trace_words_are_counted_and_tokens_are_not(finished: RunFolder) -> None:
    road = MadeRoad("first", "old", f" wall clock{REST}", has_trace=False)
    (found,) = roads_of(make_roads(finished, {FIRST: (TEXT, [road])}))
    assert found.roads[0].same_ending == Return(words=1, tokens=None)


def test_letters_of_several_bytes(finished: RunFolder) -> None:
    text = "Дом — 日本 стоит у реки, и его видно со всех сторон города."
    roads = [MadeRoad("日本", "北京", " давно стоит у реки, и его видно со всех сторон города.")]
    (found,) = roads_of(make_roads(finished, {FIRST: (text, roads)}))
    road = found.roads[0]
    assert text[road.character :].startswith("日本")
    assert (road.words_left, road.same_ending) == (10, Return(words=1, tokens=1))


def test_originals_are_told_by_name_though_they_are_gone(finished: RunFolder) -> None:
    made = {FIRST: (TEXT, [MadeRoad("first", "old", OTHER)]), SECOND: (TEXT, [MadeRoad("runs", "is", OTHER)])}
    folder = make_roads(finished, made)
    for task in (FIRST, SECOND):
        finished.text_path(task).unlink()
    found = roads_of(folder)
    assert [(each.task, each.kind, each.step, each.passage) for each in found] == [
        (FIRST, "again", 1, "two-clocks/001"),
        (SECOND, "again", 2, "two-clocks/002"),
    ]
    assert {each.run for each in found} == {finished.run.name}


def test_by_meaning_all_endings_are_embedded_at_once(finished: RunFolder) -> None:
    asked: list[list[str]] = []

    def embed(texts: Sequence[str]) -> FloatArray:
        asked.append(list(texts))
        return np.array([[1.0, 0.0] if "clock" in text else [0.6, 0.8] for text in texts])

    made = {
        FIRST: (TEXT, [MadeRoad("first", "old", OTHER), MadeRoad("first", "old", REST)]),
        SECOND: (TEXT, [MadeRoad("slow", "late", " as well.")]),
    }
    found = roads_of(make_roads(finished, made), Embedder("made up", embed))
    assert [road.by_meaning for each in found for road in each.roads] == [pytest.approx(0.4), pytest.approx(0), None]
    assert len(asked) == 1
    assert len(set(asked[0])) == len(asked[0])


def test_a_run_without_branches_has_no_roads(finished: RunFolder) -> None:
    assert roads_of(finished) == ()
