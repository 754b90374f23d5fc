"""A chain's texts in a row: the passage, then what each step made of it.

Takes a run's records with their texts, gives `Trajectory`s. Nothing here measures.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from remix.records import Record


class Trajectory(NamedTuple):
    """A passage and its successive texts, of one kind and variant. A kind that reads others has a chain of one."""

    passage: str
    """The passage's id."""
    kind: str
    """The kind."""
    variant: int
    """Number of the chain."""
    texts: tuple[str, ...]
    """The passage's text, then the text of step 1, 2 and so on: `texts[k]` is step k's."""


def trajectories(outputs: Iterable[tuple[Record, str]]) -> list[Trajectory]:
    """All chains of a run as far as they reach without a gap, from records and texts in the order of the plan.

    Openings that a template put into a model's mouth are taken off: every chain has the same ones at the same step,
    and would seem to converge on them.
    """
    chains: dict[tuple[str, str, int], dict[int, tuple[Record, str]]] = {}
    for record, text in outputs:
        task = record.task
        chains.setdefault((place_of(record), task.kind, task.variant), {})[task.step] = record, text
    made = []
    for (passage, kind, variant), steps in chains.items():
        if 1 in steps:
            texts = [passage_of(steps[1][0])]
            while len(texts) in steps:
                texts.append(own_words(*steps[len(texts)]))
            made.append(Trajectory(passage, kind, variant, tuple(texts)))
    return made


def place_of(record: Record) -> str:
    """What a text is compared by: the id of its passage, or of several passages the folder of the text."""
    return record.sources[0].passage if len(record.sources) == 1 else record.output.file.rpartition("/")[0]


def passage_of(record: Record) -> str:
    """The words of the passages behind a text."""
    return "\n\n".join(source.text for source in record.sources)


def own_words(record: Record, text: str) -> str:
    """An output's text without the opening that its template gave it."""
    prompt = record.derivation.prompt
    last = prompt.messages[-1] if prompt.messages else None
    opening = last.content.strip() if last and last.role == "assistant" and prompt.keep_opening else ""
    return text.removeprefix(opening).strip()
