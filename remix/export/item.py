"""An output on its way out: as it was found, with what people said of it.

Takes what was found and the reviews, gives `Item`s.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from remix.outputs import reviews
from remix.outputs.verify import Found, Report
from remix.records import Standing


class Item(NamedTuple):
    """An output and what holds of it."""

    found: Found
    standing: Standing
    edited: str | None
    """A person's own version, where there is one."""

    @property
    def text(self) -> str:
        """What is to be kept: the edited version, or else the output."""
        return self.found.text if self.edited is None else self.edited


def items(report: Report) -> list[Item]:
    """All outputs of a run. Raises `RunError` where an edited version isn't what was kept."""
    standings = reviews.standings(reviews.read(report.path).reviews)
    return [_item(report.path, each, standings.get(each.id, Standing())) for each in report.found]


def _item(folder: Path, found: Found, standing: Standing) -> Item:
    return Item(found, standing, reviews.edited_text(folder, standing.edit) if standing.edit else None)
