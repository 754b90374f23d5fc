"""Woven essays made by hand, written by no model; one of them with three paragraphs of seven passages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

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

PASSAGES = """
A map is a letter from somebody who walked there first. It leaves out the mud, the weather and the dogs. #maps

Two surveyors drew the same valley in the same year. One drew every tree, and his map was never used. \
The other drew the river, and shepherds carried it for a century. #maps

Every map agrees with every other map about the coast. The coast is where people drown. #maps

My grandmother folded maps the wrong way on purpose. #maps
"""
"""Four passages on maps."""

MAPS = f"---\ntitle: Maps & *Mud*\nauthor: Somebody\n---\n{PASSAGES}"

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


class MadeEssay(NamedTuple):
    """A woven essay to be made."""

    run: str
    """Name of the run."""
    groups: Sequence[Sequence[str]]
    """The passages of each paragraph."""
    texts: Mapping[str, str]
    """The finished texts, by task."""


def made_weave(workspace: Workspace, like: RunFolder, texts: Mapping[str, str] = TEXTS) -> RunFolder:
    """A run that weaves an essay of the workspace's essays and of `MAPS`, with these texts as far as there are.

    In all that isn't a text's own, the records are like those of another run.
    """
    (workspace.seeds / "maps.md").write_text(MAPS, encoding="utf-8")
    return write_weave(workspace, like, MadeEssay(RUN, GROUPS, texts))


def write_weave(workspace: Workspace, like: RunFolder, essay: MadeEssay) -> RunFolder:
    """Write the run of an essay of the workspace's passages; the records are like the first record of another run."""
    run = _planned(workspace, essay)
    folder = RunFolder.create(workspace.outputs, run)
    first, _ = like.read(like.run.tasks[0].id)
    records: dict[str, Record] = {}
    for task in run.tasks:
        if text := essay.texts.get(task.id):
            records[task.id] = _record(run, task, first, records, essay)
            folder.write(task, records[task.id], text)
    return folder


def _planned(workspace: Workspace, essay: MadeEssay) -> Run:
    writer = FakeWriter()
    run = prepare.prepare_for(workspace, Options(kinds=("again",), steps=1), writer).run
    writer.close()
    (template,) = run.templates
    kinds = ("weave", "opening", "title")
    changes = {
        "name": essay.run,
        "templates": tuple(template.model_copy(update={"kind": kind, "name": f"{kind}.md.j2"}) for kind in kinds),
        "tasks": tuple(_tasks(essay)),
        "weave": Weave(
            order="given",
            length=120,
            dialectic=False,
            paragraph="weave",
            opening="opening",
            title="title",
            groups=tuple(WeaveGroup(passages=tuple(group), words=40) for group in essay.groups),
        ),
    }
    return Run.model_validate_json(run.model_copy(update=changes).model_dump_json(by_alias=True))


def _tasks(essay: MadeEssay) -> Sequence[Task]:
    paragraphs = [
        Task(place=PLACE, kind="weave", step=step, variant=1, inputs=_inputs(step, group), seed=step)
        for step, group in enumerate(essay.groups, start=1)
    ]
    read = tuple(TaskInput(task=task.id) for task in paragraphs)
    ends = [Task(place=PLACE, kind=kind, step=1, variant=1, inputs=read, seed=9) for kind in ("opening", "title")]
    return [*paragraphs, *ends]


def _inputs(step: int, group: Sequence[str]) -> tuple[PassageInput | TaskInput, ...]:
    before = (TaskInput(task=f"{PLACE}/weave.{step - 1}"),) if step > 1 else ()
    return (*(PassageInput(passage=passage) for passage in group), *before)


def _record(run: Run, task: Task, like: Record, before: Mapping[str, Record], essay: MadeEssay) -> Record:
    passages = task.passages or tuple(passage for group in essay.groups for passage in group)
    sources = tuple(source_of(run.pairs[passage][1]) for passage in passages)
    asked = "\n\n".join([*(source.text for source in sources), *(essay.texts[id_] for id_ in task.reads)])
    prompt = like.derivation.prompt.model_copy(update={"messages": (Message(role="user", content=asked),)})
    derivation = like.derivation.model_copy(
        update={
            "passages": tuple(sha256(source.text) for source in sources),
            "parents": tuple(before[id_].id for id_ in task.reads),
            "prompt": prompt,
        }
    )
    body = sha256(body_bytes(essay.texts[task.id]))
    used = TaskUsed(kind=task.kind, step=task.step, variant=1, template=f"{task.kind}.md.j2", reads=task.texts)
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
