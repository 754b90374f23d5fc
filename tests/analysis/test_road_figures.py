"""Roads where a user sees them: in the report, in what `remix measure` prints, in --json and in compare."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from remix.analysis import road_figures, road_survey, run_comparison, run_ledgers, run_survey
from remix.analysis.road_records import RoadSurvey, TextRoads
from remix.analysis.run_comparison import ComparedRun
from remix.outputs import RunFolder
from tests.analysis.made_roads import MadeRoad, make_roads
from tests.analysis.test_report import Page
from tests.analysis.test_road_survey import road, text
from tests.analysis.test_roads import FIRST, OTHER, REST, SECOND, TEXT
from tests.conftest import Remix

LATER = "two-clocks/001/again.2"
NEAR_ROAD, FAR_ROAD = MadeRoad("first", "old", f" clock{REST}"), MadeRoad("runs", "is", OTHER)


@pytest.fixture
def led(finished: RunFolder) -> RunFolder:
    """Roads of the first and the second step over a passage, and of a second step over another."""
    texts = {FIRST: (TEXT, [NEAR_ROAD, FAR_ROAD]), LATER: (TEXT, [NEAR_ROAD]), SECOND: (TEXT, [NEAR_ROAD])}
    return make_roads(finished, texts)


def survey_of(steps: Sequence[Sequence[float]], left: Sequence[int] = (20, 20)) -> RoadSurvey:
    """Steps with a distance for each of some passages."""
    texts: list[TextRoads] = []
    for number, distances in enumerate(steps, 1):
        texts += [text(str(at), number, road(each, left[number - 1])) for at, each in enumerate(distances)]
    return road_survey.survey(texts)


def test_later_texts_are_firmer() -> None:
    (kind,) = survey_of([[0.9] * 5 + [0.1], [0.1] * 6]).kinds
    assert road_figures.grows_firmer(kind) == (
        "rewrite: firmness 0.17 at step 1, 1.00 at step 2; with as many words left, later texts are firmer "
        "(+0.83, 95\N{NO-BREAK SPACE}% interval +0.51 to +1.16)."
    )


def test_later_texts_are_less_firm() -> None:
    (kind,) = survey_of([[0.1] * 6, [0.9] * 6]).kinds
    assert "later texts are less firm (−1.00" in (road_figures.grows_firmer(kind) or "")


def test_an_uncertain_change_is_called_so() -> None:
    (kind,) = survey_of([[0.1, 0.9, 0.9, 0.1, 0.9, 0.1], [0.9, 0.1, 0.9, 0.1, 0.9, 0.1]]).kinds
    assert "with as many words left no change is certain (+0.00" in (road_figures.grows_firmer(kind) or "")


@pytest.mark.parametrize("survey", [survey_of([[0.9], [0.1]]), survey_of([[0.9] * 6, [0.1] * 6], left=(40, 4))])
def test_what_can_not_be_compared_is_called_so(survey: RoadSurvey) -> None:
    (kind,) = survey.kinds
    assert "too few passages, or too different lengths" in (road_figures.grows_firmer(kind) or "")


def test_the_least_firm_texts_are_told_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(road_figures, "MOST_TEXTS", 2)
    found = road_figures.figures(survey_of([[0.1, 0.9, 0.2]]), [])
    assert [name for name, _ in found["told"]] == ["1/rewrite.1", "0/rewrite.1"]
    assert found["untold"] == 1


def test_the_report_has_a_section_of_roads(led: RunFolder, remix_: Remix, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    result = remix_("measure", led.path.name, "--report", target, "--embeddings", "none")
    assert result.exit_code == 0, result.output
    page = Page(target.read_text(encoding="utf-8"))
    assert "4 texts by fake, from 2 passages in 2 steps" in page.text
    assert "These 4 texts are roads: each leaves one of 3 texts" in page.text
    assert f"{FIRST} 2 turns, 2 roads: 1 comes back to the same ending, 1 ends near it (firmness 0.50)" in page.text
    assert "again: firmness 0.50 at step 1, 1.00 at step 2; too few passages" in page.text
    labels = target.read_text(encoding="utf-8").split('aria-label="')[1:]
    assert any(part.startswith("again: step 1, 2 texts; step 2, 2 texts.") for part in labels)
    assert any(part.startswith("again: firmness, by step: firmness from 0.50 to 1.00.") for part in labels)


def test_the_report_of_roads_of_second_steps_alone(finished: RunFolder, remix_: Remix, tmp_path: Path) -> None:
    """There are no chains: the steps before are in another run."""
    led = make_roads(finished, {SECOND: (TEXT, [NEAR_ROAD, FAR_ROAD])})
    target = tmp_path / "report.html"
    result = remix_("measure", led.path.name, "--report", target, "--embeddings", "none")
    assert result.exit_code == 0, result.output
    page = Page(target.read_text(encoding="utf-8"))
    assert "2 texts by fake, from 1 passages in 2 steps" in page.text
    assert "Where do other roads lead?" in page.text
    assert "Drift" not in page.text


def test_a_report_without_roads_has_no_such_section(finished: RunFolder) -> None:
    surveyed = run_survey.survey_of(finished, run_ledgers.measure(finished), None)
    assert "Where do other roads lead?" not in run_survey.page(surveyed, None)


def test_measure_prints_where_roads_lead(led: RunFolder, remix_: Remix) -> None:
    printed = remix_("measure", led.path.name).output
    assert [line.split("\t") for line in printed.splitlines() if line.startswith("again\t")][1:] == [
        ["again", "1", "1", "2", "13", "0.50", "0.40", "50%", "50%"],
        ["again", "2", "2", "2", "14", "1.00", "0.00", "100%", "100%"],
    ]


def test_json_has_the_roads(led: RunFolder, finished: RunFolder, remix_: Remix) -> None:
    found = json.loads(remix_("measure", led.path.name, "--json").stdout)["roads"]
    assert RoadSurvey.model_validate(found) == road_survey.of_run(led)
    assert found["schema"] == "remix/roads/1"
    assert json.loads(remix_("measure", finished.run.name, "--json").stdout)["roads"] is None


def test_roads_in_compare(finished: RunFolder) -> None:
    """Texts are paired by what the branches leave, whatever the roads are called and however many there are."""
    one = make_roads(finished, {FIRST: (TEXT, [NEAR_ROAD, FAR_ROAD])})
    other = make_roads(finished, {FIRST: (TEXT, [NEAR_ROAD])}, "20260103T000000Z-branch-0001")
    sides = [ComparedRun(folder, run_ledgers.measure(folder)) for folder in (one, other)]
    found = {each.measure: each for each in run_comparison.compare(*sides, None).differences}
    firmness = found["roads: firmness"]
    assert (firmness.kind, firmness.texts, firmness.one, firmness.other) == ("again", 1, 0.5, 1)
    assert found["roads: same ending"].difference.value == 0.5
    assert found["roads: distance"].difference.value < 0


def test_roads_and_chains_in_compare(finished: RunFolder, tmp_path: Path) -> None:
    """A run without branches has no roads to compare with."""
    chains = RunFolder.open(shutil.copytree(finished.path, tmp_path / finished.path.name))
    led = make_roads(finished, {FIRST: (TEXT, [NEAR_ROAD])})
    sides = [ComparedRun(folder, run_ledgers.measure(folder)) for folder in (led, chains)]
    for side in (sides, sides[::-1]):
        assert list(run_comparison._of_roads(side[0].folder, side[1].folder, {}, None)) == []
