"""The tree of all branches of a text, in all runs.

Takes the outputs folder and an output, gives the text from which the output and its relatives branch, with all of its
branches and theirs. A run of branches holds the record and the text of each original: so an original is in the tree
after its own run is gone. Reads nothing of runs without branches, unless an original is in no run of its branches.
Draws nothing.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from remix.errors import RunError
from remix.outputs.find import OutputPlace, find_output
from remix.outputs.layout import RECORD, REQUEST, bound_of
from remix.outputs.run import RunFolder
from remix.outputs.runs import list_runs
from remix.outputs.stored_reviews import StoredReviews
from remix.records import Branch, Frozen, Record, Task
from remix.util.files import read_bounded
from remix.util.names import leads_out

MOST_DEPTH = 50
"""Branches of branches of branches … in a tree: deeper ones are counted, not drawn."""

_MARK = b'"branch"'
"""In each `run.json` of a run of branches."""


class Turn(Frozen):
    """The place where a branch leaves its original."""

    token: int
    """Number of the first token that is not the original's, from 1."""
    character: int
    """Number of the first character that this token writes in the original's text, from 1."""
    was: str
    """The original's word there; empty at the end of the original's text."""
    put: str
    """The words in its place; empty if all given tokens are the original's."""
    candidate: int | None = None
    """Number of the original's candidate that the branch leaves; null for the kept text."""
    editor: str | None = None
    """Who edited the version that the branch goes on from; null if no edited version is continued."""

    @classmethod
    def of(cls, fork: Branch) -> Turn:
        """The turn of a branch."""
        return cls(
            token=fork.token,
            character=fork.character,
            was=fork.was,
            put=fork.put,
            candidate=fork.candidate,
            editor=fork.edit.editor if fork.edit else None,
        )


class BranchNode(Frozen):
    """A text with its branches."""

    record: str | None
    """Id of the text's record; null if the text isn't written yet."""
    run: str
    """Name of the run that wrote the text, or is to write the text."""
    task: str
    """Id of the text's task: `essay/NNN/kind.step[.vN]`."""
    is_here: bool
    """Whether the run has the text now; if not, the text is known from a run of its branches."""
    is_asked: bool
    """Whether the text is the output for which the tree was asked."""
    verdict: str | None
    """Verdict of the reviewers: accept, reject or star; null without a verdict."""
    turn: Turn | None
    """Where the text leaves its original; null for a tree's first text, unless its original is gone."""
    text: str
    """The whole text; empty if the text isn't written yet."""
    after: str
    """Of a branch, the text after the given words."""
    branches: tuple[BranchNode, ...]
    """The branches of the text, in the order of the tokens at which the branches leave."""
    left_out: int
    """Number of further branches of this text, which would be more than `MOST_DEPTH` levels deep."""

    @property
    def size(self) -> int:
        """The number of branches below the text, without those left out."""
        return sum(1 + each.size for each in self.branches)


def branch_tree(outputs: Path, place: OutputPlace, on_error: Callable[[RunError], None]) -> BranchNode:
    """The tree of branches that an output is part of.

    `on_error` takes the errors of runs of branches and of branches that can't be read. Raises `RunError` if the
    output itself can't be read.
    """
    record, text = place.folder.read(place.task)
    asked = _Known(record, text, place.folder.path.name, place.task, is_here=True)
    forest = _Forest(outputs, place, asked, on_error)
    return forest.node(forest.root_of(asked), depth=0)


class _Known(NamedTuple):
    """A text of a tree."""

    record: Record | None
    text: str
    run: str
    task: str
    is_here: bool
    branch: Branch | None = None
    """Where the text leaves its original, as planned; else the record tells."""

    @property
    def fork(self) -> Branch | None:
        return self.branch or (self.record.task.branch if self.record else None)

    @property
    def order(self) -> tuple[int, str, str, str]:
        return (self.fork.token if self.fork else 0, self.fork.put if self.fork else "", self.run, self.task)


