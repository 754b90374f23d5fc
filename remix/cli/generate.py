"""`remix generate`, `remix resume` and `remix try`."""

from __future__ import annotations

import functools
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from remix.cli import completion, ending, on_ray, plans
from remix.cli.left_out import show_left_out
from remix.cli.options import (
    Command,
    declared,
    declared_options,
    engine_messages_option,
    json_option,
    moved_model_option,
    quiet_option,
)
from remix.cli.printing import Flow, count, head, note, place, print_json, step, text
from remix.cli.progress import progress
from remix.errors import SeedError
from remix.util import interrupts
from remix.util.names import quoted

if TYPE_CHECKING:
    from remix.generation.execute import Outcome
    from remix.generation.job import Job
    from remix.records import Options, Output, Run
    from remix.workspace import Workspace

FAILED = 3
"""Exit status of a run with failed texts."""

CHOOSING = ("tags", "essays", "passages", "where", "like", "sample", "everything")
"""Parameters that choose passages: `remix generate` wants at least one. Further options about passages narrow the
choice only."""


@click.command(cls=Command)
@declared("passages")
@click.option("--all", "everything", is_flag=True, help="All passages.")
@click.option(
    "--refresh",
    metavar="RUN",
    shell_complete=completion.run,
    help="Write the stale texts of RUN (see `remix status`) again, with the options of RUN, into a new run.",
)
@declared("texts", "machine")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Folder in which to make the run's folder."
)
@on_ray.options
@click.option(
    "--dry-run", is_flag=True, help="Show the texts that would be written and their prompt tokens; write nothing."
)
@json_option
@quiet_option
@engine_messages_option
@click.pass_context
def generate(ctx: click.Context, /, **chosen: Any) -> None:
    """Write rewritings, summaries and counter-arguments of passages, each step from the text before.

    Choose passages with --tag, --essay, --where, --like, --sample or --all, or stale texts with --refresh. The last
    line of the output is the run's folder.
    """
    from remix.generation import execute

    workspace: Workspace = ctx.obj
    where = on_ray.asked(chosen)
    with progress(chosen["quiet"]):
        job = _refresh(ctx, chosen["refresh"]) if chosen["refresh"] else _new(ctx)
    if job is None:
        note("No text is stale that could be written again.")
        return
    show_left_out(job.left_out)
    for unknown in job.notes:
        note(unknown)
    if chosen["dry_run"]:
        plans.show(job, chosen["as_json"])
        return
    set_verbose(chosen["verbose"])
    if not chosen["quiet"]:
        note(plans.in_words(job))
        note_model(job)
    stop = threading.Event()
    with progress(chosen["quiet"]) as watch, on_ray.opened(where, job.run, job.model, stop) as pool:
        follow = on_ray.following(pool, watch, chosen["quiet"])
        outcome = execute.generate(job, chosen["out"] or workspace.outputs, follow, stop, pool)
    finish(ctx, outcome, chosen["as_json"])


@click.command(cls=Command)
@click.argument("run", required=False, shell_complete=completion.run)
@moved_model_option
@click.option(
    "--anyway", is_flag=True, help="Go on with --model even if it is not the model that the run began with."
)
@click.option("--reader", metavar="MODEL", help="The reader of the run's candidates, if it lies elsewhere now.")
@on_ray.options
@json_option
@quiet_option
@engine_messages_option
@click.pass_context
def resume(
    ctx: click.Context, /, run: str | None, model: str | None, anyway: bool, reader: str | None, **chosen: Any
) -> None:
    """Finish an interrupted run.

    RUN is the path of a run or the beginning of a run's name; by default the latest unfinished run.
    """
    from remix.generation import execute, run_model
    from remix.outputs import RunFolder, find_run
    from remix.outputs.runs import latest_unfinished

    if anyway and model is None:
        raise click.UsageError("--anyway goes with --model, which names the other model.")
    where = on_ray.asked(chosen)
    if where and anyway:
        raise click.UsageError(
            "--anyway doesn't go with --ray: workers go on with the model that the run began with."
        )
    workspace: Workspace = ctx.obj
    folder = find_run(workspace.outputs, run) if run else RunFolder.open(latest_unfinished(workspace.outputs))
    if folder.is_complete:
        texts = count(len(folder.run.tasks), "text")
        note(f"{quoted(folder.path.name)} is finished: {texts}, nothing left to write.")
    elif run is None:
        note(f"Latest unfinished run: {quoted(folder.path.name)}")
    set_verbose(chosen["verbose"])
    if not (chosen["quiet"] or folder.is_complete or _is_settled(folder.run)):
        note("First use of this run's batch settings: probing if they are exact. A large model takes minutes.")
    stop = threading.Event()
    with progress(chosen["quiet"]) as watch, ExitStack() as stack:
        find: Any = run_model.another_model if anyway else run_model.model_of
        find_model = functools.partial(find, model=model, model_folders=workspace.model_folders)
        find_reader = functools.partial(run_model.reader_of, reader=reader, model_folders=workspace.model_folders)
        on_workers = where if not folder.is_complete else None
        path = find_model(folder.run) if on_workers else None
        pool = stack.enter_context(on_ray.opened(on_workers, folder.run, path, stop))
        follow = on_ray.following(pool, watch, chosen["quiet"])
        outcome = execute.resume(folder, find_model, follow, stop, pool, find_reader)
    finish(ctx, outcome, chosen["as_json"])


