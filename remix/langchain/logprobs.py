"""Log-probabilities of an answer's tokens, in the form of LangChain's models by OpenAI.

Takes choices, gives `{"content": [{"token", "bytes", "logprob", "top_logprobs": [{"token", "bytes", "logprob"}]}]}`:
natural logarithms of the probabilities before any sampler. Knows no engine.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import Any

from remix.errors import ModelError
from remix.records import Choice, Generation

NAMES = ("logprobs", "top_logprobs")
"""Fields of the chat model, and arguments of a call."""

MOST = 5
"""Most tokens told in the place of each: as many alternatives as the engine traces."""

NEVER = -9999.0
"""Stands for the logarithm of 0, which JSON can't represent."""

_BROKEN = "\ufffd"
"""Stands in a token's text for part of a character; a trace doesn't have the bytes."""


def wanted_top(fields: Mapping[str, Any], given: Mapping[str, Any]) -> int | None:
    """The number of tokens to list in the place of each token; null without a request for log-probabilities.

    Takes the chat model's fields and a call's arguments. Raises `ModelError` for a number beyond the engine's.
    """
    told, top = (given.get(name, fields[name]) for name in NAMES)
    if top is not None and (isinstance(top, bool) or not isinstance(top, int) or not 0 <= top <= MOST):
        raise ModelError(f"`top_logprobs`: {top!r} is not from 0 to {MOST}.", "The engine keeps five alternatives.")
    if top and not told:
        raise ModelError("`top_logprobs` goes with `logprobs`.", "Say `logprobs=True` too.")
    return (top or 0) if told else None


def logprobs_of(generation: Generation, top: int) -> list[dict[str, Any]]:
    """The tokens of an answer, without the token that ended the text and without the tokens of a stop string."""
    choices = [each for each in generation.choices or () if each.piece]
    if "".join(each.piece for each in choices).startswith(generation.text):
        starts = accumulate((len(each.piece) for each in choices), initial=0)
        choices = [each for each, start in zip(choices, starts, strict=False) if start < len(generation.text)]
    return in_shape(choices, top)


def in_shape(choices: Iterable[Choice], top: int) -> list[dict[str, Any]]:
    """Choices in OpenAI's form, each with the `top` most probable tokens in the token's place, perhaps including the
    token."""
    shaped = []
    for choice in choices:
        others = [
            (each.piece, math.log(each.probability) if each.probability else NEVER) for each in choice.alternatives
        ]
        # The most probable first.
        ranked = sorted([(choice.piece, choice.logprob), *others], key=lambda pair: -pair[1])
        most = [_token(*each) for each in ranked[:top]]
        shaped.append({**_token(choice.piece, choice.logprob), "top_logprobs": most})
    return shaped


def in_metadata(tokens: list[dict[str, Any]] | None) -> dict[str, Any]:
    """The tokens as an entry of a message's `response_metadata`; empty without log-probabilities."""
    return {} if tokens is None else {"logprobs": {"content": tokens}}


class Streamed:
    """The tokens of an answer already sent while the answer streams."""

    def __init__(self, top: int) -> None:
        self._top = top
        self._waiting: list[Choice] = []
        self._ahead = 0
        """Characters sent of the text, less the characters of the tokens sent."""
        self._told = 0

    def add(self, choice: Choice) -> None:
        """Add a token whose text is still to be sent."""
        self._waiting.append(choice)

    def sent(self, text: str) -> list[dict[str, Any]]:
        """The tokens completed by a piece of the text."""
        self._ahead += len(text)
        ready: list[Choice] = []
        while self._waiting and len(self._waiting[0].piece) <= self._ahead:
            choice = self._waiting.pop(0)
            self._ahead -= len(choice.piece)
            if choice.piece:
                ready.append(choice)
        self._told += len(ready)
        return in_shape(ready, self._top)

    def rest(self, generation: Generation) -> list[dict[str, Any]]:
        """The tokens not sent yet."""
        return logprobs_of(generation, self._top)[self._told :]


def _token(piece: str, logprob: float) -> dict[str, Any]:
    return {"token": piece, "bytes": None if _BROKEN in piece else list(piece.encode()), "logprob": logprob}
