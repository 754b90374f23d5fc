"""Export to HTML: one page with each passage beside the passage's texts.

Takes a run and outputs with their reviews, gives HTML that loads no other file and runs no script.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from remix import pages
from remix.analysis.trajectory import passage_of
from remix.export.reviewed_outputs import ReviewedOutput, chapters, models
from remix.outputs.facts import about, facts, lines_in_words, variant_label
from remix.reader.shown import ShownReading, shown
from remix.records import Passage, Run

_VERDICTS = {"accept": "accepted", "star": "starred", "reject": "rejected"}
_LOSSES = {"earned": "loss earned", "lost": "loss not earned"}


def html(run: Run, outputs: Sequence[ReviewedOutput]) -> str:
    """The whole page, in the order of the run."""
    essays = [
        {"title": essay.title, "passages": [_passage(passage, written) for passage, written in passages]}
        for essay, passages in chapters(run, outputs)
    ]
    return pages.render(
        "run.html",
        run=run,
        about=about(run),
        count=len(outputs),
        total=len(run.tasks),
        model=" and ".join(models(outputs)) or "nobody yet",
        passages=sum(len(essay["passages"]) for essay in essays),
        essays=essays,
    )


def _passage(passage: Passage, outputs: Iterable[ReviewedOutput]) -> dict[str, Any]:
    chains = groupby(outputs, key=lambda output: f"{output.found.task.kind}{variant_label(output.found.task)}")
    return {
        "id": passage.id,
        "number": passage.id.rpartition("/")[2],
        "section": passage.section,
        "text": passage.text,
        "tags": passage.tags,
        "path": passage.path,
        "lines": lines_in_words(passage.lines),
        "chains": [{"title": title, "outputs": [_output(each) for each in chain]} for title, chain in chains],
    }


def _output(output: ReviewedOutput) -> dict[str, Any]:
    found, standing = output.found, output.standing
    marks = (_VERDICTS.get(standing.verdict or ""), _LOSSES.get(standing.loss or ""), standing.edit and "edited")
    return {
        "id": found.task.id,
        "text": output.text,
        "before": found.text if output.edited is not None else None,
        "marks": [mark for mark in marks if mark],
        "note": standing.note,
        "step": found.task.step,
        "reading": _reading(output),
        "flags": found.record.flags,
        "facts": list(facts(found.record)),
    }


def _reading(output: ReviewedOutput) -> ShownReading | None:
    """What a model found in the text as it was written, if the run was read."""
    stored = output.reading
    return shown(stored, passage_of(output.found.record), output.found.text) if stored else None
