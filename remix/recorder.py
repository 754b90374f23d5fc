"""From a task to what it asks, and from what came of it to its record.

Takes a run's frozen request and a writer, gives prompts with their sampling, then records with their texts.
Writes no file.
"""

from __future__ import annotations

from typing import NamedTuple

from remix import environment, trim
from remix.measure import flags
from remix.outputs.run import body_bytes
from remix.prompts import Template, settings_for
from remix.records import (
    Circumstances,
    Derivation,
    Generation,
    Output,
    Passage,
    Prompt,
    PromptUsed,
    Record,
    Run,
    Sampling,
    Source,
    Task,
    record_id,
    sha256,
)
from remix.writer import Writer


class Asked(NamedTuple):
    """A task with what it reads and what it asks."""

    task: Task
    prompt: Prompt
    sampling: Sampling
    previous: str
    """Text of the step before; empty for the first."""
    parent: str | None
    """Id of that step's record."""


class Recorder:
    """Knows a run and its writer."""

    def __init__(self, run: Run, writer: Writer) -> None:
        self._run = run
        self._writer = writer
        self._labels = run.model.labels if run.model else (writer.name.lower(),)
        self._templates = {used.kind: Template(used.kind, used.source.encode(), used.name) for used in run.templates}
        self._corpus = {passage.id: (essay, passage) for essay in run.essays for passage in essay.passages}

    def ask(self, task: Task, previous: str, parent: str | None) -> Asked:
        """What a task asks of the writer. Raises `PromptError` where the template fails."""
        essay, passage = self._corpus[task.passage]
        template = self._templates[task.kind]
        options = self._run.options
        prompt = template.render(passage, essay, previous, task.step, options.steps, self._labels)
        settings = settings_for(template, options, self._labels)
        sampling = Sampling(
            seed=task.seed, chain=settings.sampling.chain(), max_tokens=settings.max_tokens, stop=settings.stop
        )
        return Asked(task, prompt, sampling, previous, parent)

    def record(self, asked: Asked, generation: Generation) -> tuple[Record, str]:
        """The record of a finished task, and its text."""
        task, prompt = asked.task, asked.prompt
        _, passage = self._corpus[task.passage]
        text, cut = trim.trim(prompt, generation)
        derivation = self._derivation(passage, asked, generation)
        digest = sha256(body_bytes(text))
        record = Record(
            id=record_id(derivation, digest),
            source=self._source(passage, task),
            derivation=derivation,
            output=Output(
                file=f"{task.id}.md",
                sha256=digest,
                finish=generation.finish,
                token_ids=generation.token_ids,
                trimmed=cut,
            ),
            flags=flags(text, generation.finish, passage.text, asked.previous, prompt.messages),
            circumstances=self._circumstances(generation),
        )
        return record, text

    def _derivation(self, passage: Passage, asked: Asked, generation: Generation) -> Derivation:
        return Derivation(
            passage=passage.sha256,
            parent=asked.parent,
            prompt=PromptUsed(
                template=asked.prompt.template,
                messages=asked.prompt.messages,
                keep_opening=asked.prompt.keep_opening,
                chat_template_sha256=self._writer.chat_template_sha256,
                token_ids=generation.prompt_token_ids,
            ),
            model=self._writer.model_used,
            sampling=generation.sampling,
            selection=None,
            trim=trim.RULE,
            engine=self._writer.engine_used,
        )

    def _source(self, passage: Passage, task: Task) -> Source:
        return Source(
            passage=passage.id,
            essay=passage.title,
            path=passage.path,
            lines=passage.lines,
            section=passage.section,
            tags=passage.tags,
            text=passage.text,
            kind=task.kind,
            step=task.step,
            variant=task.variant,
            template=self._templates[task.kind].name,
        )

    def _circumstances(self, generation: Generation) -> Circumstances:
        file, planned = self._writer.file, self._run.environment
        return Circumstances(
            run=self._run.name,
            model=self._writer.name,
            architecture=file.architecture if file else None,
            file_type=file.file_type if file else None,
            size=file.size if file else None,
            preparation=file.preparation if file else None,
            exactness=self._writer.exactness,
            started=generation.started,
            finished=generation.finished,
            seconds=round((generation.finished - generation.started).total_seconds(), 3),
            host=environment.host(),
            threads=self._writer.threads,
            parallel=self._writer.parallel,
            n_ctx_seq=self._writer.n_ctx_seq,
            remix=environment.version(),
            commit=planned.commit,
            dirty=planned.dirty,
        )
