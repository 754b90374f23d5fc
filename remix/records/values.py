"""What fields of records are made of: bounded numbers, hashes, and the frozen base of all records.

Records come from strangers, and some of their numbers reach llama.cpp, which checks none: so each has its bounds
in its type.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, TypeVar

import rfc8785
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from remix.records.bounds import INT32, LARGEST_WHOLE, MOST_STEPS, MOST_STRENGTH, MOST_TOKENS, MOST_VARIANTS

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

_Each = TypeVar("_Each")
Many = Annotated[tuple[_Each, ...], Field(fail_fast=True)]
"""Any number of values. Reading ends at the first that is wrong: of millions the errors fill the memory."""

Count = Annotated[int, Field(ge=0, le=LARGEST_WHOLE)]
"""A number of something."""

Token = Annotated[int, Field(ge=0, le=INT32)]
"""A token's number. Whether a vocabulary has it, `LlamaModel.piece` checks."""

Length = Annotated[int, Field(ge=1, le=MOST_TOKENS)]
"""A number of tokens, at least one."""

Strength = Annotated[float, Field(ge=-MOST_STRENGTH, le=MOST_STRENGTH)]
Share = Annotated[float, Field(ge=0, le=1)]
Number = Annotated[float, Field(ge=-1e15, le=1e15)]
"""A measured number, or one by which such are weighed: sums and products of a few of them stay finite."""


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("no path has a NUL in it")
    return text


PathText = Annotated[str, AfterValidator(_without_nul)]
"""A path, or a name that may become part of one."""

Step = Annotated[int, Field(ge=1, le=MOST_STEPS)]
Variant = Annotated[int, Field(ge=1, le=MOST_VARIANTS)]
Seed = Annotated[int, Field(ge=1, le=2**32 - 2)]
"""For the samplers that draw. 0 and 2**32-1 mean "random" elsewhere, so they are left out."""


def sha256(data: bytes | str) -> str:
    """The bare lower-case hex sha256 of bytes, or of a text's UTF-8."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def canonical_sha256(value: Any) -> str:
    """The sha256 of a JSON value in the one form RFC 8785 gives it."""
    return sha256(rfc8785.dumps(value))


class Frozen(BaseModel):
    """A value: immutable, compared by its fields, refusing fields it does not know."""

    model_config = ConfigDict(
        frozen=True,
        defer_build=True,
        extra="forbid",
        allow_inf_nan=False,
        serialize_by_alias=True,
        validate_by_name=True,
    )


class Rule(Frozen):
    """Name and version of a rule that made part of an output."""

    name: str
    """Which."""
    version: Count
    """Raised whenever its results may change."""
