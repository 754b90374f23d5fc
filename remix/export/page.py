"""A run as a page to read: each passage beside what came of it.

Takes a run and its outputs with their reviews, gives HTML that needs no other file and runs no script.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from remix import pages
from remix.export.item import Item, by_passage
from remix.outputs.facts import about, facts
from remix.records import Passage, Run, Standing


def page(run: Run, items: Sequence[Item]) -> str:
    """The whole page, in the order of the run."""
    written = by_passage(run, items)
    essays = [
        {
            "title": essay.title,
            "passages": [
                _passage(passage, written[passage.id]) for passage in essay.passages if passage.id in written
            ],
        }
        for essay in run.essays
    ]
    return pages.render(
        "run.html",
        run=run,
        about=about(run),
        count=len(items),
        total=len(run.tasks),
        model=" and ".join(dict.fromkeys(item.found.record.circumstances.model for item in items)) or "nobody yet",
        passages=len(written),
        essays=[essay for essay in essays if essay["passages"]],
    )


def _passage(passage: Passage, items: Iterable[Item]) -> dict[str, Any]:
    first, last = passage.lines
    chains = groupby(items, key=lambda item: (item.found.task.kind, item.found.task.variant))
    return {
        "id": passage.id,
        "number": passage.id.rpartition("/")[2],
        "section": passage.section,
        "text": passage.text,
        "tags": passage.tags,
        "path": passage.path,
        "lines": f"line {first}" if first == last else f"lines {first} to {last}",
        "chains": [
            {
                "title": kind + (f", variant {variant}" if variant > 1 else ""),
                "outputs": [_output(each) for each in chain],
            }
            for (kind, variant), chain in chains
        ],
    }


def _output(item: Item) -> dict[str, Any]:
    found = item.found
    return {
        "id": found.task.id,
        "text": item.text,
        "before": found.text if item.edited is not None else None,
        "marks": list(_marks(item.standing)),
        "note": item.standing.note,
        "step": found.task.step,
        "flags": found.record.flags,
        "facts": list(facts(found.record)),
    }


def _marks(standing: Standing) -> Iterable[str]:
    """What people said of it, in a word each."""
    words = {"accept": "accepted", "star": "starred", "reject": "rejected"}
    if standing.verdict:
        yield words[standing.verdict]
    if standing.loss in ("earned", "lost"):
        yield f"loss {standing.loss}" if standing.loss == "earned" else "loss not earned"
    if standing.edit:
        yield "edited"
