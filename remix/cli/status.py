"""`remix status`."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from remix.cli import completion
from remix.cli.latest import latest_path
from remix.cli.left_out import show_left_out
from remix.cli.options import Command, declared, json_option
from remix.cli.printing import count, note, print_json, print_table
from remix.util.names import quoted

if TYPE_CHECKING:
    from remix.generation.refreshed import StaleTexts
    from remix.outputs import RunFolder
    from remix.records import Change, Run, Stale, Task
    from remix.workspace import Workspace


@click.command(cls=Command)
@click.argument("words", nargs=-1, metavar="[RUN]...", shell_complete=completion.run)
@click.option("--all", "everything", is_flag=True, help="All runs.")
@declared("strict", help="Stop if an essay or a template can't be read, instead of leaving out its texts.")
@json_option
@click.pass_obj
def status(workspace: Workspace, words: tuple[str, ...], everything: bool, strict: bool, as_json: bool) -> None:
    """List stale texts: texts whose passage, template or model has changed since.

    Texts that a refresh wrote again are not listed; the refresh is named.

    RUN is the path of a run or the beginning of a run's name; by default the latest run.
    """
    from remix.corpus.error_collector import ErrorCollector
    from remix.generation import prepare
    from remix.generation.refreshed import stale_texts

    if words and everything:
        raise click.UsageError("name runs, or say --all.")
    folders = _folders(workspace, words, everything)
    collector = ErrorCollector(strict)

    def stale_in(run: Run) -> list[Stale]:
        return prepare.status(workspace, run, note, collector)

    found = [_found(folder, stale_texts(folder, workspace.outputs, stale_in)) for folder in folders]
    show_left_out(collector.errors)
    if as_json:
        print_json({"runs": [_as_json(each) for each in found]})
        return
    rows = [
        (_named(id_, run.folder.run), run.folder.run.name, _because(stale))
        for run in found
        for stale, outputs in run.stale
        for id_ in outputs
    ]
    print_table(["output", "run", "what changed"], rows)
    for each in found:
        again = each.written_again.items()
        refreshes = (f"{count(len(outputs), 'text')}, now in {quoted(name)}." for name, outputs in again)
        note(_in_words(each), *(f"Written again, and not stale: {refresh}" for refresh in refreshes))


COMMANDS = (status,)


def _folders(workspace: Workspace, words: tuple[str, ...], everything: bool) -> list[RunFolder]:
    """The named runs, or all runs: then runs that can't be read are named and left out."""
    from remix.errors import RunError
    from remix.outputs import RunFolder, find_run, list_runs

    if words:
        return [find_run(workspace.outputs, word) for word in words]
    if not everything:
        return [RunFolder.open(latest_path(workspace))]
    folders = []
    for path in list_runs(workspace.outputs):
        try:
            folders.append(RunFolder.open(path))
        except RunError as error:
            note(f"Left out: {error.message} {error.hint}")
    return folders


class _Texts(NamedTuple):
    """The texts of a run: how many there are, and which are stale."""

    folder: RunFolder
    texts: int
    """Number of finished texts."""
    stale: list[tuple[Stale, list[str]]]
    """Passages and kinds with stale texts, each with the finished texts."""
    written_again: dict[str, list[str]]
    """Finished texts that were written again, by the refresh's name."""


def _found(folder: RunFolder, found: StaleTexts) -> _Texts:
    done = folder.done
    chains: dict[tuple[str, str], list[Task]] = {}
    for task in done:
        chains.setdefault((task.place, task.kind), []).append(task)

    def texts_of(stale: Stale) -> list[str]:
        return [task.id for task in chains.get((stale.passage, stale.kind), ()) if task.step >= stale.first]

    again: dict[str, list[str]] = {}
    for stale, refreshed in found.written_again:
        again.setdefault(refreshed.folder.path.name, []).extend(texts_of(stale))
    stale_outputs = [(each, texts_of(each)) for each in found.stale]
    return _Texts(folder, len(done), stale_outputs, again)


def _named(output: str, run: Run) -> str:
    """The name of an output; of a branch with the place where it leaves its original."""
    from remix.outputs.facts import branch_label

    branch = next((task.branch for task in run.tasks if task.id == output), None)
    return f"{output} · {branch_label(branch)}" if branch else output


def _because(stale: Stale) -> str:
    words: dict[Change, str] = {
        "passage": "the passage",
        "passage gone": "the passage is gone",
        "essay": "the essay's title or the like",
        "template": "the template",
        "template gone": "the template is gone",
        "model": "the model",
        "reads": "a text that it reads",
    }
    moved = f" (now {stale.now})" if stale.now not in (None, stale.passage) else ""
    return ", ".join(words[each] for each in stale.because) + moved


def _in_words(found: _Texts) -> str:
    folder, done = found.folder, found.texts
    stale = sum(len(outputs) for _, outputs in found.stale)
    if not stale:
        fresh = f"none of {done} texts is stale" if done != 1 else "the only text isn't stale"
        return f"{quoted(folder.run.name)}: {fresh}."
    anew = sum(len(outputs) for each, outputs in found.stale if not each.is_lost)
    hint = f" `remix generate --refresh {shlex.quote(folder.path.name)}` writes {anew} of them anew." if anew else ""
    if any(task.branch for task in folder.run.tasks):
        hint = " Branches can't be written anew: refresh the run of their originals, then branch from the new texts."
    return f"{quoted(folder.run.name)}: {stale} of {count(done, 'text')} {'is' if stale == 1 else 'are'} stale.{hint}"


def _as_json(found: _Texts) -> dict[str, Any]:
    return {
        "run": found.folder.run.name,
        "folder": str(found.folder.path),
        "texts": found.texts,
        "stale": [{**each.model_dump(mode="json"), "outputs": outputs} for each, outputs in found.stale],
        "written_again": found.written_again,
    }
