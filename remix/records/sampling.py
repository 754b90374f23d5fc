"""How a text is sampled: the samplers, with the bounds of their parameters."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator

from remix.records.bounds import (
    DEEPEST_GRAMMAR,
    INT32,
    LEAST_TEMPERATURE,
    LONGEST_BREAKER,
    LONGEST_GRAMMAR,
    LONGEST_STOP,
    LOOK_BACK,
    MOST_BREAKERS,
    MOST_SAMPLERS,
    MOST_STOPS,
    MOST_STRENGTH,
)
from remix.records.values import Frozen, Length, Many, Seed, Share, Strength


class Dry(Frozen):
    """The DRY sampler: penalises tokens that would go on repeating what was said before."""

    name: Literal["dry"] = "dry"
    """Which sampler this is."""
    multiplier: Strength
    """Strength; 0 is off."""
    base: Strength
    """How the penalty grows with each further token of the repetition."""
    allowed_length: int = Field(ge=0, le=INT32)
    """Repetitions up to this many tokens are free."""
    last_n: int = Field(ge=0, le=LOOK_BACK)
    """How many tokens back it looks. -1 (all) is silently off in llama.cpp's library, so it is refused."""
    breakers: tuple[Annotated[str, Field(max_length=LONGEST_BREAKER)], ...] = Field(max_length=MOST_BREAKERS)
    """Strings across which nothing counts as a repetition."""


class Penalties(Frozen):
    """The classic repetition, frequency and presence penalties."""

    name: Literal["penalties"] = "penalties"
    """Which sampler this is."""
    last_n: int = Field(ge=0, le=LOOK_BACK)
    """How many tokens back it looks."""
    repeat: float = Field(gt=0, le=MOST_STRENGTH)
    """Divides the logit of a token seen before; 1 is off."""
    frequency: Strength
    """Subtracted once for each time seen; 0 is off."""
    presence: Strength
    """Subtracted once if seen; 0 is off."""


class Grammar(Frozen):
    """Keeps the tokens with which the text can still become what a grammar describes."""

    name: Literal["grammar"] = "grammar"
    """Which sampler this is."""
    source: str = Field(min_length=1, max_length=LONGEST_GRAMMAR)
    """The rules, in llama.cpp's form of BNF (GBNF). None at all would allow everything there, so that is refused."""
    root: str = Field("root", max_length=256)
    """The rule that the whole text follows."""

    @field_validator("source")
    @classmethod
    def _not_too_deep(cls, source: str) -> str:
        depth = 0
        for bracket in re.findall(r"[()]", _NO_GROUPS.sub("", source)):
            depth += 1 if bracket == "(" else -1
            if depth > DEEPEST_GRAMMAR:
                raise ValueError(f"a grammar may have {DEEPEST_GRAMMAR} groups within groups at most")
        return source


_NO_GROUPS = re.compile(r'"(?:[^"\\]|\\.)*"|\[(?:[^\]\\]|\\.)*\]|#[^\n]*', re.DOTALL)
"""What of a grammar may hold brackets that group nothing: literals, sets of letters, comments."""


class TopK(Frozen):
    """Keeps the k likeliest tokens."""

    name: Literal["top_k"] = "top_k"
    """Which sampler this is."""
    k: int = Field(ge=0, le=INT32)
    """How many; 0 is all."""


class TopP(Frozen):
    """Keeps the likeliest tokens that together reach probability p."""

    name: Literal["top_p"] = "top_p"
    """Which sampler this is."""
    p: Share
    """The mass to keep."""
    min_keep: int = Field(1, ge=0, le=INT32)
    """At least so many."""


class MinP(Frozen):
    """Keeps tokens at least p times as likely as the likeliest."""

    name: Literal["min_p"] = "min_p"
    """Which sampler this is."""
    p: Share
    """The share of the top probability."""
    min_keep: int = Field(1, ge=0, le=INT32)
    """At least so many."""