@click.command(name="try", cls=Command)
@click.argument("kind", shell_complete=completion.kind)
@click.argument("passage", shell_complete=completion.passage)
@declared("steps", default=1, envvar=None)
@declared("seed", "max_tokens", "think", "max_thoughts", "temperature", "model", "threads")
@click.option("-v", "--verbose", is_flag=True, help="Show the prompt of each step.")
@click.pass_context
def try_(ctx: click.Context, /, kind: str, passage: str, verbose: bool, **chosen: Any) -> None:
    """Try a template: write one chain of KIND from PASSAGE and keep nothing.

    PASSAGE is the id of a passage (`remix passages` lists the ids), or - for a text on standard input.
    """
    from remix.corpus.loose_passage import loose_passage
    from remix.generation import execute, prepare
    from remix.records import Options

    workspace: Workspace = ctx.obj
    is_text = passage == "-"
    pair = loose_passage(_standard_input()) if is_text else prepare.passage_by_id(workspace, passage)
    loading = ExitStack()

    def show_prompt(messages: Any) -> None:
        loading.close()
        for message in messages if verbose else ():
            head(f"[{message.role}]")
            text(message.content, err=True)
            note("")

    flow = Flow()
    with loading:
        loading.enter_context(progress(quiet=False))
        job = prepare.prepare_draft(workspace, Options(**chosen), kind, pair)
        note_model(job)
        for record, _ in execute.draft(job, flow.add, show_prompt):
            flow.end()
            if thoughts := record.output.thoughts:
                note(f"(after {thoughts.in_words})")
            if cut := _cut_in_words(record.output):
                note(f"({cut})")
            if record.flags:
                note(f"(flags: {', '.join(record.flags)})")


COMMANDS = (generate, resume, try_)


def _cut_in_words(output: Output) -> str:
    """Why a text ends where the text ends; empty if the model ended the text and nothing was cut off."""
    ended = "cut by max_tokens" if output.finish == "length" else ""
    if not output.trimmed:
        return ended
    return f"{ended or 'the end announces further words'}; a run keeps the text without {output.trimmed.strip()!r}"


def _new(ctx: click.Context) -> Job:
    """The plan of a new run."""
    from remix.generation import prepare
    from remix.records import Options

    chosen = ctx.params
    if all(chosen[name] in (None, (), False) for name in CHOOSING):
        raise click.UsageError(
            "choose passages: --tag TAG, --essay ESSAY, --passage ID, --where QUERY, --like TEXT, --sample N or "
            "--all. `remix tags` lists the tags."
        )
    options = Options(**{name: chosen[name] for name in Options.model_fields if name in chosen})
    _check_choice(ctx, options)
    return prepare.prepare(ctx.obj, options, given(ctx))


def _check_choice(ctx: click.Context, options: Options) -> None:
    """Raise an error for typed options of the choice that have no effect; settings may lie ready."""
    typed = click.core.ParameterSource.COMMANDLINE
    if options.best_of == 1 and options.choose_by == "model" and ctx.get_parameter_source("choose_by") is typed:
        raise click.UsageError(
            "--choose-by model goes with --best-of N: there is one candidate, and nothing to choose."
        )
    if options.choose_by != "model" and ctx.get_parameter_source("reader") is typed:
        raise click.UsageError("--reader goes with --choose-by model.")


