"""`remix weave`."""

from __future__ import annotations

import shlex
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from remix.cli import ending, plans
from remix.cli.generate import CHOOSING, as_json_value, given, leave_unfinished, note_model, note_outcome, set_verbose
from remix.cli.left_out import show_left_out
from remix.cli.options import Command, declared, engine_messages_option, json_option, quiet_option
from remix.cli.printing import count, document, note, place, print_json, step, text
from remix.cli.progress import progress
from remix.util.names import quoted

if TYPE_CHECKING:
    from remix.generation.execute import Outcome
    from remix.generation.job import Job
    from remix.generation.weave import WeaveOptions
    from remix.outputs import RunFolder
    from remix.workspace import Workspace


@click.command(cls=Command)
@declared("passages")
@click.option("--all", "everything", is_flag=True, help="All passages.")
@click.option(
    "--accepted", is_flag=True, help="Weave accepted texts of all runs, edited or not, instead of their passages."
)
@click.option(
    "--order",
    type=click.Choice(["closest", "essay", "given"]),
    default="closest",
    show_default=True,
    help="Order of the passages: each next to the most similar, as they stand in their essays, or as given by "
    "--passage or --like.",
)
@click.option(
    "--length",
    type=click.IntRange(50, 100_000),
    default=600,
    show_default=True,
    metavar="N",
    help="Words of the essay.",
)
@click.option(
    "--dialectic", is_flag=True, help="After each paragraph an objection to it, and what holds after the objection."
)
@click.option("--plan", "shows_plan", is_flag=True, help="Print the plan, a file to edit; write nothing.")
@click.option(
    "--from-plan",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Weave by a plan file, as --plan prints it.",
)
@declared("best_of")
@declared("retry_copies", default=2, show_default=True)
@declared("seed", "max_tokens", "think", "max_thoughts", "temperature")
@declared("model", "parallel", "memory", "gpu_layers", "threads", "fast", "strict")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Folder in which to make the run's folder."
)
@json_option
@quiet_option
@engine_messages_option
@click.pass_context
def weave(ctx: click.Context, /, **chosen: Any) -> None:
    """Weave an essay from passages: paragraphs, an opening and a title.

    Two to four neighbouring passages make a paragraph, which goes on from the last sentence of the paragraph before;
    so paragraphs are written one after another. Passages that are too long for the model are read by their summaries.

    The essay is a run like any other: `remix resume`, `verify`, `why`, `measure` and `export` work on it. The last
    line of the output is the essay's file.
    """
    from remix.generation import execute
    from remix.generation.weave import prepare_weave
    from remix.records import Options

    workspace: Workspace = ctx.obj
    _refuse_halves(ctx, chosen)
    options = Options(**{name: chosen[name] for name in Options.model_fields if name in chosen})
    with progress(chosen["quiet"]):
        job = prepare_weave(workspace, options, _asked(chosen), given(ctx))
    show_left_out(job.left_out)
    if chosen["shows_plan"]:
        _show_plan(job, chosen["as_json"])
        return
    for remark in job.notes:
        note(remark)
    set_verbose(chosen["verbose"])
    if not chosen["quiet"]:
        note(in_words(job))
        note_model(job)
    with progress(chosen["quiet"]) as watch:
        outcome = execute.generate(job, chosen["out"] or workspace.outputs, watch, threading.Event())
    finish(ctx, outcome, chosen["as_json"])


COMMANDS = (weave,)


def _refuse_halves(ctx: click.Context, chosen: dict[str, Any]) -> None:
    """Raise `click.UsageError` if nothing is chosen, or if a plan file goes with options that the file decides."""
    typed = [name for name in ctx.params if ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE]
    if chosen["from_plan"]:
        decided = (*CHOOSING, "accepted", "order", "length", "dialectic", "limit")
        for option in ctx.command.params:
            if option.name in typed and option.name in decided:
                raise click.UsageError(f"{option.opts[0]} doesn't go with --from-plan: change the plan's file.")
        return
    if not chosen["accepted"] and all(chosen[name] in (None, (), False) for name in CHOOSING):
        raise click.UsageError(
            "choose passages: --tag TAG, --essay ESSAY, --passage ID, --where QUERY, --like TEXT, --sample N, --all, "
            "or --accepted. `remix tags` lists the tags."
        )


