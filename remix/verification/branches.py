"""Checks of branches: that each shares its original's prompt, sampling and first tokens, as its run says.

Takes a run's request and its outputs, gives findings. The original's record and text lie in the request, where
`folder.py` checks them.
"""

from __future__ import annotations

from collections.abc import Iterator

from remix.outputs.layout import REQUEST
from remix.records import Branch, Output, Record, RecordInput, Run, Task
from remix.verification.finding import Finding, FoundOutput


def plan_findings(run: Run) -> Iterator[Finding]:
    """Tasks of a run of branches that are no branch, or whose given tokens don't begin with those of the original."""
    earlier = {each.record.id: each.record for each in run.earlier}
    for task in run.tasks:
        if task.branch is None:
            yield Finding(REQUEST, f"holds branches, and {task.id} is none")
        elif _differs(task, task.branch, earlier[task.branch.original]):
            yield Finding(REQUEST, f"{task.id} doesn't begin like the output that it branches from")


def branch_findings(found: FoundOutput, original: Record) -> Iterator[Finding]:
    """Differences of a branch from its original, and from the tokens given in the request."""
    branch, derivation, begun = found.task.branch, found.record.derivation, original.derivation
    assert branch is not None, "not a branch"
    if derivation.fork != branch.fork:
        yield Finding(found.record_file, f"wasn't given the tokens that {REQUEST} gives")
    # A stop string among the given words ends the text before the last given token.
    elif any(
        came != given for came, given in zip(_sampled(found.record.output), branch.fork.token_ids, strict=False)
    ):
        yield Finding(found.record_file, "doesn't begin with the tokens that it was given")
    if derivation.prompt != begun.prompt:
        yield Finding(found.record_file, "its prompt isn't the one of the output that it branches from")
    sampling = begun.sampling and begun.sampling.model_copy(update={"max_tokens": branch.max_tokens})
    if derivation.sampling != sampling:
        yield Finding(found.record_file, "its sampling isn't the one of the output that it branches from")


def _differs(task: Task, branch: Branch, original: Record) -> bool:
    """Whether a task's branch contradicts the original's record."""
    sampling, thoughts = original.derivation.sampling, original.output.thoughts
    kept = len(thoughts.token_ids or () if thoughts else ()) + branch.token - 1
    return (
        RecordInput(record=original.id) not in task.inputs
        or sampling is None
        or task.seed != sampling.seed
        or branch.token < 1
        or len(branch.fork.token_ids) < kept
        or branch.fork.token_ids[:kept] != _sampled(original.output)[:kept]
    )


def _sampled(output: Output) -> tuple[int, ...]:
    """The tokens of the thoughts, then the tokens of the text."""
    thoughts = output.thoughts.token_ids if output.thoughts else None
    return (*(thoughts or ()), *(output.token_ids or ()))
