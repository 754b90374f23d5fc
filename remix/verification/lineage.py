"""Where outputs come from: the texts that each read, and whether templates give the prompts that records hold."""

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
from remix.verification.finding import Finding, Found

SECONDS, SECONDS_EACH = 60.0, 0.02
"""That making a run's prompts anew may take, and for each of its texts: a usual one takes a millisecond."""

MOST_LATE = 3
"""So many templates may take too long before none is asked any more."""


def lineage_findings(
    output: Found, all_: dict[str, Found], bad: Collection[str], asked: RenderedAgain
) -> Iterator[Finding]:
    """Whether all that was read is there, and is what the prompt holds. What is wrong with a text that was read is
    said of that text alone."""
    task, derivation = output.task, output.record.derivation
    texts: dict[str, tuple[str, str]] = {}
    for id_ in task.reads:
        if f"{id_}.md" in bad or f"{id_}.json" in bad:
            return
        if id_ not in all_:
            yield Finding(output.record_file, f"was made from {id_}, which isn't here")
            return
        texts[id_] = all_[id_].id, all_[id_].text
    read = asked.inputs.read(task, texts)
    ids = task.texts
    if len(derivation.parents) != len(read):
        count = len(derivation.parents)
        yield Finding(output.record_file, f"names {count} texts that it was made from, and reads {len(read)}")
        return
    others = [id_ for id_, each, parent in zip(ids, read, derivation.parents, strict=True) if each.record != parent]
    yield from (Finding(output.record_file, f"was made from another {id_} than is here") for id_ in others)
    if read and not others and not asked.holds(output.record, task, read):
        yield Finding(output.record_file, f"its prompt doesn't hold the text of {' and of '.join(ids)}")


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
        self.inputs = TaskInputs(run)
        self._used = {each.kind: each for each in run.templates}
        self._made: dict[str, Template | None] = {}
        self._late = 0
        self._left = SECONDS + SECONDS_EACH * len(run.tasks)

    def holds(self, record: Record, task: Task, read: tuple[TextRead, ...]) -> bool:
        """Whether a prompt holds the texts that were read, or the passages if there are no texts; or else is what the
        template makes of them, which may shorten them. What can't be told is taken for true, and told among the
        findings.
        """
        run, messages = self._run, record.derivation.prompt.messages
        wanted = [each.text for each in read] or [source.text for source in record.sources]
        if all(any(text in message.content for message in messages) for text in wanted):
            return True
        if run.model and record.derivation.model.sha256 != run.model.sha256:
            # Templates go by a model's labels, and of another one than the run's they aren't known.
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
        """Labels that settings may have gone by: of the GGUF file, else the names of who wrote and who was asked."""
        if self._run.model:
            return [self._run.model.labels]
        names = (record.circumstances.model, self._run.options.model or "")
        return [(name,) for name in dict.fromkeys(name.lower() for name in names)]

    def _messages(self, labels: Sequence[str], task: Task, read: tuple[TextRead, ...]) -> tuple[Message, ...]:
        """What the run's template makes of what was read. Raises `PromptError`."""
        run = self._run
        used = self._used[task.kind]
        template = self._made.get(used.kind)
        if template is None:
            template = self._made[used.kind] = Template(task.kind, used.source.encode(), used.name)
        reading = self.inputs.rendered_from(task, read)
        return template.render(reading, task.step, run.options.steps, labels).messages
