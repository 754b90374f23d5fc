"""What each task of a run reads, by the run's frozen request: passages, other tasks' texts, earlier runs' outputs.

Takes a run, and the texts that its tasks wrote; gives what a template renders and what a record says of its sources.
Reads no file.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

from remix.records import Essay, Passage, PassageInput, RecordInput, Run, Source, Task, TaskUsed, sha256, source_of
from remix.templates.template import Reading


class TextRead(NamedTuple):
    """A text that a task reads."""

    record: str
    """Id of the text's record."""
    kind: str
    text: str


class Inputs:
    """What the tasks of a run read."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._tasks = {task.id: task for task in run.tasks}
        self._corpus = {passage.id: (essay, passage) for essay in run.essays for passage in essay.passages}
        self._earlier = {each.record.id: each for each in run.earlier}
        self._names = {template.kind: template.name for template in run.templates}

    def read(self, task: Task, texts: Mapping[str, tuple[str, str]]) -> tuple[TextRead, ...]:
        """The texts that a task reads, in order; `texts` has record ids and texts by the ids of the run's tasks."""
        read: list[TextRead] = []
        for each in task.inputs:
            if isinstance(each, RecordInput):
                earlier = self._earlier[each.record]
                read.append(TextRead(each.record, earlier.record.task.kind, earlier.text))
            elif not isinstance(each, PassageInput):
                read.append(TextRead(texts[each.task][0], self._tasks[each.task].kind, texts[each.task][1]))
        return tuple(read)

    def rendered_from(self, task: Task, read: tuple[TextRead, ...]) -> Reading:
        """What the task's template is given: its passages, or those behind its texts if it reads no passage."""
        passages = [self._corpus[id_] for id_ in task.passages] or list(map(self._found_again, self.sources(task)))
        texts = {each.kind: each.text for each in read}
        return Reading(tuple(passages), texts.get(task.kind, ""), texts)

    def sources(self, task: Task) -> tuple[Source, ...]:
        """The passages behind a task, each once: its own, then those behind what it reads."""
        found: dict[tuple[str, str], Source] = {}
        seen, ahead = {task.id}, deque([task])
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
        """What a record says of its task."""
        return TaskUsed(
            kind=task.kind, step=task.step, variant=task.variant, template=self._names[task.kind], reads=task.texts
        )

    def _found_again(self, source: Source) -> tuple[Essay, Passage]:
        """A passage with its essay as far as a record tells of them."""
        known = self._corpus.get(source.passage)
        if known and known[1].text == source.text:
            return known
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
            sha256=sha256(source.text),
        )
        essay = Essay(
            slug=slug, title=source.essay, author=None, date=None, tags=(), path=source.path, passages=(passage,)
        )
        return essay, passage


def joined(texts: tuple[str, ...]) -> str:
    """Several texts as one, for what is measured against all of them."""
    return "\n\n".join(texts)
