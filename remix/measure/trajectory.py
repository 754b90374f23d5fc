"""A chain's texts in a row: the passage, then what each step made of it.

Takes a run's outputs as they were found, gives `Trajectory`s. Nothing here measures.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from remix.outputs.verify import Found
from remix.records import Record


class Trajectory(NamedTuple):
    """A passage and its successive texts, of one kind and variant."""

    passage: str
    """The passage's id."""
    kind: str
    """The kind."""
    variant: int
    """Number of the chain."""
    texts: tuple[str, ...]
    """The passage's text, then the text of step 1, 2 and so on: `texts[k]` is step k's."""


def trajectories(found: Iterable[Found]) -> list[Trajectory]:
    """All chains of a run as far as they reach without a gap, in the order of the plan.

    Openings that a template put into a model's mouth are taken off: every chain has the same ones at the same step,
    and would seem to converge on them.
    """
    chains: dict[tuple[str, str, int], dict[int, Found]] = {}
    for each in found:
        chains.setdefault((each.task.passage, each.task.kind, each.task.variant), {})[each.task.step] = each
    made = []
    for (passage, kind, variant), steps in chains.items():
        first = steps.get(1)
        if first:
            texts = [first.record.source.text]
            while len(texts) in steps:
                texts.append(own_words(steps[len(texts)]))
            made.append(Trajectory(passage, kind, variant, tuple(texts)))
    return made


def own_words(found: Found) -> str:
    """An output's text without the opening that its template gave it."""
    return found.text.removeprefix(_opening(found.record)).strip()


def _opening(record: Record) -> str:
    prompt = record.derivation.prompt
    last = prompt.messages[-1] if prompt.messages else None
    return last.content.strip() if last and last.role == "assistant" and prompt.keep_opening else ""
