"""Inputs of a run's tasks: passages, texts of the run's tasks, outputs of earlier runs.

Takes a run's request and the texts of finished tasks; gives the values for a template, and the sources for a record.
Reads no file.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

from remix.generation.weave_reading import has_own_sources, reading_of_part
from remix.outputs.originals import as_candidate
from remix.records import (
    Branch,
    Essay,
    Passage,
    PassageInput,
    Record,
    RecordInput,
    Run,
    Source,
    Task,
    TaskUsed,
    sha256,
    source_of,
)
from remix.templates.reading import Reading


class TextRead(NamedTuple):
    """A text that a task reads."""

    record: str
    """Id of the text's record."""
    kind: str
    text: str


class TaskInputs:
    """The inputs of a run's tasks."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._tasks = {task.id: task for task in run.tasks}
        self._corpus = run.pairs
        self._earlier = {each.record.id: each for each in run.earlier}
        self._names = {template.kind: template.name for template in run.templates}

    def read(self, task: Task, texts: Mapping[str, tuple[str, str]]) -> tuple[TextRead, ...]:
        """The texts that a task reads, in order; `texts` has record id and text of each finished task, by task id."""
        read: list[TextRead] = []
        for each in task.inputs:
            if isinstance(each, RecordInput):
                earlier = self._earlier[each.record]
                read.append(TextRead(each.record, earlier.record.task.kind, earlier.text))
            elif not isinstance(each, PassageInput):
                read.append(TextRead(texts[each.task][0], self._tasks[each.task].kind, texts[each.task][1]))
        return tuple(read)

    def original(self, branch: Branch) -> Record:
        """The record of the output that a text branches from, with the candidate that it branches from.

        Raises `RunError` if the record has no such candidate.
        """
        return as_candidate(self._earlier[branch.original].record, branch.candidate)

    def rendered_from(self, task: Task, read: tuple[TextRead, ...]) -> Reading:
        """The values for a task's template; if the task reads no passage, the passages behind its input texts."""
        passages = [self._corpus[id_] for id_ in task.passages] or list(map(self._found_again, self.sources(task)))
        card = self._run.model.languages if self._run.model else ()
        if task.is_woven and self._run.weave:
            return reading_of_part(self._run, task, passages, [each.text for each in read], card)
        texts = {each.kind: each.text for each in read}
        return Reading(tuple(passages), texts.get(task.kind, ""), texts, card)

    def sources(self, task: Task) -> tuple[Source, ...]:
        """The passages behind a task, each once: the task's own passages, then the sources of its input texts.

        Of a paragraph of a woven essay, the passages of the paragraph's own group.
        """
        found: dict[tuple[str, str], Source] = {}
        # A paragraph's summaries are of the passages that the paragraph names itself.
        seen, ahead = {task.id, *(task.reads if has_own_sources(self._run, task) else ())}, deque([task])
        while ahead:
            for each in ahead.popleft().inputs:
                behind: tuple[Source, ...] = ()
                if isinstance(each, PassageInput):
                    behind = (source_of(self._corpus[each.passage][1], self._run.rankings.get(each.passage)),)
                elif isinstance(each, RecordInput):
                    behind = self._earlier[each.record].record.sources
                elif each.task not in seen:
                    seen.add(each.task)
                    ahead.append(self._tasks[each.task])
                for source in behind:
                    found.setdefault((source.passage, source.text), source)
        return tuple(found.values())

    def used(self, task: Task) -> TaskUsed:
        """The task as a record describes the task."""
        return TaskUsed(
            kind=task.kind,
            step=task.step,
            variant=task.variant,
            template=self._names[task.kind],
            reads=task.texts,
            branch=task.branch,
        )

    def _found_again(self, source: Source) -> tuple[Essay, Passage]:
        """The passage and essay of a source; rebuilt from the source if the run doesn't hold the same passage."""
        known = self._corpus.get(source.passage)
        if known and known[1].text == source.text:
            return known
        return rebuilt(source)


def rebuilt(source: Source) -> tuple[Essay, Passage]:
    """The passage of a source, and its essay with this passage alone; what the source doesn't tell is left out."""
    slug = source.passage.rpartition("/")[0]
    passage = Passage(
        id=source.passage,
        essay=slug,
        title=source.essay,
        section=source.section,
        path=source.path,
        lines=source.lines,
        tags=source.tags,
        text=source.text,
        language=source.language,
        sha256=sha256(source.text),
    )
    essay = Essay(
        slug=slug, title=source.essay, author=None, date=None, tags=(), path=source.path, passages=(passage,)
    )
    return essay, passage


def joined(texts: tuple[str, ...]) -> str:
    """Several texts joined into one, for measures against all sources."""
    return "\n\n".join(texts)
