"""`remix status`."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from remix.cli.left_out import show_left_out
from remix.cli.options import Command, declared, json_option
from remix.cli.printing import note, print_json, print_table
from remix.util.names import quoted

if TYPE_CHECKING:
    from remix.outputs import RunFolder
    from remix.records import Change, Stale
    from remix.workspace import Workspace


@click.command(cls=Command)
@click.argument("words", nargs=-1, metavar="[RUN]...")
@click.option("--all", "everything", is_flag=True, help="All runs.")
@declared("strict", help="Stop if an essay or a template can't be read, instead of leaving out its texts.")
@json_option
@click.pass_obj
def status(workspace: Workspace, words: tuple[str, ...], everything: bool, strict: bool, as_json: bool) -> None:
    """List stale texts: texts whose passage, template or model has changed since.

    RUN is the path of a run or the beginning of a run's name; by default the latest run.
    """
    from remix.corpus.error_collector import ErrorCollector
    from remix.generation import prepare

    if words and everything:
        raise click.UsageError("name runs, or say --all.")
    folders = _folders(workspace, words, everything)
    collector = ErrorCollector(strict)
    found = [_found(folder, prepare.status(workspace, folder.run, note, collector)) for folder in folders]
    show_left_out(collector.errors)
    if as_json:
        print_json({"runs": [_as_json(each) for each in found]})
        return
    rows = [
        (id_, run.folder.run.name, _because(stale))
        for run in found
        for stale, outputs in run.stale
        for id_ in outputs
    ]
    print_table(["output", "run", "what changed"], rows)
    for each in found:
        note(_in_words(each))


COMMANDS = (status,)


def _folders(workspace: Workspace, words: tuple[str, ...], everything: bool) -> list[RunFolder]:
    """The named runs, or all runs: then runs that can't be read are named and left out."""
    from remix.errors import RunError
    from remix.outputs import RunFolder, find_run, list_runs

    if not everything:
        return [find_run(workspace.outputs, word) for word in words or (None,)]
    folders = []
    for path in list_runs(workspace.outputs):
        try:
            folders.append(RunFolder.open(path))
        except RunError as error:
            note(f"Left out: {error.message} {error.hint}")
    return folders


class _StaleTexts(NamedTuple):
    """The stale texts of a run."""

    folder: RunFolder
    texts: int
    """Number of finished texts."""
    stale: list[tuple[Stale, list[str]]]
    """Passages and kinds with stale texts, each with the finished texts."""


def _found(folder: RunFolder, stale: list[Stale]) -> _StaleTexts:
    done = folder.done
    outputs: dict[tuple[str, str], list[str]] = {}
    for task in done:
        outputs.setdefault((task.place, task.kind), []).append(task.id)
    return _StaleTexts(folder, len(done), [(each, outputs.get((each.passage, each.kind), [])) for each in stale])


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


def _in_words(found: _StaleTexts) -> str:
    folder, done = found.folder, found.texts
    count = sum(len(outputs) for _, outputs in found.stale)
    if not count:
        return f"{quoted(folder.run.name)}: none of {done} texts is stale."
    anew = sum(len(outputs) for each, outputs in found.stale if not each.is_lost)
    hint = f" `remix generate --refresh {shlex.quote(folder.path.name)}` writes {anew} of them anew." if anew else ""
    return f"{quoted(folder.run.name)}: {count} of {done} texts are stale.{hint}"


def _as_json(found: _StaleTexts) -> dict[str, Any]:
    return {
        "run": found.folder.run.name,
        "folder": str(found.folder.path),
        "texts": found.texts,
        "stale": [{**each.model_dump(mode="json"), "outputs": outputs} for each, outputs in found.stale],
    }
