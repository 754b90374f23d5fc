"""Claims about passages of their own, for fitting readers: true ones, ones turned round, and additions.

Passages and claims were written by language models for this alone, and are of no other file. Each passage has six
pairs of a true claim and one turned round, in words of their own, and two claims that the passage doesn't make.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from remix.records import Label


class Claim(NamedTuple):
    """A passage and a claim."""

    passage: str
    claim: str
    """A sentence."""
    label: Label
    kind: str
    """What the claim, or the other of its pair, turns round; `added` for additions."""


@cache
def claims() -> tuple[Claim, ...]:
    """All claims, those about a passage together."""
    lines = (Path(__file__).parent / "planted_claims.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(claim for line in lines for claim in _of(json.loads(line)))


def _of(row: dict[str, list[dict[str, Label]]]) -> Iterator[Claim]:
    for each in row["claims"]:
        yield Claim(str(row["passage"]), each["claim"], each["label"], each["kind"])
