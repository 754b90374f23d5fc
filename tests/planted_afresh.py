"""Claims about twenty shipped passages in words of their own: of each passage three true ones and three turned round.

For the final figures of a reader alone; docs/measures.md tells what was looked at. A claim turned round is neither a
sentence of the passage nor a true claim with a word exchanged. The passages are in neither `planted.py` nor
`labelled.jsonl`.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple, cast

from remix.corpus import read_seeds
from remix.records import sha256
from remix.workspace import shipped

Kind = Literal["faithful", "direction", "negation", "hard"]


class Afresh(NamedTuple):
    """A passage and a claim."""

    passage: str
    kind: Kind
    """`faithful`, or what is turned round in the claim."""
    claim: str
    """A sentence."""


@cache
def afresh() -> tuple[Afresh, ...]:
    """All claims, those about a passage together. Raises `ValueError` if a passage has changed since."""
    folder = shipped("seeds")
    passages = {each.id: each.text for essay in read_seeds(folder, folder.parent) for each in essay.passages}
    lines = (Path(__file__).parent / "planted_afresh.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(_read(json.loads(line), passages) for line in lines)


def _read(row: dict[str, str], passages: dict[str, str]) -> Afresh:
    passage = passages[row["passage"]]
    if sha256(passage) != row["passage_sha256"]:
        raise ValueError(f"{row['passage']}: another passage than the one that was read")
    return Afresh(passage, cast("Kind", row["kind"]), row["claim"])
