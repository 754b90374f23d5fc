"""Preparation of a run of branches: texts that leave an output of an earlier run at a token, and go on from there.

Takes an output, its edited version or one of its candidates, and the words to put there; gives a `Job` like
`prepare.py`. Writes nothing.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from remix.errors import RunError
from remix.generation import branch_point, branch_run
from remix.generation.branch_point import Point, Put, Written
from remix.generation.branch_run import Original
from remix.generation.branch_vocabulary import BranchVocabulary, vocabulary_of
from remix.generation.job import Job
from remix.generation.run_model import model_of
from remix.generation.text_places import number_of
from remix.outputs.find import OutputPlace
from remix.outputs.originals import as_candidate, text_of_candidate
from remix.outputs.stored_reviews import StoredReviews
from remix.records import EditUsed
from remix.workspace import Workspace


class BranchOptions(NamedTuple):
    """The options of a branch."""

    at: str | None = None
    """A word, `WORD:N` or a token's number, from 1; null for the end of the text."""
    take: str | None = None
    """The word to put there, or the rank of an alternative, from 1."""
    write: str | None = None
    """Words to put there. Exactly one of `take`, `write` and `from_edit` is given."""
    from_edit: bool = False
    """Go on from the edited version of the output, from its end or from the word `at` on."""
    candidate: int | None = None
    """Number of the candidate to branch from, if the output was chosen among several; null for the kept text."""
    variants: int = 1
    """Number of variants, each with random numbers of its own after the words."""
    max_tokens: int | None = None
    """Largest number of tokens of the whole text; the original's if null."""


class Planned(NamedTuple):
    """The planned branches."""

    job: Job
    put: Put
    respelled: int
    """The number of the original's tokens before the asked place that are spelled anew together with the words."""


def plan_branches(
    workspace: Workspace, place: OutputPlace, options: BranchOptions, model: str | None = None
) -> Planned:
    """Plan a run of branches of an output. `model` names the file of the model that wrote the output, if it moved.

    Raises `RunError` for a text that has no tokens, for a place or words that don't fit, and for an output without
    the candidate or without an edited version; `ModelError` if the model isn't here.
    """
    original = original_of(place)
    as_candidate(original.record, options.candidate)  # raises an error if there is none
    kept = next((each.number for each in original.record.candidates or () if each.chosen), None)
    candidate = None if options.candidate == kept else options.candidate
    edit = None
    if options.from_edit:
        edited, edit = _edit_of(workspace.outputs, original)
        original = original._replace(edited=edited)
    record = as_candidate(original.record, candidate)
    path = model_of(original.folder.run, model, workspace.model_folders)
    with vocabulary_of(original.folder.run, path) as vocabulary:
        text = text_of_candidate(original.record, candidate, original.text)
        # The trace is the kept text's.
        written = branch_point.written(record, text, None if candidate else original.trace, vocabulary)
        put, point = _put(written, original.edited, options, vocabulary)
        vocabulary.refuse_marks(put.tokens)
        vocabulary.refuse_other_prompt(record)
    branch = branch_run.branch_of(record, written, put, options.max_tokens)
    branch = branch.model_copy(update={"candidate": candidate, "edit": edit})
    job = branch_run.job_of(workspace, path, branch_run.variants(original, branch, options.variants))
    return Planned(job, put, max(0, point - put.kept))


def original_of(place: OutputPlace) -> Original:
    """The output with its task and trace. Raises `RunError` if another model than the run's wrote the text."""
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


def _edit_of(outputs: Path, original: Original) -> tuple[str, EditUsed]:
    """The edited version of an output that is in force, in any run. Raises `RunError` if there is none."""
    id_, name = original.record.id, original.task.id
    stored = StoredReviews(outputs, [original.folder.path])
    stored.refresh()
    edit = stored.standing(id_).edit
    if edit is None:
        raise RunError(
            f"{name}: nobody has edited this text.",
            "Edit it in `remix review`, or put words of your own there: --write.",
        )
    return stored.edited(id_, edit), EditUsed(sha256=edit.sha256, editor=stored.editor(id_) or "")


def _put(
    written: Written, edited: str | None, options: BranchOptions, vocabulary: BranchVocabulary
) -> tuple[Put, int]:
    """The given tokens, and the index of the first token that was to be replaced."""
    if edited is not None:
        return branch_point.go_on_from_edit(written, edited, options.at, vocabulary), 0
    at = options.at
    point = branch_point.point_at(written, at) if at is not None else branch_point.point_at_end(written)
    return _put_at(written, point, options, vocabulary), point.token


def _put_at(written: Written, point: Point, options: BranchOptions, vocabulary: BranchVocabulary) -> Put:
    if options.write is not None:
        return branch_point.write(written, point, options.write, vocabulary)
    take = options.take or ""
    if take.isdecimal():
        return branch_point.take_rank(written, point, number_of(take), vocabulary)
    return branch_point.take_word(written, point, take, vocabulary)
