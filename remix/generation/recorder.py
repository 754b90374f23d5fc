"""From a task to what it asks, and from what came of it to its record.

Takes a run's frozen request and a writer, gives prompts with their sampling, then records with their texts: of
several candidates the best. Writes no file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from remix.generation import trim
from remix.generation.choose import MEASURES, choose, mean_logprob
from remix.generation.plan import sources_sha256, task_seed
from remix.generation.reading import Inputs, TextRead, joined
from remix.measure import flags
from remix.measure.ledger import LedgerInput, candidate_measures, ledger
from remix.outputs.form import body_bytes, dump_trace
from remix.records import (
    Candidate,
    Circumstances,
    Derivation,
    Generation,
    Output,
    Prompt,
    PromptUsed,
    Record,
    Run,
    Sampling,
    Selection,
    Source,
    Task,
    Trace,
    record_id,
    sha256,
)
from remix.templates.template import Template, settings_for
from remix.util import environment


class Asked(NamedTuple):
    """A task with what it reads and what it asks."""

    task: Task
    prompt: Prompt
    samplings: tuple[Sampling, ...]
    """One for each candidate; they differ in their seeds alone."""
    read: tuple[TextRead, ...]
    """The texts that the task reads."""
    sources: tuple[Source, ...]
    """The passages behind the text."""

    @property
    def passage(self) -> str:
        """The passages' words."""
        return joined(tuple(each.text for each in self.sources))

    @property
    def previous(self) -> str:
        """The words that are read beside the passages; empty if there are none."""
        return joined(tuple(each.text for each in self.read))


class Written(NamedTuple):
    """What came of a task."""

    record: Record
    text: str
    trace: Trace | None


class Recorder:
    """Knows a run; who wrote a text, each generation says."""

    def __init__(self, run: Run, writer: str) -> None:
        """`writer` is the name of the run's writer, for templates that go by it where there is no GGUF file."""
        self._run = run
        self._labels = run.model.labels if run.model else (writer.lower(),)
        self._templates = {used.kind: Template(used.kind, used.source.encode(), used.name) for used in run.templates}
        self._inputs = Inputs(run)

    def ask(self, task: Task, texts: Mapping[str, tuple[str, str]]) -> Asked:
        """What a task asks of the writer. `texts` has record id and text of each task that is read, by the task's id.

        Raises `PromptError` if the template fails.
        """
        template = self._templates[task.kind]
        options = self._run.options
        read = self._inputs.read(task, texts)
        prompt = template.render(self._inputs.rendered_from(task, read), task.step, options.steps, self._labels)
        settings = settings_for(template, options, self._labels)
        sampling = Sampling(
            seed=task.seed, chain=settings.sampling.chain(), max_tokens=settings.max_tokens, stop=settings.stop
        )
        sources = self._inputs.sources(task)
        samplings = tuple(sampling.model_copy(update={"seed": seed}) for seed in self._seeds(task, sources))
        return Asked(task, prompt, samplings, read, sources)

    def parents(self, task: Task, records: Mapping[str, str]) -> tuple[str, ...]:
        """Ids of the records that a task reads; `records` has those of the run's tasks."""
        texts = {id_: (records[id_], "") for id_ in task.reads}
        return tuple(each.record for each in self._inputs.read(task, texts))

    def record(self, asked: Asked, generations: Sequence[Generation]) -> Written:
        """The record of a finished task, the text that is kept, and how that came about."""
        candidates = [self._candidate(asked, number, each) for number, each in enumerate(generations, 1)]
        several = len(candidates) > 1
        if several:
            candidates = [self._measured(asked, each) for each in candidates]
        best = choose(candidates) if several else candidates[0]
        generation = generations[best.number - 1]
        selection = Selection(candidates=len(candidates), chooser=MEASURES) if several else None
        derivation = self._derivation(asked, generation, selection)
        id_ = record_id(derivation, best.sha256)
        trace = Trace(record=id_, choices=generation.choices) if generation.choices else None
        record = Record(
            id=id_,
            sources=asked.sources,
            task=self._inputs.used(asked.task),
            derivation=derivation,
            output=Output(
                file=f"{asked.task.id}.md",
                sha256=best.sha256,
                finish=best.finish,
                token_ids=best.token_ids,
                trimmed=best.trimmed,
            ),
            flags=best.flags,
            circumstances=self._circumstances(generation),
            trace=sha256(dump_trace(trace)) if trace else None,
            candidates=tuple(_marked(each, each is best) for each in candidates) if several else None,
        )
        return Written(record, best.text, trace)

    def _seeds(self, task: Task, sources: Sequence[Source]) -> list[int]:
        """A seed for each candidate; the first has the task's own, so that its text is the one without the others."""
        template, options = self._templates[task.kind], self._run.options
        named = (options.seed, sources_sha256(sources), template.sha256, task.kind, task.step, task.variant)
        return [task.seed, *(task_seed(*named, candidate=number) for number in range(2, options.best_of + 1))]

    def _candidate(self, asked: Asked, number: int, generation: Generation) -> Candidate:
        """One of the texts, before any is chosen."""
        text, cut = trim.trim(asked.prompt, generation)
        return Candidate(
            number=number,
            chosen=False,
            seed=generation.sampling.seed if generation.sampling else None,
            text=text,
            sha256=sha256(body_bytes(text)),
            finish=generation.finish,
            token_ids=generation.token_ids,
            trimmed=cut,
            flags=flags(text, generation.finish, asked.passage, asked.previous, asked.prompt.messages),
            logprob=mean_logprob(generation.choices),
        )

    def _measured(self, asked: Asked, candidate: Candidate) -> Candidate:
        """A candidate with what it is chosen by."""
        settings = self._templates[asked.task.kind].settings(self._labels)
        made = LedgerInput(
            candidate.text, candidate.finish, asked.passage, asked.previous, asked.prompt.messages, settings.length
        )
        return candidate.model_copy(update={"measures": candidate_measures(ledger(made), settings.weights)})

    def _derivation(self, asked: Asked, generation: Generation, selection: Selection | None) -> Derivation:
        return Derivation(
            passages=tuple(sha256(each.text) for each in asked.sources),
            parents=tuple(each.record for each in asked.read),
            prompt=PromptUsed(
                template=asked.prompt.template,
                messages=asked.prompt.messages,
                keep_opening=asked.prompt.keep_opening,
                chat_template_sha256=generation.writer.chat_template_sha256,
                token_ids=generation.prompt_token_ids,
            ),
            model=generation.writer.model,
            sampling=generation.sampling,
            selection=selection,
            trim=trim.RULE,
            engine=generation.writer.engine,
        )

    def _circumstances(self, generation: Generation) -> Circumstances:
        made, planned = generation.writer, self._run.environment
        file = made.file
        # A clock may be put back meanwhile; nothing ends before it begins.
        finished = max(generation.started, generation.finished)
        return Circumstances(
            run=self._run.name,
            model=made.name,
            architecture=file.architecture if file else None,
            file_type=file.file_type if file else None,
            size=file.size if file else None,
            preparation=file.preparation if file else None,
            exactness=made.exactness,
            started=generation.started,
            finished=finished,
            seconds=round((finished - generation.started).total_seconds(), 3),
            host=made.host,
            threads=made.threads,
            parallel=made.parallel,
            n_ctx_seq=made.n_ctx_seq,
            remix=environment.version(),
            commit=planned.commit,
        )


def _marked(candidate: Candidate, chosen: bool) -> Candidate:
    return candidate.model_copy(update={"chosen": chosen})
