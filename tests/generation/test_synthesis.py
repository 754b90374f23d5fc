"""A kind that reads others, from its plan to its exports, on the real model."""

from __future__ import annotations

import json
import threading
import zipfile
from pathlib import Path

import pytest

from remix import workspace
from remix.analysis import run_ledgers, run_survey
from remix.analysis.trajectory import trajectories
from remix.export.export import FORMATS, ExportOptions, export
from remix.generation import execute, prepare
from remix.generation.check import check
from remix.generation.run_model import model_of
from remix.outputs import RunFolder, reviews
from remix.outputs.index import write_index
from remix.outputs.lineage import ancestry, descendants
from remix.records import Options, Task
from remix.studio import output_detail
from remix.verification.replay import ReplayOptions, replay
from remix.verification.verify import verify
from remix.workspace import Workspace

pytestmark = pytest.mark.model

ESSAY = """\
---
title: Noon
---

Two ferries leave at noon from opposite shores, and for an hour the lake has no middle. #noon

The baker weighs each loaf and sells them all at one price; the crust is the difference. #noon
"""

OPTIONS = Options(kinds=("synthesis",), steps=2, max_tokens=12)
SYNTHESES = ("noon/001/synthesis.1", "noon/002/synthesis.1")
READ = ("noon/001/summary.2", "noon/001/counter.2")


