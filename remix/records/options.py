"""What a run may be asked for."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from remix.records.bounds import (
    LARGEST_WHOLE,
    MOST_CANDIDATES,
    MOST_LAYERS,
    MOST_PARALLEL,
    MOST_STEPS,
    MOST_STRENGTH,
    MOST_THREADS,
    MOST_TOKENS,
    MOST_VARIANTS,
)
from remix.records.values import Frozen, Many


class Options(Frozen):
    """What a run was asked for, every default filled in."""

    tags: Many[str] = ()
    """Passages with any of these tags; all, if there are none."""
    essays: Many[str] = ()
    """Passages of these essays; of all, if there are none."""
    where: str | None = None
    """Passages that this query means; see `corpus/query.py`."""
    like: str | None = None
    """Passages like this text, the likest first; by words only those that share one with it."""
    by: Literal["words", "meaning"] = "words"
    """What makes passages like that text."""
    sample: int | None = Field(None, ge=1, le=LARGEST_WHOLE)
    """So many of the passages, drawn with the run's seed."""
    kinds: Many[str] = ()
    """Kinds of outputs; all templates there are, if none are named."""
    steps: int = Field(3, ge=1, le=MOST_STEPS)
    """Steps a chain."""
    variants: int = Field(1, ge=1, le=MOST_VARIANTS)
    """Chains a passage and kind."""
    best_of: int = Field(1, ge=1, le=MOST_CANDIDATES)
    """Candidates a task, of which one is kept."""
    min_words: int = Field(0, ge=0, le=LARGEST_WHOLE)
    """Only passages of so many words."""
    limit: int | None = Field(None, ge=1, le=LARGEST_WHOLE)
    """Only the first so many passages."""
    model: str | None = None
    """Path or name of the model; the bundled one, if none is named. A run keeps no path, but the name."""
    seed: int = Field(1, ge=-LARGEST_WHOLE, le=LARGEST_WHOLE)
    """The run's seed: a whole number that every reader of JSON takes for the same."""
    parallel: int | None = Field(None, ge=1, le=MOST_PARALLEL)
    """Most sequences active at once."""
    threads: int | None = Field(None, ge=1, le=MOST_THREADS)
    """Threads of the engine."""
    max_tokens: int | None = Field(None, ge=1, le=MOST_TOKENS)
    """Tokens an output, instead of what the templates say."""
    temperature: float | None = Field(None, ge=0, le=MOST_STRENGTH)
    """Sampling temperature, instead of what the templates say."""
    memory: int | None = Field(None, ge=1, le=LARGEST_WHOLE)
    """Bytes for what sequences keep in memory; half of what is free, if nothing is said."""
    gpu_layers: int = Field(0, ge=0, le=MOST_LAYERS)
    """Layers put on a GPU."""
    fast: bool = False
    """Decode in whatever shape is quickest, though bytes then depend on company."""
    skip_bad: bool = False
    """Leave out seeds, templates and passages that can't be used, rather than stop."""
