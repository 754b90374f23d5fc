"""The request of a run of branches: texts that leave outputs of an earlier run at a token, and go on from there.

Takes outputs of one run with the branches of each, gives the `Run` or the `Job` to be carried out. The run holds each
original's record and text, their templates and passages, so that it can be finished, verified and replayed after the
originals are gone. Knows nothing of words, alternatives and vocabularies; reads and writes no file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import NamedTuple

from remix.engine.local import check_memory
from remix.errors import RunError
from remix.generation.branch_point import Put, Written
from remix.generation.job import Job
from remix.outputs.originals import as_candidate
from remix.outputs.run import RunFolder
from remix.records import (
    Branch,
    Dist,
    EarlierOutput,
    Fork,
    PassageInput,
    Record,
    RecordInput,
    Run,
    Sampling,
    Task,
    Trace,
    canonical_sha256,
)
from remix.records.bounds import MOST_TASKS, MOST_VARIANTS
from remix.util import environment
from remix.workspace import Workspace


class Original(NamedTuple):
    """The output to branch from."""

    folder: RunFolder
    task: Task
    record: Record
    text: str
    trace: Trace | None
    edited: str | None = None
    """The edited version of the text that branches go on from."""


class PlannedBranch(NamedTuple):
    """A branch of an original, to be written."""

    original: Original
    branch: Branch


def branch_of(record: Record, written: Written, put: Put, max_tokens: int | None = None) -> Branch:
    """The branch of an output that begins with given tokens, with the original's random numbers.

    `max_tokens` is the largest number of tokens of the whole text; the original's if null. Raises `RunError` if no
    token is left to be written.
    """
    most = max_tokens or _sampling(record).max_tokens
    if len(put.tokens) >= most:
        raise RunError(
            f"the text may have {most} tokens, and {len(put.tokens)} stand before the first new one.",
            "Raise --max-tokens, or branch at an earlier word.",
        )
    thoughts = record.output.thoughts.token_ids or () if record.output.thoughts else ()
    return Branch(
        original=record.id,
        token=put.kept + 1,
        character=written.starts[put.kept] + 1,
        was=put.was,
        put=put.words,
        max_tokens=most,
        fork=Fork(token_ids=(*thoughts, *put.tokens)),
    )


def variants(original: Original, branch: Branch, number: int) -> list[PlannedBranch]:
    """A number of variants of a branch: the first goes on with the original's random numbers, others have their own.

    An edited version that only shortens the text has new random numbers in all variants: with the original's the text
    would come again. Raises `RunError` if the original was written without random numbers, so that all variants would
    be the same.
    """
    draws = any(isinstance(each, Dist) for each in _sampling(original.record).chain)
    is_shortened = branch.edit is not None and not branch.put
    if is_shortened and not draws:
        raise RunError(
            "the edited version is the text's beginning, and without random numbers the same text would come again.",
            "Change a word of it, or branch from a text with a temperature above 0.",
        )
    if number > 1 and not draws:
        raise RunError(
            "the original was written without random numbers, so all variants would be the same.",
            "Leave --count out, or branch from a text with a temperature above 0.",
        )
    first = fork_seed(branch, 1) if is_shortened else None
    seeds = [first, *(fork_seed(branch, each) for each in range(2, number + 1))]
    forks = [branch.fork.model_copy(update={"seed": seed}) for seed in seeds]
    return [PlannedBranch(original, branch.model_copy(update={"fork": fork})) for fork in forks]


def fork_seed(branch: Branch, number: int) -> int:
    """The seed of a variant's random numbers after the fork, 1 to 2**32-2: a hash of original, tokens and number."""
    digest = canonical_sha256([branch.original, list(branch.fork.token_ids), number])
    return int(digest[:16], 16) % (2**32 - 2) + 1


