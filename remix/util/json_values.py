"""JSON from strangers as records, within bounds.

Takes bytes and a pydantic model, gives the model's value, or an error with the path in the JSON. Knows nothing of
files. pydantic's own JSON reader is not used, since pydantic copies the whole input into each error and reports
millions of errors: 24 MB of JSON took 12 GB and two minutes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import from_json

from remix.util.validation import first_problem

MOST_VALUES = 4_000_000
"""Values in a document, up to 72 bytes of memory each: a trace of 130,000 tokens has 3 million."""

MOST_KEYS = 1_000_000
"""Keys of objects in a document: a run of 100,000 texts has 600,000. Each unknown key is an error of 400 bytes."""

MOST_ERRORS = 1000
"""With at most 1,000 errors the first is reported in words; with more, only the number."""

Model = TypeVar("Model", bound=BaseModel)
Value = TypeVar("Value")


class JsonError(ValueError):
    """Unreadable JSON, or JSON that doesn't fit the model. The message is a single line, with the path in the
    JSON."""

    def __init__(self, message: str, is_json: bool = True) -> None:
        super().__init__(message)
        self.is_json = is_json
        """False if the bytes aren't valid JSON."""


def read(model: type[Model], data: bytes) -> Model:
    """JSON as a value of a model. Raises `JsonError`."""
    return _read(model.model_validate, data)


def read_as(kind: TypeAdapter[Value], data: bytes) -> Value:
    """JSON as a value of any type. Raises `JsonError`."""
    return _read(kind.validate_python, data)


def _read(validate: Callable[[Any], Value], data: bytes) -> Value:
    values = _values(data)
    try:
        return validate(values)
    except ValidationError as error:
        if error.error_count() > MOST_ERRORS:
            raise JsonError(f"{error.error_count():,} of its values aren't what they should be") from None
        problem = first_problem(error)
        raise JsonError(f"{problem.key}: {problem.words}" if problem.place else problem.words) from None
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
