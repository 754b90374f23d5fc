"""A run as a page to read: each passage beside what came of it.

Takes a run and its outputs with their reviews, gives HTML that needs no other file and runs no script.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from remix import pages
from remix.export.item import Item
from remix.records import Passage, Record, Run, Standing


def page(run: Run, items: Sequence[Item]) -> str:
    """The whole page, in the order of the run."""
    by_passage: dict[str, list[Item]] = {}
    for item in items:
        by_passage.setdefault(item.found.task.passage, []).append(item)
    essays = [
        {
            "title": essay.title,
            "passages": [
                _passage(passage, by_passage[passage.id]) for passage in essay.passages if passage.id in by_passage
            ],
        }
        for essay in run.essays
    ]
    return pages.render(
        "run.html",
        run=run,
        about=", ".join(run.options.tags or run.options.essays) or "All passages",
        count=len(items),
        total=len(run.tasks),
        model=" and ".join(dict.fromkeys(item.found.record.circumstances.model for item in items)) or "nobody yet",
        passages=len(by_passage),
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
        "facts": list(_facts(found.record)),
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


def _facts(record: Record) -> Iterable[tuple[str, str]]:
    derivation, circumstances = record.derivation, record.circumstances
    yield "record", record.id
    if derivation.parent:
        yield "made from", derivation.parent
    weights = f", sha256 {derivation.model.sha256}" if derivation.model.sha256 else ""
    yield "model", circumstances.model + weights
    yield "template", f"{record.source.template}, sha256 {derivation.prompt.template}"
    if sampling := derivation.sampling:
        chain = ", ".join(sampler.name for sampler in sampling.chain)
        yield "sampling", f"seed {sampling.seed}, at most {sampling.max_tokens} tokens, {chain}"
    if selection := derivation.selection:
        yield "chosen", f"of {selection.candidates} by {selection.chooser.name}"
    if record.output.trimmed:
        yield "cut off", record.output.trimmed
    yield "written", f"{circumstances.finished:%Y-%m-%d %H:%M:%S} UTC"
    yield "exact", "yes" if derivation.engine.exact else "no: bytes may depend on what ran beside it"
