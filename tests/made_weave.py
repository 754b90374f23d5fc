"""A woven essay made by hand: title, opening and three paragraphs of seven passages, written by no model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from remix.generation import prepare
from remix.outputs import RunFolder
from remix.outputs.form import body_bytes
from remix.records import (
    Message,
    Options,
    PassageInput,
    Record,
    Run,
    Task,
    TaskInput,
    TaskUsed,
    record_id,
    sha256,
    source_of,
)
from remix.records.weave import WEAVES, Weave, WeaveGroup
from remix.workspace import Workspace
from tests.conftest import FakeWriter

MAPS = """\
---
title: Maps & *Mud*
author: Somebody
---

A map is a letter from somebody who walked there first. It leaves out the mud, the weather and the dogs. #maps

Two surveyors drew the same valley in the same year. One drew every tree, and his map was never used. \
The other drew the river, and shepherds carried it for a century. #maps

Every map agrees with every other map about the coast. The coast is where people drown. #maps

My grandmother folded maps the wrong way on purpose. #maps
"""

PLACE = f"{WEAVES}/001"
TITLE, OPENING = f"{PLACE}/title.1", f"{PLACE}/opening.1"
PARAGRAPHS = tuple(f"{PLACE}/weave.{number}" for number in (1, 2, 3))
RUN = "20260102T030405Z-maps-0123"
GROUPS = (("two-clocks/001", "two-clocks/002"), ("maps/001", "maps/002"), ("two-clocks/003", "maps/003", "maps/004"))
UNHEARD = ("two-clocks/003", "maps/004")
ADDED = ("Neither of them has ever met a railway timetable.", "Nothing of that is on paper.")

TEXTS: Mapping[str, str] = {
    TITLE: "What the Clock Leaves Out",
    OPENING: "Two surveyors drew the same valley, each in the same year. Nothing of that is on paper.",
    PARAGRAPHS[0]: "The first clock runs fast. It was set by the second. The second clock runs slow. "
    "Neither of them has ever met a railway timetable.",
    PARAGRAPHS[1]: "A map is a letter from somebody who walked there first. One drew every tree, and his map was "
    "never used.\n\nThe other one drew the river, and shepherds carried it for a century.",
    PARAGRAPHS[2]: "Every map agrees with every other map about the coast, where people drown.",
}
"""The texts by task, in the order of the essay."""


def made_weave(workspace: Workspace, like: RunFolder, texts: Mapping[str, str] = TEXTS) -> RunFolder:
    """A run that weaves an essay of the workspace's essays and of `MAPS`, with these texts as far as there are.

    In all that isn't a text's own, the records are like those of another run.
    """
    (workspace.seeds / "maps.md").write_text(MAPS, encoding="utf-8")
    writer = FakeWriter()
    run = prepare.prepare_for(workspace, Options(kinds=("again",), steps=1), writer).run
    writer.close()
    (template,) = run.templates
    weave = Weave(
        order="given",
        length=120,
        dialectic=False,
        paragraph="weave",
        opening="opening",
        title="title",
        groups=tuple(WeaveGroup(passages=group, words=40) for group in GROUPS),
    )
    kinds = tuple(template.model_copy(update={"kind": kind}) for kind in ("weave", "opening", "title"))
    told = {"name": RUN, "templates": kinds, "tasks": tuple(_tasks()), "weave": weave}
    run = Run.model_validate_json(run.model_copy(update=told).model_dump_json(by_alias=True))
    folder = RunFolder.create(workspace.outputs, run)
    records: dict[str, Record] = {}
    for task in run.tasks:
        if task.id in texts:
            records[task.id] = _record(run, task, _first(like), records, texts)
            folder.write(task, records[task.id], texts[task.id])
    return folder


def _tasks() -> Sequence[Task]:
    paragraphs = [
        Task(place=PLACE, kind="weave", step=step, variant=1, inputs=_inputs(step, group), seed=step)
        for step, group in enumerate(GROUPS, start=1)
    ]
    read = tuple(TaskInput(task=task.id) for task in paragraphs)
    ends = [Task(place=PLACE, kind=kind, step=1, variant=1, inputs=read, seed=9) for kind in ("opening", "title")]
    return [*paragraphs, *ends]


def _inputs(step: int, group: Sequence[str]) -> tuple[PassageInput | TaskInput, ...]:
    before = (TaskInput(task=f"{PLACE}/weave.{step - 1}"),) if step > 1 else ()
    return (*(PassageInput(passage=passage) for passage in group), *before)


def _first(folder: RunFolder) -> Record:
    return folder.read(folder.run.tasks[0].id)[0]


def _record(run: Run, task: Task, like: Record, before: Mapping[str, Record], texts: Mapping[str, str]) -> Record:
    passages = task.passages or tuple(passage for group in GROUPS for passage in group)
    sources = tuple(source_of(run.pairs[passage][1]) for passage in passages)
    asked = "\n\n".join([*(source.text for source in sources), *(texts[id_] for id_ in task.reads)])
    prompt = like.derivation.prompt.model_copy(update={"messages": (Message(role="user", content=asked),)})
    derivation = like.derivation.model_copy(
        update={
            "passages": tuple(sha256(source.text) for source in sources),
            "parents": tuple(before[id_].id for id_ in task.reads),
            "prompt": prompt,
        }
    )
    body = sha256(body_bytes(texts[task.id]))
    used = TaskUsed(kind=task.kind, step=task.step, variant=1, template="again.md.j2", reads=task.texts)
    return like.model_copy(
        update={
            "id": record_id(derivation, body),
            "sources": sources,
            "task": used,
            "derivation": derivation,
            "output": like.output.model_copy(update={"file": f"{task.id}.md", "sha256": body}),
            "circumstances": like.circumstances.model_copy(update={"run": run.name}),
            "candidates": None,
            "flags": (),
        }
    )
