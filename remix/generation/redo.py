"""Preparation of a redo: one more variant of a text of an earlier run, with another seed, in a run of its own.

Takes an output, gives a `Job` like `prepare.py`. The run holds the passages, the template and the texts that the
output was made from, so that it can be finished, verified and replayed after the earlier run is gone. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from remix.engine.local import check_memory
from remix.errors import RunError
from remix.generation import retry
from remix.generation.branch_run import Original, fork_seed
from remix.generation.branching import original_of
from remix.generation.job import Job
from remix.generation.plan import sources_sha256, task_seed
from remix.generation.run_model import model_of
from remix.outputs.find import OutputPlace
from remix.outputs.run import RunFolder
from remix.outputs.runs import list_runs
from remix.records import EarlierOutput, Input, RecordInput, Run, Sampling, Task, TaskInput
from remix.records.bounds import MOST_VARIANTS
from remix.util import environment
from remix.workspace import Workspace


def plan_redo(workspace: Workspace, place: OutputPlace, model: str | None = None) -> Job:
    """Plan a run of one text: the next variant of an output. `model` names the file of its model, if that moved.

    The variant's number follows the highest in all runs below the workspace's outputs, and the seed follows from the
    number. Raises `RunError` for a text that was written without random numbers or by another model than its run's,
    and if there are too many variants; `ModelError` if the model isn't here.
    """
    original = original_of(place)
    run = run_of(workspace, original)
    path = model_of(original.folder.run, model, workspace.model_folders)
    if run.model:
        check_memory(path, run.model, run.contexts, run.options)
    (task,) = run.tasks
    prompt = len(original.record.derivation.prompt.token_ids or ())
    return Job(run, path, {task.id: prompt}, prompt, ())


def _sampling(original: Original) -> Sampling:
    derivation = original.record.derivation
    if derivation.sampling is None or derivation.prompt.token_ids is None:
        raise RunError(f"{original.task.id}: its record has no tokens.", "Redo a text by a local model.")
    if not retry.draws(derivation.sampling):
        raise RunError(
            f"{original.task.id}: was written without random numbers, so another variant would be the same.",
            "Redo a text with a temperature above 0, or change its template.",
        )
    return derivation.sampling


def run_of(workspace: Workspace, original: Original) -> Run:
    """The request of a run with one variant more, which holds all that the earlier run holds of the text.

    Raises the errors of `plan_redo` about texts and variants.
    """
    if original.task.is_woven and not original.task.branch:
        raise RunError(
            f"{original.task.id}: is a part of an essay, which is written as a whole.",
            "Weave the essay again with another --seed, or let the text take another road: `remix branch`.",
        )
    before, record, sampling = original.folder.run, original.record, _sampling(original)
    earlier = {each.record.id: each for each in _read_by(original)}
    variant = _next_variant(workspace.outputs, original)
    prompt = record.derivation.prompt.token_ids or ()
    longest = len(prompt) + sampling.max_tokens + sampling.max_thoughts
    if before.options.reads_candidates:
        # A reader's sequences may be longer than those of the texts.
        longest = max(longest, before.n_ctx_seq)
    passages = {source.passage for source in record.sources}
    return Run(
        name="planned",
        created=datetime.now(UTC),
        given={},
        options=before.options,
        model=before.model,
        engine=record.derivation.engine,
        n_ctx_seq=longest,
        contexts=(longest,),
        reader=before.reader,
        templates=tuple(each for each in before.templates if each.kind == original.task.kind),
        essays=before.essays_of(passages),
        rankings={id_: ranking for id_, ranking in before.rankings.items() if id_ in passages},
        earlier=tuple(earlier.values()),
        tasks=(_task(original, variant),),
        redoes=record.id,
        environment=environment.describe(workspace.root),
    )


def _read_by(original: Original) -> Iterator[EarlierOutput]:
    """The outputs that an output read. Raises `RunError` if one was written anew since."""
    held = {each.record.id: each for each in original.folder.run.earlier}
    for name, id_ in zip(original.task.texts, original.record.derivation.parents, strict=True):
        if id_ in held:
            yield held[id_]
            continue
        record, text = original.folder.read(name)
        if record.id != id_:
            raise RunError(
                f"{original.task.id}: was made from another {name} than is here.",
                f"Finish the run first: `remix resume {original.folder.run.name}`.",
            )
        yield EarlierOutput(record=record, text=text)


def _next_variant(outputs: Path, original: Original) -> int:
    """A number that no run below `outputs` plans for the same passage, kind and step. Raises `RunError`."""
    task = original.task
    runs = [original.folder.run]
    for path in list_runs(outputs):
        with suppress(RunError):
            runs.append(RunFolder.open(path).run)
    chain = (task.place, task.kind, task.step)
    taken = (each.variant for run in runs for each in run.tasks if (each.place, each.kind, each.step) == chain)
    number = max(taken) + 1
    if number > MOST_VARIANTS:
        raise RunError(
            f"{task.id}: has {MOST_VARIANTS} variants already, the most there can be.", "Keep one of them."
        )
    return number


def _task(original: Original, variant: int) -> Task:
    task, record, run = original.task, original.record, original.folder.run
    parents = dict(zip(task.texts, record.derivation.parents, strict=True))
    inputs: list[Input] = [
        RecordInput(record=parents[each.task]) if isinstance(each, TaskInput) else each for each in task.inputs
    ]
    changes: dict[str, object] = {"variant": variant, "inputs": tuple(inputs)}
    if task.branch:
        fork = task.branch.fork.model_copy(update={"seed": fork_seed(task.branch, variant)})
        changes["branch"] = task.branch.model_copy(update={"fork": fork})
    else:
        template = next(each.sha256 for each in run.templates if each.kind == task.kind)
        named = (run.options.seed, sources_sha256(record.sources), template, task.kind, task.step)
        changes["seed"] = task_seed(*named, variant)
    return task.model_copy(update=changes)
