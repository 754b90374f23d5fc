"""What every contender is given, and what it gives back.

Records only: importing this loads no llama.cpp, so that a contender's process loads it its own way.
"""

from __future__ import annotations

from pathlib import Path

from remix.engine.decoder import BatchConfig
from remix.records import Frozen, Message, Request, Sha256

CELLS = 256
"""llama.cpp rounds a sequence's context up to a multiple of this."""


class Task(Frozen):
    """One text to be written."""

    messages: tuple[Message, ...]
    """The prompt as a chat, for those who take nothing else."""
    request: Request
    """The prompt's tokens and the samplers, the same for all."""


class Work(Frozen):
    """The same for every contender: a model, what to write, and how many threads to write it with."""

    model: Path
    """The GGUF."""
    name: str
    """What the model is called, with its weight type."""
    file_type: str | None
    """Its weight type."""
    sha256: Sha256
    """Of the file."""
    tasks: tuple[Task, ...]
    """In the order of a plan: all kinds of one passage, then the next passage."""
    shape: BatchConfig
    """What remix takes for this model on this machine: the first that passes its probe, or what was asked for."""
    threads: int
    """For prompts and for decoding."""
    passages: int
    """How many of the shipped passages the tasks are about."""
    max_tokens: int
    """Tokens a text may have."""

    @property
    def n_ctx_seq(self) -> int:
        """Tokens that a sequence needs, prompt and text together, rounded up as llama.cpp does."""
        longest = max(len(task.request.token_ids) + task.request.sampling.max_tokens for task in self.tasks)
        return -(-longest // CELLS) * CELLS

    @property
    def given(self) -> int:
        """Tokens of all prompts."""
        return sum(len(task.request.token_ids) for task in self.tasks)

    @property
    def warm_up(self) -> Request:
        """A short request that brings the weights into memory, and is in nobody's way after."""
        first = self.tasks[0].request
        sampling = first.sampling.model_copy(update={"max_tokens": 4})
        return Request(token_ids=first.token_ids[:16], sampling=sampling)


class Measure(Frozen):
    """What one contender did once. The model's loading isn't counted, unless its own text says so."""

    seconds: float
    """From the first prompt handed in to the last text handed back."""
    tasks: int
    """Texts."""
    generated: int
    """Tokens sampled."""
    given: int
    """Tokens of the prompts."""
    computed: int | None = None
    """Those of them that were computed; the others were in memory. Nothing where that can't be known."""
    rss: tuple[int, ...] = ()
    """Memory of the process in bytes: after each hundredth text, and at the end."""
    others: float = 0.0
    """Cores that other processes kept busy meanwhile: what the numbers must be read with."""

    @property
    def per_minute(self) -> float:
        """Texts a minute."""
        return self.tasks / self.seconds * 60

    @property
    def speed(self) -> float:
        """Tokens sampled a second."""
        return self.generated / self.seconds

    @property
    def length(self) -> float:
        """Tokens a text has, on average."""
        return self.generated / self.tasks
