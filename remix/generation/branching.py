"""Preparation of a run of branches: texts that leave an output of an earlier run at a token, and go on from there.

Takes an output and what is to stand there, gives a `Job` like `prepare.py`. The run holds the original's record,
text, template and passages, so that it can be finished, verified and replayed after the original is gone. Writes
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from remix.engine.local import Vocabulary, check_memory
from remix.errors import RunError
from remix.generation import branch_point
from remix.generation.branch_point import Point, Put, Written
from remix.generation.prepare import Job
from remix.generation.run_model import model_of
from remix.outputs.find import OutputPlace
from remix.outputs.run import RunFolder
from remix.records import (
    Branch,
    Dist,
    EarlierOutput,
    Essay,
    Fork,
    PassageInput,
    Record,
    RecordInput,
    Run,
    Task,
    Trace,
    canonical_sha256,
)
from remix.records.bounds import MOST_VARIANTS
from remix.util import environment
from remix.workspace import Workspace


class BranchOptions(NamedTuple):
    """What is asked of a branch."""

    at: str | None = None
    """A word, `WORD:N` or a token's number, from 1; null for the end of the text."""
    take: str | None = None
    """The word to put there, or the rank of an alternative, from 1."""
    write: str | None = None
    """Words to put there; for `take` and `write` alike, exactly one is given."""
    variants: int = 1
    """Number of variants, which differ in their random numbers after the words."""
    max_tokens: int | None = None
    """Largest number of tokens of the whole text; the original's if null."""


class Original(NamedTuple):
    """The output to branch from."""

    folder: RunFolder
    task: Task
    record: Record
    text: str
    trace: Trace | None


class Planned(NamedTuple):
    """The planned branches."""

    job: Job
    point: Point
    put: Put


def plan_branches(
    workspace: Workspace, place: OutputPlace, options: BranchOptions, model: str | None = None
) -> Planned:
    """Plan a run of branches of an output. `model` names the file of the model that wrote the output, if it moved.

    Raises `RunError` for a text that has no tokens, and for a place or words that don't fit; `ModelError` if the
    model isn't here.
    """
    original = _original(place)
    path = model_of(original.folder.run, model, workspace.model_folders)
    with _vocabulary(original, path) as vocabulary:
        written = branch_point.written(original.record, original.text, original.trace, vocabulary)
        point = branch_point.point_at(written, options.at) if options.at else branch_point.point_at_end(written)
        put = _put(written, point, options, vocabulary)
        _refuse_other_prompt(original.record, vocabulary)
    most = _most(original.record, put, options.max_tokens)
    run = _run(workspace, original, _branch(original.record, written, point, put, most), options.variants)
    if run.model:
        check_memory(path, run.model, run.contexts, run.options)
    prompt = len(original.record.derivation.prompt.token_ids or ())
    return Planned(Job(run, path, {task.id: prompt for task in run.tasks}, prompt, ()), point, put)


def _original(place: OutputPlace) -> Original:
    """The output with its task and trace. Raises `RunError` unless its run's model wrote it."""
    folder, name = place
    record, text = folder.read(name)
    task = next((task for task in folder.run.tasks if task.id == name), None)
    if task is None:
        raise RunError(f"{folder.path}: no output '{name}' was planned.", "`remix verify` tells what doesn't belong.")
    if folder.run.model is None or record.derivation.model.sha256 != folder.run.model.sha256:
        raise RunError(
            f"{name}: was written by another model than the GGUF file that its run began with.",
            "Branch from a text that the run's own model wrote.",
        )
    trace = None
    if record.trace:
        with suppress(RunError):
            trace = folder.read_trace(name)
    return Original(folder, task, record, text, trace)


class _Spelling(Vocabulary):
    """A vocabulary that knows which tokens spell a text alone."""

    def piece(self, token: int) -> bytes:
        return self._model.piece(token)

    def tokenize_text(self, text: str) -> list[int]:
        return self._model.tokenize_text(text) if text else []

    def spelt(self, text: str) -> list[int]:
        return [token for token in range(self._model.n_vocab) if self._model.text(token) == text]


@contextmanager
def _vocabulary(original: Original, path: Path) -> Iterator[_Spelling]:
    run = original.folder.run
    assert run.model is not None, "`_original` has refused runs without a GGUF file"
    with closing(_Spelling(path, run.model, run.options.think)) as vocabulary:
        yield vocabulary


def _put(written: Written, point: Point, options: BranchOptions, vocabulary: _Spelling) -> Put:
    if options.write is not None:
        return branch_point.write(written, point, options.write, vocabulary)
    take = options.take or ""
    if take.isdecimal():
        return branch_point.take_rank(written, point, int(take), vocabulary)
    return branch_point.take_word(written, point, take, vocabulary)


