"""What `remix generate` says of a plan: its size, the time it will take, and each task.

Takes a `Job`, prints to the terminal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from remix.cli.printing import count, note, print_json, print_table
from remix.util.units import size

if TYPE_CHECKING:
    from remix.engine.memory import MemoryUse
    from remix.generation.duration import Estimate
    from remix.generation.job import Job


def show(job: Job, as_json: bool) -> None:
    """Print the plan. The tokens of a task's prompt are counted once, in the sum once for each candidate."""
    from remix.generation import duration

    run = job.run
    total = sum(job.prompt_tokens.values()) * run.options.best_of
    time = duration.estimate(run, job.prompt_tokens_computed)
    memory = memory_use(job)
    if as_json:
        print_json(
            {
                "model": run.model_name,
                "passages": _passages(job),
                "best_of": run.options.best_of,
                "reader": (run.reader.file.name if run.reader else run.model_name)
                if run.options.reads_candidates
                else None,
                "prompt_tokens": total,
                "prompt_tokens_computed": job.prompt_tokens_computed,
                "n_ctx_seq": run.n_ctx_seq,
                "seconds": {"least": round(time.least), "most": round(time.most), "by": time.basis} if time else None,
                "memory": memory._asdict() | {"total": memory.total} if memory else None,
                "left_out": [error.message for error in job.left_out],
                "tasks": [
                    {**task.model_dump(), "id": task.id, "prompt_tokens": job.prompt_tokens[task.id]}
                    for task in run.tasks
                ],
            }
        )
        return
    note(f"{in_words(job)}{_factors(job)}.")
    note(
        f"At most {total:,} prompt tokens, of which {job.prompt_tokens_computed:,} are computed; contexts of "
        f"{run.n_ctx_seq:,} tokens."
    )
    if time:
        besides = "; the reading of candidates takes more" if run.options.reads_candidates else ""
        note(f"{time_in_words(time)}{besides}.")
    if memory:
        note(f"The run takes {memory.in_words}.")
    note_reader(job)
    note_lacks(job)
    rows = [
        (task.id, job.prompt_tokens[task.id] if not task.reads else f"≤{job.prompt_tokens[task.id]}")
        for task in run.tasks
    ]
    print_table(["task", "prompt tokens"], rows)


def in_words(job: Job) -> str:
    """The number of texts and passages, and the model."""
    texts, best_of = len(job.run.tasks), job.run.options.best_of
    reader = job.run.reader.file.name if job.run.reader else "the same model"
    read_by = f", read by {reader}" if job.run.options.reads_candidates else ""
    chosen = f", each the best of {best_of} ({texts * best_of} to write{read_by})," if best_of > 1 else ""
    return f"{count(texts, 'text')}{chosen} from {count(_passages(job), 'passage')} by {job.run.model_name}"


def memory_use(job: Job) -> MemoryUse | None:
    """The memory that the model will take; null for another writer than a local model.

    Raises `ModelError` if there is too little memory.
    """
    from remix.engine import local
    from remix.generation.execute import load_options

    model = job.run.model
    return local.memory_use(job.model, model, load_options(job.run)) if job.model and model else None


def note_reader(job: Job) -> None:
    """Print the memory of a reader beside the writer. Raises `ModelError` if both don't fit."""
    from remix.errors import ModelError
    from remix.generation import candidate_reader

    if job.reader is None or job.run.reader is None:
        return
    reader, writer = candidate_reader.memory_use(job.run, job.reader), memory_use(job)
    together = reader.total + (writer.total if writer else 0)
    if together > reader.free:
        raise ModelError(
            f"--reader: {job.run.reader.file.name} and the model that writes take {size(together)} of memory, and "
            f"{size(reader.free)} are free.",
            "Take a smaller reader, leave --reader out (the model that writes then reads), or lower --parallel or "
            "--memory.",
        )
    note(f"The reader takes {reader.in_words}.")


def note_lacks(job: Job) -> None:
    """Print what a user should know of a missing chat template, of missing thoughts, or of unnamed languages."""
    from remix.engine import reasoning
    from remix.generation.languages import unnamed

    if job.run.model is None:
        return
    for lack in reasoning.lacks(job.run.model, job.run.options):
        note(lack)
    if warning := unnamed(job.run.model, (passage for _, passage in job.run.corpus)):
        note(warning)


def _factors(job: Job) -> str:
    """How the number of texts comes about, if it is a plain product."""
    tasks = job.run.tasks
    parts = {
        "passage": _passages(job),
        "kind": len({task.kind for task in tasks}),
        "step": max((task.step for task in tasks), default=0),
        "variant": max((task.variant for task in tasks), default=0),
    }
    product = 1
    for number in parts.values():
        product *= number
    shown = [count(number, noun) for noun, number in parts.items() if noun != "variant" or number > 1]
    return f": {' × '.join(shown)}" if product == len(tasks) else ""


def _passages(job: Job) -> int:
    return len({id_ for task in job.run.tasks for id_ in task.passages})


def time_in_words(time: Estimate) -> str:
    """The estimated time of a run in words, with the basis of the estimate."""
    return f"About {_range(time)} on this machine, by {time.basis}"


def _range(time: Estimate) -> str:
    """A duration in words: `4 to 8 minutes`."""
    for unit, seconds in (("hour", 3600), ("minute", 60), ("second", 1)):
        if time.most >= 2 * seconds or unit == "second":
            least, most = max(1, round(time.least / seconds)), max(1, round(time.most / seconds))
            return f"{least} to {count(most, unit)}" if least < most else count(most, unit)
    raise AssertionError("every duration has seconds")
