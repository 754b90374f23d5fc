"""Runs of branches with made-up texts: a road is the text up to a word, another word, and whatever follows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from remix.outputs import RunFolder
from remix.outputs.form import body_bytes, dump_trace
from remix.records import (
    Branch,
    Choice,
    EarlierOutput,
    Fork,
    PassageInput,
    Record,
    RecordInput,
    Run,
    Task,
    Trace,
    record_id,
    sha256,
)
from tests.forging import forge


class MadeRoad(NamedTuple):
    """A road that leaves a text at a word."""

    at: str
    """The first occurrence of this word is replaced."""
    put: str
    then: str | None
    """What follows the word, from its blank space on; null for a road that isn't finished."""
    has_trace: bool = True


def make_roads(
    finished: RunFolder,
    texts: Mapping[str, tuple[str, Sequence[MadeRoad]]],
    name: str = "20260102T000000Z-branch-0000",
) -> RunFolder:
    """A run of branches of outputs of a finished run. `texts` has, by the output's task, its text from now on, and
    the roads that leave the text."""
    for task, (text, _) in texts.items():
        forge(finished, task, text=text)
    earlier = {task: EarlierOutput(record=finished.read(task)[0], text=text) for task, (text, _) in texts.items()}
    planned = [
        (_task(finished.run, task, number, earlier[task], road), earlier[task], road)
        for task, (_, roads) in texts.items()
        for number, road in enumerate(roads, 2)
    ]
    tasks = tuple(task for task, _, _ in planned)
    run = finished.run.model_copy(update={"name": name, "earlier": tuple(earlier.values()), "tasks": tasks})
    folder = RunFolder.create(finished.path.parent, run)
    for task, original, road in planned:
        if road.then is not None:
            _write(folder, task, original, road)
    return folder


def pieces_of(text: str) -> list[str]:
    """The tokens of made-up texts: words with the blank space before."""
    return re.findall(r"\s*\S+", text)


def _task(run: Run, name: str, number: int, original: EarlierOutput, road: MadeRoad) -> Task:
    task = next(task for task in run.tasks if task.id == name)
    place = original.text.index(road.at)
    kept = len(pieces_of(original.text[:place]))
    branch = Branch(
        original=original.record.id,
        token=kept + 1,
        character=max(0, place - 1) + 1,
        was=road.at,
        put=road.put,
        max_tokens=1000,
        fork=Fork(token_ids=tuple(range(kept + 1))),
    )
    sources = original.record.sources
    inputs = (*(PassageInput(passage=source.passage) for source in sources), RecordInput(record=branch.original))
    return task.model_copy(update={"variant": number, "inputs": inputs, "branch": branch})


def _write(folder: RunFolder, task: Task, original: EarlierOutput, road: MadeRoad) -> None:
    text = original.text[: original.text.index(road.at)] + road.put + (road.then or "")
    assert task.branch
    before = original.record
    derivation = before.derivation.model_copy(update={"fork": task.branch.fork, "parents": (before.id,)})
    digest = sha256(body_bytes(text))
    record = Record(
        id=record_id(derivation, digest),
        sources=before.sources,
        task=before.task.model_copy(update={"variant": task.variant, "branch": task.branch}),
        derivation=derivation,
        output=before.output.model_copy(update={"file": f"{task.id}.md", "sha256": digest}),
        flags=(),
        circumstances=before.circumstances,
    )
    trace = Trace(record=record.id, choices=tuple(Choice(piece, -1.0, 1.0, ()) for piece in pieces_of(text)))
    if road.has_trace:
        record = record.model_copy(update={"trace": sha256(dump_trace(trace))})
    folder.write(task, record, text, trace if road.has_trace else None)
