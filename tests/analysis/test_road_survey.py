"""The survey of roads: levels, and changes between steps, by hand and against planted confounders."""

from __future__ import annotations

import numpy as np
import pytest

from remix.analysis import road_survey
from remix.analysis.road_records import Return, Road, TextRoads
from remix.analysis.roads import NEAR
from remix.outputs import RunFolder
from tests.analysis.made_roads import MadeRoad, make_roads
from tests.analysis.test_roads import FIRST, OTHER, REST, SECOND, TEXT

BACK = Return(words=1, tokens=2)


def road(distance: float | None, left: int = 20, by_meaning: float | None = None, back: Return | None = None) -> Road:
    return Road(
        task="t",
        token=1,
        character=1,
        was="a",
        put="b",
        words_left=left,
        distance=distance,
        by_meaning=by_meaning,
        same_ending=back,
        rejoins=back,
    )


def text(passage: str, step: int, *roads: Road, kind: str = "rewrite", model: str = "m") -> TextRoads:
    known = [each.distance for each in roads if each.distance is not None]
    return TextRoads(
        original="0" * 64,
        run="r",
        task=f"{passage}/{kind}.{step}",
        passage=passage,
        kind=kind,
        step=step,
        variant=1,
        model=model,
        planned=len(roads),
        roads=roads,
        turns=1,
        firmness=float(np.mean([each <= NEAR for each in known])) if known else None,
        distance=float(np.mean(known)) if known else None,
    )


def test_levels_by_hand() -> None:
    texts = [text("a", 1, road(0.2, 10, 0.1, BACK), road(0.8, 30, 0.5), road(None, 0)), text("b", 1, road(0.4, 40))]
    (kind,) = road_survey.survey(texts, "made up").kinds
    (step,) = kind.steps
    assert (step.step, step.texts, step.roads) == (1, 2, 3)
    values = step.words_left, step.firmness, step.distance, step.same_ending, step.rejoins
    assert [each.value for each in values] == pytest.approx([30, 0.75, 0.45, 0.25, 0.25])
    assert step.by_meaning is not None
    assert (step.by_meaning.value, step.by_meaning.count) == (pytest.approx(0.3), 1)
    assert step.firmness_change is None


def test_intervals_are_over_passages() -> None:
    """Ten roads of each of five texts are five passages, however many roads and variants there are."""
    texts = [text(name, 1, *[road(0.1 * number)] * 10) for number, name in enumerate("abcde")]
    once = road_survey.survey(texts).kinds[0].steps[0].distance
    assert once.count == 5
    twice = [each.model_copy(update={"roads": each.roads * 4}) for each in texts] * 3
    again = road_survey.survey(twice).kinds[0].steps[0].distance
    assert (again.low, again.high) == pytest.approx((once.low, once.high))


def test_kinds_and_models_are_apart() -> None:
    texts = [text("a", 1, road(0.1)), text("a", 1, road(0.9), model="n"), text("a", 1, road(0.5), kind="summary")]
    kinds = road_survey.survey(texts).kinds
    assert [(kind.kind, kind.model) for kind in kinds] == [("rewrite", "m"), ("rewrite", "n"), ("summary", "m")]
    assert [kind.steps[0].distance.value for kind in kinds] == pytest.approx([0.1, 0.9, 0.5])


def test_a_change_is_over_the_passages_of_both_steps() -> None:
    texts = [text("a", 1, road(0.6)), text("a", 3, road(0.2)), text("b", 1, road(0.0))]
    late = road_survey.survey(texts).kinds[0].steps[1]
    assert late.firmness_change is not None
    assert (late.firmness_change.plain.value, late.firmness_change.plain.count) == (1, 1)
    assert late.distance_change is not None
    assert late.distance_change.plain.value == pytest.approx(-0.4)


def test_steps_without_a_passage_in_common_have_no_change() -> None:
    steps = road_survey.survey([text("a", 1, road(0.6)), text("b", 2, road(0.2))]).kinds[0].steps
    assert steps[1].firmness_change is steps[1].distance_change is None


def test_a_change_of_length_alone_is_no_change_at_equal_length() -> None:
    """Planted: the distance depends on the words left and on nothing else, and later texts are shorter."""
    far, near = road(0.7, 40), road(0.3, 10)
    texts = [
        each
        for passage in "abcdefgh"
        for each in (text(passage, 1, far, far, far, near), text(passage, 2, far, near, near, near))
    ]
    change = road_survey.survey(texts).kinds[0].steps[1].distance_change
    assert change is not None
    assert change.plain.value == pytest.approx(-0.2)
    assert change.at_equal_length is not None
    assert change.at_equal_length.value == pytest.approx(0)


def test_a_change_at_equal_length_by_hand() -> None:
    """From 0.6 to 0.5 with 16 to 31 words, one road each, weight 1/2; from 0.8 to 0.5 with 32 to 63, two each, 1."""
    before = text("a", 1, road(0.6, 16), road(0.7, 32), road(0.9, 63), road(0.1, 2))
    after = text("a", 2, road(0.5, 31), road(0.4, 40), road(0.6, 50))
    change = road_survey.survey([before, after]).kinds[0].steps[1].distance_change
    assert change is not None
    assert change.at_equal_length is not None
    assert change.at_equal_length.value == pytest.approx((0.5 * -0.1 + 1 * -0.3) / 1.5)
    assert change.at_equal_length.low is None


def test_without_a_common_length_there_is_no_change_at_equal_length() -> None:
    change = road_survey.survey([text("a", 1, road(0.6, 40)), text("a", 2, road(0.2, 4))]).kinds[0].steps[1]
    assert change.distance_change is not None
    assert change.distance_change.at_equal_length is None


def test_the_interval_at_equal_length_covers_a_planted_change() -> None:
    """Passages differ, and so do lengths between the steps; the change of -0.15 is the same everywhere."""
    random = np.random.default_rng(5)

    def roads(step: int, own: float) -> list[Road]:
        lefts = random.integers(8, 128 if step == 1 else 32, 8)
        noise = random.normal(0, 0.05, 8)
        return [
            road(float(0.2 + own + 0.05 * np.log2(left) - 0.15 * (step == 2) + each), int(left))
            for left, each in zip(lefts, noise, strict=True)
        ]

    texts = []
    for passage in range(40):
        own = float(random.normal(0, 0.05))
        texts += [text(str(passage), step, *roads(step, own)) for step in (1, 2)]
    change = road_survey.survey(texts).kinds[0].steps[1].distance_change
    assert change is not None
    found = change.at_equal_length
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low < -0.15 < found.high < 0
    assert found.high - found.low < 0.08


def test_texts_whose_roads_have_no_distance_are_listed_and_not_counted() -> None:
    survey = road_survey.survey([text("a", 1, road(None, 0)), text("b", 1)])
    assert survey.kinds == ()
    assert len(survey.texts) == 2


def test_of_a_run(finished: RunFolder) -> None:
    made = {FIRST: (TEXT, [MadeRoad("first", "old", f" clock{REST}"), MadeRoad("runs", "is", OTHER)])}
    survey = road_survey.of_run(make_roads(finished, made | {SECOND: (TEXT, [MadeRoad("first", "old", None)])}))
    assert survey is not None
    assert [(each.task, each.firmness) for each in survey.texts] == [(FIRST, 0.5), (SECOND, None)]
    assert [(kind.kind, [step.step for step in kind.steps]) for kind in survey.kinds] == [("again", [1])]
    assert road_survey.of_run(finished) is None
