"""The reviews stored in all runs of a folder, reread when a file changes.

Takes the folders of runs, gives the standing of each output. A verdict belongs to a record's id: given in one run,
the verdict holds in all runs with the same output. Knows nothing of texts and pages.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from remix.errors import RunError
from remix.outputs import reviews
from remix.outputs.layout import REVIEWS
from remix.outputs.runs import list_runs
from remix.records import Edit, Review, Standing


class StoredReview(NamedTuple):
    """A review with the time that decides the order of reviews, and the run's folder."""

    at: datetime
    """The review's time, or an earlier line's time if later: in a file the order of lines counts, not the clock."""
    folder: Path
    """The run's folder."""
    review: Review


class StoredReviews:
    """The reviews of all runs, by run and by output."""

    def __init__(self, outputs: Path, folders: Iterable[Path]) -> None:
        self._outputs = outputs
        self._folders = tuple(folders)
        self._seen: dict[Path, tuple[int, int]] = {}
        self._by_run: dict[Path, tuple[Review, ...]] = {}
        self._by_output: dict[str, list[StoredReview]] = {}
        self._standings: dict[str, Standing] = {}

    def refresh(self) -> set[str]:
        """Read changed files; gives the record ids of outputs with a possibly different standing."""
        changed: set[str] = set()
        for folder in dict.fromkeys([*list_runs(self._outputs), *self._folders]):
            changed |= self._read(folder)
        for output in changed:
            self._by_output.pop(output, None)
            self._standings.pop(output, None)
        for folder, stored in self._by_run.items():
            for each in _timed(folder, stored):
                if each.review.output in changed:
                    self._by_output.setdefault(each.review.output, []).append(each)
        for output in changed & self._by_output.keys():
            self._by_output[output].sort(key=lambda each: each.at)
        return changed

    def _read(self, folder: Path) -> set[str]:
        try:
            now = (folder / REVIEWS).stat()
        except OSError:
            now = None
        state = (now.st_mtime_ns, now.st_size) if now else (0, 0)
        if state == self._seen.get(folder, (0, 0)):
            return set()
        before = self._by_run.get(folder, ())
        after: tuple[Review, ...] = ()
        # An unreadable file doesn't stop the studio; `remix verify` names the file.
        with suppress(RunError):
            after = reviews.read(folder).reviews
        self._seen[folder], self._by_run[folder] = state, after
        # remix only appends lines. If the file was changed otherwise, all its reviews may differ.
        news = after[len(before) :] if after[: len(before)] == before else {*before, *after}
        return {review.output for review in news}

    def standing(self, output: str) -> Standing:
        """The standing of an output, given by record id."""
        if output not in self._standings:
            stored = [each.review for each in self._by_output.get(output, ())]
            self._standings[output] = reviews.standings(stored).get(output, Standing())
        return self._standings[output]

    def editor(self, output: str) -> str | None:
        """Name of the reviewer who wrote an output's edited version; null if nobody edited the output."""
        force = reviews.in_force([each.review for each in self._by_output.get(output, ())])
        return next((each.reviewer for each in reversed(force) if each.edit), None)

    def last_of(self, reviewer: str, outputs: Collection[str]) -> StoredReview | None:
        """A reviewer's latest review in force, among some outputs."""
        return max(self._in_force(reviewer, outputs), key=lambda each: each.at, default=None)

    def find(self, review: str, reviewer: str, outputs: Collection[str]) -> StoredReview | None:
        """A reviewer's review by id, if in force."""
        return next((each for each in self._in_force(reviewer, outputs) if each.review.id == review), None)

    def _in_force(self, reviewer: str, outputs: Collection[str]) -> Iterator[StoredReview]:
        for output in self._by_output.keys() & set(outputs):
            stored = self._by_output[output]
            force = {each.id for each in reviews.in_force([each.review for each in stored])}
            yield from (each for each in stored if each.review.id in force and each.review.reviewer == reviewer)

    def edited(self, output: str, edit: Edit) -> str:
        """The edited version of an output. Raises `RunError` if the file is missing or was changed."""
        folders = [each.folder for each in self._by_output.get(output, ()) if each.review.edit == edit]
        return reviews.edited_text(folders[-1], edit)


def _timed(folder: Path, stored: Iterable[Review]) -> Iterator[StoredReview]:
    latest: datetime | None = None
    for review in stored:
        at = review.at if review.at.tzinfo else review.at.replace(tzinfo=UTC)
        latest = at if latest is None else max(latest, at)
        yield StoredReview(latest, folder, review)
