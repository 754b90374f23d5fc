"""Preparation of a run of branches: texts that leave an output of an earlier run at a token, and go on from there.

Takes an output and what is to stand there, gives a `Job` like `prepare.py`. Writes nothing.
"""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

from remix.errors import RunError
from remix.generation import branch_point, branch_run
from remix.generation.branch_point import Point, Put, Written
from remix.generation.branch_run import Original
from remix.generation.branch_vocabulary import BranchVocabulary, vocabulary_of
from remix.generation.prepare import Job
from remix.generation.run_model import model_of
from remix.outputs.find import OutputPlace
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
    original = original_of(place)
    path = model_of(original.folder.run, model, workspace.model_folders)
    with vocabulary_of(original.folder.run, path) as vocabulary:
        written = branch_point.written(original.record, original.text, original.trace, vocabulary)
        point = branch_point.point_at(written, options.at) if options.at else branch_point.point_at_end(written)
        put = _put(written, point, options, vocabulary)
        vocabulary.refuse_other_prompt(original.record)
    branch = branch_run.branch_of(original.record, written, point, put, options.max_tokens)
    job = branch_run.job_of(workspace, path, branch_run.variants(original, branch, options.variants))
    return Planned(job, point, put)


def original_of(place: OutputPlace) -> Original:
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


def _put(written: Written, point: Point, options: BranchOptions, vocabulary: BranchVocabulary) -> Put:
    if options.write is not None:
        return branch_point.write(written, point, options.write, vocabulary)
    take = options.take or ""
    if take.isdecimal():
        return branch_point.take_rank(written, point, int(take), vocabulary)
    return branch_point.take_word(written, point, take, vocabulary)
