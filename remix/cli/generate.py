"""`remix generate`, `remix resume` and `remix try`."""

from __future__ import annotations

import functools
import math
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from remix.cli.options import (
    chooses,
    choosing,
    max_tokens_option,
    memory_option,
    model_option,
    seed_option,
    steps_option,
    threads_option,
)
from remix.cli.printing import Flow, count, head, json_option, note, print_json, print_table, say, text
from remix.cli.progress import progress, stoppable
from remix.errors import SeedError
from remix.records.bounds import MOST_CANDIDATES, MOST_LAYERS, MOST_PARALLEL, MOST_STEPS, MOST_STRENGTH, MOST_VARIANTS

if TYPE_CHECKING:
    from remix.generation.execute import Outcome
    from remix.generation.prepare import Job
    from remix.records import Run
    from remix.workspace import Workspace

FAILED, INTERRUPTED = 3, 130

BESIDE_REFRESH = frozenset(
    {"refresh", "model", "parallel", "memory", "gpu_layers", "threads", "fast", "skip_bad"}
    | {"out", "dry_run", "as_json", "quiet", "verbose"}
)
"""Options that may be given with --refresh: they choose no passage and ask for no other text."""


class _Finite(click.FloatRange):
    """A number of at least 0, and not `inf` or `nan`, which are numbers to Python but not to JSON."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


def _options(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def decorate(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def _layers(ctx: click.Context, param: click.Parameter, value: Any) -> int:
    return MOST_LAYERS if value == "all" else int(click.IntRange(0, MOST_LAYERS).convert(value, param, ctx))


_temperature = click.option(
    "--temperature",
    type=_Finite(0, MOST_STRENGTH),
    metavar="X",
    envvar="REMIX_TEMPERATURE",
    help="0 takes the likeliest word each time.",
)
_quiet = click.option("-q", "--quiet", is_flag=True, help="No progress.")
_verbose = click.option("-v", "--verbose", is_flag=True, help="llama.cpp's own messages too.")


@click.command()
@choosing
@click.option("--all", "everything", is_flag=True, help="All passages.")
@click.option(
    "--refresh", metavar="RUN", help="What is stale in RUN (see `remix status`), with its options, into a new run."
)
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    metavar="KIND",
    envvar="REMIX_KIND",
    help="Only this kind, with the kinds that it reads; repeatable. By default all that read a passage alone.",
)
@steps_option
@click.option(
    "--variants",
    type=click.IntRange(1, MOST_VARIANTS),
    metavar="N",
    default=1,
    show_default=True,
    envvar="REMIX_VARIANTS",
    help="Independent chains for each passage and kind.",
)
@click.option(
    "--best-of",
    type=click.IntRange(1, MOST_CANDIDATES),
    metavar="N",
    default=1,
    show_default=True,
    envvar="REMIX_BEST_OF",
    help="Candidates written for each text, of which one is kept.",
)
@_options(model_option, seed_option)
@click.option(
    "--parallel",
    type=click.IntRange(1, MOST_PARALLEL),
    metavar="N",
    envvar="REMIX_PARALLEL",
    help="Sequences decoded together, at most; by default 16, or what `remix models tune` found.",
)
@memory_option
@click.option(
    "--gpu-layers",
    callback=_layers,
    metavar="N",
    default="0",
    envvar="REMIX_GPU_LAYERS",
    help="Layers to put on a GPU, or all; for builds of llama.cpp that know one.",
)
@_options(threads_option, max_tokens_option, _temperature)
@click.option("--fast", is_flag=True, help="Quickest rather than exact: bytes then depend on what runs beside.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder to put the run's folder in.")
@click.option("--skip-bad", is_flag=True, help="Leave out what can't be used, rather than stop.")
@click.option("--dry-run", is_flag=True, help="Show the plan and its token counts; write nothing.")
@json_option
@_options(_quiet, _verbose)
@click.pass_context
def generate(ctx: click.Context, /, **chosen: Any) -> None:
    """Write successive rewritings, summaries and counter-arguments of passages.

    Say which: --tag, --essay, --where, --like, --sample, --all or --refresh. The run's folder is the last line of the
    output.
    """
    from remix.generation import execute

    workspace: Workspace = ctx.obj
    job = _refresh(ctx, chosen["refresh"]) if chosen["refresh"] else _new(ctx)
    if job is None:
        note("Nothing is stale that could be written anew.")
        return
    for error in job.left_out:
        note(f"Left out: {error.message}")
    for unknown in job.notes:
        note(unknown)
    if chosen["dry_run"]:
        _show_plan(job, chosen["as_json"])
        return
    _set_verbose(chosen["verbose"])
    if not chosen["quiet"]:
        note(_plan_in_words(job))
        if not (job.run.options.fast or _is_known(job)):
            note("The first time with this model: probing how it can be decoded exactly. A large one takes minutes.")
    with stoppable() as stop, progress(chosen["quiet"]) as watch:
        outcome = execute.generate(job, chosen["out"] or workspace.outputs, watch, stop)
    _finish(ctx, outcome, chosen["as_json"])


@click.command()
@click.argument("run", required=False)
@click.option("--model", help="Where the run's model is now, if it isn't found.")
@click.option("--anyway", is_flag=True, help="Go on with --model, though the run began with another.")
@json_option
@_options(_quiet, _verbose)
@click.pass_context
def resume(ctx: click.Context, /, run: str | None, model: str | None, anyway: bool, **chosen: bool) -> None:
    """Finish an interrupted run: RUN is a path or the beginning of its name, by default the latest."""
    from remix.generation import execute, run_model
    from remix.outputs import find_run

    if anyway and model is None:
        raise click.UsageError("--anyway goes with --model, which says what to go on with.")
    workspace: Workspace = ctx.obj
    folder = find_run(workspace.outputs, run)
    _set_verbose(chosen["verbose"])
    if not (chosen["quiet"] or folder.is_complete or _is_settled(folder.run)):
        note("The first time in this run's shape here: probing whether it is exact. A large model takes minutes.")
    with stoppable() as stop, progress(chosen["quiet"]) as watch:
        find: Any = run_model.another_model if anyway else run_model.model_of
        find_model = functools.partial(find, model=model, model_folders=workspace.model_folders)
        outcome = execute.resume(folder, find_model, watch, stop)
    _finish(ctx, outcome, chosen["as_json"])


@click.command(name="try")
@click.argument("kind")
@click.argument("passage")
@click.option(
    "--steps",
    type=click.IntRange(1, MOST_STEPS),
    metavar="N",
    default=1,
    show_default=True,
    help="Steps of the chain.",
)
@_options(model_option, seed_option, threads_option, max_tokens_option, _temperature)
@click.option("-v", "--verbose", is_flag=True, help="Show the prompt.")
@click.pass_context
def try_(ctx: click.Context, /, kind: str, passage: str, verbose: bool, **chosen: Any) -> None:
    """Put one passage through one kind and keep nothing: for tuning a template.

    PASSAGE is a passage's id (`remix passages` lists them), or - for a text on standard input.
    """
    from remix.generation import execute, prepare
    from remix.records import Options

    workspace: Workspace = ctx.obj
    is_text = passage == "-"
    pair = prepare.loose_passage(_standard_input()) if is_text else prepare.passage_by_id(workspace, passage)
    job = prepare.prepare_draft(workspace, Options(**chosen), kind, pair)

    def show_prompt(messages: Any) -> None:
        for message in messages if verbose else ():
            head(f"[{message.role}]")
            text(message.content, err=True)
            note("")

    flow = Flow()
    for record, _ in execute.draft(job, flow.add, show_prompt):
        flow.end()
        if record.output.trimmed:
            note(f"(cut by max_tokens; a run keeps it without{record.output.trimmed!r})")
        if record.flags:
            note(f"(flags: {', '.join(record.flags)})")


COMMANDS = (generate, resume, try_)


def _new(ctx: click.Context) -> Job:
    """The plan of a run of its own."""
    from remix.generation import prepare
    from remix.records import Options

    chosen = ctx.params
    if not (chooses(chosen) or chosen["everything"]):
        raise click.UsageError(
            "say which passages: --tag TAG, --essay SLUG, --where QUERY, --like TEXT, --sample N or --all. "
            "`remix tags` lists the tags."
        )
    options = Options(**{name: chosen[name] for name in Options.model_fields if name in chosen})
    return prepare.prepare(ctx.obj, options, _given(ctx))


def _refresh(ctx: click.Context, word: str) -> Job | None:
    """The plan of a run that writes anew what is stale in another: nothing, where nothing is."""
    from remix.generation import prepare
    from remix.outputs import find_run
    from remix.records import Options

    typed = [name for name in ctx.params if ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE]
    for option in ctx.command.params:
        if option.name in typed and option.name not in BESIDE_REFRESH:
            raise click.UsageError(f"{option.opts[0]} doesn't go with --refresh, which has the run's own options.")
    given = {name: ctx.params[name] for name in typed if name in Options.model_fields}
    return prepare.prepare_refresh(ctx.obj, find_run(ctx.obj.outputs, word), given)


def _standard_input() -> str:
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise SeedError(f"standard input: not UTF-8 at byte {error.start}.", "Send UTF-8.") from error


def _is_known(job: Job) -> bool:
    """Whether the model was probed here before."""
    from remix.engine import tune

    return job.run.model is None or tune.is_known(job.run.model, job.run.options.gpu_layers)


def _is_settled(run: Run) -> bool:
    """Whether the shape that a run began with needs no probing here."""
    from remix.engine import probe
    from remix.engine.local import shape_of

    shape = shape_of(run.engine) if run.engine else None
    return run.model is None or shape is None or run.options.fast or probe.is_settled(run.model, shape)


def _given(ctx: click.Context) -> dict[str, object]:
    """The options that were given, by flag, environment or settings."""
    default = click.core.ParameterSource.DEFAULT
    return {
        name: str(value) if isinstance(value, Path) else value
        for name, value in sorted(ctx.params.items())
        if ctx.get_parameter_source(name) is not default
    }


def _set_verbose(verbose: bool) -> None:
    from remix.engine.llama import set_verbose

    set_verbose(verbose)


def _finish(ctx: click.Context, outcome: Outcome, as_json: bool) -> None:
    """Say how it ended, and exit accordingly."""
    folder = outcome.folder
    for failure in outcome.failures:
        note(f"Failed: {failure.task}: {failure.error} {failure.hint}")
    done, total = len(folder.done), len(folder.run.tasks)
    if outcome.engine_changed:
        note("Written with another llama.cpp, processor or shape than the run began with; each record says which.")
    if outcome.other_model:
        began = folder.run.model.name if folder.run.model else folder.run.options.model
        note(f"Written by {outcome.other_model}; the run began with {began}. Each record says which.")
    if outcome.flags:
        counts = ", ".join(f"{count} {flag}" for flag, count in outcome.flags.most_common())
        note(f"Flags: {counts}")
    if outcome.interrupted and done < total:
        note(f"{done} of {total} done. To finish: remix resume {shlex.quote(str(folder.path))}")
    if as_json:
        failures = [failure.model_dump() for failure in outcome.failures]
        print_json(
            {"run": folder.run.name, "folder": str(folder.path), "done": done, "total": total, "failures": failures}
        )
    else:
        say(str(folder.path))
    if outcome.interrupted and done < total:
        ctx.exit(INTERRUPTED)
    if outcome.failures:
        ctx.exit(FAILED)


def _show_plan(job: Job, as_json: bool) -> None:
    """The plan. A task's prompt tokens are those of one reading; the sum counts a reading for each candidate."""
    run = job.run
    total = sum(job.prompt_tokens.values()) * run.options.best_of
    if as_json:
        print_json(
            {
                "model": run.model.name if run.model else run.options.model,
                "passages": len({id_ for task in run.tasks for id_ in task.passages}),
                "best_of": run.options.best_of,
                "prompt_tokens": total,
                "prompt_tokens_computed": job.prompt_tokens_computed,
                "n_ctx_seq": run.n_ctx_seq,
                "left_out": [error.message for error in job.left_out],
                "tasks": [
                    {**task.model_dump(), "id": task.id, "prompt_tokens": job.prompt_tokens[task.id]}
                    for task in run.tasks
                ],
            }
        )
        return
    rows = [
        (task.id, job.prompt_tokens[task.id] if not task.reads else f"≤{job.prompt_tokens[task.id]}")
        for task in run.tasks
    ]
    print_table(["task", "prompt tokens"], rows)
    note(f"{_plan_in_words(job)}: at most {total} prompt tokens,")
    note(f"{job.prompt_tokens_computed} of them to compute, and {run.n_ctx_seq} tokens a sequence.")


def _plan_in_words(job: Job) -> str:
    run = job.run
    passages = len({id_ for task in run.tasks for id_ in task.passages})
    name = run.model.name if run.model else run.options.model
    texts, best_of = len(run.tasks), run.options.best_of
    chosen = f", each the best of {best_of} ({texts * best_of} to write)," if best_of > 1 else ""
    return f"{count(texts, 'text')}{chosen} from {count(passages, 'passage')} by {name}"
