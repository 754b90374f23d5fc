"""Prompts and sampling parameters of tasks, and the records of finished texts.

Takes a run's request and the writer's generations, gives prompts with sampling parameters, then the record and text
of the best candidate. Writes no file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from remix.engine import reasoning
from remix.errors import PromptError
from remix.generation import trim
from remix.generation.choose import MEASURES, choose, mean_logprob
from remix.generation.plan import sources_sha256, task_seed
from remix.generation.reading import TaskInputs, TextRead, joined
from remix.measure import flags
from remix.measure.ledger import LedgerInput, candidate_measures, ledger
from remix.outputs.form import body_bytes, dump_trace
from remix.records import (
    Branch,
    Candidate,
    Circumstances,
    Derivation,
    Fork,
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
from remix.templates.template import settings_for, templates_of
from remix.util import environment


class TaskRequest(NamedTuple):
    """A task with its inputs, prompt and sampling parameters."""

    task: Task
    prompt: Prompt
    samplings: tuple[Sampling, ...]
    """Sampling parameters of each candidate; only the seeds differ."""
    read: tuple[TextRead, ...]
    """The texts that the task reads."""
    sources: tuple[Source, ...]
    """The passages behind the text."""
    fork: Fork | None = None
    """The beginning of a branch."""

    @property
    def passage(self) -> str:
        """The text of all passages."""
        return joined(tuple(each.text for each in self.sources))

    @property
    def previous(self) -> str:
        """The input texts beside the passages; empty if the task reads passages only.

        Also empty for a branch: a branch goes on with its original rather than read it, and may end alike.
        """
        return "" if self.fork else joined(tuple(each.text for each in self.read))


class TaskResult(NamedTuple):
    """A finished task: record, text and trace."""

    record: Record
    text: str
    trace: Trace | None


class Recorder:
    """Makes a run's prompts and records. Each generation names the writer of its text."""

    def __init__(self, run: Run, writer: str) -> None:
        """`writer` is the name of the run's writer, a label for settings of a family if the run has no GGUF file."""
        self._run = run
        self._labels = run.model.labels if run.model else (writer.lower(),)
        self._templates = templates_of(run)
        self._inputs = TaskInputs(run)

    def ask(self, task: Task, texts: Mapping[str, tuple[str, str]]) -> TaskRequest:
        """A task's request to the writer. `texts` has record id and text of each finished task, by task id.

        Raises `PromptError` if the template fails.
        """
        if task.branch:
            return self._ask_again(task, task.branch)
        template = self._templates[task.kind]
        options = self._run.options
        read = self._inputs.read(task, texts)
        prompt = template.render(self._inputs.rendered_from(task, read), task.step, options.steps, self._labels)
        settings = settings_for(template, options, self._labels)
        sampling = Sampling(
            seed=task.seed,
            chain=settings.sampling.chain(),
            max_tokens=settings.max_tokens,
            stop=settings.stop,
            max_thoughts=reasoning.budget(options, self._run.model),
        )
        sources = self._inputs.sources(task)
        named = (options.seed, sources_sha256(sources), template.sha256, task.kind, task.step, task.variant)
        # The first candidate has the task's seed: with or without further candidates, its text is the same.
        seeds = [task.seed, *(task_seed(*named, candidate=number) for number in range(2, options.best_of + 1))]
        samplings = tuple(sampling.model_copy(update={"seed": seed}) for seed in seeds)
        return TaskRequest(task, prompt, samplings, read, sources)

    def _ask_again(self, task: Task, branch: Branch) -> TaskRequest:
        """A branch's request: prompt and sampling of the original, and the given tokens.

        Raises `PromptError` if the original's record doesn't tell its sampling.
        """
        derivation = self._inputs.original(branch).derivation
        if derivation.sampling is None:
            raise PromptError(f"{task.id}: the original's record has no sampling.", "Branch from another text.")
        sampling = derivation.sampling.model_copy(update={"max_tokens": branch.max_tokens})
        prompt = Prompt(
            template=derivation.prompt.template,
            messages=derivation.prompt.messages,
            keep_opening=derivation.prompt.keep_opening,
        )
        read, sources = self._inputs.read(task, {}), self._inputs.sources(task)
        return TaskRequest(task, prompt, (sampling,), read, sources, branch.fork)

    def parents(self, task: Task, records: Mapping[str, str]) -> tuple[str, ...]:
        """Ids of the records that a task reads; `records` has the record ids of finished tasks, by task id."""
        texts = {id_: (records[id_], "") for id_ in task.reads}
        return tuple(each.record for each in self._inputs.read(task, texts))

    def record(self, request: TaskRequest, generations: Sequence[Generation]) -> TaskResult:
        """The record of a finished task, with the chosen text and its trace."""
        candidates = [self._candidate(request, number, each) for number, each in enumerate(generations, 1)]
        several = len(candidates) > 1
        if several:
            candidates = [self._measured(request, each) for each in candidates]
        best = choose(candidates) if several else candidates[0]
        generation = generations[best.number - 1]
        selection = Selection(candidates=len(candidates), chooser=MEASURES) if several else None
        derivation = self._derivation(request, generation, selection)
        id_ = record_id(derivation, best.sha256)
        trace = Trace(record=id_, choices=generation.choices) if generation.choices else None
        record = Record(
            id=id_,
            sources=request.sources,
            task=self._inputs.used(request.task),
            derivation=derivation,
            output=Output(
                file=f"{request.task.id}.md",
                sha256=best.sha256,
                finish=best.finish,
                token_ids=best.token_ids,
                trimmed=best.trimmed,
                thoughts=best.thoughts,
            ),
            flags=best.flags,
            circumstances=self._circumstances(generation),
            trace=sha256(dump_trace(trace)) if trace else None,
            candidates=tuple(each.model_copy(update={"chosen": each is best}) for each in candidates)
            if several
            else None,
        )
        return TaskResult(record, best.text, trace)

    def _candidate(self, request: TaskRequest, number: int, generation: Generation) -> Candidate:
        """A candidate, before the choice."""
        text, cut = trim.trim(request.prompt, generation)
        found = flags(text, generation.finish, request.passage, request.previous, request.prompt.messages)
        thoughts = generation.thoughts
        if thoughts and thoughts.text and not generation.text.strip():
            found = tuple(sorted((*found, "thoughts")))
        return Candidate(
            number=number,
            chosen=False,
            seed=generation.sampling.seed if generation.sampling else None,
            text=text,
            sha256=sha256(body_bytes(text)),
            finish=generation.finish,
            token_ids=generation.token_ids,
            trimmed=cut,
            thoughts=thoughts,
            flags=found,
            logprob=mean_logprob(generation.choices),
        )

    def _measured(self, request: TaskRequest, candidate: Candidate) -> Candidate:
        """A candidate with the measures for the choice."""
        settings = self._templates[request.task.kind].settings(self._labels)
        made = LedgerInput(
            candidate.text,
            candidate.finish,
            request.passage,
            request.previous,
            request.prompt.messages,
            settings.length,
        )
        return candidate.model_copy(update={"measures": candidate_measures(ledger(made), settings.weights)})

    def _derivation(self, request: TaskRequest, generation: Generation, selection: Selection | None) -> Derivation:
        return Derivation(
            passages=tuple(sha256(each.text) for each in request.sources),
            parents=tuple(each.record for each in request.read),
            prompt=PromptUsed(
                template=request.prompt.template,
                messages=request.prompt.messages,
                keep_opening=request.prompt.keep_opening,
                chat_template_sha256=generation.writer.chat_template_sha256,
                token_ids=generation.prompt_token_ids,
            ),
            model=generation.writer.model,
            sampling=generation.sampling,
            fork=request.fork,
            selection=selection,
            trim=trim.RULE,
            engine=generation.writer.engine,
        )

    def _circumstances(self, generation: Generation) -> Circumstances:
        made, planned = generation.writer, self._run.environment
        file = made.file
        # The clock may have been put back in between; no text ends before its start.
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