@pytest.fixture(scope="module")
def garden(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    root = tmp_path_factory.mktemp("garden")
    workspace.init(root)
    for path in (root / "seeds").iterdir():
        path.unlink()
    (root / "seeds" / "noon.md").write_text(ESSAY, encoding="utf-8")
    return workspace.open_workspace(root)


@pytest.fixture(scope="module")
def made(garden: Workspace) -> RunFolder:
    """A run that nothing interrupted."""
    return execute.generate(prepare.prepare(garden, OPTIONS), garden.outputs).folder


def texts(folder: RunFolder) -> dict[str, tuple[str, str]]:
    return {task.id: (record.id, text) for task in folder.done for record, text in [folder.read(task.id)]}


def task_of(folder: RunFolder, id_: str) -> Task:
    return next(task for task in folder.run.tasks if task.id == id_)


def test_it_is_planned_with_the_kinds_that_it_reads(garden: Workspace) -> None:
    job = prepare.prepare(garden, OPTIONS)
    assert job.run.options.kinds == ("summary", "counter", "synthesis")
    assert [task.id for task in job.run.tasks if task.place == "noon/001"] == [
        *(f"noon/001/{kind}.{step}" for kind in ("summary", "counter") for step in (1, 2)),
        SYNTHESES[0],
    ]
    # What it reads is an opening and at most twelve tokens each, and so many more as might be read otherwise.
    own, passage = job.prompt_tokens[SYNTHESES[0]], job.prompt_tokens["noon/001/summary.1"]
    assert own > passage + 2 * 12
    assert check(garden, OPTIONS).problems == []
    plain = prepare.prepare(garden, Options())
    assert set(plain.run.options.kinds) == {"counter", "rewrite", "summary"}


def test_its_prompt_holds_what_it_read_and_its_record_names_it(made: RunFolder) -> None:
    record, _ = made.read(SYNTHESES[0])
    read = [made.read(id_) for id_ in READ]
    assert record.task.reads == READ
    assert record.derivation.parents == tuple(each.id for each, _ in read)
    assert [source.passage for source in record.sources] == ["noon/001"]
    contents = [message.content for message in record.derivation.prompt.messages]
    assert [text for _, text in read] == contents[1:4:2]


def test_killed_and_resumed_the_texts_are_the_same(garden: Workspace, made: RunFolder, tmp_path: Path) -> None:
    stop = threading.Event()
    watch = lambda progress: stop.set() if progress.done >= 6 else None  # noqa: E731
    folder = execute.generate(prepare.prepare(garden, OPTIONS), tmp_path, watch, stop).folder
    assert 6 <= len(folder.done) < 10
    # As a crash leaves it: a text whose record isn't there.
    folder.record_path(READ[1]).unlink(missing_ok=True)
    assert not execute.resume(folder).failures
    assert texts(folder) == texts(made)


def test_it_is_intact_and_replayed(made: RunFolder) -> None:
    report = verify(made.path)
    assert (report.findings, len(report.found)) == ((), 10)
    alone = verify(made.path, {SYNTHESES[0]})
    assert {found.task.place for found in alone.found} == {"noon/001"}
    assert len(alone.found) == 5
    replayed = replay(made.run, report.found, model_of, ReplayOptions())
    assert [each.what for each in replayed if not each.equal] == []


def test_another_summary_makes_it_stale_and_it_is_refreshed(garden: Workspace, made: RunFolder) -> None:
    template = garden.prompts / "summary.md.j2"
    source = template.read_text(encoding="utf-8")
    try:
        template.write_text(source.replace("more concise", "very short"), encoding="utf-8")
        stale = {(each.passage, each.kind): each.because for each in prepare.status(garden, made.run)}
        assert stale == {
            (f"noon/{number}", kind): because
            for number in ("001", "002")
            for kind, because in (("summary", ("template",)), ("synthesis", ("reads",)))
        }
        job = prepare.prepare_refresh(garden, made)
        assert job
        anew = execute.generate(job, garden.outputs).folder
    finally:
        template.write_text(source, encoding="utf-8")
    # The counter, which a synthesis reads too, comes out as it was.
    assert {id_ for id_, text in texts(anew).items() if text == texts(made)[id_]} == {
        f"noon/{number}/counter.{step}" for number in ("001", "002") for step in (1, 2)
    }
    assert verify(anew.path).findings == ()


def test_it_is_measured_against_its_passage(made: RunFolder) -> None:
    measured = {each.task.id: each for each in run_ledgers.measure(made)}
    ledger = measured[SYNTHESES[0]].ledger
    assert " ".join(each.sentence for each in ledger.passage).startswith("Two ferries")
    chains = [
        each for each in trajectories(made.read(task.id) for task in made.run.tasks) if each.kind == "synthesis"
    ]
    assert [len(each.texts) for each in chains] == [2, 2]
    assert run_survey.survey_of(made, list(measured.values()), None).survey


def test_it_is_shown_with_what_it_read(made: RunFolder) -> None:
    task = task_of(made, SYNTHESES[0])
    passage = made.run.essays[0].passages[0]
    views = {view.name: view for view in output_detail.detail_of(made, [passage], task, None).views}
    assert list(views) == ["passage", "reads summary", "reads counter"]
    assert "".join(chunk.text for chunk in views["reads summary"].left) == made.read(READ[0])[1]
    steps = [step.task for step in ancestry(made, SYNTHESES[0])]
    assert steps[0] == SYNTHESES[0]
    assert set(steps) == {SYNTHESES[0], *READ, *(id_.replace(".2", ".1") for id_ in READ)}
    assert SYNTHESES[0] in {step.task for step in descendants(made.path.parent, "noon/001", print)}
    write_index(made)
    assert f"[1]({SYNTHESES[0]}.md)" in (made.path / "index.md").read_text(encoding="utf-8")


def test_a_group_is_counted_as_it_is_read(garden: Workspace, tmp_path: Path) -> None:
    template = garden.prompts / "whole.md.j2"
    source = "---\ndescription: x\nreads: passages\n---\n{% for each in passages %}{{ each }} {% endfor %}Say it."
    template.write_text(source, encoding="utf-8")
    try:
        job = prepare.prepare(garden, Options(kinds=("whole",), max_tokens=8))
    finally:
        template.unlink()
    folder = execute.generate(job, tmp_path).folder
    record, _ = folder.read("_group/001/whole.1")
    assert job.prompt_tokens == {"_group/001/whole.1": len(record.derivation.prompt.token_ids or ())}
    assert verify(folder.path).findings == ()


@pytest.mark.parametrize("form", FORMATS)
def test_it_is_exported(made: RunFolder, tmp_path: Path, form: str) -> None:
    record, text = made.read(SYNTHESES[0])
    if form == "dpo":
        reviews.edit(made, SYNTHESES[0], "somebody", "Mine, and better.")
    target = tmp_path / "out"
    export(made.path, target, ExportOptions(form))
    if form == "ro-crate":
        graph = json.loads((target / "ro-crate-metadata.json").read_text(encoding="utf-8"))["@graph"]
        action = next(each for each in graph if each["@id"] == f"#write-{SYNTHESES[0]}")
        assert [each["@id"] for each in action["object"]] == [
            "#passage-noon/001",
            *(f"{id_}.md" for id_ in READ),
            "#template-synthesis",
        ]
    elif form == "epub":
        pages = zipfile.ZipFile(target)
        assert any(b"synthesis, step 1" in pages.read(name) for name in pages.namelist())
    elif form == "prov-json":
        document = json.loads(target.read_text(encoding="utf-8"))
        derived = [
            each["prov:usedEntity"]
            for each in document["wasDerivedFrom"].values()
            if each["prov:generatedEntity"] == f"run:{SYNTHESES[0]}"
        ]
        assert sorted(derived) == sorted([f"sha256:{record.derivation.passages[0]}", *(f"run:{id_}" for id_ in READ)])
    elif form == "jsonl":
        rows = {row["output"]: row for row in map(json.loads, target.read_text(encoding="utf-8").splitlines())}
        row = rows[SYNTHESES[0]]
        assert (row["reads"], row["parents"]) == (list(READ), list(record.derivation.parents))
        assert [each["id"] for each in row["passages"]] == ["noon/001"]
    elif form == "dpo":
        row = json.loads(target.read_text(encoding="utf-8").splitlines()[0])
        assert row["rejected"][0]["content"] == text
        assert made.read(READ[0])[1] in [each["content"] for each in row["prompt"]]
    elif form == "docx":
        assert b"synthesis" in zipfile.ZipFile(target).read("word/document.xml")
    else:
        assert "synthesis" in target.read_text(encoding="utf-8")
