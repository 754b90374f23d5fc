"""`remix why --sentence` and `--of`, and what `remix measure` tells of passages that are heard."""

from __future__ import annotations

import json
import shutil

import pytest

from remix.cli.behind import line_of
from remix.outputs import RunFolder
from remix.outputs.layout import LINEAGE
from remix.workspace import Workspace
from tests.conftest import Remix
from tests.made_weave import OPENING, PARAGRAPHS, RUN, UNHEARD, made_weave


@pytest.fixture
def essay(workspace: Workspace, finished: RunFolder) -> RunFolder:
    """A woven essay: an opening of two sentences, then paragraphs."""
    return made_weave(workspace, finished)


def test_the_line_of_a_sentence_goes_by_the_line_breaks_of_its_passage(finished: RunFolder) -> None:
    source = finished.read("two-clocks/001/again.1")[0].sources[0]
    text = "One word\nleads to\n\nanother. It\nends."
    made = source.model_copy(update={"text": text, "lines": (10, 14)})
    lines = [line_of(made, sentence) for sentence in ("One word leads to another.", "It ends.", "Not there.", "")]
    assert lines == [10, 13, 10, 10]
    assert line_of(made.model_copy(update={"lines": (10, 11)}), "It ends.") == 11


def test_a_sentence_of_a_text_has_its_passages_with_places(essay: RunFolder, remix_: Remix) -> None:
    result = remix_("why", f"{RUN}:{PARAGRAPHS[1]}", "--sentence", "2")
    assert result.exit_code == 0
    assert f"Sentence 2 of 3, in {PARAGRAPHS[1]}" in result.stdout
    assert "One drew every tree, and his map was never used." in result.stdout
    row = next(line.split("\t") for line in result.stdout.splitlines() if line.startswith("maps/"))
    assert row[:3] == ["maps/002", "100%", "100"]
    assert row[4] == "seeds/maps.md:8"
    assert "By words" in result.stderr


@pytest.mark.parametrize("name", [None, RUN, RUN[:20]])
def test_the_sentences_of_an_essay_are_numbered_throughout(
    essay: RunFolder, finished: RunFolder, remix_: Remix, name: str | None
) -> None:
    """Without a name, those of the latest run."""
    if name is None:
        shutil.rmtree(finished.path)
    found = json.loads(remix_("why", *([name] if name else []), "--sentence", "4", "--json").stdout)
    assert (found["number"], found["of"], found["output"]) == (4, 10, PARAGRAPHS[0])
    assert found["sentence"] == "It was set by the second."
    assert [each["passage"] for each in found["behind"]] == ["two-clocks/001"]
    assert (found["behind"][0]["path"], found["behind"][0]["essay"]) == ("seeds/two-clocks.md", "Two Clocks")
    assert not found["added"]


def test_an_added_sentence_is_said_to_be_added(essay: RunFolder, remix_: Remix) -> None:
    result = remix_("why", RUN, "--sentence", "2")
    assert f"in {OPENING}" in result.stdout
    assert "Added: no passage stands behind this sentence, as far as words tell." in result.stdout


def test_the_text_may_have_a_single_passage(finished: RunFolder, remix_: Remix) -> None:
    result = remix_("why", "two-clocks/001/again.1", "--sentence", "1")
    assert result.exit_code == 0


def test_a_sentence_that_isnt_there(essay: RunFolder, remix_: Remix) -> None:
    result = remix_("why", RUN, "--sentence", "11")
    assert result.exit_code == 1
    assert "there is no sentence 11: the text has 10." in result.stderr


def test_a_run_without_an_essay_asks_for_a_text(finished: RunFolder, remix_: Remix) -> None:
    result = remix_("why", finished.run.name, "--sentence", "1")
    assert result.exit_code == 1
    assert "weaves no essay" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        (RUN, "--sentence", "0"),
        (RUN, "--sentence", "1", "--sentences"),
        ("--of", "maps/001", "--sentence", "1"),
        (RUN, "--sentence", "1", "--reader", "x"),
        (OPENING, "--by", "model"),
        (),
    ],
)
def test_options_that_dont_go_together_are_refused(essay: RunFolder, remix_: Remix, words: tuple[str, ...]) -> None:
    assert remix_("why", *words).exit_code == 2


def test_of_a_passage_the_sentences_are_listed_in_which_the_passage_is_heard(essay: RunFolder, remix_: Remix) -> None:
    result = remix_("why", "--of", "maps/002")
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    heard = [row for row in rows if len(row) == 4 and row[2].endswith("%")]
    assert [(row[0], row[1]) for row in heard] == [(PARAGRAPHS[1], "2"), ("", "3"), (OPENING, "1")]
    found = json.loads(remix_("why", "--of", "two-clocks/001", "--json").stdout)
    by_output = {each["output"]: each.get("heard") for each in found}
    assert [each["number"] for each in by_output[PARAGRAPHS[0]]] == [1, 2]
    assert by_output["two-clocks/001/again.1"] is None


def test_measure_counts_the_passages_that_are_heard(essay: RunFolder, remix_: Remix) -> None:
    result = remix_("measure", RUN)
    assert result.exit_code == 0
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert ["the essay", "5 of 7", "2 of 10", ", ".join(UNHEARD)] in rows
    assert (essay.path / f"{PARAGRAPHS[0]}{LINEAGE}").exists()
    found = json.loads(remix_("measure", RUN, "--json").stdout)["coverage"]
    assert found["essay"]["unheard"] == list(UNHEARD)
    assert found["outputs"][OPENING]["heard"] == 1


def test_the_report_names_the_passages_that_nobody_hears(
    essay: RunFolder, remix_: Remix, workspace: Workspace
) -> None:
    page = workspace.root / "report.html"
    assert remix_("measure", RUN, "--report", page).exit_code == 0
    assert "Which passages are heard?" in page.read_text()
    assert "two-clocks/003, maps/004" in page.read_text()


def test_a_run_of_single_passages_tells_nothing_of_it(finished: RunFolder, remix_: Remix) -> None:
    assert "passages heard" not in (result := remix_("measure", finished.run.name)).stdout + result.stderr
    assert json.loads(remix_("measure", finished.run.name, "--json").stdout)["coverage"] is None
