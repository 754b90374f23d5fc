"""`RemixError` and its subclasses: errors with a message and a hint on the next step.

Every error that bad input can cause is a `RemixError`: `message` names the file and
line or the option, `hint` the next step. Imports nothing.
"""

from __future__ import annotations


class RemixError(Exception):
    """An error to show to a person: a line on the problem, and a line on the next step."""

    left_out: tuple[RemixError, ...] = ()
    """Errors of inputs left out before this error; an input left out may be the reason for this error."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class SeedError(RemixError):
    """An essay can't be read, or no passage of the essays answers the request."""


class UnreadError(SeedError):
    """A single file or folder of the essays can't be read; the other files can."""

    def __init__(self, name: str, cause: SeedError) -> None:
        super().__init__(cause.message, cause.hint)
        self.name = name
        """Path relative to the folder of essays, with forward slashes."""


class PromptError(RemixError):
    """A template can't be read or rendered, or its prompt doesn't fit the model."""


class ModelError(RemixError):
    """A model can't be found, read or loaded, or it failed while decoding."""


class WeightsChangedError(ModelError):
    """A model's file was changed while the model was in use, so the texts' origin is unknown."""


class RunError(RemixError):
    """A run's folder can't be written, read or resumed."""
