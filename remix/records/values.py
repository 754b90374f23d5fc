"""Types of fields of records: bounded numbers, hashes, paths; and `Frozen`, the base of all records.

Records may come from strangers, and some of their numbers reach llama.cpp, which doesn't check them. So the types of
the numbers hold their bounds.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, TypeVar

import rfc8785
from pydantic import BaseModel, ConfigDict, Field

from remix.records.bounds import INT32, LARGEST_WHOLE, MOST_STEPS, MOST_STRENGTH, MOST_TOKENS, MOST_VARIANTS

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

_Each = TypeVar("_Each")
Many = Annotated[tuple[_Each, ...], Field(fail_fast=True)]
"""Any number of values. Validation ends at the first wrong value: errors about millions of values fill the memory."""

Count = Annotated[int, Field(ge=0, le=LARGEST_WHOLE)]
"""A number of things, at least 0."""

Token = Annotated[int, Field(ge=0, le=INT32)]
"""Id of a token. `LlamaModel.piece` checks that the model's vocabulary has the token."""

Length = Annotated[int, Field(ge=1, le=MOST_TOKENS)]
"""A number of tokens, at least 1."""

Strength = Annotated[float, Field(ge=-MOST_STRENGTH, le=MOST_STRENGTH)]
Share = Annotated[float, Field(ge=0, le=1)]
Number = Annotated[float, Field(ge=-1e15, le=1e15)]
"""A measured number or a weight: sums and products of a few numbers stay finite."""

Step = Annotated[int, Field(ge=1, le=MOST_STEPS)]
Variant = Annotated[int, Field(ge=1, le=MOST_VARIANTS)]
Seed = Annotated[int, Field(ge=1, le=2**32 - 2)]
"""Seed of a sampler that draws. llama.cpp and further libraries take 0 and 2**32-1 for "random"."""


def sha256(data: bytes | str) -> str:
    """The bare lower-case hex sha256 of bytes, or of a text's UTF-8."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def canonical_sha256(value: Any) -> str:
    """The sha256 of a JSON value in the canonical form of RFC 8785."""
    return sha256(rfc8785.dumps(value))


def is_none(value: object) -> bool:
    """Whether a field has no value, and is left out of JSON: so that ids of records without the field stay."""
    return value is None


def is_empty(value: object) -> bool:
    """Whether a list is empty, and is left out of JSON: so that requests without the field stay as they are."""
    return value == ()


class Frozen(BaseModel):
    """A record: immutable, equal if all fields are equal, with no other fields than the declared ones."""

    model_config = ConfigDict(
        frozen=True,
        defer_build=True,
        extra="forbid",
        allow_inf_nan=False,
        serialize_by_alias=True,
        validate_by_name=True,
    )


class Rule(Frozen):
    """Name and version of a rule by which part of an output was made."""

    name: str
    """The rule's name."""
    version: Count
    """Raised whenever the rule's results may change."""
