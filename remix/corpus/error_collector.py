"""Errors of files, templates and passages that are left out: collected, and found by an essay's name.

Takes errors, gives the collected errors. Doesn't know which code reads files and shows errors.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from remix.corpus.index_update import Answer
from remix.corpus.select import Corpus
from remix.errors import RemixError, SeedError, UnreadError


class ErrorCollector:
    """Collects each error once; if `strict`, the first error is raised."""

    def __init__(self, strict: bool = False) -> None:
        self._errors: dict[str, RemixError] = {}
        self._strict = strict

    @property
    def errors(self) -> tuple[RemixError, ...]:
        """The errors in the order of `note`."""
        return tuple(self._errors.values())

    def note(self, error: RemixError) -> None:
        """Collect an error; if `strict`, raise the error."""
        if self._strict:
            raise error
        self._errors.setdefault(error.message, error)

    def of_file(self, name: str) -> UnreadError | None:
        """The error of a file, or of a folder around the file; `name` is relative to the folder of essays."""
        return self._first(lambda error: error.name in ("", name) or name.startswith(f"{error.name}/"))

    def refuse(self, essay: str, way_on: str) -> None:
        """For an essay that wasn't found, raise the error of the essay's file, if the file can't be read."""
        if error := self._first(lambda error: _may_be(error.name, _letters(essay))):
            raise SeedError(error.message, f"{error.hint} {way_on}") from error

    def _first(self, is_wanted: Callable[[UnreadError], bool]) -> UnreadError | None:
        unread = (error for error in self._errors.values() if isinstance(error, UnreadError))
        return next((error for error in unread if is_wanted(error)), None)

    @contextmanager
    def explaining(self) -> Iterator[None]:
        """Add the collected errors, as possible reasons, to an error raised in the `with` block."""
        try:
            yield
        except RemixError as error:
            # If the error is itself a collected error, the reason is known already.
            if not {error, error.__cause__} & {*self.errors}:
                error.left_out = error.left_out or self.errors
            raise


def naming(
    question: Callable[[Corpus], Answer], essays: Sequence[str], collector: ErrorCollector
) -> Callable[[Corpus], Answer]:
    """A question about named essays: if an essay isn't found because the essay's file can't be read, the file's error
    is raised."""

    def ask(corpus: Corpus) -> Answer:
        try:
            return question(corpus)
        except SeedError:
            for essay in essays:
                collector.refuse(essay, "Or leave this essay out of --essay.")
            raise

    return ask


def _may_be(name: str, asked: str) -> bool:
    """Whether an essay asked for by name may come from the file or folder `name`."""
    file, folder = _letters(os.path.splitext(name)[0]), _letters(name)  # noqa: PTH122
    # A slug may end in a hash.
    is_file = asked.startswith(file) and re.fullmatch(r"(-[0-9a-f]{6})?", asked.removeprefix(file)) is not None
    return not name or is_file or asked.startswith(f"{folder}-")


def _letters(name: str) -> str:
    """The letters and digits of a path, a slug or an essay's name as typed, with a hyphen for all signs between."""
    return re.sub(r"[\W_]+", "-", unicodedata.normalize("NFKC", name).casefold()).strip("-")
