"""How long a run will take: estimated from the last run with the same model on this machine.

Takes a run's request, gives seconds; keeps the numbers of a run that has ended in the user's cache. Without an
earlier run, the result of `remix models tune` serves, or a rule of thumb. Writes nothing into a run's folder.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Literal, NamedTuple

from pydantic import Field

from remix.engine import reasoning, tune
from remix.engine.memo import memo_key
from remix.errors import RunError
from remix.generation.writer import ROWS, Writer
from remix.records import Frozen, ModelFile, Run
from remix.templates.template import settings_for, templates_of
from remix.util.cache import MemoStore

LEAST_SAMPLED = 50
"""Tokens; the speed of a run with fewer tokens is not kept."""

BYTES_A_SECOND = 5e9
"""The rule of thumb: file size times tokens a second, for each core. SmolLM2-135M (98 MB) writes about 100 tokens a
second on two cores, many texts at a time."""

SHORT = 0.4
"""Usual length of a text as a share of the longest possible text, if no earlier run shows the length."""

MOST_GAIN = 3.0
"""Most factor by which more texts at a time are faster."""

Basis = Literal["its last run", "`remix models tune`", "a rule of thumb, since no run with this model was timed here"]


class Pace(Frozen):
    """The numbers of the last run with a model."""

    texts: int = Field(ge=1)
    sampled: int = Field(ge=1)
    """Tokens of all texts together."""
    seconds: float = Field(gt=0)
    """Without the time to load the model."""
    at_once: int = Field(ge=1)
    """Most texts that were written at the same time."""


class Estimate(NamedTuple):
    """How long a run will take."""

    least: float
    """Seconds, if the texts are as long as texts usually are."""
    most: float
    """Seconds, if every text is as long as its template allows."""
    basis: Basis


_MEMOS = MemoStore("paces", Pace)
_PROCEDURE = "remix/pace/1"


def estimate(run: Run, prompt_tokens: int) -> Estimate | None:
    """How long a planned run will take, of whose prompts so many tokens are computed; null without a local model."""
    if run.model is None or not run.tasks:
        return None
    texts, longest = len(run.tasks) * run.options.best_of, _longest(run)
    if pace := _MEMOS.read(_key(run.model, run.options.gpu_layers)):
        rate = pace.sampled / pace.seconds
        usual = min(longest, texts * pace.sampled / pace.texts)
        gain = min(max(1.0, _at_once(run) / pace.at_once), MOST_GAIN)
        return Estimate(usual / rate / gain, longest / rate, "its last run")
    tuned = None if run.options.gpu_layers else tune.recall(run.model)
    for timed in tuned.timed if tuned else ():
        if tuned and timed.config == tuned.config and timed.prompt and timed.decode:
            prompts = prompt_tokens / timed.prompt
            decoding = longest / timed.decode
            gain = min(max(1.0, _at_once(run) / min(tuned.texts, tuned.config.rows)), MOST_GAIN)
            return Estimate(prompts + SHORT * decoding / gain, prompts + decoding, "`remix models tune`")
    seconds = longest * run.model.size / (BYTES_A_SECOND * (os.cpu_count() or 1))
    basis: Basis = "a rule of thumb, since no run with this model was timed here"
    return Estimate(SHORT * seconds / 2, 2 * seconds, basis)


def remember(run: Run, writer: Writer, sampled: int, seconds: float, texts: int) -> None:
    """Keep the numbers of a run, or of the part of a run that this process wrote, if the cache can be written."""
    file = writer.info.file
    if file is None or not texts or sampled < LEAST_SAMPLED or seconds <= 0:
        return
    pace = Pace(texts=texts, sampled=sampled, seconds=round(seconds, 3), at_once=_at_once(run, writer.info.parallel))
    with suppress(RunError):
        _MEMOS.write(_key(file, run.options.gpu_layers), pace)


def _longest(run: Run) -> int:
    """Tokens of all texts, if each is as long as its template allows, or a branch as long as its run allows."""
    labels = run.model.labels if run.model else ()
    thoughts = reasoning.budget(run.options, run.model) if run.options.think else 0
    allowed = {
        kind: settings_for(template, run.options, labels).max_tokens + thoughts
        for kind, template in templates_of(run).items()
    }
    # What branches have in common with their originals is computed once, and left out here.
    each = (
        task.branch.max_tokens - task.branch.token + 1 if task.branch else allowed[task.kind] for task in run.tasks
    )
    return sum(each) * run.options.best_of


def _at_once(run: Run, parallel: int | None = None) -> int:
    """Most texts that are written at the same time."""
    chains = sum(not task.reads for task in run.tasks) * run.options.best_of
    return max(1, min(chains, parallel or run.options.parallel or ROWS))


def _key(file: ModelFile, gpu_layers: int) -> str:
    return memo_key(_PROCEDURE, file, gpu_layers=gpu_layers)
