"""Inputs of a text as a template reads them, and the variables that templates with each value of `reads` know.

Takes passages and texts, gives the values of a template's variables. Renders nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from remix.errors import PromptError
from remix.records import Essay, Passage
from remix.util.languages import is_named, name_of

VARIABLES = ("passage", "previous", "step", "steps", "essay", "family", "language", "model")
"""Variables of a template with `reads: passage`; `sandbox.py` defines their values."""

_ALWAYS = ("step", "steps", "family", "language", "model")

OF_A_GROUP = ("passages", *_ALWAYS)
"""Variables of a template with `reads: passages`."""

PartReads = Literal["weave", "paragraph", "paragraphs"]
"""Values of `reads` of templates for the parts of a woven essay."""

OF_AN_ESSAY: Mapping[PartReads, tuple[str, ...]] = MappingProxyType(
    {
        "weave": ("passages", "previous", "words", *_ALWAYS),
        "paragraph": ("passages", "paragraph", "objection", "words", *_ALWAYS),
        "paragraphs": ("paragraphs", "words", *_ALWAYS),
    }
)
"""Variables of templates for the parts of a woven essay, by the value of `reads`."""


class PartOfEssay(NamedTuple):
    """What a part of a woven essay reads beside passages."""

    words: int
    """Words that the part is asked to have."""
    steps: int
    """Number of the essay's paragraphs."""
    previous: str = ""
    """The last sentence of the paragraph before; empty for the first paragraph."""
    paragraphs: Sequence[str] = ()
    """All paragraphs in order, or their first sentences; the one paragraph that an objection or a synthesis reads."""
    objection: str = ""
    """The objection that a synthesis reads."""


class Reading(NamedTuple):
    """The inputs of a text."""

    passages: Sequence[tuple[Essay, Passage]]
    """Passages with their essays; a single passage unless the kind reads a group."""
    previous: str = ""
    """Text of the previous step; empty for the first step."""
    texts: Mapping[str, str] = MappingProxyType({})
    """Input texts by kind, for a kind with `reads: [...]`."""
    card: Sequence[str] = ()
    """The languages that the model's card names; empty if it names none."""
    part: PartOfEssay | None = None
    """For a part of a woven essay, what the part reads beside passages."""

    @property
    def name(self) -> str:
        """The name in errors: the id of the first passage."""
        return self.passages[0][1].id

    @property
    def language(self) -> str:
        """The English name of the passages' language; empty for English, for a text too short to tell, for passages
        in several languages, and for a language that the model's card doesn't name although it names others."""
        found = {passage.language for _, passage in self.passages}
        language = next(iter(found)) if len(found) == 1 else None
        return name_of(language) if language not in (None, "en") and is_named(language, self.card) else ""


def values_of_part(reads: PartReads, read: Reading, kind: str) -> dict[str, Any]:
    """The values of the variables about an essay. Raises `PromptError` if the text is no part of an essay."""
    part = read.part
    if part is None:
        raise refused(kind)
    same: dict[str, Any] = {"words": part.words, "steps": part.steps}
    if reads == "paragraphs":
        return same | {"paragraphs": list(part.paragraphs)}
    if reads == "paragraph":
        return same | {"paragraph": "".join(part.paragraphs), "objection": part.objection}
    return same | {"previous": part.previous}


def refused(kind: str) -> PromptError:
    """The error for a kind that only woven essays have."""
    return PromptError(
        f"'{kind}' writes a part of an essay, and can't be written from passages alone.",
        "`remix weave` writes whole essays; `remix weave --plan` shows what each part reads.",
    )