def job_of(workspace: Workspace, model: Path, planned: Sequence[PlannedBranch]) -> Job:
    """The job of writing branches by the model at a path.

    Raises the errors of `run_of`, and `ModelError` if the memory holds too few sequences.
    """
    run = run_of(workspace, planned)
    if run.model:
        if run.n_ctx_seq > run.model.context:
            raise RunError(
                f"prompt and text would have up to {run.n_ctx_seq} tokens, and {run.model.name} takes "
                f"{run.model.context}.",
                "Lower --max-tokens, or branch from a text with a shorter prompt.",
            )
        check_memory(model, run.model, run.contexts, run.options)
    originals = _originals(planned)
    tokens = {each.record.id: len(_prompt(each.record)) for each in originals}
    prompts = {task.id: tokens[task.branch.original] for task in run.tasks if task.branch}
    return Job(run, model, prompts, sum(tokens.values()), ())


def run_of(workspace: Workspace, planned: Sequence[PlannedBranch]) -> Run:
    """The request of a run of branches, which holds all that the originals' run holds of the originals.

    All originals are outputs of one run. Raises `RunError` if there are more texts than a run may have.
    """
    originals = _originals(planned)
    before, first = originals[0].folder.run, originals[0].record
    known = before.pairs
    passages = {source.passage for each in originals for source in each.record.sources if source.passage in known}
    kinds = {each.task.kind for each in originals}
    # Tokens of prompt, thoughts and text of a branch at most.
    longest = max(
        len(_prompt(each.original.record)) + each.branch.max_tokens + _sampling(each.original.record).max_thoughts
        for each in planned
    )
    return Run(
        name="planned",
        created=datetime.now(UTC),
        given={},
        options=before.options.model_copy(update={"best_of": 1}),
        model=before.model,
        engine=first.derivation.engine,
        n_ctx_seq=longest,
        contexts=(longest,),
        templates=tuple(each for each in before.templates if each.kind in kinds),
        essays=before.essays_of(passages),
        rankings={id_: ranking for id_, ranking in before.rankings.items() if id_ in passages},
        earlier=tuple(EarlierOutput(record=each.record, text=each.text, edited=each.edited) for each in originals),
        tasks=tuple(_tasks(planned, passages)),
        environment=environment.describe(workspace.root),
    )


def _originals(planned: Sequence[PlannedBranch]) -> list[Original]:
    """The originals of branches, each once."""
    return list({each.original.record.id: each.original for each in planned}.values())


def _sampling(record: Record) -> Sampling:
    assert record.derivation.sampling is not None, "`branch_point.written` refuses records without sampling"
    return record.derivation.sampling


def _prompt(record: Record) -> tuple[int, ...]:
    tokens = record.derivation.prompt.token_ids
    assert tokens is not None, "`branch_point.written` refuses records without the prompt's tokens"
    return tokens


def _tasks(planned: Sequence[PlannedBranch], passages: set[str]) -> Iterator[Task]:
    """The branches as further variants of the texts of their originals' passage, kind and step.

    Numbers go on from the originals' highest, so that no branch has the name of an original or of another branch.
    Raises `RunError` if there are too many.
    """
    if len(planned) > MOST_TASKS:
        raise RunError(f"{len(planned)} branches: a run has {MOST_TASKS} texts at most.", "Branch from fewer texts.")
    highest: dict[tuple[str, str, int], int] = defaultdict(int)
    for each in planned:
        task = each.original.task
        chain = task.place, task.kind, task.step
        highest[chain] = max(highest[chain], task.variant)
    numbers = {chain: count(number + 1) for chain, number in highest.items()}
    for original, branch in planned:
        task, sources = original.task, original.record.sources
        number = next(numbers[task.place, task.kind, task.step])
        if number > MOST_VARIANTS:
            raise RunError(
                f"{task.place}/{task.kind}.{task.step}: a run holds {MOST_VARIANTS} variants of a text at most.",
                "Ask for fewer branches.",
            )
        behind = [source.passage for source in sources if source.passage in passages]
        yield Task(
            place=task.place,
            kind=task.kind,
            step=task.step,
            variant=number,
            inputs=(*(PassageInput(passage=id_) for id_ in behind), RecordInput(record=branch.original)),
            seed=_sampling(as_candidate(original.record, branch.candidate)).seed,
            branch=branch,
        )
