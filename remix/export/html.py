"""Export to HTML: one page with each passage beside the passage's texts; of a woven essay, each sentence beside the
passages behind it.

Takes a run and outputs with their reviews, gives HTML that loads no other file and runs no script.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from remix import pages
from remix.analysis.trajectory import passage_of
from remix.export import noted_essay, threads
from remix.export.reviewed_outputs import ReviewedOutput, chapters, models
from remix.export.sentences import has_lineage, shown_lineage
from remix.outputs.facts import about, facts, lines_in_words, variant_label
from remix.reader.shown import shown
from remix.records import Passage, Run

_VERDICTS = {"accept": "accepted", "star": "starred", "reject": "rejected"}
_LOSSES = {"earned": "loss earned", "lost": "loss not earned"}


def html(run: Run, outputs: Sequence[ReviewedOutput]) -> str:
    """The whole page: a woven essay, then the passages in the order of the run."""
    woven = noted_essay.essay_of(run, outputs, with_notes=False)
    threaded = _threads(outputs, woven)
    texts = threaded.texts if threaded else {}
    essays = [
        {"title": essay.title, "passages": [_passage(passage, written, texts) for passage, written in passages]}
        for essay, passages in chapters(run, woven.rest if woven else outputs)
    ]
    return pages.render(
        "run.html",
        run=run,
        title=woven.title if woven else about(run),
        count=len(outputs),
        total=len(run.tasks),
        model=" and ".join(models(outputs)) or "nobody yet",
        passages=len(threaded.passages) if woven and threaded else sum(len(essay["passages"]) for essay in essays),
        essays=essays,
        essay=_essay(woven, threaded) if woven and threaded else None,
        threads=threaded,
    )


def _threads(outputs: Sequence[ReviewedOutput], woven: noted_essay.NotedEssay | None) -> threads.Threads | None:
    """The threads of the essay's texts and of texts of several passages; null if there is no such text."""
    texts = [(text.label, text.output, text.lineage) for text in woven.texts] if woven else []
    for output in woven.rest if woven else outputs:
        if has_lineage(output.found):
            task = output.found.task
            texts.append((f"{task.kind}, step {task.step}{variant_label(task)}", output, shown_lineage(output)))
    return threads.threads(texts, woven.passages.values() if woven else ()) if texts else None


def _essay(woven: noted_essay.NotedEssay, threaded: threads.Threads) -> dict[str, Any]:
    unheard = frozenset(woven.unheard)
    return {
        "title": woven.title,
        "about": noted_essay.counts(woven),
        "unheard": [each for each in threaded.passages if each.source.passage in unheard],
        "texts": [_output(each.output, threaded.texts) for each in woven.texts],
        "heading": _output(woven.heading, {}) if woven.heading else None,
    }


def _passage(
    passage: Passage, outputs: Iterable[ReviewedOutput], texts: Mapping[str, threads.ThreadedText]
) -> dict[str, Any]:
    chains = groupby(outputs, key=lambda output: f"{output.found.task.kind}{variant_label(output.found.task)}")
    return {
        "id": passage.id,
        "number": passage.id.rpartition("/")[2],
        "section": passage.section,
        "text": passage.text,
        "tags": passage.tags,
        "path": passage.path,
        "lines": lines_in_words(passage.lines),
        "chains": [{"title": title, "outputs": [_output(each, texts) for each in chain]} for title, chain in chains],
    }


def _output(output: ReviewedOutput, texts: Mapping[str, threads.ThreadedText]) -> dict[str, Any]:
    found, standing, reading = output.found, output.standing, output.reading
    marks = (_VERDICTS.get(standing.verdict or ""), _LOSSES.get(standing.loss or ""), standing.edit and "edited")
    return {
        "id": found.task.id,
        "text": output.text,
        "threads": texts.get(found.task.id),
        "before": found.text if output.edited is not None else None,
        "marks": [mark for mark in marks if mark],
        "note": standing.note,
        "step": found.task.step,
        # Of the text as it was written, if the run was read.
        "reading": shown(reading, passage_of(found.record), found.text) if reading else None,
        "flags": found.record.flags,
        "facts": list(facts(found.record)),
    }
