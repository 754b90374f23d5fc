"""What can go wrong, said so that a person can act on it.

Takes nothing, gives `RemixError` and its few subclasses. Every error that bad input can cause is one of
them: `message` names the file and line or the option, `hint` the next step. It knows nothing of stages.
"""


class RemixError(Exception):
    """An error to show to a person: one line that says what is wrong, one that says what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class SeedError(RemixError):
    """A seed can't be read, or nothing in the seeds answers the request."""


class PromptError(RemixError):
    """A template can't be read or rendered, or its prompt doesn't fit the model."""


class ModelError(RemixError):
    """A model can't be found, read or loaded, or it failed while decoding."""


class WeightsChangedError(ModelError):
    """A model's file was changed while the model was in use: nobody knows what wrote the texts since."""


class RunError(RemixError):
    """A run's folder can't be written, read or resumed."""
