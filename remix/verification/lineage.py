"""Where outputs come from: the parent of each, and whether templates give the prompts that records hold."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress

from remix.errors import PromptError, RunError
from remix.outputs.layout import REQUEST
from remix.outputs.run import RunFolder
from remix.records import Message, Record, Run, Source, Task, TemplateUsed, source_of
from remix.templates.template import Template
from remix.templates.worker import RenderingError
from remix.verification.finding import Finding, Found

SECONDS, SECONDS_EACH = 60.0, 0.02
"""That making a run's prompts anew may take, and for each of its texts: a usual one takes a millisecond."""

MOST_LATE = 3
"""So many templates may take too long before none is asked any more."""


def lineage_findings(
    output: Found, all_: dict[str, Found], bad: Collection[str], asked: RenderedAgain
) -> Iterator[Finding]:
    """Whether the step before is there, and is what was read. What is wrong with that itself is said there."""
    task, derivation = output.task, output.record.derivation
    if task.parent is None:
        if derivation.parent is not None:
            yield Finding(output.record_file, "is a first step, and names a step before")
        return
    if f"{task.parent}.md" in bad or f"{task.parent}.json" in bad:
        return
    parent = all_.get(task.parent)
    if parent is None:
        yield Finding(output.record_file, f"was made from {task.parent}, which isn't here")
    elif derivation.parent != parent.id:
        yield Finding(output.record_file, f"was made from another {task.parent} than is here")
    elif not asked.holds(output.record, parent.text, task):
        yield Finding(output.record_file, f"its prompt doesn't hold the text of {task.parent}")


def resuming_models(folder: RunFolder) -> Iterator[str | None]:
    """The models that went on with a run in place of its own."""
    with suppress(RunError):
        yield from (each.model.sha256 for each in folder.resumptions())


class RenderedAgain:
    """Makes prompts by a run's templates anew, and stops asking one that takes too long."""

    def __init__(self, run: Run) -> None:
        self.findings: list[Finding] = []
        self._run = run
        # A run whose tasks speak of what it doesn't hold isn't opened.
        self._passages = {passage.id: (essay, passage) for essay in run.essays for passage in essay.passages}
        self._used = {each.kind: each for each in run.templates}
        self._made: dict[str, Template | None] = {}
        self._late = 0
        self._left = SECONDS + SECONDS_EACH * len(run.tasks)

    def source(self, task: Task) -> Source:
        """Where a task's text comes from, by `run.json`."""
        _, passage = self._passages[task.passage]
        return source_of(passage, task, self._used[task.kind].name, self._run.rankings.get(passage.id))

    def holds(self, record: Record, previous: str, task: Task) -> bool:
        """Whether a prompt holds what its step read, or is what the template makes of that: it may well shorten it.

        `previous` is the text of the step before, empty for the first, which reads the passage. What can't be told
        is taken for true, and told among the findings.
        """
        run, messages = self._run, record.derivation.prompt.messages
        if any((previous if task.step > 1 else record.source.text) in message.content for message in messages):
            return True
        if run.model and record.derivation.model.sha256 != run.model.sha256:
            # Templates go by a model's labels, and of another one than the run's they aren't known.
            return True
        used = self._used[task.kind]
        if self._late >= MOST_LATE or (used.kind in self._made and self._made[used.kind] is None):
            return True
        begun = time.monotonic()
        try:
            return any(self._messages(labels, previous, task) == messages for labels in self._labels(record))
        except PromptError as error:
            cause = error.__cause__
            if isinstance(cause, RenderingError) and cause.trouble in ("time", "memory", "died"):
                self._give_up(used, cause.reason)
                return True
            return False
        finally:
            self._left -= time.monotonic() - begun
            if self._left < 0 and self._late < MOST_LATE:
                self._late = MOST_LATE
                self.findings.append(Finding(REQUEST, "making its prompts anew takes too long; not all were made"))

    def _give_up(self, used: TemplateUsed, reason: str) -> None:
        self._made[used.kind] = None
        self._late += 1
        what = f"the template {used.name} takes too long or too much ({reason}); its prompts weren't made anew"
        self.findings.append(Finding(REQUEST, what))

    def _labels(self, record: Record) -> list[tuple[str, ...]]:
        """Labels that settings may have gone by: of the GGUF file, else the names of who wrote and who was asked."""
        if self._run.model:
            return [self._run.model.labels]
        names = (record.circumstances.model, self._run.options.model or "")
        return [(name,) for name in dict.fromkeys(name.lower() for name in names)]

    def _messages(self, labels: Sequence[str], previous: str, task: Task) -> tuple[Message, ...]:
        """What the run's template makes of a step. Raises `PromptError`."""
        run = self._run
        (essay, passage), used = self._passages[task.passage], self._used[task.kind]
        template = self._made.get(used.kind)
        if template is None:
            template = self._made[used.kind] = Template(task.kind, used.source.encode(), used.name)
        return template.render(passage, essay, previous, task.step, run.options.steps, labels).messages