def _refuse_other_prompt(record: Record, vocabulary: _Spelling) -> None:
    """Raise `RunError` if the original's messages make other tokens today than they made then."""
    prompt = record.derivation.prompt
    chunks = vocabulary.measure(prompt.messages, len(prompt.token_ids or ())).chunks
    if tuple(token for chunk in chunks for token in chunk) != prompt.token_ids:
        raise RunError(
            f"{record.output.file}: its prompt has other tokens today than when it was written.",
            "Generate the text anew with this version, and branch from the new text.",
        )


def _most(record: Record, put: Put, max_tokens: int | None) -> int:
    """The largest number of tokens of a branch. Raises `RunError` if no token is left to be written."""
    sampling = record.derivation.sampling
    assert sampling is not None, "`written` has refused records without sampling"
    most = max_tokens or sampling.max_tokens
    if len(put.tokens) >= most:
        raise RunError(
            f"the text may have {most} tokens, and {len(put.tokens)} stand before the first new one.",
            "Raise --max-tokens, or branch at an earlier word.",
        )
    return most


def _branch(record: Record, written: Written, point: Point, put: Put, most: int) -> Branch:
    thoughts = record.output.thoughts.token_ids or () if record.output.thoughts else ()
    return Branch(
        original=record.id,
        token=put.kept + 1,
        character=written.starts[put.kept] + 1,
        was=point.was,
        put=put.words,
        max_tokens=most,
        fork=Fork(token_ids=(*thoughts, *put.tokens)),
    )


def _run(workspace: Workspace, original: Original, branch: Branch, count: int) -> Run:
    """The request of a run of `count` branches, which holds all that the original's run holds of the original."""
    before, record, task = original.folder.run, original.record, original.task
    sampling, prompt = record.derivation.sampling, record.derivation.prompt.token_ids
    assert sampling is not None, "`written` has refused records without sampling"
    assert prompt is not None, "`written` has refused records without the prompt's tokens"
    if count > 1 and not any(isinstance(each, Dist) for each in sampling.chain):
        raise RunError(
            "the original was written without random numbers, so all variants would be the same.",
            "Leave --count out, or branch from a text with a temperature above 0.",
        )
    if task.variant + count > MOST_VARIANTS:
        raise RunError(f"a run holds {MOST_VARIANTS} variants of a text at most.", "Lower --count.")
    longest = len(prompt) + branch.max_tokens + sampling.max_thoughts
    passages = [source.passage for source in record.sources if source.passage in before.pairs]
    return Run(
        name="planned",
        created=datetime.now(UTC),
        given={},
        options=before.options.model_copy(update={"best_of": 1}),
        model=before.model,
        engine=record.derivation.engine,
        n_ctx_seq=longest,
        contexts=(longest,),
        templates=tuple(each for each in before.templates if each.kind == task.kind),
        essays=_essays(before, passages),
        rankings={id_: before.rankings[id_] for id_ in passages if id_ in before.rankings},
        earlier=(EarlierOutput(record=record, text=original.text),),
        tasks=tuple(_tasks(task, branch, passages, sampling.seed, count)),
        environment=environment.describe(workspace.root),
    )


def _essays(before: Run, passages: Sequence[str]) -> tuple[Essay, ...]:
    """The essays of some passages, with these passages alone."""
    parts = (
        essay.model_copy(update={"passages": tuple(each for each in essay.passages if each.id in passages)})
        for essay in before.essays
    )
    return tuple(essay for essay in parts if essay.passages)


def _tasks(task: Task, branch: Branch, passages: Sequence[str], seed: int, count: int) -> Iterator[Task]:
    """The branches as variants of the original: the first goes on with its random numbers, others have their own.

    Numbers go on from the original's, so that no branch has the name of the original.
    """
    for number in range(1, count + 1):
        own = None if number == 1 else fork_seed(branch, number)
        yield Task(
            place=task.place,
            kind=task.kind,
            step=task.step,
            variant=task.variant + number,
            inputs=(*(PassageInput(passage=id_) for id_ in passages), RecordInput(record=branch.original)),
            seed=seed,
            branch=branch.model_copy(update={"fork": branch.fork.model_copy(update={"seed": own})}),
        )


def fork_seed(branch: Branch, number: int) -> int:
    """The seed of a variant's random numbers after the fork, 1 to 2**32-2: a hash of original, tokens and number."""
    digest = canonical_sha256([branch.original, list(branch.fork.token_ids), number])
    return int(digest[:16], 16) % (2**32 - 2) + 1
