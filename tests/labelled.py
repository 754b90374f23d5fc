"""Sentences that models wrote about shipped passages, labelled by reading: does the passage say so?

docs/measures.md says how the labels were made. Passages are those of the repository's seeds, by id and sha256.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

from remix.corpus import read_seeds
from remix.records import sha256
from remix.workspace import shipped


class Labelled(NamedTuple):
    """A sentence of a text, with its label."""

    passage: str
    """The passage."""
    text: str
    """The whole text."""
    sentence: str
    """One of the text's sentences."""
    model: str
    """The model that wrote the text."""
    kind: str
    """`rewrite`, `summary` or `counter`."""
    readings: tuple[str, str]
    """The labels of two readings made apart."""
    label: Literal["said", "added", "turned round", "nonsense"]
    """The label; where the readings differ, that of a third reading."""
    held_out: bool
    """Whether the passage is kept for the final figures."""


@cache
def labelled() -> tuple[Labelled, ...]:
    """All labelled sentences. Raises `ValueError` if a passage isn't the one that was read."""
    folder = shipped("seeds")
    passages = {each.id: each.text for essay in read_seeds(folder, folder.parent) for each in essay.passages}
    lines = (Path(__file__).parent / "labelled.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(_read(json.loads(line), passages) for line in lines)


def _read(row: dict[str, object], passages: dict[str, str]) -> Labelled:
    passage = passages[str(row["passage"])]
    if sha256(passage) != row["passage_sha256"]:
        raise ValueError(f"{row['passage']}: another passage than the one that was read")
    # A line of JSON has values of any type, and mypy can't see that these are the fields' own.
    return Labelled(passage, *(row[name] for name in Labelled._fields[1:]))  # type: ignore[arg-type]
