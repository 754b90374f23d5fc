"""The tasks of a woven essay: summaries of long passages, paragraphs one after another, opening and title.

Takes a run's request with the essay's plan (`Run.weave`), gives `Task`s, each after the tasks that it reads. Pure: no
files, no model, no clock.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from remix.errors import RunError
from remix.generation.plan import hash_of, task_seed
from remix.records import Input, PassageInput, RecordInput, Run, Task, TaskInput, TemplateUsed, sha256, task_id
from remix.records.weave import WEAVES, Weave, WeaveGroup

PLACE = f"{WEAVES}/001"
"""Folder of the essay's texts in a run."""


def weave_tasks(run: Run, weave: Weave) -> list[Task]:
    """The tasks of an essay. Each paragraph reads the paragraph before, so paragraphs are written one after another.

    Raises `RunError` if the run lacks a passage, an earlier output or a template that the plan names.
    """
    try:
        return list(_EssayTasks(run, weave).all())
    except KeyError as error:
        raise RunError(
            f"the plan of the essay names {error.args[0]}, which isn't in the run.", "Weave the essay anew."
        ) from error


def kinds_of(weave: Weave) -> tuple[str, ...]:
    """The kinds of an essay's texts, in the order in which they are written."""
    named = (weave.summary, weave.paragraph, weave.objection, weave.synthesis, weave.opening, weave.title)
    return tuple(kind for kind in named if kind)


class _EssayTasks:
    def __init__(self, run: Run, weave: Weave) -> None:
        self._weave = weave
        self._seed = run.options.seed
        self._templates: dict[str, TemplateUsed] = {each.kind: each for each in run.templates}
        self._passages = {id_: passage.sha256 for id_, (_, passage) in run.pairs.items()}
        self._earlier = {
            each.record.id: tuple(sha256(source.text) for source in each.record.sources) for each in run.earlier
        }

    def all(self) -> Iterator[Task]:
        yield from self._summaries()
        parts: list[Task] = []
        for step, group in enumerate(self._weave.groups, 1):
            parts += self._paragraph(step, group, parts[-1:])
        yield from parts
        hashes = list(dict.fromkeys(each for group in self._weave.groups for each in self._hashes(group)))
        inputs = tuple(TaskInput(task=part.id) for part in parts)
        yield self._task(self._weave.opening, 1, inputs, hashes)
        yield self._task(self._weave.title, 1, inputs, hashes)

    def _summaries(self) -> Iterator[Task]:
        """A summary of each passage that is read in the words of its summary."""
        kind = self._weave.summary
        if kind is None:
            return
        for id_ in dict.fromkeys(each for group in self._weave.groups for each in group.summarised):
            seed = task_seed(self._seed, self._passages[id_], self._templates[kind].sha256, kind, 1, 1)
            inputs = (PassageInput(passage=id_),)
            yield Task(place=id_, kind=kind, step=1, variant=1, inputs=inputs, seed=seed)

    def _paragraph(self, step: int, group: WeaveGroup, before: Sequence[Task]) -> Iterator[Task]:
        """A group's paragraph; and an objection and a synthesis, if asked for."""
        weave, hashes = self._weave, self._hashes(group)
        own: tuple[Input, ...] = tuple(PassageInput(passage=id_) for id_ in group.passages)
        if group.records:
            own = tuple(RecordInput(record=id_) for id_ in group.records)
        summaries = [task_id(id_, weave.summary, 1, 1) for id_ in group.summarised if weave.summary]
        own += tuple(TaskInput(task=each) for each in summaries)
        follows = tuple(TaskInput(task=task.id) for task in before)
        thesis = self._task(weave.paragraph, step, (*own, *follows), hashes)
        yield thesis
        if weave.objection and weave.synthesis:
            objection = self._task(weave.objection, step, (*own, TaskInput(task=thesis.id)), hashes)
            yield objection
            read = (TaskInput(task=thesis.id), TaskInput(task=objection.id))
            yield self._task(weave.synthesis, step, (*own, *read), hashes)

    def _hashes(self, group: WeaveGroup) -> list[str]:
        """The sha256 of each passage behind a group's texts."""
        if group.records:
            return list(dict.fromkeys(each for id_ in group.records for each in self._earlier[id_]))
        return [self._passages[id_] for id_ in group.passages]

    def _task(self, kind: str, step: int, inputs: tuple[Input, ...], hashes: Sequence[str]) -> Task:
        seed = task_seed(self._seed, hash_of(hashes), self._templates[kind].sha256, kind, step, 1)
        return Task(place=PLACE, kind=kind, step=step, variant=1, inputs=inputs, seed=seed)
