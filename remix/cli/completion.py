"""Completion with the Tab key: names of runs, texts, kinds, tags, essays and passages of the workspace.

Takes the beginning of a word, gives names that begin so. A workspace that can't be read has no names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from remix.corpus import Corpus
    from remix.workspace import Workspace

Answer = TypeVar("Answer")

Complete = Callable[[click.Context, click.Parameter, str], list[str]]


def _completing(names: Callable[[Workspace], Iterable[str]]) -> Complete:
    """The completion of names in the workspace of a command line that isn't finished."""

    def complete(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
        from remix.workspace import open_workspace

        try:
            place = ctx.find_root().params
            workspace = open_workspace(Path(place.get("workspace") or "."))
            if place.get("seeds"):
                workspace = workspace.with_seeds(Path(place["seeds"]))
            return sorted({name for name in names(workspace) if name.startswith(incomplete)})
        except Exception:  # in the middle of a line nobody reads an error
            return []

    return complete


def _runs(workspace: Workspace) -> Iterable[str]:
    from remix.outputs import list_runs

    return (path.name for path in list_runs(workspace.outputs))


def _texts(workspace: Workspace) -> Iterable[str]:
    """Names of the finished texts of the latest run."""
    from remix.outputs import find_run

    return (task.id for task in find_run(workspace.outputs, None).done)


run, text = _completing(_runs), _completing(_texts)
run_or_text = _completing(lambda workspace: (*_runs(workspace), *_texts(workspace)))


@_completing
def kind(workspace: Workspace) -> Iterable[str]:
    from remix.templates.folder import template_files

    return template_files(workspace.prompts)


@_completing
def tag(workspace: Workspace) -> Iterable[str]:
    return [tag for tag, _ in _in_essays(workspace, lambda corpus: corpus.tags())]


@_completing
def essay(workspace: Workspace) -> Iterable[str]:
    return _in_essays(workspace, lambda corpus: corpus.slugs())


@_completing
def passage(workspace: Workspace) -> Iterable[str]:
    return [passage.id for _, passage in _in_essays(workspace, lambda corpus: corpus.pairs(corpus.find(None)))]


def _in_essays(workspace: Workspace, question: Callable[[Corpus], Answer]) -> Answer:
    from remix.corpus import consult

    return consult(workspace.seeds, workspace.root, question, lambda error: None, workspace.exclude)


OF_OPTIONS = {"tags": tag, "essays": essay, "passages": passage, "kinds": kind}
"""By the name of the field of `Options`."""
