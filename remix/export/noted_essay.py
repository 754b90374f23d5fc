"""A woven essay as books have it: title, texts in reading order, and notes on the passages behind the sentences.

Takes a run and outputs with their reviews, gives a `NotedEssay` from which Markdown, EPUB and Word are made. Knows no
format.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from remix.errors import RunError
from remix.export.reviewed_outputs import ReviewedOutput, chapters, line, title
from remix.export.sentences import Stretch, shown_lineage, stretches
from remix.outputs.essay import heading_of, woven
from remix.outputs.facts import lines_in_words
from remix.outputs.run import RunFolder
from remix.records import Run, Source
from remix.records.lineage import Lineage, SentenceLineage
from remix.records.weave import Weave
from remix.util.names import shortened
from remix.verification.finding import FoundOutput

HEADING = "Where the sentences come from"

ADDED = "†"
"""Stands behind sentences without a passage."""

LONGEST = 200
"""Letters of the title of an essay or section in a note."""


class Marked(NamedTuple):
    """A stretch of a text, and the mark that stands behind the stretch."""

    text: str
    mark: str
    """The number of a note, `ADDED`, or nothing."""


class EssayText(NamedTuple):
    """A text of the essay."""

    output: ReviewedOutput
    label: str
    """`opening`, `paragraph 2`, or of further texts the kind with a number."""
    lineage: Lineage
    marked: tuple[Marked, ...]
    """The text in stretches."""


class NotedEssay(NamedTuple):
    """A woven essay."""

    title: str
    heading: ReviewedOutput | None
    """The text of the title; null if the text wasn't chosen."""
    texts: tuple[EssayText, ...]
    """The opening, then the paragraphs."""
    notes: tuple[str, ...]
    """The notes in order of their numbers, from 1."""
    passages: Mapping[str, Source]
    """The passages behind the texts by id, in the order of the texts."""
    rest: tuple[ReviewedOutput, ...]
    """The run's further texts."""

    @property
    def origins(self) -> tuple[str, ...]:
        """Kind, step, model and record of the title, if the title was chosen, and of each text."""
        return tuple(each.origin for each in (self.heading, *(text.output for text in self.texts)) if each)

    @property
    def unheard(self) -> tuple[str, ...]:
        """Ids of the passages that stand behind no sentence of the opening and the paragraphs, in order."""
        heard = frozenset[str]().union(*(each.lineage.heard for each in self.texts))
        return tuple(id_ for id_ in self.passages if id_ not in heard)


class EssayOrder(NamedTuple):
    """The tasks of an essay's texts."""

    title: str
    """Id of the title's task."""
    texts: tuple[str, ...]
    """Ids of the tasks of the opening and the paragraphs, in reading order."""


def essay_order(folder: RunFolder) -> EssayOrder | None:
    """The tasks of the essay that a run weaves; null for other runs, and as long as a text of the essay isn't
    written."""
    try:
        found = woven(folder)
    except RunError:
        return None
    return EssayOrder(found.title.task, tuple(part.task for part in found.parts))


def essay_texts(found: Sequence[FoundOutput]) -> list[FoundOutput]:
    """The outputs of a woven essay in reading order, the title first; none if one isn't written or isn't among
    `found`."""
    order = essay_order(found[0].folder) if found else None
    outputs = {each.task.id: each for each in found}
    tasks = (order.title, *order.texts) if order else ()
    return [outputs[task] for task in tasks] if outputs.keys() >= set(tasks) else []


def essay_of(run: Run, outputs: Sequence[ReviewedOutput], with_notes: bool = True) -> NotedEssay | None:
    """The essay that a run weaves, of those of its texts that were chosen; null for other runs, as long as a text of
    the essay isn't written, and if no paragraph was chosen."""
    folders = [each.found.folder for each in outputs]
    # With a refresh, all texts may be the refresh's.
    folder = next((each for each in folders if each.run.name == run.name), folders[0] if folders else None)
    order = essay_order(folder) if folder else None
    if run.weave is None or order is None:
        return None
    chosen = {output.found.task.id: output for output in outputs}
    texts = [chosen[task] for task in order.texts if task in chosen and chosen[task].text.strip()]
    if not texts:
        return None
    heading = chosen.get(order.title)
    own = {order.title, *order.texts}
    passages = {source.passage: source for text in texts for source in text.found.record.sources}
    by_group = dict.fromkeys(id_ for group in run.weave.groups for id_ in group.passages if id_ in passages)
    notes: list[str] = []
    return NotedEssay(
        title=(heading_of(line(heading.text)) if heading else "") or title(run),
        heading=heading,
        texts=tuple(
            _text(each, label, notes if with_notes else None)
            for each, label in zip(texts, _labels(texts, run.weave), strict=True)
        ),
        notes=tuple(notes),
        passages={id_: passages[id_] for id_ in by_group | passages},
        rest=tuple(output for output in outputs if output.found.task.id not in own),
    )


