"""A woven essay made by hand, by no model: a run with title, opening and three paragraphs of six passages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from remix.analysis.run_lineages import lineage_of
from remix.generation import execute, prepare
from remix.outputs import RunFolder
from remix.outputs.form import body_bytes, dump
from remix.outputs.layout import LINEAGE
from remix.records import Options, PassageInput, Record, Run, Task, TaskInput, TaskUsed, sha256
from remix.records.lineage import Behind, LineageFile, SentenceLineage
from remix.records.output import record_id, source_of
from remix.records.weave import WEAVES, Weave, WeaveGroup
from remix.workspace import Workspace
from tests.conftest import FakeWriter

MAPS = """\
---
title: Maps
---

A map is a letter from somebody who walked there first. It leaves out the mud, the weather and the dogs. #maps

Two surveyors drew the same valley in the same year. One drew every tree, and his map was never used. \
The other drew the river, and shepherds carried it for a century. #maps

Every map agrees with every other map about the coast. The coast is where people drown. #maps

My grandmother folded maps the wrong way on purpose. #maps
"""

PLACE = f"{WEAVES}/001"
WEAVE_RUN = "20260102T030405Z-maps-0123"
GROUPS = (("two-clocks/001", "two-clocks/002"), ("maps/001", "maps/002"), ("maps/003", "maps/004"))
UNHEARD = "maps/004"


class Text(NamedTuple):
    """A text of the essay."""

    kind: str
    step: int
    text: str


TEXTS = (
    Text("title", 1, "What the Clock Leaves Out"),
    Text("opening", 1, "Two clocks and a map were kept in the same drawer."),
    Text(
        "weave",
        1,
        "The first clock runs fast. The second clock runs slow, and it was set by the first. "
        "Neither of them has ever met a railway timetable.",
    ),
    Text(
        "weave",
        2,
        "A map is a letter from somebody who walked there first. One surveyor drew every tree, and his map was never "
        "used.\n\nThe other one drew the river, and shepherds carried it for a hundred years.",
    ),
    Text("weave", 3, "Every map agrees with every other map about the coast, which is where people drown."),
)
"""The texts in the order of the essay. The first sentence of paragraph 1 is a passage's own, the third is added."""

READER = "a reader"

READ = {
    "The first clock runs fast.": {"two-clocks/001": 0.72, "two-clocks/002": 0.28},
    "The second clock runs slow, and it was set by the first.": {"two-clocks/002": 0.6, "two-clocks/001": 0.4},
    "A map is a letter from somebody who walked there first.": {"maps/001": 1.0},
    "One surveyor drew every tree, and his map was never used.": {"maps/002": 1.0},
    "The other one drew the river, and shepherds carried it for a hundred years.": {"maps/002": 1.0},
    "Every map agrees with every other map about the coast, which is where people drown.": {"maps/003": 1.0},
}
"""The passages behind each sentence, with their shares, as `READER` finds them; the other sentences are added."""

CLOSEST = {
    "two-clocks/001": "The first clock runs fast.",
    "two-clocks/002": "The second clock runs slow.",
    "maps/001": "A map is a letter from somebody who walked there first.",
    "maps/002": "The other drew the river, and shepherds carried it for a century.",
    "maps/003": "Every map agrees with every other map about the coast.",
}
"""The sentence of each passage that is closest to any sentence of the essay."""


def with_maps(workspace: Workspace) -> None:
    """Add an essay of four passages."""
    (workspace.seeds / "maps.md").write_text(MAPS, encoding="utf-8")


