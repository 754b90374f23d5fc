"""`remix status`."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from remix.cli.options import json_option
from remix.cli.printing import note, print_json, print_table
from remix.util.names import quoted

if TYPE_CHECKING:
    from remix.outputs import RunFolder
    from remix.records import Change, Stale
    from remix.workspace import Workspace


@click.command()
@click.argument("words", nargs=-1, metavar="[RUN]...")
@click.option("--all", "everything", is_flag=True, help="All runs.")
@json_option
@click.pass_obj
def status(workspace: Workspace, words: tuple[str, ...], everything: bool, as_json: bool) -> None:
    """Tell which outputs are stale: whose passage, template or model has changed since, and which of these.

    RUN is a path or the beginning of a run's name, by default the latest.
    """
    from remix.generation import prepare

    if words and everything:
        raise click.UsageError("name runs, or say --all.")
    folders = _folders(workspace, words, everything)
    found = [_found(folder, prepare.status(workspace, folder.run, note)) for folder in folders]
    if as_json:
        print_json({"runs": [_as_json(each) for each in found]})
        return
    print_table(["output", "run", "what changed"], [row for each in found for row in _rows(each)])
    for each in found:
        note(_in_words(each))


COMMANDS = (status,)


def _folders(workspace: Workspace, words: tuple[str, ...], everything: bool) -> list[RunFolder]:
    """The runs that are meant; with `everything` those that can't be read are told, and left out."""
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


class _Found(NamedTuple):
    """A run, and what is stale of it."""

    folder: RunFolder
    texts: int
    """How many are finished."""
    stale: list[tuple[Stale, list[str]]]
    """Each with the finished outputs that are meant."""


def _found(folder: RunFolder, stale: list[Stale]) -> _Found:
    done = folder.done
    outputs: dict[tuple[str, str], list[str]] = {}
    for task in done:
        outputs.setdefault((task.place, task.kind), []).append(task.id)
    return _Found(folder, len(done), [(each, outputs.get((each.passage, each.kind), [])) for each in stale])


def _rows(found: _Found) -> list[tuple[str, str, str]]:
    return [(id_, found.folder.run.name, _because(each)) for each, outputs in found.stale for id_ in outputs]


def _because(stale: Stale) -> str:
    words: dict[Change, str] = {
        "passage": "the passage",
        "passage gone": "the passage is gone",
        "essay": "what the prompt says of the essay",
        "template": "the template",
        "template gone": "the template is gone",
        "model": "the model",
        "reads": "a text that it reads",
    }
    moved = f" (now {stale.now})" if stale.now not in (None, stale.passage) else ""
    return ", ".join(words[each] for each in stale.because) + moved


def _in_words(found: _Found) -> str:
    folder, done = found.folder, found.texts
    count = sum(len(outputs) for _, outputs in found.stale)
    if not count:
        return f"{quoted(folder.run.name)}: none of {done} texts is stale."
    anew = sum(len(outputs) for each, outputs in found.stale if not each.is_lost)
    hint = f" `remix generate --refresh {shlex.quote(folder.path.name)}` writes {anew} of them anew." if anew else ""
    return f"{quoted(folder.run.name)}: {count} of {done} texts are stale.{hint}"


def _as_json(found: _Found) -> dict[str, Any]:
    return {
        "run": found.folder.run.name,
        "folder": str(found.folder.path),
        "texts": found.texts,
        "stale": [{**each.model_dump(mode="json"), "outputs": outputs} for each, outputs in found.stale],
    }