def _asked(chosen: dict[str, Any]) -> WeaveOptions:
    from remix.generation.weave import WeaveOptions
    from remix.measure import embedding

    by_meaning = chosen["by"] == "meaning" and chosen["order"] == "closest"
    return WeaveOptions(
        order=chosen["order"],
        length=chosen["length"],
        dialectic=chosen["dialectic"],
        accepted=chosen["accepted"],
        everything=chosen["everything"] or all(chosen[name] in (None, (), False) for name in CHOOSING),
        plan=chosen["from_plan"],
        embedder=embedding.required() if by_meaning else None,
    )


def _show_plan(job: Job, as_json: bool) -> None:
    """Print the plan as a file on standard output; what there is to say of the plan stands in its comments."""
    from remix.generation import duration, weave_plan

    run = job.run
    assert run.weave is not None
    time = duration.estimate(run, job.prompt_tokens_computed)
    remarks = (in_words(job), *job.notes, *((plans.time_in_words(time) + ".",) if time else ()))
    if as_json:
        print_json(
            {"weave": run.weave.model_dump(mode="json"), "notes": remarks, "tasks": [each.id for each in run.tasks]}
        )
        return
    document(weave_plan.written(run.weave, weave_plan.labels_of(run), remarks).encode())


def in_words(job: Job) -> str:
    """The number of passages and paragraphs, the words, and the model."""
    run = job.run
    assert run.weave is not None
    groups = run.weave.groups
    passages = sum(len(group.records or group.passages) for group in groups)
    what = count(passages, "accepted text" if any(group.records for group in groups) else "passage")
    total = sum(group.words for group in groups)
    besides = ", each with an objection and a synthesis" if run.weave.dialectic else ""
    return (
        f"An essay from {what}: {count(len(groups), 'paragraph')} of about {total // len(groups)} words{besides}, "
        f"written one after another by {run.model_name}."
    )


def finish(ctx: click.Context, outcome: Outcome, as_json: bool) -> None:
    """Say how the essay came out and what to do next, and exit accordingly."""
    from remix.analysis.essay_figures import figures_of

    note_outcome(outcome)
    folder = outcome.folder
    if as_json:
        essay = {"essay": str(folder.path / "essay.md"), **figures_of(folder)._asdict()} if folder.is_complete else {}
        print_json(as_json_value(outcome) | essay)
    leave_unfinished(ctx, outcome)
    if as_json:
        return
    if not ctx.params["quiet"]:
        show_essay(folder)
    place(str(folder.path / "essay.md"))


def print_essay(folder: RunFolder, as_json: bool) -> None:
    """Print an essay on standard output, and its figures."""
    from remix.analysis.essay_figures import figures_of
    from remix.outputs.essay import woven

    essay = woven(folder)
    if as_json:
        parts = [{"task": part.task, "record": part.record.id, "text": part.text} for part in essay.parts]
        print_json({"title": essay.heading, "parts": parts, **figures_of(folder)._asdict()})
        return
    text(essay.markdown.rstrip("\n"))
    note("", figures_in_words(folder), f"Run: {quoted(folder.path.name)}")


def show_essay(folder: RunFolder) -> None:
    """Print a finished essay, its figures, and what to do next; on stderr, for the file's path is the result."""
    from remix.outputs.essay import woven

    essay = woven(folder)
    text(essay.markdown.rstrip("\n"), err=True)
    note("", figures_in_words(folder))
    remix, run = ending.program(), ending.named(folder)
    first = next((part for part in essay.parts[1:]), essay.title)
    note("")
    step("Where a sentence comes from:", f"{remix} why {run}:{shlex.quote(first.task)} --sentence 1")
    step("Read beside its passages:", f"{remix} review {run}")
    step("Export:", f"{remix} export {run} --to {shlex.quote(ending.page_name(folder.run.name))}")
    ending.step_to_better_texts(folder)


def figures_in_words(folder: RunFolder) -> str:
    """Words and paragraphs of an essay, and how many of its passages are heard, by the lineage of its sentences."""
    from remix.analysis.essay_figures import figures_of

    figures = figures_of(folder)
    passages = figures.heard + len(figures.unheard)
    silent = f"; nobody hears {', '.join(figures.unheard)}" if figures.unheard else ""
    return (
        f"{figures.words} words in {count(figures.paragraphs, 'paragraph')}; {figures.heard} of "
        f"{count(passages, 'passage')} heard{silent}."
    )
