"""Checks of branches: prompt, sampling and first tokens are the original's, as stated in the run.

Takes a run's request and outputs, gives findings. The originals' records and texts lie in the request, where
`folder.py` checks both.
"""

from __future__ import annotations

from collections.abc import Iterator

from remix.outputs.form import body_bytes
from remix.outputs.layout import REQUEST
from remix.outputs.originals import after_fork, as_candidate, before_fork, begins_with, text_of_candidate
from remix.records import Branch, EarlierOutput, Output, Record, RecordInput, Run, Task, sha256
from remix.verification.finding import Finding, FoundOutput


def plan_findings(run: Run) -> Iterator[Finding]:
    """Tasks in a run of branches without a branch, or in contradiction to the record or text of the original."""
    earlier = {each.record.id: each for each in run.earlier}
    for task in run.tasks:
        if task.branch is None:
            yield Finding(REQUEST, f"holds branches, and {task.id} is none")
            continue
        for problem in _problems(task, task.branch, earlier[task.branch.original]):
            yield Finding(REQUEST, f"{task.id} {problem}")


def branch_findings(found: FoundOutput, run: Run) -> Iterator[Finding]:
    """Differences of a branch from the original, and from the tokens and words given in the request."""
    branch, derivation = found.task.branch, found.record.derivation
    assert branch is not None, "not a branch"
    earlier = next(each for each in run.earlier if each.record.id == branch.original)
    begun = as_candidate(earlier.record, branch.candidate).derivation
    if derivation.fork != branch.fork:
        yield Finding(found.record_file, f"wasn't given the tokens that {REQUEST} gives")
    elif _sampled(found.record.output)[: len(branch.fork.token_ids)] != branch.fork.token_ids:
        yield Finding(found.record_file, "doesn't begin with the tokens that it was given")
    if not begins_with(found.text + found.record.output.trimmed, before_fork(earlier, branch) + branch.put):
        yield Finding(found.text_file, f"doesn't begin with the words that {REQUEST} gives")
    if derivation.prompt != begun.prompt:
        yield Finding(found.record_file, "its prompt isn't the one of the output that it branches from")
    sampling = begun.sampling and begun.sampling.model_copy(update={"max_tokens": branch.max_tokens})
    if derivation.sampling != sampling:
        yield Finding(found.record_file, "its sampling isn't the one of the output that it branches from")


def _problems(task: Task, branch: Branch, earlier: EarlierOutput) -> Iterator[str]:
    """Contradictions between a task's branch and the original's record and text, in words for after the task's
    name."""
    place, _, _ = earlier.record.output.file.rpartition("/")
    used = earlier.record.task
    if (task.place, task.kind, task.step) != (place, used.kind, used.step):
        yield "has another passage, kind or step than the output that it branches from"
    if _differs(task, branch, as_candidate(earlier.record, branch.candidate)):
        yield "doesn't begin like the output that it branches from"
    text = text_of_candidate(earlier.record, branch.candidate, earlier.text)
    if sha256(body_bytes(text)) != as_candidate(earlier.record, branch.candidate).output.sha256:
        yield "branches from a text that isn't the one of its sha256"
    if not begins_with(after_fork(earlier, branch), branch.was):
        yield f"puts words in place of “{branch.was}”, which doesn't stand there in its original"
    if branch.edit is None:
        return
    if earlier.edited is None or sha256(body_bytes(earlier.edited)) != branch.edit.sha256:
        yield "goes on from an edited version that isn't the one of its sha256"
    elif not begins_with(earlier.edited, before_fork(earlier, branch) + branch.put):
        yield "doesn't begin like the edited version that it goes on from"


def _differs(task: Task, branch: Branch, original: Record) -> bool:
    """Whether a task's branch contradicts the tokens and the sampling of the original."""
    sampling, thoughts = original.derivation.sampling, original.output.thoughts
    given, sampled = branch.fork.token_ids, _sampled(original.output)
    kept = len(thoughts.token_ids or () if thoughts else ()) + branch.token - 1
    return (
        RecordInput(record=original.id) not in task.inputs
        or sampling is None
        or task.seed != sampling.seed
        or branch.token < 1
        or len(given) < kept
        or given[:kept] != sampled[:kept]
        # The words at the end may have the same spelling as the stop string that ended the text.
        or (bool(branch.was) and len(given) > kept and given[kept] in sampled[kept : kept + 1])
    )


def _sampled(output: Output) -> tuple[int, ...]:
    """The tokens of the thoughts, then the tokens of the text."""
    thoughts = output.thoughts.token_ids if output.thoughts else None
    return (*(thoughts or ()), *(output.token_ids or ()))
