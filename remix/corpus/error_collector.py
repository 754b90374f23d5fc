"""Errors of files, templates and passages that are left out: collected, and found by an essay's name.

Takes errors, gives them back. Doesn't know who reads files or who shows errors.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from remix.corpus.index_update import Answer
from remix.corpus.select import Corpus
from remix.errors import RemixError, SeedError, UnreadError
from remix.util.names import slugify


class ErrorCollector:
    """Collects each error once; if `strict`, the first error is raised."""

    def __init__(self, strict: bool = False) -> None:
        self._errors: dict[str, RemixError] = {}
        self._strict = strict

    @property
    def errors(self) -> tuple[RemixError, ...]:
        """The errors, in the order in which they came."""
        return tuple(self._errors.values())

    def note(self, error: RemixError) -> None:
        """Keep an error, or raise it if `strict`."""
        if self._strict:
            raise error
        self._errors.setdefault(error.message, error)

    def of_essay(self, slug: str) -> UnreadError | None:
        """The error of the file, or of the folder around the file, whose essay would have the slug."""
        unread = (error for error in self._errors.values() if isinstance(error, UnreadError))
        return next((error for error in unread if _holds(error.name, slug)), None)

    def refuse(self, name: str, way_on: str) -> None:
        """Raise the error of an essay that was asked for by name and not found, if its file can't be read."""
        if error := self.of_essay(slugify(name)):
            raise SeedError(error.message, f"{error.hint} {way_on}") from error

    @contextmanager
    def explaining(self) -> Iterator[None]:
        """Add the collected errors to an error raised in the `with` block: they may be the reason for it."""
        try:
            yield
        except RemixError as error:
            # The error of an input that was asked for has its own reason.
            if not {error, error.__cause__} & {*self.errors}:
                error.left_out = error.left_out or self.errors
            raise


def naming(
    question: Callable[[Corpus], Answer], essays: Sequence[str], collector: ErrorCollector
) -> Callable[[Corpus], Answer]:
    """A question about essays that are asked for by name: if one isn't found because its file can't be read, the
    file's error is raised."""

    def ask(corpus: Corpus) -> Answer:
        try:
            return question(corpus)
        except SeedError:
            for essay in essays:
                collector.refuse(essay, "Or leave this essay out of --essay.")
            raise

    return ask


def _holds(name: str, slug: str) -> bool:
    """Whether an essay with the slug may come from the file or folder of this name."""
    return not name or slugify(os.path.splitext(name)[0]) == slug or slug.startswith(f"{slugify(name)}-")  # noqa: PTH122