class _Forest:
    """All branches of all runs, by the text at which each branch begins."""

    def __init__(
        self, outputs: Path, place: OutputPlace, asked: _Known, on_error: Callable[[RunError], None]
    ) -> None:
        self._outputs = outputs
        self._asked = asked.record.id if asked.record else ""
        self._on_error = on_error
        self._runs = {path.name: path for path in list_runs(outputs)}
        self._planned: dict[str, list[tuple[RunFolder, Task]]] = defaultdict(list)
        self._originals: dict[str, _Known] = {}
        self._reviews = StoredReviews(outputs, [place.folder.path])
        self._reviews.refresh()
        self._seen: set[str] = set()
        for folder in self._folders(place.folder):
            for task in folder.run.tasks:
                if task.branch:
                    self._planned[task.branch.original].append((folder, task))
            for each in folder.run.earlier:
                record = each.record
                known = _Known(record, each.text, record.circumstances.run, record.output.task_id, False)
                self._originals.setdefault(record.id, known)
        self._originals[self._asked] = asked
        self._remembered: dict[str, list[_Known]] = defaultdict(list)
        for known in self._originals.values():
            if known.fork:
                self._remembered[known.fork.original].append(known)

    def _folders(self, own: RunFolder) -> Iterator[RunFolder]:
        """All runs of branches, with the asked output's own run."""
        paths = {path.resolve(): path for path in (*self._runs.values(), own.path)}
        for path in paths.values():
            try:
                if _MARK in read_bounded(path / REQUEST, bound_of(REQUEST), within=path):
                    yield RunFolder.open(path)
            except OSError:
                continue  # `remix runs` names runs without a request
            except RunError as error:
                self._on_error(error)

    def root_of(self, text: _Known) -> _Known:
        """The text from which a text's line of branches comes, as far as the originals are known."""
        passed: set[str] = set()
        while (fork := text.fork) and fork.original not in passed:
            passed.add(fork.original)
            original = self._originals.get(fork.original) or self._found(fork.original)
            if original is None:
                break
            text = original
        return text

    def _found(self, record: str) -> _Known | None:
        """An original that no run of branches holds, because the run of its branch is gone."""
        with suppress(RunError):
            folder, task = find_output(self._outputs, record)
            found, text = folder.read(task)
            if found.id == record:
                return _Known(found, text, folder.path.name, task, is_here=True)
        return None

    def node(self, text: _Known, depth: int) -> BranchNode:
        """A text with its branches, each text once."""
        id_ = text.record.id if text.record else None
        below = sorted(self._branches(id_), key=lambda each: each.order) if id_ else []
        # In a forged record, the original may be one of the text's own branches.
        self._seen.update(each.record.id for each in (text, *below) if each.record)
        drawn = below if depth < MOST_DEPTH else []
        fork = text.fork
        return BranchNode(
            record=id_,
            run=text.run,
            task=text.task,
            is_here=text.is_here or self._is_there(text),
            is_asked=id_ == self._asked,
            verdict=self._reviews.standing(id_).verdict if id_ else None,
            turn=Turn.of(fork) if fork else None,
            text=text.text,
            after=_after(text.text, fork) if fork else "",
            branches=tuple(self.node(each, depth + 1) for each in drawn),
            left_out=len(below) - len(drawn),
        )

    def _branches(self, original: str) -> Iterator[_Known]:
        """The branches of a text that aren't in the tree yet: those of runs, and those known as originals alone."""
        found: set[str] = set()
        for known in (*self._written(original), *self._remembered[original]):
            id_ = known.record.id if known.record else None
            if id_ is None or (id_ not in found and id_ not in self._seen):
                found |= {id_} if id_ else set()
                yield known

    def _written(self, original: str) -> Iterator[_Known]:
        """The branches of a text in runs, and the plans of branches that aren't written yet."""
        for folder, task in self._planned[original]:
            if not folder.is_done(task):
                yield _Known(None, "", folder.path.name, task.id, False, task.branch)
                continue
            try:
                record, text = folder.read(task.id)
            except RunError as error:
                self._on_error(error)
                continue
            yield _Known(record, text, folder.path.name, task.id, True, task.branch)

    def _is_there(self, text: _Known) -> bool:
        """Whether the run named in an original's record has the original now."""
        run, file = self._runs.get(text.run), f"{text.task}{RECORD}"
        if run is None or text.record is None or leads_out(file):
            return False
        try:
            return bool(json.loads(read_bounded(run / file, bound_of(file), within=run))["id"] == text.record.id)
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            return False


def _after(text: str, fork: Branch) -> str:
    """The text after the words that were put there, or after the fork if the words can't be found there."""
    rest = text[max(0, fork.character - 1) :].lstrip()
    if rest.startswith(fork.put):
        return rest[len(fork.put) :]
    # If tokens before the words were spelled anew, the fork is before the words.
    _, found, after = rest.partition(fork.put)
    return after if found and fork.put else rest
