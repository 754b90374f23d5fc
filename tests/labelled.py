"""Sentences that models wrote about passages, labelled by reading: does the passage say so?

docs/measures.md says how the labels were made. Passages of the repository's seeds are given by id and sha256; others
were written by language models for this alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

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
    """Sentences of texts by SmolLM2-135M and Qwen2.5-Coder-1.5B, with the templates of their day. Raises `ValueError`
    if a passage isn't the one that was read."""
    return tuple(
        Labelled(_shipped(row["passage"], row["passage_sha256"]), *(row[name] for name in Labelled._fields[1:]))
        for row in _rows("labelled.jsonl")
    )


@cache
def of_texts() -> tuple[Labelled, ...]:
    """Sentences of texts by Qwen2.5-Coder-1.5B; a sentence that several texts of a passage have is here once. Raises
    `ValueError` if a passage isn't the one that was read."""
    return tuple(each for row in _rows("labelled_texts.jsonl") for each in _of_passage(row))


def _rows(name: str) -> Iterator[dict[str, Any]]:
    return map(json.loads, (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines())


def _of_passage(row: dict[str, Any]) -> Iterator[Labelled]:
    passage = row["passage"] if "passage" in row else _shipped(row["id"], row["sha256"])
    for text in row["texts"]:
        for each in text["sentences"]:
            of_text = (passage, text["text"], each["sentence"], "qwen2.5-coder-1.5b", text["kind"])
            yield Labelled(*of_text, each["readings"], each["label"], row["held_out"])


def _shipped(id_: str, digest: str) -> str:
    """The text of a shipped passage."""
    passage = _passages()[id_]
    if sha256(passage) != digest:
        raise ValueError(f"{id_}: another passage than the one that was read")
    return passage


@cache
def _passages() -> dict[str, str]:
    folder = shipped("seeds")
    return {each.id: each.text for essay in read_seeds(folder, folder.parent) for each in essay.passages}
