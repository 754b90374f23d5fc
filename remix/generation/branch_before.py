"""Preparation of a branch that goes on from typed words: a text up to a cursor, edited or not.

Takes an output and the whole text before the cursor, gives a `Job` like `branching.py`. Writes nothing.
"""

from __future__ import annotations

from remix.errors import RunError
from remix.generation import branch_point, branch_run
from remix.generation.branch_run import PlannedBranch, fork_seed
from remix.generation.branch_vocabulary import vocabulary_of
from remix.generation.branching import original_of
from remix.generation.job import Job
from remix.generation.run_model import model_of
from remix.outputs.find import OutputPlace
from remix.workspace import Workspace


def plan_branch_before(workspace: Workspace, place: OutputPlace, text_before: str, variants: int = 1) -> Job:
    """Plan branches that begin with a text; each may have as many new tokens as the original had at most.

    The tokens that spell the longest common beginning are the original's. If all are, each variant has random numbers
    of its own: with the original's the same text would come again. Raises the errors of `branching.plan_branches`.
    """
    original = original_of(place)
    record, run = original.record, original.folder.run
    path = model_of(run, None, workspace.model_folders)
    with vocabulary_of(run, path) as vocabulary:
        written = branch_point.written(record, original.text, original.trace, vocabulary)
        if text_before.strip() == original.text.strip():
            raise RunError(
                "the cursor is at the end of the text, and the text is as the model wrote it.",
                "Put the cursor before a word, or write a word first.",
            )
        put = branch_point.go_on_from_edit(written, text_before, None, vocabulary)
        vocabulary.refuse_marks(put.tokens)
        vocabulary.refuse_other_prompt(record)
    sampling, prompt = record.derivation.sampling, record.derivation.prompt.token_ids
    assert sampling is not None, "`branch_point.written` refuses records without sampling"
    assert prompt is not None, "`branch_point.written` refuses records without the prompt's tokens"
    most = len(put.tokens) + sampling.max_tokens
    if run.model and run.model.context:
        most = min(most, run.model.context - len(prompt) - sampling.max_thoughts)
    branch = branch_run.branch_of(record, written, put, most)
    planned = branch_run.variants(original, branch, variants)
    if not put.words:
        planned = [
            PlannedBranch(original, branch.model_copy(update={"fork": branch.fork.model_copy(update={"seed": seed})}))
            for seed in (fork_seed(branch, number) for number in range(1, variants + 1))
        ]
    return branch_run.job_of(workspace, path, planned)