def about(essay: NotedEssay) -> list[str]:
    """Lines on the notes: meaning of the marks, method by which passages were found, and unheard passages."""
    unheard = [place_in_words(essay.passages[id_]) for id_ in essay.unheard]
    lines = [
        f"A note names the passages behind the sentences since the mark before it; {ADDED} marks sentences that are "
        "added.",
        f"{counts(essay)} An aid, no verdict.",
    ]
    return [*lines, f"Not heard: {'; '.join(unheard)}."] if unheard else lines


def counts(essay: NotedEssay) -> str:
    """How many sentences have passages behind them, how the passages were found, and how many are heard, in words."""
    sentences = [each for text in essay.texts for each in text.lineage.sentences]
    added = sum(each.added for each in sentences)
    methods = " and ".join(dict.fromkeys(method_in_words(each.lineage) for each in essay.texts))
    return (
        f"{len(sentences) - added} of {len(sentences)} sentences have passages behind them, {methods}; {added} "
        f"{'is' if added == 1 else 'are'} added, without a passage. "
        f"{len(essay.passages) - len(essay.unheard)} of {len(essay.passages)} passages are heard."
    )


def authors(run: Run, essay: NotedEssay) -> list[str]:
    """Names of the people who wrote the passages, and the passages of the further texts, each once."""
    passages = {*essay.passages, *(passage.id for _, found in chapters(run, essay.rest) for passage, _ in found)}
    return list(dict.fromkeys(line(each.author) for each in run.essays_of(passages) if each.author))


def method_in_words(lineage: Lineage) -> str:
    """How the passages behind sentences were found: method and version."""
    if lineage.method == "words":
        return f"found by similar words (version {lineage.version})"
    return f"found by the model {line(lineage.reader or 'of unknown name')} (version {lineage.version})"


def place_in_words(source: Source) -> str:
    """Essay, section, file, lines and id of a passage, in a line."""
    section = f", under “{shortened(line(source.section), LONGEST)}”" if source.section else ""
    file = shortened(line(source.path), LONGEST)
    where = f"{file}, {lines_in_words(source.lines)} ({shortened(line(source.passage), LONGEST)})"
    return f"“{shortened(line(source.essay), LONGEST)}”{section}, {where}"


def percent(share: float) -> str:
    """A share in whole percent."""
    return f"{100 * share:.0f} %"


def _labels(texts: Sequence[ReviewedOutput], weave: Weave) -> Iterator[str]:
    names = {weave.paragraph: "paragraph"}
    numbers: Counter[str] = Counter()
    for kind in (each.found.task.kind for each in texts):
        numbers[kind] += 1
        yield "opening" if kind == weave.opening else f"{names.get(kind, kind)} {numbers[kind]}"


def _text(output: ReviewedOutput, label: str, notes: list[str] | None) -> EssayText:
    """A text with marks behind its sentences; the notes that the marks refer to are added to `notes`."""
    lineage = shown_lineage(output)
    if notes is None:
        return EssayText(output, label, lineage, (Marked(output.text, ""),))
    sources = {source.passage: source for source in output.found.record.sources}
    parts = stretches(output.text, lineage.sentences) or [Stretch(output.text, 0)]
    marks: dict[int, str] = {}
    for behind, places in _alike(parts, lineage.sentences):
        if behind:
            notes.append(_note([lineage.sentences[parts[place].number - 1] for place in places], sources))
        marks[places[-1]] = str(len(notes)) if behind else ADDED
    marked = tuple(Marked(each.text, marks.get(place, "")) for place, each in enumerate(parts))
    return EssayText(output, label, lineage, marked)


def _alike(
    parts: Sequence[Stretch], sentences: Sequence[SentenceLineage]
) -> Iterator[tuple[tuple[str, ...], list[int]]]:
    """Places of neighbouring sentences in a paragraph that have the same passages behind them, in the same order of
    shares; and these passages."""
    found: list[tuple[int, tuple[str, ...], int]] = []
    paragraph = 0
    for place, each in enumerate(parts):
        if each.number:
            behind = tuple(every.passage for every in sentences[each.number - 1].behind)
            found.append((paragraph, behind, place))
        paragraph += "\n\n" in each.text
    for (_, behind), group in groupby(found, key=lambda each: each[:2]):
        yield behind, [place for _, _, place in group]


def _note(found: Sequence[SentenceLineage], sources: Mapping[str, Source]) -> str:
    """The note of sentences with the same passages behind them: each passage, with shares if there are several."""
    shares: dict[str, list[float]] = {}
    for behind in (each for sentence in found for each in sentence.behind):
        shares.setdefault(behind.passage, []).append(behind.share)
    if len(shares) == 1:
        return f"{place_in_words(sources[next(iter(shares))])}."
    named = []
    for id_, own in sorted(shares.items(), key=lambda each: -sum(each[1])):
        least, most = percent(min(own)), percent(max(own))
        share = most if least == most else f"{least.removesuffix(' %')} to {most}"
        named.append(f"{share} {place_in_words(sources[id_])}")
    return "; ".join(named) + "."
