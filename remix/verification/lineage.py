"""Checks of an output's lineage: the texts read for the output exist, and are in the recorded prompt.

Takes outputs and the run's templates, gives findings. Renders a template again only if the prompt doesn't hold the
unchanged texts, and within bounds of time, since templates may come from strangers.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress

from remix.errors import PromptError, RunError
from remix.generation.reading import TaskInputs, TextRead
from remix.outputs.layout import REQUEST
from remix.outputs.run import RunFolder
from remix.records import Message, Record, Run, Task, TemplateUsed
from remix.templates.template import Template
from remix.templates.worker import RenderingError
from remix.verification import branches
from remix.verification.finding import Finding, FoundOutput

SECONDS, SECONDS_EACH = 60.0, 0.02
"""Seconds for rendering prompts again: for a run, and for each text in addition. Most prompts take a millisecond."""

MOST_LATE = 3
"""Number of templates that may take too long, before all further templates are skipped."""


def lineage_findings(
    output: FoundOutput, outputs: dict[str, FoundOutput], bad: Collection[str], prompts: PromptChecker
) -> Iterator[Finding]:
    """Missing or replaced texts among the texts read for an output, and a prompt without the texts.

    If a text read for the output has findings (`bad` has the files' names), the output gets no finding for the same
    fault.
    """
    # Read once: in a large run each look at a record reads its files again.
    task, record = output.task, output.record
    derivation = record.derivation
    texts: dict[str, tuple[str, str]] = {}
    for id_ in task.reads:
        if f"{id_}.md" in bad or f"{id_}.json" in bad:
            return
        if id_ not in outputs:
            yield Finding(output.record_file, f"was made from {id_}, which isn't here")
            return
        texts[id_] = outputs[id_].id, outputs[id_].text
    read = prompts.inputs.read(task, texts)
    ids = task.texts
    if len(derivation.parents) != len(read):
        count = len(derivation.parents)
        yield Finding(output.record_file, f"names {count} texts that it was made from, and reads {len(read)}")
        return
    replaced = [id_ for id_, each, parent in zip(ids, read, derivation.parents, strict=True) if each.record != parent]
    yield from (Finding(output.record_file, f"was made from another {id_} than is here") for id_ in replaced)
    if task.branch:
        yield from branches.branch_findings(output, prompts.run)
    elif read and not replaced and not prompts.holds(record, task, read):
        yield Finding(output.record_file, f"its prompt doesn't hold the text of {' and of '.join(ids)}")


def resuming_models(folder: RunFolder) -> Iterator[str | None]:
    """sha256 of the models that continued a run in place of the run's own model."""
    with suppress(RunError):
        yield from (each.model.sha256 for each in folder.resumptions())


class PromptChecker:
    """Renders a run's templates again, and leaves out templates that take too long."""

    def __init__(self, run: Run) -> None:
        self.findings: list[Finding] = []
        self.run = run
        self.inputs = TaskInputs(run)
        self._used = {each.kind: each for each in run.templates}
        self._made: dict[str, Template | None] = {}
        self._late = 0
        self._left = SECONDS + SECONDS_EACH * len(run.tasks)

    def holds(self, record: Record, task: Task, read: tuple[TextRead, ...]) -> bool:
        """Whether a prompt holds the texts read, or the passages if no text was read.

        A template may shorten texts: a prompt without the texts is compared with the template, rendered again. If the
        template can't be rendered within the bounds, gives true and adds a finding.
        """
        run, messages = self.run, record.derivation.prompt.messages
        wanted = [each.text for each in read] or [source.text for source in record.sources]
        if all(any(text in message.content for message in messages) for text in wanted):
            return True
        if run.model and record.derivation.model.sha256 != run.model.sha256:
            # A template's settings depend on the model's labels, and only the labels of the run's model are known.
            return True
        used = self._used[task.kind]
        if self._late >= MOST_LATE or (used.kind in self._made and self._made[used.kind] is None):
            return True
        begun = time.monotonic()
        try:
            return any(self._messages(labels, task, read) == messages for labels in self._labels(record))
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
        """Labels that may have decided the settings: the labels of the GGUF file, else the names of the models."""
        if self.run.model:
            return [self.run.model.labels]
        names = (record.circumstances.model, self.run.options.model or "")
        return [(name,) for name in dict.fromkeys(name.lower() for name in names)]

    def _messages(self, labels: Sequence[str], task: Task, read: tuple[TextRead, ...]) -> tuple[Message, ...]:
        """The messages made from the texts read by the run's template. Raises `PromptError`."""
        run = self.run
        used = self._used[task.kind]
        template = self._made.get(used.kind)
        if template is None:
            template = self._made[used.kind] = Template(task.kind, used.source.encode(), used.name)
        reading = self.inputs.rendered_from(task, read)
        return template.render(reading, task.step, run.options.steps, labels).messages
