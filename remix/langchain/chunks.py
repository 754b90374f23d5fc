"""A chat model's call: parameters, and the chunks of the stream.

Takes pieces of the text and choices of tokens from the engine, gives LangChain's chunks. Knows no engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk

from remix.langchain.logprobs import Streamed, in_metadata
from remix.records import Choice, Generation, Sampling


class Call(NamedTuple):
    """The parameters of a call."""

    sampling: Sampling
    top: int | None
    """The number of tokens to tell in the place of each; null without log-probabilities."""

    def hear(self, put: Callable[[Choice], None]) -> Callable[[Choice], None] | None:
        """A listener for the choices of tokens, if log-probabilities are wanted."""
        return None if self.top is None else put


class Chunks:
    """The chunks of a stream."""

    def __init__(self, call: Call) -> None:
        self._tokens = None if call.top is None else Streamed(call.top)

    def of(self, item: str | Choice) -> Iterator[ChatGenerationChunk]:
        """The chunk for a piece of the text; log-probabilities of a token come with the piece that completes the
        token."""
        if isinstance(item, str):
            told = in_metadata(self._tokens.sent(item) if self._tokens else None)
            yield ChatGenerationChunk(message=AIMessageChunk(content=item, response_metadata=told))
        elif self._tokens:
            self._tokens.add(item)

    def rest(self, generation: Generation) -> list[dict[str, Any]] | None:
        """The tokens not yet in a chunk when the text has ended."""
        return self._tokens.rest(generation) if self._tokens else None
