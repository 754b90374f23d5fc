"""The first problem that pydantic found in a value, in words.

Takes pydantic's error, gives the place of a field and a message of one line. Knows nothing of what the fields mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pydantic import ValidationError


class Problem(NamedTuple):
    """A value that a model refuses."""

    place: tuple[int | str, ...]
    """Names of fields and positions in lists, from the outermost in."""
    is_unknown: bool
    """Whether the model has no field of that name."""
    words: str
    """The message, without a full stop: `input should be less than or equal to 99`."""

    @property
    def key(self) -> str:
        """The place as people write it: `generate.steps`; empty for the whole value."""
        return ".".join(map(str, self.place))


def first_problem(error: ValidationError) -> Problem:
    """The first of the problems that an error lists."""
    # Without pydantic's copy of the input, which may be large.
    first: Any = error.errors(include_url=False, include_context=False, include_input=False)[0]
    words = first["msg"].removeprefix("Value error, ")
    return Problem(tuple(first["loc"]), first["type"] == "extra_forbidden", words[:1].lower() + words[1:])
