"""Open runs: reading, reviewing, undo."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from remix.errors import RunError
from remix.generation import execute, prepare
from remix.outputs import RunFolder, reviews
from remix.records import Options, Standing
from remix.studio.listing import Content, ReviewRequest, Row
from remix.studio.open_runs import NoSuchOutput, OpenRuns
from remix.verification.finding import Finding
from remix.verification.verify import verify
from remix.workspace import Workspace
from tests.conftest import FakeWriter
from tests.forging import forge
from tests.studio_server import FIRST, OTHER, SECOND, variants


@pytest.fixture
def folder(workspace: Workspace) -> RunFolder:
    return variants(workspace)


@pytest.fixture
def open_runs(folder: RunFolder) -> OpenRuns:
    return OpenRuns.open(folder.path.parent, [], "Eve")


class Listed(NamedTuple):
    """A row, and what its files say."""

    row: Row
    content: Content

    @property
    def key(self) -> str:
        return self.row.key

    @property
    def output(self) -> str | None:
        return self.content.output


def row_of(open_runs: OpenRuns, folder: RunFolder, task: str) -> Listed:
    id_ = folder.read(task)[0].id
    return next(each for each in listed(open_runs) if each.output == id_)


def listed(open_runs: OpenRuns) -> list[Listed]:
    """All that is listed when everything was read."""
    open_runs.read()
    found = open_runs.listing()
    assert found.changes.unread == 0
    return [
        Listed(row, found.changes.contents[row.key]) for row in found.outputs if row.key not in found.changes.twins
    ]


def standing_of(open_runs: OpenRuns, folder: RunFolder, task: str) -> Standing:
    return open_runs.changes("").standings.get(folder.read(task)[0].id, Standing())


def test_all_outputs_by_essay_and_passage(open_runs: OpenRuns, folder: RunFolder) -> None:
    listing = open_runs.listing()
    assert len(listing.outputs) == len(folder.run.tasks) == 24
    assert [passage.id for passage in listing.passages] == [f"two-clocks/00{number}" for number in (1, 2, 3)]
    assert [row.passage for row in listing.outputs] == [0] * 8 + [1] * 8 + [2] * 8
    assert [(row.kind, row.variant, row.step) for row in listing.outputs[:4]] == [
        ("again", 1, 1), ("again", 1, 2), ("again", 2, 1), ("again", 2, 2)
    ]  # fmt: skip
    assert (listing.runs[0].done, listing.reviewer) == (24, "Eve")
    content = row_of(open_runs, folder, FIRST).content
    assert (content.opening, content.model) == ("The first clock is late. It knows.", "fake")
    assert listing.passages[0].tags == ("clocks", "small error", "time")


def test_keys_tell_nothing_and_stay(open_runs: OpenRuns, folder: RunFolder) -> None:
    keys = [row.key for row in open_runs.listing().outputs]
    assert len(set(keys)) == 24
    assert all("again" not in key and len(key) == 20 for key in keys)
    assert keys == [row.key for row in OpenRuns.open(folder.path.parent, [], "Adam").listing().outputs]


def test_an_output_of_two_runs_is_one(folder: RunFolder) -> None:
    copy = Path(shutil.copytree(folder.path, folder.path.with_name("20260101T000000Z-again-0000")))
    open_runs = OpenRuns.open(folder.path.parent, [folder.path.name, copy.name], "Eve")
    assert len(listed(open_runs)) == 24
    assert [(run.done, run.total) for run in open_runs.listing().runs] == [(24, 24), (24, 24)]
    assert {each.row.run for each in listed(open_runs)} == {0}
    folder.text_path(FIRST).write_text("Changed.", encoding="utf-8")
    assert len(listed(open_runs)) == 25, "the one is broken, and the other is not"
    row = row_of(open_runs, RunFolder.open(copy), FIRST)
    assert row.output
    open_runs.choose(row.key, row.output)
    assert reviews.read(copy).reviews[0].output == row.output


def test_what_comes_and_goes_while_the_studio_is_open(open_runs: OpenRuns, folder: RunFolder) -> None:
    before, known = listed(open_runs), open_runs.changes("")
    open_runs.read()
    assert open_runs.changes(known.version).listed == known.listed
    folder.record_path(OTHER).unlink()
    folder.text_path(FIRST).write_text("Changed.", encoding="utf-8")
    open_runs.read()
    changes = open_runs.changes(known.version)
    assert changes.listed > known.listed
    assert len(open_runs.listing().outputs) == len(before) - 1
    assert list(changes.contents) == [before[0].key]
    assert changes.contents[before[0].key] == Content(output=None, model=None, flags=(), opening="Changed.")


def test_outputs_are_listed_before_any_is_read(open_runs: OpenRuns, folder: RunFolder) -> None:
    listing = open_runs.listing()
    assert len(listing.outputs) == 24
    assert (listing.changes.contents, listing.changes.unread) == ({}, 24)
    assert open_runs.search("late") == []
    open_runs.read()
    changes = open_runs.changes(listing.changes.version)
    assert (len(changes.contents), changes.unread) == (24, 0)
    assert open_runs.changes(changes.version).contents == {}
    assert len(open_runs.search("late")) == 1


def test_what_is_not_read_yet_is_laid_open_and_judged(open_runs: OpenRuns, folder: RunFolder) -> None:
    key = open_runs.listing().outputs[0].key
    output = open_runs.detail(key).output
    assert output == folder.read(FIRST)[0].id
    said = open_runs.review(key, ReviewRequest(output=output, verdict="accept"))
    assert said.changes.standings[output].verdict == "accept"
    chosen = open_runs.choose(key, output)
    assert len(chosen.reviews) == 1, "the variant that nobody read is rejected"
    assert open_runs.changes("").unread == 22
    open_runs.undo(chosen.reviews)
    assert (open_runs.changes("").unread, open_runs.undo([]).keys) == (0, (key,))


def test_a_variant_written_anew_lets_no_other_be_rejected(open_runs: OpenRuns, folder: RunFolder) -> None:
    other = row_of(open_runs, folder, OTHER)
    assert other.output
    forge(folder, OTHER, text="Another text.")
    with pytest.raises(RunError, match="written anew meanwhile"):
        open_runs.choose(other.key, other.output)
    assert reviews.read(folder.path).reviews == ()


def test_saying_and_undoing(open_runs: OpenRuns, folder: RunFolder) -> None:
    row = row_of(open_runs, folder, FIRST)
    assert row.output
    said = open_runs.review(row.key, ReviewRequest(output=row.output, verdict="accept", note="Good."))
    assert said.keys == (row.key,)
    assert said.changes.standings == {row.output: Standing(verdict="accept", note="Good.", reviewers=("Eve",))}
    later = open_runs.review(row.key, ReviewRequest(output=row.output, verdict="star"))
    assert later.changes.standings[row.output].verdict == "star"
    assert open_runs.undo(later.reviews).changes.standings[row.output].verdict == "accept"
    with pytest.raises(RunError, match="no review to withdraw"):
        open_runs.undo(later.reviews)
    assert open_runs.undo([]).keys == (row.key,)
    assert standing_of(open_runs, folder, FIRST) == Standing()


def test_nobody_takes_back_what_another_said(open_runs: OpenRuns, folder: RunFolder) -> None:
    theirs = reviews.say(folder, FIRST, "Adam", verdict="reject")
    for ids in ([], [theirs.id]):
        with pytest.raises(RunError, match="no review to withdraw"):
            open_runs.undo(ids)
    assert standing_of(open_runs, folder, FIRST).verdict == "reject"


def test_choosing_among_variants_is_one_thing_to_take_back(open_runs: OpenRuns, folder: RunFolder) -> None:
    reviews.say(folder, FIRST, "Eve", verdict="star")
    one, other = row_of(open_runs, folder, FIRST), row_of(open_runs, folder, OTHER)
    assert other.output
    assert one.output
    said = open_runs.choose(other.key, other.output)
    assert set(said.keys) == {one.key, other.key}
    assert standing_of(open_runs, folder, OTHER).verdict == "accept"
    assert standing_of(open_runs, folder, FIRST).verdict == "reject"
    assert standing_of(open_runs, folder, SECOND) == Standing(), "another step is no variant"
    assert open_runs.choose(other.key, other.output).reviews == (), "so it is already"
    open_runs.undo(said.reviews)
    assert standing_of(open_runs, folder, OTHER) == Standing()
    assert open_runs.choose(one.key, one.output).keys == (other.key,), "to be starred is to be accepted"


def test_editing(open_runs: OpenRuns, folder: RunFolder) -> None:
    row = row_of(open_runs, folder, FIRST)
    assert row.output
    assert open_runs.text(row.key) == "The first clock is late. It knows."
    open_runs.edit(row.key, row.output, "The first clock is late.")
    assert open_runs.text(row.key) == "The first clock is late."
    assert open_runs.detail(row.key).views[-1].name == "edited"
    assert verify(folder.path).findings == ()


def test_an_edited_version_that_is_gone_hides_nothing_else(open_runs: OpenRuns, folder: RunFolder) -> None:
    row = row_of(open_runs, folder, FIRST)
    edit = reviews.edit(folder, FIRST, "Eve", "Mine.").edit
    assert edit
    (folder.path / edit.file).unlink()
    open_runs.changes("")
    found = open_runs.detail(row.key)
    assert found.edit_error
    assert "can't be read" in found.edit_error
    assert [view.name for view in found.views] == ["passage"]
    with pytest.raises(RunError, match="can't be read"):
        open_runs.text(row.key)


def test_what_was_written_anew_since_is_not_judged_unseen(open_runs: OpenRuns, folder: RunFolder) -> None:
    row = row_of(open_runs, folder, FIRST)
    assert row.output
    forge(folder, FIRST, text="Another text.")
    with pytest.raises(RunError, match="written anew meanwhile"):
        open_runs.review(row.key, ReviewRequest(output=row.output, verdict="accept"))
    with pytest.raises(RunError, match="written anew meanwhile"):
        open_runs.edit(row.key, row.output, "Mine.")


def test_what_is_broken_is_told_and_cant_be_judged(open_runs: OpenRuns, folder: RunFolder) -> None:
    row = row_of(open_runs, folder, FIRST)
    assert row.output
    folder.text_path(FIRST).write_text("Changed.", encoding="utf-8")
    with pytest.raises(RunError, match="not the text that was recorded"):
        open_runs.review(row.key, ReviewRequest(output=row.output, verdict="accept"))
    open_runs.listing()
    open_runs.verify()
    changes = open_runs.changes("")
    assert "not the text that was recorded" in changes.broken[row.key]
    assert any(FIRST in finding for finding in changes.findings)


def test_only_news_are_told(open_runs: OpenRuns, folder: RunFolder) -> None:
    before = open_runs.changes("").version
    assert open_runs.changes(before).standings == {}
    reviews.say(folder, FIRST, "Adam", verdict="reject")
    news = open_runs.changes(before)
    assert list(news.standings) == [folder.read(FIRST)[0].id]
    assert open_runs.changes(news.version).standings == {}
    for strange in ("", "x", "x.1", f"{before}9999999999", f"{before.split('.')[0]}.x"):
        assert len(open_runs.changes(strange).standings) == 1


def test_searching_texts_and_notes(open_runs: OpenRuns, folder: RunFolder) -> None:
    row = row_of(open_runs, folder, FIRST)
    assert open_runs.search("CLOCK  is\nlate") == [row.key]
    assert open_runs.search("nowhere") == []
    reviews.say(folder, OTHER, "Eve", note="Nowhere else.")
    open_runs.changes("")
    assert open_runs.search("nowhere") == [row_of(open_runs, folder, OTHER).key]


def test_the_table_of_contents_follows(open_runs: OpenRuns, folder: RunFolder) -> None:
    row = row_of(open_runs, folder, FIRST)
    assert row.output
    open_runs.review(row.key, ReviewRequest(output=row.output, verdict="star"))
    open_runs.tidy()
    assert f"[1]({FIRST}.md) ★" in (folder.path / "index.md").read_text(encoding="utf-8")


def test_a_run_that_is_being_written(workspace: Workspace, writer: FakeWriter) -> None:
    run = prepare.prepare_for(workspace, Options(steps=1), writer).run
    RunFolder.create(workspace.outputs, run)
    open_runs = OpenRuns.open(workspace.outputs, [], "Eve")
    listing = open_runs.listing()
    assert (listing.outputs, listing.runs[0].done) == ((), 0)


def test_an_output_that_isnt_there(open_runs: OpenRuns) -> None:
    for ask in (open_runs.detail, open_runs.text, open_runs.record):
        with pytest.raises(NoSuchOutput):
            ask("../run")


def test_of_very_many_findings_the_first_are_told(open_runs: OpenRuns, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them went to the page with each look at what is new."""
    found = tuple(Finding(f"x{number}", "is not the run's") for number in range(100_000))
    monkeypatch.setattr("remix.studio.open_runs.findings_of", lambda folder: found)
    open_runs.verify()
    told = open_runs.changes("").findings
    assert len(told) == 101
    assert told[-1] == "99,900 more"


