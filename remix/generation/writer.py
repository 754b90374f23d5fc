"""The interface of writers, which turn prompts into texts: the seam between a run and its models.

`engine/local.py` is a writer over a GGUF on this machine, `langchain/writer.py` over any LangChain chat model,
`cluster/pool.py` over the workers of a cluster.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import NamedTuple, Protocol, runtime_checkable

from remix.reader.reader import Scorer
from remix.records import Fork, Generation, Message, Prompt, PromptSize, Sampling, WriterInfo

ROWS = 16
"""Texts to ask for at once, if a writer doesn't say how many it writes at once."""


OnText = Callable[[str], None]
"""Called with new words of a text."""


class TokenCounter(Protocol):
    """Counts the tokens of prompts for one model."""

    @property
    def name(self) -> str:
        """The model's name."""

    @property
    def context(self) -> int:
        """Most tokens of a prompt and its output together."""

    def may_fit(self, messages: Sequence[Message], most: int) -> bool:
        """Whether a prompt may have at most `most` tokens: a cheap bound, asked before the prompt is measured."""

    def measure(self, messages: Sequence[Message], most: int) -> PromptSize:
        """The length of a prompt, exactly or as an upper bound; a bound is at most `most` tokens.

        Raises `PromptError` if the model's chat template refuses the messages.
        """


class Writer(Protocol):
    """Turns prompts into texts."""

    @property
    def scorer(self) -> Scorer | None:
        """Gives probabilities of texts by others, by the same model; null if the writer can't."""

    @property
    def info(self) -> WriterInfo:
        """The writer as known before the first text. Each `Generation` names the writer of its text."""

    @property
    def counter(self) -> TokenCounter | None:
        """Counts the tokens of prompts; null if the writer can't count, or doesn't know the model's context."""

    @property
    def sampled(self) -> int:
        """Tokens sampled so far."""

    def submit(
        self, prompt: Prompt, sampling: Sampling, on_text: OnText | None = None, *, fork: Fork | None = None
    ) -> Future[Generation]:
        """Queue a prompt; with `fork`, the text begins with given tokens. Raises `RemixError`, as the future does.

        `on_text` is called in any thread with new words, as they come or all at the end.
        """

    def close(self) -> None:
        """Cancel unfinished texts, and free all resources."""


@runtime_checkable
class Spread(Protocol):
    """A writer on several machines. Texts about the same passage are best written by the same machine."""

    def at(self, place: str) -> Writer:
        """The writer for texts of a task's place, whose prompts often begin alike."""


def writer_at(writer: Writer, place: str) -> Writer:
    """The writer for texts of a task's place; most writers are the same for all."""
    return writer.at(place) if isinstance(writer, Spread) else writer


class Progress(NamedTuple):
    """Numbers of a run's finished and failed tasks, of all tasks, and of tokens."""

    done: int
    failed: int
    total: int
    sampled: int
    """Tokens sampled since the process began."""


Watch = Callable[[Progress], None]
"""Called with the progress of a run."""
