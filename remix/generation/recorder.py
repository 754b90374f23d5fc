"""Prompts and sampling parameters of tasks, and the records of finished texts.

Takes a run's request and the writer's generations, gives prompts with sampling parameters, then the record and text
of the best candidate. Writes no file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from remix.analysis import run_lineages
from remix.engine import reasoning
from remix.errors import PromptError
from remix.generation import choose, retry, trim
from remix.generation.plan import sources_sha256, task_seed
from remix.generation.reading import TaskInputs, TextRead, joined
from remix.measure import flags
from remix.measure.language import language_of
from remix.measure.ledger import LedgerInput, candidate_measures, ledger
from remix.measure.lexicon import lexicon
from remix.outputs.form import body_bytes, dump_trace
from remix.records import (
    Branch,
    Candidate,
    Circumstances,
    Derivation,
    Fork,
    Generation,
    GivenUp,
    Output,
    Prompt,
    PromptUsed,
    ReaderUsed,
    Reading,
    Record,
    Retried,
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
    """The task's input texts."""
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


class Written(NamedTuple):
    """A candidate as it was written and read."""

    generation: Generation
    given_up: tuple[Generation, ...] = ()
    """Earlier tries, given up because the text copied."""
    reading: Reading | None = None
    """The reader's findings; null if no model read the candidates, or the text can't be read."""


class ReadBy(NamedTuple):
    """The model that read the candidates of a run."""

    name: str
    used: ReaderUsed


class TaskResult(NamedTuple):
    """A finished task: record, text and trace."""

    record: Record
    text: str
    trace: Trace | None


class Recorder:
    """Makes a run's prompts and records. Each generation names the writer of its text."""

    def __init__(self, run: Run, writer: str, reader: ReadBy | None = None) -> None:
        """`writer` is the name of the run's writer, a label for settings of a family if the run has no GGUF file.
        `reader` reads candidates; null if measures choose."""
        self._run = run
        self._reader = reader
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

        Raises `PromptError` if the original's record doesn't tell its sampling, and `RunError` if it has no such
        candidate.
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

    def next_try(self, request: TaskRequest, number: int, tries: Sequence[Generation]) -> Sampling | None:
        """Sampling parameters for another try at candidate `number`, from 1, after the tries so far; null if the last
        try is kept."""
        sampling = request.samplings[number - 1]
        if len(tries) > self._run.options.retry_copies or not retry.draws(sampling):
            return None
        text = trim.trim(request.prompt, tries[-1]).text
        if not retry.is_copy(self._flags(request, text, tries[-1])):
            return None
        return sampling.model_copy(update={"seed": retry.seed(sampling.seed, len(tries))})

    def record(self, request: TaskRequest, written: Sequence[Written]) -> TaskResult:
        """The record of a finished task, with the chosen text and its trace."""
        candidates = [self._candidate(request, number, each.generation) for number, each in enumerate(written, 1)]
        selection = None
        if len(candidates) > 1:
            candidates = [self._measured(request, *both) for both in zip(candidates, written, strict=True)]
            rule = choose.READING if self._reader else choose.MEASURES
            reader = self._reader.used if self._reader else None
            selection = Selection(candidates=len(candidates), chooser=rule, reader=reader)
        best = choose.RULES[selection.chooser](candidates) if selection else candidates[0]
        generation, given_up, _ = written[best.number - 1]
        derivation = self._derivation(request, generation, selection)
        if given_up:
            retried = Retried(rule=retry.RULE, times=len(given_up))
            derivation = derivation.model_copy(update={"retried": retried})
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
            not_looked_for=lexicon(language_of(request.passage)).not_looked_for,
            circumstances=self._circumstances(generation, selection),
            trace=sha256(dump_trace(trace)) if trace else None,
            candidates=tuple(each.model_copy(update={"chosen": each is best}) for each in candidates)
            if selection
            else None,
            given_up=tuple(
                self._given_up(request, number, generation)
                for number, each in enumerate(written, 1)
                for generation in each.given_up
            ),
        )
        return TaskResult(record, best.text, trace)

    def _candidate(self, request: TaskRequest, number: int, generation: Generation) -> Candidate:
        """A candidate, before the choice."""
        text, cut = trim.trim(request.prompt, generation)
        return Candidate(
            number=number,
            chosen=False,
            seed=_seed(generation),
            text=text,
            sha256=sha256(body_bytes(text)),
            finish=generation.finish,
            token_ids=generation.token_ids,
            trimmed=cut,
            thoughts=generation.thoughts,
            flags=self._flags(request, text, generation),
            logprob=choose.mean_logprob(generation.choices),
        )

    def _flags(self, request: TaskRequest, text: str, generation: Generation) -> tuple[str, ...]:
        """The flags of a trimmed text."""
        found = flags(text, generation.finish, request.passage, request.previous, request.prompt.messages)
        thoughts = generation.thoughts
        if thoughts and thoughts.text and not generation.text.strip():
            return tuple(sorted((*found, "thoughts")))
        return found

    def _given_up(self, request: TaskRequest, number: int, generation: Generation) -> GivenUp:
        """A try at candidate `number` that copied."""
        text = trim.trim(request.prompt, generation).text
        return GivenUp(
            candidate=number,
            seed=_seed(generation),
            text=text,
            sha256=sha256(body_bytes(text)),
            flags=self._flags(request, text, generation),
        )

    def _measured(self, request: TaskRequest, candidate: Candidate, written: Written) -> Candidate:
        """A candidate with the measures for the choice, and what a reader found."""
        settings = self._templates[request.task.kind].settings(self._labels)
        made = LedgerInput(
            candidate.text,
            candidate.finish,
            request.passage,
            request.previous,
            request.prompt.messages,
            settings.length,
        )
        heard = None
        if settings.weights.heard:
            found = run_lineages.of_sources(request.sources, candidate.text)
            heard = round(len(found.heard) / len(found.passages), 4) if found.passages else 0.0
        measures = candidate_measures(ledger(made), settings.weights, heard)
        reading = choose.summed(written.reading, measures.merit, settings.weights) if written.reading else None
        return candidate.model_copy(update={"measures": measures, "reading": reading})

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

    def _circumstances(self, generation: Generation, selection: Selection | None) -> Circumstances:
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
            reader=self._reader.name if self._reader and selection else None,
        )


def _seed(generation: Generation) -> int | None:
    return generation.sampling.seed if generation.sampling else None
