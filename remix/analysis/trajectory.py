"""Trajectories: the texts of a chain in order, the passage first.

Takes a run's records with their texts, gives `Trajectory`s. Measures nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from remix.records import Record


class Trajectory(NamedTuple):
    """The texts of a chain: one passage, kind and variant. If a kind reads other kinds, each chain has one text."""

    passage: str
    """Id of the passage."""
    kind: str
    """Name of the kind."""
    variant: int
    """Number of the variant, from 1."""
    texts: tuple[str, ...]
    """`texts[0]` is the passage, `texts[k]` the text of step k."""


def trajectories(outputs: Iterable[tuple[Record, str]]) -> list[Trajectory]:
    """All chains of a run, each up to its first missing step, from records and texts in the order of the plan.

    Openings given by a template are removed: all chains have the same opening at a step, which would look like
    convergence. Branches after step 1 are left out: the steps before are in another run.
    """
    chains: dict[tuple[str, str, int], dict[int, tuple[Record, str]]] = {}
    for record, text in outputs:
        task = record.task
        if task.branch and task.step > 1:
            continue
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
    """An output's text without the opening given by its template."""
    prompt = record.derivation.prompt
    last = prompt.messages[-1] if prompt.messages else None
    opening = last.content.strip() if last and last.role == "assistant" and prompt.keep_opening else ""
    return text.removeprefix(opening).strip()
