"""The report: a page whose numbers are the run's."""

from __future__ import annotations

import importlib.util
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from remix import pages
from remix.analysis import run_ledgers, run_survey
from remix.analysis.report import KeptShare, ReportData, report
from remix.analysis.survey import survey
from remix.analysis.text_sets import SimilarityMethods
from remix.analysis.trajectory import Trajectory
from remix.errors import RunError
from remix.measure.embedding import Embedder
from remix.measure.vectors import bag_of_words
from remix.outputs import RunFolder
from remix.reader import reading_survey
from remix.reader.reading_survey import ReadText
from remix.records import Run
from tests.analysis.test_survey import PLATITUDE, SUBJECTS, about, chains
from tests.conftest import Remix
from tests.reader.made import made, store_made
from tests.reader.test_reading_survey import PASSAGE, TEXT

WAYS = SimilarityMethods(run_survey.chrf, Embedder("a <model>", bag_of_words))
KEPT = [KeptShare("rewrite", step, share, None if share else 0.5) for step in (1, 2, 3) for share in (0.0, 0.25, 1.0)]


class Page(HTMLParser):
    """What a browser would find."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.addresses: list[str] = []
        self._style = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._style = tag == "style"
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href", "xlink:href"}]

    def handle_endtag(self, tag: str) -> None:
        self._style = False

    def handle_data(self, data: str) -> None:
        if not self._style:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def data(run: Run, made: list[Trajectory], methods: SimilarityMethods = WAYS) -> ReportData:
    return ReportData(run, "maps, clocks", ("A model",), made, survey(made, methods), KEPT, "words", methods.embedder)


@pytest.fixture
def page(finished: RunFolder) -> str:
    return report(data(finished.run, chains(8, 5, 2)))


def test_one_file_that_needs_no_other_and_runs_nothing(page: str) -> None:
    found = Page(page)
    assert {"script", "img", "link", "iframe", "object"}.isdisjoint(found.tags)
    assert all(address.startswith("#") for address in found.addresses)
    assert "default-src 'none'; style-src 'unsafe-inline'" in page
    assert found.tags.count("svg") == 2 + 1 + 1 + 4  # drift twice, what was kept, the map, diversity


def test_each_figure_says_how_to_read_it_and_what_it_cannot_say(page: str) -> None:
    figures = re.findall(r"<figure>.*?</figure>", page, flags=re.DOTALL)
    assert len(figures) == 5
    assert all("How to read it." in each and "Caveat." in each for each in figures)


def test_what_it_says_is_what_was_found(page: str, finished: RunFolder) -> None:
    found = data(finished.run, chains(8, 5, 2)).survey.kinds[0]
    text = Page(page).text.replace("\N{NO-BREAK SPACE}", " ")
    change = next(each for each in found.changes if each.method == "words" and not each.since)
    assert f"the last 10 texts count as {change.after:.1f} different ones" in text
    drift = found.steps[3].by_words
    assert drift is not None
    own = drift.to_passage
    assert f"{own.value:.2f} ({own.low:.2f} to {own.high:.2f})" in text


def test_the_same_run_gives_the_same_page(page: str, finished: RunFolder) -> None:
    assert report(data(finished.run, chains(8, 5, 2))) == page


def test_without_embeddings_it_goes_by_words(finished: RunFolder) -> None:
    page = report(data(finished.run, chains(8, 5, 2), SimilarityMethods(run_survey.chrf, None)))
    found = Page(page)
    assert found.tags.count("svg") == 1 + 1 + 1 + 3
    assert "By words, texts of step 1" in found.text
    assert "by meaning" not in found.text.casefold().replace("by words by meaning", "")


def test_names_from_strangers_are_escaped(finished: RunFolder) -> None:
    kind = "<b>$x_\\1</b>"
    page = report(data(finished.run, chains(8, 5, kind=kind)))
    assert kind not in page
    assert kind in Page(page).text
    assert "a &lt;model&gt;" in page


@pytest.mark.parametrize("made", [chains(8)[:1], chains(8, 8)[:2], [chains()[0]._replace(texts=("", "", ""))]])
def test_a_small_run_has_a_page_too(finished: RunFolder, made: list[Trajectory]) -> None:
    page = Page(report(data(finished.run, made)))
    assert "There are too few texts" in page.text


def test_the_styles_are_those_of_the_other_pages(page: str) -> None:
    styles = (Path(pages.__file__).parent / "reading.css").read_text()
    assert styles.strip() in page
    assert re.search(r"light-dark\(", page)


def test_what_sentences_were_matched_by_is_said(finished: RunFolder) -> None:
    made = data(finished.run, chains(8, 5))
    assert "enough of its wording is there" in Page(report(made)).text
    assert "another model finds one" in Page(report(made._replace(kept_by="meaning"))).text


def test_what_was_drawn_is_said(finished: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("remix.analysis.text_sets.MOST", 6)
    text = Page(report(data(finished.run, chains(8, 5)))).text
    assert "10 words of 6 chains, drawn from 10, 0 left out as too short or unfinished" in text


def test_chains_that_end_in_the_same_text_crowd(finished: RunFolder) -> None:
    """Nine in one place and one elsewhere were taken for two points, as far apart as any two."""
    ends = [(about(each), PLATITUDE) for each in SUBJECTS[1:]]
    made = [Trajectory(f"e/{at}", "k", 1, texts) for at, texts in enumerate([(about(SUBJECTS[0]),) * 2, *ends])]
    found = re.search(r"centre of the last\s+texts (\d\.\d+)", Page(report(data(finished.run, made))).text)
    assert found
    assert float(found[1]) < 0.35


def test_what_was_chosen_is_the_title(page: str) -> None:
    assert "maps, clocks: what was kept, and what converges" in Page(page).text


def test_a_run_that_was_read_has_bits_kept_and_labels(finished: RunFolder) -> None:
    run = data(finished.run, chains(8, 5, 2))
    texts = [
        ReadText(f"p/{at}", "rewrite", step, made(PASSAGE, TEXT, {"clock": 4.0 * at / step}, labels=["turned round"]))
        for at in range(5)
        for step in (1, 2)
    ]
    page = report(run._replace(readings=reading_survey.survey(texts, 12)))
    found = Page(page)
    assert found.tags.count("svg") == 2 + 1 + 1 + 4 + 2
    assert 'aria-label="rewrite, by step: bits kept from 0.20 to 0.10."' in page
    assert 'aria-label="rewrite: step 1, said 0%, not said 0%, turned round 50%, unsure 50%;' in page
    assert "Read by fake" in found.text
    assert "(10 texts, 2 without)" in found.text
    assert "0.20 (" in found.text


def test_a_run_that_was_not_read_says_how(page: str) -> None:
    assert "No model has read this run: remix measure --by model" in Page(page).text


# -- the command --------------------------------------------------------------------------------------------


def test_the_command(remix_: Remix, finished: RunFolder, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    result = remix_("measure", "--report", target, "--embeddings", "none")
    assert result.exit_code == 0, result.output
    assert str(target) in result.stderr
    text = Page(target.read_text()).text
    assert finished.run.name in text
    assert "12 texts by fake, from 3 passages in 2 steps" in text


def test_json_has_the_numbers_of_the_report(remix_: Remix, finished: RunFolder) -> None:
    assert json.loads(remix_("measure", "--json").stdout)["readings"] is None
    store_made(finished, "two-clocks/001/again.1")
    found = json.loads(remix_("measure", "--json").stdout)["readings"]
    (step,) = found["kinds"][0]["steps"]
    assert (found["reader"], step["kept"]["value"]) == ("fake", 0.25)
    assert step["labels"]["turned round"]["value"] == 1


def test_a_place_that_is_not_there_is_said_first(remix_: Remix, finished: RunFolder, tmp_path: Path) -> None:
    result = remix_("measure", "--report", tmp_path / "nowhere" / "report.html")
    assert result.exit_code == 1
    assert "its folder doesn't exist" in result.stderr
    assert not list(finished.path.rglob("*.measures.json"))


def test_nothing_finished_is_nothing_to_report(finished: RunFolder) -> None:
    for path in finished.path.rglob("again.*.json"):
        path.unlink()
    for path in finished.path.rglob("once.*.json"):
        path.unlink()
    with pytest.raises(RunError, match="no text is finished yet"):
        run_survey.page(run_survey.survey_of(finished, run_ledgers.measure(finished), None), None)


def test_without_matplotlib_the_report_has_tables_and_says_what_to_install(
    finished: RunFolder, remix_: Remix, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After `make demo`, which installs no matplotlib, there was no report at all."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "matplotlib" else object())
    target = tmp_path / "report.html"
    result = remix_("measure", "--report", target, "--embeddings", "none")
    assert result.exit_code == 0, result.output
    assert "no plots, because matplotlib isn't installed: pip install 'essay-remix[report]'" in result.stderr
    found = Page(target.read_text(encoding="utf-8"))
    assert "svg" not in found.tags
    assert found.tags.count("table") == 3
    assert "pip install 'essay-remix[report]'" in found.text
