"""An output on its way out: as it was found, with what people said of it.

Takes what was found and the reviews, gives `Item`s.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from remix.outputs import reviews
from remix.outputs.facts import shown_under
from remix.records import Run, Standing
from remix.verification.finding import Found
from remix.verification.verify import Report


class Item(NamedTuple):
    """An output and what holds of it."""

    found: Found
    standing: Standing
    edited: str | None
    """A person's own version, where there is one."""
    editor: str | None
    """Who made that."""

    @property
    def text(self) -> str:
        """What is to be kept: the edited version, or else the output."""
        return self.found.text if self.edited is None else self.edited


def items(report: Report) -> list[Item]:
    """All outputs of a run. Raises `RunError` where an edited version isn't what was kept."""
    said = reviews.read(report.path).reviews
    standings = reviews.standings(said)
    editors = {each.output: each.reviewer for each in reviews.in_force(said) if each.edit}
    return [
        _item(report.path, each, standings.get(each.id, Standing()), editors.get(each.id)) for each in report.found
    ]


def _item(folder: Path, found: Found, standing: Standing, editor: str | None) -> Item:
    edited = reviews.edited_text(folder, standing.edit) if standing.edit else None
    return Item(found, standing, edited, editor)


def by_passage(run: Run, items: Iterable[Item]) -> dict[str, list[Item]]:
    """Outputs by the passage they come from, in their order; those of several passages by the first."""
    found: dict[str, list[Item]] = {}
    places = shown_under(run)
    for item in items:
        found.setdefault(places[item.found.task.id], []).append(item)
    return found