class Temperature(Frozen):
    """Divides the logits."""

    name: Literal["temperature"] = "temperature"
    """Which sampler this is."""
    t: float = Field(ge=LEAST_TEMPERATURE, le=MOST_STRENGTH)
    """Below 1 sharpens, above 1 flattens."""


class Dist(Frozen):
    """Draws from what the samplers before it left, with the request's seed."""

    name: Literal["dist"] = "dist"
    """Which sampler this is."""


class Greedy(Frozen):
    """Takes the likeliest token."""

    name: Literal["greedy"] = "greedy"
    """Which sampler this is."""


Sampler = Annotated[
    Grammar | Dry | Penalties | TopK | TopP | MinP | Temperature | Dist | Greedy, Field(discriminator="name")
]

StopString = Annotated[str, Field(min_length=1, max_length=LONGEST_STOP)]


class Sampling(Frozen):
    """All that turns logits into a text, given the model."""

    seed: Seed
    """For the samplers that draw."""

    chain: Many[Sampler] = Field(max_length=MOST_SAMPLERS)
    """The samplers in the order they are applied, a grammar first."""

    max_tokens: Length
    """The text is cut after so many tokens."""

    stop: Many[StopString] = Field(max_length=MOST_STOPS)
    """Strings that end the text, once it has begun; they are not part of it."""

    @field_validator("chain")
    @classmethod
    def _grammar_first(cls, chain: tuple[Sampler, ...]) -> tuple[Sampler, ...]:
        # Behind top-k and the like it would find only what the model likes best, and of that perhaps nothing to keep.
        if any(isinstance(sampler, Grammar) for sampler in chain[1:]):
            raise ValueError("a grammar must be the first sampler, and the only one of its kind")
        return chain


class SamplingSettings(Frozen):
    """How to choose among the words that stand ready; the defaults suit models of 3B and more."""

    temperature: float = Field(0.7, ge=0, le=MOST_STRENGTH)
    """0 takes the likeliest token."""
    top_k: int = Field(40, ge=0, le=INT32)
    """Only so many of the likeliest; 0 is all."""
    top_p: float = Field(1.0, gt=0, le=1)
    """Only the likeliest that together reach this probability."""
    min_p: float = Field(0.05, ge=0, le=1)
    """Only those at least so probable, relative to the likeliest."""
    repeat_penalty: float = Field(1.0, gt=0, le=MOST_STRENGTH)
    """Divides the logits of words used before; 1 is off."""
    dry_multiplier: float = Field(0.0, ge=0, le=MOST_STRENGTH)
    """Strength of the penalty on repeating a run of words; 0 is off."""
    dry_base: float = Field(1.75, ge=1, le=MOST_STRENGTH)
    """How it grows with the run's length."""
    dry_allowed_length: int = Field(2, ge=0, le=INT32)
    """Tokens a run may have for nothing."""
    last_n: int = Field(1024, ge=0, le=LOOK_BACK)
    """How many tokens back both penalties look."""

    def chain(self) -> tuple[Sampler, ...]:
        """The samplers, in llama.cpp's usual order."""
        chain: list[Sampler] = []
        if self.repeat_penalty != 1:
            chain.append(Penalties(last_n=self.last_n, repeat=self.repeat_penalty, frequency=0.0, presence=0.0))
        if self.dry_multiplier:
            chain.append(
                Dry(
                    multiplier=self.dry_multiplier,
                    base=self.dry_base,
                    allowed_length=self.dry_allowed_length,
                    last_n=self.last_n,
                    breakers=("\n", ":", '"', "*"),
                )
            )
        if self.temperature < LEAST_TEMPERATURE:
            return (*chain, Greedy())
        if self.top_k:
            chain.append(TopK(k=self.top_k))
        if self.top_p < 1:
            chain.append(TopP(p=self.top_p))
        if self.min_p:
            chain.append(MinP(p=self.min_p))
        return (*chain, Temperature(t=self.temperature), Dist())