def _refresh(ctx: click.Context, word: str) -> Job | None:
    """The plan of a run to write an earlier run's stale texts again; None if no text is stale."""
    from remix.generation import prepare
    from remix.outputs import find_run
    from remix.records import Options

    typed = [name for name in ctx.params if ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE]
    other = {option.name for option in declared_options(("passages", "texts"), {})} | {"everything"}
    for option in ctx.command.params:
        if option.name in typed and option.name in other:
            raise click.UsageError(f"{option.opts[0]} doesn't go with --refresh, which has the run's own options.")
    given = {name: ctx.params[name] for name in typed if name in Options.model_fields}
    return prepare.prepare_refresh(ctx.obj, find_run(ctx.obj.outputs, word), given)


def _standard_input() -> str:
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise SeedError(f"standard input: not UTF-8 at byte {error.start}.", "Send UTF-8.") from error


def note_model(job: Job) -> None:
    """Warn of what the model lacks, of memory that is tight, and of a probe that may take long."""
    from remix.engine import tune

    plans.note_lacks(job)
    memory = plans.memory_use(job)
    if memory and memory.warning:
        note(memory.warning)
    plans.note_reader(job)
    model, options = job.run.model, job.run.options
    if model and not options.fast and not tune.is_known(model, options.gpu_layers):
        note("First use of this model: probing how to decode it exactly. A large model takes minutes.")


def _is_settled(run: Run) -> bool:
    """Whether the batch settings of a run need no probe on this machine."""
    from remix.engine import probe
    from remix.engine.local import config_of

    config = config_of(run.engine) if run.engine else None
    return run.model is None or config is None or run.options.fast or probe.is_probed(run.model, config)


def given(ctx: click.Context) -> dict[str, object]:
    """The options given by flag, environment or settings."""
    default = click.core.ParameterSource.DEFAULT
    return {
        name: str(value) if isinstance(value, Path) else value
        for name, value in sorted(ctx.params.items())
        if ctx.get_parameter_source(name) is not default
    }


def set_verbose(verbose: bool) -> None:
    from remix.engine.llama import set_verbose

    set_verbose(verbose)


def finish(ctx: click.Context, outcome: Outcome, as_json: bool) -> None:
    """Say how the run ended and what to do next, and exit accordingly."""
    if outcome.folder.run.weave:
        from remix.cli import weave

        weave.finish(ctx, outcome, as_json)
        return
    note_outcome(outcome)
    if as_json:
        print_json(as_json_value(outcome))
    else:
        place(str(outcome.folder.path))
    leave_unfinished(ctx, outcome)
    if not (as_json or ctx.params["quiet"]):
        ending.show(outcome.folder)


def note_outcome(outcome: Outcome) -> None:
    """Print failures, flags, and what differed from the run's beginning."""
    folder = outcome.folder
    for failure in outcome.failures:
        note(f"Failed: {failure.task}: {failure.error} {failure.hint}")
    if outcome.engine_changed:
        note("llama.cpp, the processor or the batch settings changed since the run began; each record names its own.")
    if outcome.other_model:
        began = folder.run.model_name
        note(f"Written by {outcome.other_model}; the run began with {began}. Each record names its model.")
    if outcome.unread:
        texts = count(outcome.unread, "candidate")
        note(f"{texts} not read, being longer than the reader's context: those that were read come first.")
    if outcome.flags:
        counts = ", ".join(f"{count} {flag}" for flag, count in outcome.flags.most_common())
        note(f"Flags: {counts}")


def as_json_value(outcome: Outcome) -> dict[str, object]:
    """The run, its folder, how many texts are finished, and which failed."""
    folder = outcome.folder
    return {
        "run": folder.run.name,
        "folder": str(folder.path),
        "done": len(folder.done),
        "total": len(folder.run.tasks),
        "failures": [failure.model_dump() for failure in outcome.failures],
    }


def leave_unfinished(ctx: click.Context, outcome: Outcome) -> None:
    """Exit, after the command that goes on, if the run was interrupted or a text failed."""
    folder = outcome.folder
    done, total = len(folder.done), len(folder.run.tasks)
    again = f"remix resume {ending.named(folder)}"
    if outcome.interrupted and done < total:
        step(f"{done} of {total} done. To finish:", again)
        ctx.exit(interrupts.STOPPED)
    if outcome.failures:
        step(f"{done} of {total} done. To try again:", again)
        ctx.exit(FAILED)
