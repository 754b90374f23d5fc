"""Whoever turns prompts into texts: the seam between the pipeline and a model.

`engine/local.py` is one over a GGUF on this machine, `langchain/` another over any LangChain chat model.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import NamedTuple, Protocol

from remix.records import EngineUsed, Generation, ModelFile, ModelUsed, Prompt, Sampling

ROWS = 16
"""Texts asked for at once of a writer that doesn't say how many it takes."""


class Writer(Protocol):
    """Whoever turns prompts into texts, and what a record must say of them."""

    @property
    def file(self) -> ModelFile | None: ...
    @property
    def name(self) -> str: ...
    @property
    def parallel(self) -> int | None: ...
    @property
    def threads(self) -> int | None: ...
    @property
    def n_ctx_seq(self) -> int | None: ...
    @property
    def sampled(self) -> int: ...
    @property
    def chat_template_sha256(self) -> str | None: ...
    @property
    def model_used(self) -> ModelUsed: ...
    @property
    def engine_used(self) -> EngineUsed: ...
    @property
    def exactness(self) -> str: ...
    def submit(self, prompt: Prompt, sampling: Sampling) -> Future[Generation]: ...
    def close(self) -> None: ...


class Progress(NamedTuple):
    """How far a run has come."""

    done: int
    failed: int
    total: int
    sampled: int
    """Tokens written since this process began."""


Watch = Callable[[Progress], None]
"""Hears how far a run has come."""
