"""How a text is sampled: the samplers, the bounds and defaults of their parameters, and the samplers' order.

`SamplingSettings` are what a template may say, with the defaults (DRY's too); its `chain` gives the order
of samplers; `Sampling` is what a record keeps. `engine/llama/samplers.py` maps each sampler to llama.cpp.
"""

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
    MOST_TOKENS,
)
from remix.records.values import Frozen, Length, Many, Seed, Share, Strength

DRY_BREAKERS = ("\n", ":", '"', "*")
"""Default strings that end a repetition for DRY, as in llama.cpp."""


class Dry(Frozen):
    """The DRY sampler ("don't repeat yourself"): penalises tokens that continue a repeated sequence of tokens."""

    name: Literal["dry"] = "dry"
    """Name of the sampler."""
    multiplier: Strength
    """Strength of the penalty; 0 is off."""
    base: Strength
    """Factor of the penalty for each further token of the repetition."""
    allowed_length: int = Field(ge=0, le=INT32)
    """Longest repetition without a penalty, in tokens."""
    last_n: int = Field(ge=0, le=LOOK_BACK)
    """Length of the window of past tokens, in tokens. -1 (all) is refused: llama.cpp's library takes -1 for off,
    silently."""
    breakers: tuple[Annotated[str, Field(max_length=LONGEST_BREAKER)], ...] = Field(max_length=MOST_BREAKERS)
    """Strings that end a repetition."""
    prompt: bool = False
    """Whether tokens that continue a sequence of the prompt's tokens are penalised, too; names and figures of the
    prompt aren't (`engine/heard.py`)."""


class Penalties(Frozen):
    """The repetition, frequency and presence penalties."""

    name: Literal["penalties"] = "penalties"
    """Name of the sampler."""
    last_n: int = Field(ge=0, le=LOOK_BACK)
    """Length of the window of past tokens, in tokens."""
    repeat: float = Field(gt=0, le=MOST_STRENGTH)
    """Divisor of the logit of a token in the window; 1 is off."""
    frequency: Strength
    """Subtracted from the logit once per occurrence in the window; 0 is off."""
    presence: Strength
    """Subtracted from the logit of each token in the window; 0 is off."""


class Grammar(Frozen):
    """Keeps the tokens with which the text can still match a grammar."""

    name: Literal["grammar"] = "grammar"
    """Name of the sampler."""
    source: str = Field(min_length=1, max_length=LONGEST_GRAMMAR)
    """The rules, in llama.cpp's form of BNF (GBNF). An empty grammar is refused: llama.cpp would allow any text."""
    root: str = Field("root", max_length=256)
    """Name of the rule for the whole text."""

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
"""Parts of a grammar in which brackets don't group: literals, character classes, comments."""


class TopK(Frozen):
    """Keeps the k most probable tokens."""

    name: Literal["top_k"] = "top_k"
    """Name of the sampler."""
    k: int = Field(ge=0, le=INT32)
    """Number of tokens; 0 is all."""


class TopP(Frozen):
    """Keeps the most probable tokens that together reach probability p."""

    name: Literal["top_p"] = "top_p"
    """Name of the sampler."""
    p: Share
    """Probability to reach, from 0 to 1."""
    min_keep: int = Field(1, ge=0, le=INT32)
    """Least number of tokens to keep."""


class MinP(Frozen):
    """Keeps tokens at least p times as probable as the most probable token."""

    name: Literal["min_p"] = "min_p"
    """Name of the sampler."""
    p: Share
    """Share of the largest probability, from 0 to 1."""
    min_keep: int = Field(1, ge=0, le=INT32)
    """Least number of tokens to keep."""


class Temperature(Frozen):
    """Divides the logits by t."""

    name: Literal["temperature"] = "temperature"
    """Name of the sampler."""
    t: float = Field(ge=LEAST_TEMPERATURE, le=MOST_STRENGTH)
    """Divisor of the logits: below 1 sharpens the distribution, above 1 flattens the distribution."""


class Dist(Frozen):
    """Draws one of the remaining tokens by probability, with the request's seed."""

    name: Literal["dist"] = "dist"
    """Name of the sampler."""


class Greedy(Frozen):
    """Takes the most probable token."""

    name: Literal["greedy"] = "greedy"
    """Name of the sampler."""


Sampler = Annotated[
    Grammar | Dry | Penalties | TopK | TopP | MinP | Temperature | Dist | Greedy, Field(discriminator="name")
]

StopString = Annotated[str, Field(min_length=1, max_length=LONGEST_STOP)]


class Sampling(Frozen):
    """The parameters that, with model and prompt, determine the text."""

    seed: Seed
    """Seed of the samplers' random numbers."""

    chain: Many[Sampler] = Field(max_length=MOST_SAMPLERS)
    """The samplers in the order of application, a grammar first."""

    max_tokens: Length
    """Largest number of tokens of the text."""

    stop: Many[StopString] = Field(max_length=MOST_STOPS)
    """Strings that end the text; leading white space doesn't count, and the stop string is cut off."""

    max_thoughts: int = Field(0, ge=0, le=MOST_TOKENS)
    """Largest number of tokens of the model's thoughts: then remix closes the thoughts. 0 if thoughts have no tokens
    of their own, and take from the text's."""

    @property
    def most(self) -> int:
        """Largest number of sampled tokens."""
        return self.max_tokens + self.max_thoughts

    @field_validator("chain")
    @classmethod
    def _grammar_first(cls, chain: tuple[Sampler, ...]) -> tuple[Sampler, ...]:
        # Top-k or min-p may remove all tokens that the grammar allows.
        if any(isinstance(sampler, Grammar) for sampler in chain[1:]):
            raise ValueError("a grammar must be the first sampler, and the only one of its kind")
        return chain


class SamplingSettings(Frozen):
    """The sampling that a template asks for; the defaults suit models of 3B parameters and more."""

    temperature: float = Field(0.7, ge=0, le=MOST_STRENGTH)
    """Sampling temperature; 0 always takes the most probable token."""
    top_k: int = Field(40, ge=0, le=INT32)
    """Keep only this number of most probable tokens; 0 is all."""
    top_p: float = Field(1.0, gt=0, le=1)
    """Keep only the most probable tokens that together reach this probability."""
    min_p: float = Field(0.05, ge=0, le=1)
    """Keep only tokens with at least this share of the largest probability."""
    repeat_penalty: float = Field(1.0, gt=0, le=MOST_STRENGTH)
    """Divisor of the logits of tokens used before; 1 is off."""
    dry_multiplier: float = Field(0.0, ge=0, le=MOST_STRENGTH)
    """Strength of DRY, the penalty on repeating a sequence of tokens; 0 is off."""
    dry_base: float = Field(1.75, ge=1, le=MOST_STRENGTH)
    """Factor of DRY's penalty for each further token of the repetition."""
    dry_allowed_length: int = Field(2, ge=0, le=INT32)
    """Longest repetition without a DRY penalty, in tokens."""
    dry_prompt: bool = False
    """Whether DRY also penalises repeating a sequence of the prompt's tokens, names and figures left out."""
    last_n: int = Field(1024, ge=0, le=LOOK_BACK)
    """Length of the window of past tokens for both penalties, in tokens; with `dry_prompt` DRY's window holds the end
    of the prompt, too."""

    def chain(self) -> tuple[Sampler, ...]:
        """The samplers in llama.cpp's usual order: penalties, DRY, top-k, top-p, min-p, temperature, draw."""
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
                    breakers=DRY_BREAKERS,
                    prompt=self.dry_prompt,
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
