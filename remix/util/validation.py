"""The first problem found by pydantic in a value, in words.

Takes pydantic's error, gives the place of a field and a message on a single line. Knows nothing of the fields'
meaning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pydantic import ValidationError


class Problem(NamedTuple):
    """A value refused by a model."""

    place: tuple[int | str, ...]
    """Names of fields and positions in lists, from the outermost in."""
    is_unknown: bool
    """Whether the model has no field of the name."""
    words: str
    """The message, without a full stop: `input should be less than or equal to 99`."""

    @property
    def key(self) -> str:
        """The place as people write places: `generate.steps`; empty for the whole value."""
        return ".".join(map(str, self.place))


def first_problem(error: ValidationError) -> Problem:
    """The first of the problems listed in an error."""
    # Without pydantic's copy of the input, which may be large.
    first: Any = error.errors(include_url=False, include_context=False, include_input=False)[0]
    words = first["msg"].removeprefix("Value error, ")
    return Problem(tuple(first["loc"]), first["type"] == "extra_forbidden", words[:1].lower() + words[1:])
