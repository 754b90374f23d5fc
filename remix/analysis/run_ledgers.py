"""The measures of a run's outputs.

Takes a run's folder, gives a ledger for each finished output, and stores it beside the output's record. Measures are
no part of a record: they may be taken anew at any time, by another version too.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from remix.errors import RunError
from remix.measure.chrf import by_words
from remix.measure.ledger import Ledger, LedgerInput, MeasuresFile, ledger, measured_sentences
from remix.measure.similarity import Matching
from remix.outputs.bounds import MOST_MEASURES
from remix.outputs.form import dump
from remix.outputs.run import RunFolder
from remix.records import Frozen, Record, Run, Task
from remix.templates.template import Template
from remix.util.files import write_whole
from remix.util.units import size

MOST_MEASURED = 384 * 2**20
"""Bytes of texts, prompts and tokens of a run that is measured, all of which are in memory: 30,000 usual texts."""

WORST = 5
"""Outputs of a kind that are named as its worst."""


class Measured(NamedTuple):
    """An output and its measures."""

    task: Task
    record: Record
    ledger: Ledger


class KindSummary(Frozen):
    """The outputs of one kind together."""

    kind: str
    """The kind."""
    outputs: int
    """How many there are."""
    kept: float
    """Median share of the passage's sentences that are kept."""
    added: float
    """Median share of the text's sentences that nothing in the passage comes near."""
    facts: float | None
    """Median share of the passage's hard facts that are kept; null where no passage has any."""
    words: float
    """Median length, for each of the passage's words."""
    coverage: float
    """Median share of words that stand in fragments shared with the passage."""
    density: float
    """Median of the mean length of such fragments."""
    compression: float
    """Median of the passage's words for each of the text's."""
    flagged: int
    """Outputs with a flag."""
    inventing: int
    """Outputs that invent a hard fact."""
    reversing: int
    """Outputs that may turn a claim round."""
    worst: tuple[str, ...]
    """The first to look at: most flags, then most inventions, then most claims turned round, then least kept."""


def measure(folder: RunFolder, matching: Matching = by_words) -> list[Measured]:
    """The measures of all finished outputs, in the order of the plan.

    Raises `RunError` where an output can't be read or isn't the one that was recorded, or all are too large together.
    """
    read = list(_read(folder))
    similarity = matching(
        [each for _, _, made in read for text in (made.passage, made.text) for each in measured_sentences(text)]
    )
    return [Measured(task, record, ledger(made, similarity)) for task, record, made in read]


def _read(folder: RunFolder) -> Iterator[tuple[Task, Record, LedgerInput]]:
    """Each finished output with what it was made from."""
    lengths = _Lengths(folder.run)
    texts: dict[str, str] = {}
    left = MOST_MEASURED
    for task in folder.done:
        record, text = folder.read(task.id)
        left -= _held(record, text)
        if left < 0:
            raise RunError(
                f"{folder.path}: its texts have more than {size(MOST_MEASURED)}, too much to be measured.",
                "Make several runs, each of fewer passages, kinds or variants.",
            )
        texts[task.id] = text
        previous = texts[task.parent] if task.parent in texts else _previous(folder, task)
        yield (
            task,
            record,
            LedgerInput(
                text=text,
                finish=record.output.finish,
                passage=record.source.text,
                previous=previous,
                messages=record.derivation.prompt.messages,
                length=lengths.of(task, record),
            ),
        )


def _held(record: Record, text: str) -> int:
    """Bytes that an output takes in memory, roughly: a number of a list takes as many as eight letters."""
    candidates = record.candidates or ()
    texts = [text, record.source.text, *(each.text for each in candidates)]
    texts += [message.content for message in record.derivation.prompt.messages]
    numbers = [record.derivation.prompt.token_ids, record.output.token_ids, *(each.token_ids for each in candidates)]
    return sum(map(len, texts)) + 8 * sum(len(each or ()) for each in numbers)


def store(folder: RunFolder, measured: Iterable[Measured]) -> None:
    """Write each ledger beside its record, where it isn't there already.

    Raises `RunError` where another process is writing the run, or nothing can be written.
    """
    with folder.lock():
        for each in measured:
            data = dump(MeasuresFile(record=each.record.id, ledger=each.ledger))
            path = folder.measures_path(each.task.id)
            with suppress(OSError):
                if folder.read_bytes(f"{each.task.id}.measures.json", MOST_MEASURES) == data:
                    continue
            write_whole(path, data)


def summaries(measured: Sequence[Measured]) -> list[KindSummary]:
    """One for each kind, in the order in which they come first."""
    kinds = dict.fromkeys(each.task.kind for each in measured)
    return [_summary(kind, [each for each in measured if each.task.kind == kind]) for kind in kinds]


def _summary(kind: str, measured: Sequence[Measured]) -> KindSummary:
    ledgers = [each.ledger for each in measured]
    facts = [share for each in ledgers if (share := each.facts.kept_share) is not None]
    return KindSummary(
        kind=kind,
        outputs=len(ledgers),
        kept=_median(each.kept for each in ledgers),
        added=_median(each.added for each in ledgers),
        facts=_median(facts) if facts else None,
        words=_median(each.length.share for each in ledgers),
        coverage=_median(each.extractive.coverage for each in ledgers),
        density=_median(each.extractive.density for each in ledgers),
        compression=_median(each.extractive.compression for each in ledgers),
        flagged=sum(bool(each.flags) for each in ledgers),
        inventing=sum(bool(each.facts.invented) for each in ledgers),
        reversing=sum(bool(each.reversals) for each in ledgers),
        worst=tuple(each.task.id for each in sorted(measured, key=_badness)[:WORST]),
    )


def _badness(each: Measured) -> tuple[int, int, int, float]:
    """The lower the worse."""
    of = each.ledger
    return -len(of.flags), -len(of.facts.invented), -len(of.reversals), of.kept


def _median(values: Iterable[float]) -> float:
    return round(statistics.median(values), 4)


def _previous(folder: RunFolder, task: Task) -> str:
    """Text of the step before; nothing for the first."""
    return folder.read(task.parent)[1] if task.parent else ""


class _Lengths:
    """How many words each kind asks for, by the templates as they were when the run began."""

    def __init__(self, run: Run) -> None:
        self._templates = {used.kind: Template(used.kind, used.source.encode(), used.name) for used in run.templates}
        self._labels = run.model.labels if run.model else None

    def of(self, task: Task, record: Record) -> float | None:
        labels = self._labels if self._labels is not None else (record.circumstances.model.lower(),)
        return self._templates[task.kind].settings(labels).length
