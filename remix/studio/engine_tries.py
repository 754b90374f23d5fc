"""Tries of templates in the engine process: a template that needn't be saved, on a passage; nothing is kept.

Takes a request and a loaded model, tells the words as they come and each finished text. Writes nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress

from remix.engine.local import LocalModel
from remix.generation import execute, prepare
from remix.generation.job import Job
from remix.generation.run_events import NewWords
from remix.records import Message, Options
from remix.studio.engine_messages import TryRequest
from remix.studio.engine_telling import Telling
from remix.templates.folder import read_templates
from remix.templates.template import Template
from remix.workspace import Workspace


class _StoppedError(Exception):
    """The try was stopped."""


def plan_try(workspace: Workspace, request: TryRequest, options: Options) -> Job:
    """Plan a try. Raises `PromptError`, with a line of the template, if the template is broken, and the errors of
    planning."""
    template = Template(request.kind, request.source.encode(), f"{request.kind}.md.j2")
    read = read_templates(workspace.prompts, template.reads_kinds) if template.reads_kinds else {}
    pair = prepare.passage_by_id(workspace, request.passage)
    alone = options.model_copy(update={"kinds": (), "best_of": 1, "variants": 1})
    return prepare.prepare_templates(workspace, alone, {**read, request.kind: template}, pair)


def try_template(job: Job, writer: LocalModel, stop: threading.Event, told: Telling) -> None:
    """Write the texts of a job one after another, until `stop` is set."""
    tasks = iter(job.run.tasks)
    task, at = job.run.tasks[0], 0
    prompts: list[Sequence[Message]] = []

    def on_prompt(messages: Sequence[Message]) -> None:
        nonlocal task, at
        task, at = next(tasks), 0
        prompts.append(messages)

    def on_text(words: str) -> None:
        nonlocal at
        if stop.is_set():
            raise _StoppedError
        told.hear(NewWords(task, 1, at, words))
        at += len(words)

    with told.hearing(), suppress(_StoppedError):
        for record, text in execute.draft(job, on_text, on_prompt, writer):
            told.tell_tried(task.id, tuple(prompts[-1]), text, record.flags)
