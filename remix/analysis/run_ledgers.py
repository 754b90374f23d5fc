"""The ledgers of a run's outputs.

Takes a run's folder, gives a ledger for each finished output, and stores ledgers beside the outputs' records.
Measures are no part of a record and may be computed again at any time, also by a later version.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from remix.analysis.trajectory import passage_of
from remix.errors import RunError
from remix.measure.chrf import by_words
from remix.measure.language import language_of
from remix.measure.ledger import Ledger, LedgerInput, MeasuresFile, ledger, measured_sentences
from remix.measure.similarity import Matching
from remix.outputs.form import dump
from remix.outputs.layout import MEASURES
from remix.outputs.run import RunFolder
from remix.records import Frozen, Record, RecordInput, Run, Task
from remix.templates.template import templates_of
from remix.util.files import write_whole
from remix.util.languages import name_of
from remix.util.units import size

MOST_MEASURED = 384 * 2**20
"""Bytes of a run's texts, prompts and tokens, which are all in memory at once: about 30,000 usual texts."""

WORST = 5
"""Outputs listed as the worst of a kind."""


class Measured(NamedTuple):
    """An output and its measures."""

    task: Task
    record: Record
    ledger: Ledger


class KindSummary(Frozen):
    """The measures of one kind's outputs."""

    kind: str
    """Name of the kind."""
    outputs: int
    """Number of outputs."""
    kept: float
    """Median share of the passage's sentences that the text keeps."""
    added: float
    """Median share of the text's sentences without a match in the passage."""
    facts: float | None
    """Median share of the passage's hard facts that the text keeps; null if no passage has hard facts."""
    words: float
    """Median words of the text per word of the passage."""
    coverage: float
    """Median coverage, see `Extractive`."""
    density: float
    """Median density in words, see `Extractive`."""
    compression: float
    """Median compression, see `Extractive`."""
    flagged: int
    """Outputs with a flag."""
    inventing: int
    """Outputs that invent a hard fact."""
    reversing: int
    """Outputs that may reverse a claim."""
    worst: tuple[str, ...]
    """Tasks of the worst outputs: most flags, then most invented facts, then most reversals, then fewest sentences
    kept.
    """


class LanguageSummary(Frozen):
    """Summary of the outputs with passages in one language."""

    language: str
    """Code of the language."""
    name: str
    """English name of the language."""
    outputs: int
    """Number of outputs."""
    not_looked_for: tuple[str, ...]
    """Facts that can't be found in the language."""

    @property
    def line(self) -> str:
        """What isn't looked for, in words; empty if all facts are."""
        facts, texts = ", ".join(self.not_looked_for), "text" if self.outputs == 1 else "texts"
        return f"Passages in {self.name}, {self.outputs} {texts}: {facts} are not looked for." if facts else ""


def languages(measured: Sequence[Measured]) -> list[LanguageSummary]:
    """One summary per language, the most frequent first; none of passages too short to tell."""
    ledgers = {each.ledger.language: each.ledger for each in measured if each.ledger.language}
    counts = Counter(each.ledger.language for each in measured)
    return [
        LanguageSummary(
            language=language,
            name=name_of(language),
            outputs=counts[language],
            not_looked_for=ledgers[language].not_looked_for,
        )
        for language, _ in counts.most_common()
        if language
    ]


def measure(folder: RunFolder, matching: Matching = by_words) -> list[Measured]:
    """The measures of all finished outputs, in the order of the plan.

    Raises `RunError` if an output can't be read or differs from its record, or if the run is larger than
    `MOST_MEASURED`.
    """
    read = list(_read(folder))
    similarity = matching(
        [
            each
            for _, _, made in read
            for text in (made.passage, made.text)
            for each in measured_sentences(text, language_of(made.passage))
        ]
    )
    return [Measured(task, record, ledger(made, similarity)) for task, record, made in read]


def _read(folder: RunFolder) -> Iterator[tuple[Task, Record, LedgerInput]]:
    """Each finished output with its sources."""
    lengths = _Lengths(folder.run)
    texts: dict[str, str] = {}
    earlier = {each.record.id: each.text for each in folder.run.earlier}
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
        read = [texts[id_] if id_ in texts else folder.read(id_)[1] for id_ in task.reads]
        # A branch continues its original, and doesn't read the original as an input.
        inputs = () if task.branch else task.inputs
        read += [earlier[each.record] for each in inputs if isinstance(each, RecordInput)]
        yield (
            task,
            record,
            LedgerInput(
                text=text,
                finish=record.output.finish,
                passage=passage_of(record),
                previous="\n\n".join(read),
                messages=record.derivation.prompt.messages,
                length=lengths.of(task, record),
            ),
        )


def _held(record: Record, text: str) -> int:
    """Approximate bytes of an output in memory: one per letter, eight per token id."""
    candidates = record.candidates or ()
    texts = [text, *(source.text for source in record.sources), *(each.text for each in candidates)]
    texts += [each.text for each in record.given_up]
    texts += [message.content for message in record.derivation.prompt.messages]
    numbers = [record.derivation.prompt.token_ids, record.output.token_ids, *(each.token_ids for each in candidates)]
    thoughts = [each for each in (record.output.thoughts, *(each.thoughts for each in candidates)) if each]
    texts += [each.text for each in thoughts]
    numbers += [each.token_ids for each in thoughts]
    return sum(map(len, texts)) + 8 * sum(len(each or ()) for each in numbers)


def store(folder: RunFolder, measured: Iterable[Measured]) -> None:
    """Write each ledger beside its record, unless the same ledger is there already.

    Raises `RunError` if another process is writing the run, or a file can't be written.
    """
    with folder.lock():
        for each in measured:
            data = dump(MeasuresFile(record=each.record.id, ledger=each.ledger))
            path = folder.measures_path(each.task.id)
            with suppress(OSError):
                if folder.read_bytes(f"{each.task.id}{MEASURES}") == data:
                    continue
            write_whole(path, data)


def summaries(measured: Sequence[Measured]) -> list[KindSummary]:
    """One summary per kind, in the order of the plan."""
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
    """Sort key: the worst output first."""
    found = each.ledger
    return -len(found.flags), -len(found.facts.invented), -len(found.reversals), found.kept


def _median(values: Iterable[float]) -> float:
    return round(statistics.median(values), 4)


class _Lengths:
    """The lengths that templates ask for, as a share of the words read, by the templates stored in the run."""

    def __init__(self, run: Run) -> None:
        self._templates = templates_of(run)
        self._labels = run.model.labels if run.model else None

    def of(self, task: Task, record: Record) -> float | None:
        labels = self._labels if self._labels is not None else (record.circumstances.model.lower(),)
        return self._templates[task.kind].settings(labels).length
