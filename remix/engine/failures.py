"""Failures of decoding as errors in words, for the ended requests.

Takes exceptions, gives `RemixError`s. Knows no engine.
"""

from __future__ import annotations

from concurrent.futures import CancelledError

from remix.errors import ModelError, RemixError


def dead_end() -> ModelError:
    """The error of a text whose grammar allows no further token."""
    return ModelError(
        "the grammar allows no token that this model has.",
        "The model's vocabulary must be able to spell every literal of the grammar.",
    )


def in_words(error: BaseException) -> BaseException:
    """An unexpected error as a `ModelError`; a `RemixError` or cancellation unchanged."""
    if isinstance(error, RemixError | CancelledError):
        return error
    wrapped = ModelError(f"decoding failed: {error!r}.", "Please report this with the output of `-v`.")
    wrapped.__cause__ = error
    return wrapped