def woven_run(workspace: Workspace, written: Sequence[Text] = TEXTS, name: str = WEAVE_RUN) -> RunFolder:
    """A run that weaves an essay of the workspace's two essays; `written` says which texts are finished."""
    with_maps(workspace)
    writer = FakeWriter()
    plain = prepare.prepare_for(workspace, Options(kinds=("again",), steps=1), writer)
    model = execute.generate(plain, workspace.root / name, writer=writer).folder
    writer.close()
    template = plain.run.templates[0]
    run = plain.run.model_copy(
        update={
            "name": name,
            "templates": tuple(
                template.model_copy(update={"kind": kind, "name": f"{kind}.md.j2"})
                for kind in ("weave", "opening", "title")
            ),
            "tasks": tuple(_tasks()),
            "weave": Weave(
                order="essay",
                length=120,
                dialectic=False,
                paragraph="weave",
                opening="opening",
                title="title",
                groups=tuple(WeaveGroup(passages=group, words=40) for group in GROUPS),
            ),
        }
    )
    folder = RunFolder.create(workspace.outputs, Run.model_validate_json(run.model_dump_json(by_alias=True)))
    like, _ = model.read(model.run.tasks[0].id)
    finished = {(each.kind, each.step): each.text for each in written}
    records: dict[str, Record] = {}
    for task in run.tasks:
        if text := finished.get((task.kind, task.step)):
            records[task.id] = _record(run, task, like, records, text)
            folder.write(task, records[task.id], text)
    if folder.is_complete or len(records) == len(run.tasks):
        folder.seal()
    return folder


def store_reading(folder: RunFolder, tasks: Sequence[Task]) -> None:
    """Store the lineage by `READER` beside texts of the essay."""
    for task in tasks:
        record, text = folder.read(task.id)
        words = lineage_of(folder, task.id, record, text).words
        sentences = [_read(each.sentence) for each in words.sentences]
        model = words.model_copy(
            update={"method": "model", "version": 1, "reader": READER, "sentences": tuple(sentences)}
        )
        stored = LineageFile(record=record.id, words=words, model=model)
        (folder.path / f"{task.id}{LINEAGE}").write_bytes(dump(stored))


def _read(sentence: str) -> SentenceLineage:
    shares = READ.get(sentence, {})
    return SentenceLineage(
        sentence=sentence,
        added=not shares,
        behind=tuple(
            Behind(passage=passage, share=share, score=10.0, sentence=CLOSEST[passage])
            for passage, share in shares.items()
        ),
    )


def _tasks() -> list[Task]:
    paragraphs = [
        Task(
            place=PLACE,
            kind="weave",
            step=number,
            variant=1,
            inputs=(
                *(PassageInput(passage=passage) for passage in group),
                *([TaskInput(task=f"{PLACE}/weave.{number - 1}")] if number > 1 else []),
            ),
            seed=number,
        )
        for number, group in enumerate(GROUPS, 1)
    ]
    read = tuple(TaskInput(task=task.id) for task in paragraphs)
    return [
        *paragraphs,
        *(Task(place=PLACE, kind=kind, step=1, variant=1, inputs=read, seed=9) for kind in ("opening", "title")),
    ]


def _record(run: Run, task: Task, like: Record, before: dict[str, Record], text: str) -> Record:
    """A record of a text, in all that isn't the text's own like another record."""
    passages = task.passages or tuple(passage for group in GROUPS for passage in group)
    sources = tuple(source_of(run.pairs[passage][1]) for passage in passages)
    body = sha256(body_bytes(text))
    derivation = like.derivation.model_copy(
        update={
            "passages": tuple(run.pairs[passage][1].sha256 for passage in passages),
            "parents": tuple(before[id_].id for id_ in task.reads if id_ in before),
        }
    )
    template = next(each for each in run.templates if each.kind == task.kind)
    return like.model_copy(
        update={
            "id": record_id(derivation, body),
            "sources": sources,
            "task": TaskUsed(kind=task.kind, step=task.step, variant=1, template=template.name, reads=task.texts),
            "derivation": derivation,
            "output": like.output.model_copy(update={"file": f"{task.id}.md", "sha256": body}),
            "circumstances": like.circumstances.model_copy(update={"run": run.name}),
        }
    )
