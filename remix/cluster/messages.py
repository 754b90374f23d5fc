"""What crosses between a run's process and its workers: frozen records of work, answers and refusals.

Takes errors and results, gives values that any machine can read back. Knows nothing of Ray.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from remix.engine.local import LoadOptions
from remix.errors import ModelError, PromptError, RemixError, RunError, WeightsChangedError
from remix.records import Generation, ModelFile, Score, WriterInfo

Method = Literal["submit", "score", "score_text"]
"""The method of a model that a call is for."""

_KINDS = {kind.__name__: kind for kind in (ModelError, PromptError, RunError, WeightsChangedError)}


class Call(NamedTuple):
    """A text to be written or scored."""

    number: int
    """Known to the process that asked; no two calls of a run have the same."""
    method: Method
    positional: tuple[Any, ...]
    """Arguments by position: records and strings."""
    named: dict[str, Any]
    """Arguments by name."""


class Refusal(NamedTuple):
    """A `RemixError` on its way to another process."""

    kind: str
    """Name of the error's class."""
    message: str
    hint: str

    @property
    def error(self) -> RemixError:
        """The error; a `ModelError` if its class isn't one of a model's."""
        return _KINDS.get(self.kind, ModelError)(self.message, self.hint)


def refusal(error: BaseException) -> Refusal:
    """An error in words that can cross; those of other libraries become a `ModelError`'s."""
    if isinstance(error, RemixError):
        return Refusal(type(error).__name__, error.message, error.hint)
    words = " ".join(str(error).split())[:300]
    return Refusal("ModelError", f"{type(error).__name__}: {words}", "See to that machine, then resume the run.")


class Answer(NamedTuple):
    """What became of a call: the result, or the refusal."""

    number: int
    result: Generation | Score | Refusal


class Answers(NamedTuple):
    """Finished calls of a worker."""

    answers: tuple[Answer, ...]
    sampled: int
    """Tokens sampled by the worker so far."""


def pack(calls: Sequence[Call]) -> bytes:
    """Calls as bytes: Ray's own pickler, in Python, takes several times as long for small records."""
    return pickle.dumps(tuple(calls), pickle.HIGHEST_PROTOCOL)


def unpack(packed: bytes) -> tuple[Call, ...]:
    """The calls of `pack`. Only for bytes from a process of the same run."""
    calls: tuple[Call, ...] = pickle.loads(packed)
    return calls


def pack_answers(answers: Answers) -> bytes:
    """Answers as bytes."""
    return pickle.dumps(answers, pickle.HIGHEST_PROTOCOL)


def unpack_answers(packed: bytes) -> Answers:
    """The answers of `pack_answers`. Only for bytes from a process of the same run."""
    answers: Answers = pickle.loads(packed)
    return answers


class Order(NamedTuple):
    """The model that a worker is to load."""

    file: ModelFile | None
    """Its identity; null for a model that isn't loaded from a file."""
    needs: LoadOptions


class Ready(NamedTuple):
    """A worker that has loaded its model."""

    info: WriterInfo


class Place(NamedTuple):
    """Where a worker runs."""

    machine: str
    """The machine's own name, which no record shows."""
    process: int
    """Id of the worker's process on that machine."""
    remix: str
    """Version of remix there."""