def test_a_run_that_was_finished_while_it_was_verified_was_said_to_be_changed(
    open_runs: OpenRuns, folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The manifest was missing when the verifying began, and all texts were there when it ended."""
    (folder.path / "MANIFEST.sha256").unlink()

    def findings_while_it_is_finished(path: Path) -> tuple[Finding, ...]:
        found = verify(path).findings
        with folder.lock():
            folder.seal()
        return found

    monkeypatch.setattr("remix.studio.open_runs.findings_of", findings_while_it_is_finished)
    open_runs.verify()
    assert open_runs.changes("").findings == ()
    asked: list[Path] = []
    monkeypatch.setattr(
        "remix.studio.open_runs.findings_of", lambda path: (asked.append(path), verify(path).findings)[1]
    )
    open_runs.verify()
    open_runs.verify()
    assert asked == [folder.path], "verified another time, and then no more"
    assert open_runs.changes("").findings == ()


def test_a_note_that_is_longer_than_one_may_be_is_cut(open_runs: OpenRuns, folder: RunFolder) -> None:
    row = row_of(open_runs, folder, FIRST)
    review = reviews.say(folder, FIRST, "Eve", note="x")
    longer = review.model_copy(update={"note": "n" * (8 * 2**20)}).model_dump_json(by_alias=True, exclude_none=True)
    (folder.path / "reviews.jsonl").write_text(f"{longer}\n", encoding="utf-8")
    note = open_runs.changes("").standings[str(row.output)].note
    assert note is None or len(note) <= reviews.LONGEST


# -- runs that come and go ----------------------------------------------------------------------------------


def test_runs_that_come_and_go(workspace: Workspace, folder: RunFolder) -> None:
    open_runs = OpenRuns(workspace.outputs, (), "Eve")
    assert open_runs.listing().runs == ()
    open_runs.find_runs()
    keys = [row.key for row in open_runs.listing().outputs]
    assert len(keys) == 24
    before = open_runs.changes("").listed
    open_runs.find_runs()
    assert open_runs.changes("").listed == before, "nothing has changed"
    copy = workspace.outputs / "20990101T000000Z-copy-0000"
    shutil.copytree(folder.path, copy)
    open_runs.find_runs()
    listing = open_runs.listing()
    assert [run.done for run in listing.runs] == [24, 24]
    assert {row.key for row in listing.outputs if row.run == 0} == set(keys)
    assert listing.changes.listed > before
    shutil.rmtree(folder.path)
    open_runs.find_runs()
    assert [row.run for row in open_runs.listing().outputs] == [0] * 24
    open_runs.read()
    assert open_runs.changes("").unread == 0
    with pytest.raises(NoSuchOutput):
        open_runs.detail(keys[0])


def test_a_run_that_cannot_be_read_hides_no_other_and_is_tried_again(workspace: Workspace, folder: RunFolder) -> None:
    copy = workspace.outputs / "20990101T000000Z-copy-0000"
    shutil.copytree(folder.path, copy)
    request = (copy / "run.json").read_bytes()
    (copy / "run.json").write_bytes(b"{")
    open_runs = OpenRuns(workspace.outputs, (), "Eve")
    open_runs.find_runs()
    assert len(open_runs.listing().runs) == 1
    (copy / "run.json").write_bytes(request)
    open_runs.find_runs()
    assert len(open_runs.listing().runs) == 2


def test_a_page_of_one_run_lists_chooses_and_withdraws_there_alone(workspace: Workspace, folder: RunFolder) -> None:
    """A choice among the variants that a page shows rejects no text of a run that the page doesn't show."""
    writer = FakeWriter()
    job = prepare.prepare_for(workspace, Options(kinds=("again",), steps=1), writer)
    other = execute.generate(job, workspace.outputs, writer=writer).folder
    writer.close()
    open_runs = OpenRuns(workspace.outputs, (), "Eve")
    open_runs.find_runs()
    open_runs.read()
    shown = frozenset([folder.run.name])
    assert len(open_runs.listing(shown).outputs) == 24
    assert len(open_runs.listing().outputs) == 27
    assert open_runs.changes("", shown).unread == 0
    first = row_of(open_runs, folder, FIRST)
    assert first.output
    chosen = open_runs.choose(first.key, first.output, shown)
    assert len(chosen.reviews) == 2, "the accepted variant, and the other of this run"
    reviews.say(other, FIRST, "Eve", verdict="star")
    open_runs.undo([], shown)
    found = reviews.standings(reviews.read(other.path).reviews)
    assert found[other.read(FIRST)[0].id].verdict == "star"
