"""JSON that strangers may have written → a record of ours.

Takes bytes and a pydantic model, gives its value, or an error with the place in the JSON. Knows nothing of files.
pydantic's own reading of JSON copies the whole input into each error, and tells millions of errors: 24 MB took 12 GB
and two minutes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import from_json

from remix.util.validation import first_problem

MOST_VALUES = 4_000_000
"""Values in a JSON text: a trace of 130,000 tokens has 3 million. Each takes up to 72 bytes of memory."""

MOST_KEYS = 1_000_000
"""Keys of objects: a run of 100,000 texts has 600,000. Each that isn't known is an error of 400 bytes."""

MOST_ERRORS = 1000
"""Errors of which the first is told; of more it is told how many they are."""

Model = TypeVar("Model", bound=BaseModel)
Value = TypeVar("Value")


class JsonError(ValueError):
    """JSON isn't what it should be. The message is one line, with the place in the JSON."""

    def __init__(self, message: str, is_json: bool = True) -> None:
        super().__init__(message)
        self.is_json = is_json
        """Whether it could be read as JSON at all."""


def read(model: type[Model], data: bytes) -> Model:
    """The value of a model that JSON stands for. Raises `JsonError`."""
    return _read(model.model_validate, data)


def read_as(kind: TypeAdapter[Value], data: bytes) -> Value:
    """The same for any type. Raises `JsonError`."""
    return _read(kind.validate_python, data)


def _read(validate: Callable[[Any], Value], data: bytes) -> Value:
    values = _values(data)
    try:
        return validate(values)
    except ValidationError as error:
        raise JsonError(_first(error)) from None
    except RecursionError:
        raise JsonError("nested too deeply") from None


def _values(data: bytes) -> Any:
    if data.count(b",") + data.count(b"[") + data.count(b"{") > MOST_VALUES:
        raise JsonError(f"more than {MOST_VALUES:,} values")
    if data.count(b":") > MOST_KEYS and data.count(b'":') + data.count(b'" :') > MOST_KEYS:
        raise JsonError(f"more than {MOST_KEYS:,} keys")
    try:
        return from_json(data, allow_inf_nan=False)
    except ValueError as error:
        raise JsonError(f"invalid json: {error}", is_json=False) from None


def _first(error: ValidationError) -> str:
    if error.error_count() > MOST_ERRORS:
        return f"{error.error_count():,} of its values aren't what they should be"
    problem = first_problem(error)
    return f"{problem.key}: {problem.words}" if problem.place else problem.words
