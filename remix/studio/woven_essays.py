"""Woven essays in reading order, with the passages behind each sentence; and what became of a passage in all essays.

Takes the studio's runs, gives frozen values that become JSON; strings are safe to show. Threads may share a
`WovenEssays`. Knows nothing of HTTP.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Literal, NamedTuple

from remix.analysis.run_lineages import lineage_of
from remix.measure.language import language_of
from remix.measure.sentences import sentences
from remix.outputs.essay import heading_of, in_reading_order
from remix.outputs.facts import about
from remix.outputs.layout import LINEAGE
from remix.outputs.run import RunFolder
from remix.records import Frozen, Record, Run, Source, Standing, Task
from remix.records.lineage import Lineage, LineageFile
from remix.records.output import source_of
from remix.records.weave import Weave
from remix.studio.garden import RunState, state_of
from remix.studio.json_http import NotInStudio
from remix.studio.kept_texts import KeptTexts
from remix.studio.open_runs import OpenRuns
from remix.studio.output_detail import SHOWN, read_output
from remix.studio.output_files import OpenOutput, key_of
from remix.studio.output_files import state_of as files_state_of
from remix.studio.sentence_threads import Piece, ShownSentence, pieces_of, shown_sentences
from remix.util.names import readable

KEPT = 1000
"""Texts kept in memory with their lineage."""

MOST_ESSAYS = 50
"""Essays in which a passage is looked for, the latest first."""

MOST_HEARD = 100
"""Sentences of an essay in which a passage is heard, in an answer."""

Method = Literal["words", "model"]


class ShownPart(Frozen):
    """A text of the essay: an opening or a paragraph."""

    key: str
    """The output's key, by which the text is judged."""
    output: str | None
    """The record's id, which a review names; null if the text isn't written, or broken."""
    task: str
    """Id of the task."""
    kind: str
    step: int
    number: int
    """Number of the text among those after the opening, from 1; 0 for the opening."""
    is_written: bool
    pieces: tuple[Piece, ...]
    sentences: tuple[ShownSentence, ...]
    flags: tuple[str, ...]
    standing: Standing
    problem: str
    """Why the text can't be judged; else empty."""


class ShownSource(Frozen):
    """A passage of the essay."""

    id: str
    title: str
    """Title of the passage's essay."""
    tags: tuple[str, ...]
    pieces: tuple[Piece, ...]


class ShownEssay(Frozen):
    """An essay."""

    run: str
    about: str
    """The request in words."""
    state: RunState
    title: str
    """Empty until the title is written."""
    title_key: str
    """The output's key."""
    parts: tuple[ShownPart, ...]
    """The opening and the paragraphs in reading order, also those that aren't written yet."""
    passages: tuple[ShownSource, ...]
    """In the order of the paragraphs."""
    by: Method
    """How the lineage was found."""
    reader: str | None
    """Name of the model that found the lineage; null if it was found by words."""
    methods: tuple[Method, ...]
    """The methods by which the whole lineage is known."""


class Heard(Frozen):
    """A sentence in which a passage is heard."""

    task: str
    """Id of the text's task."""
    kind: str
    step: int
    sentence: int
    """Number of the sentence in its text, from 1."""
    words: str
    """The sentence."""
    share: float


class HeardIn(Frozen):
    """What became of a passage in an essay."""

    run: str
    title: str
    """The essay's title; the request in words until the title is written."""
    sentences: tuple[Heard, ...]
    """At most `MOST_HEARD`; none if nobody hears the passage."""
    is_whole: bool
    """Whether all texts that read the passage are written."""


class Heards(Frozen):
    """What became of a passage."""

    essays: tuple[HeardIn, ...]
    """The latest first."""


class _Text(NamedTuple):
    """A text with its lineage, as read from its files."""

    is_written: bool
    text: str
    record: Record | None
    lineage: LineageFile | None
    problem: str


_UNWRITTEN = _Text(is_written=False, text="", record=None, lineage=None, problem="")


class WovenEssays:
    """The essays that runs of the studio weave."""

    def __init__(self, runs: OpenRuns) -> None:
        self._runs = runs
        self._kept = KeptTexts[_Text](KEPT)

    def of(self, run: str, by: Method | None = None) -> ShownEssay:
        """The essay of a run by name, with the lineage by a method; null takes the best that the whole essay has.

        Raises `NotInStudio` if there is no such run, or the run weaves no essay.
        """
        self._runs.find_runs()
        folder = next((each for each in self._runs.folders if each.run.name == run), None)
        weave = folder.run.weave if folder else None
        if folder is None or weave is None:
            raise NotInStudio(f"The run {readable(run)} weaves no essay.", "The home page lists all runs.")
        title, *tasks = in_reading_order(folder.run.tasks, weave)
        texts = {task.id: self._text(folder, task) for task in tasks}
        lineages = [each.lineage for each in texts.values() if each.lineage]
        is_read = bool(lineages) and all(each.model for each in lineages)
        methods: tuple[Method, ...] = ("words", "model") if is_read else ("words",)
        method = by if by in methods else methods[-1]
        passages = _passages(folder.run, weave)
        own = _sentences_of(passages)
        numbers = {passage.passage: number for number, passage in enumerate(passages)}
        standings = self._runs.standings(each.record.id for each in texts.values() if each.record)
        after = [task for task in tasks if task.kind != weave.opening]

        def shown(task: Task) -> ShownPart:
            read = texts[task.id]
            found = read.lineage and _by(read.lineage, method)
            return ShownPart(
                key=key_of(folder.path, task.id),
                output=read.record.id if read.record else None,
                task=readable(task.id),
                kind=readable(task.kind),
                step=task.step,
                number=after.index(task) + 1 if task in after else 0,
                is_written=read.is_written,
                pieces=pieces_of(read.text, [each.sentence for each in found.sentences] if found else []),
                sentences=shown_sentences(found, numbers, own) if found else (),
                flags=tuple(map(readable, read.record.flags)) if read.record else (),
                standing=standings.get(read.record.id, Standing()) if read.record else Standing(),
                problem=readable(read.problem),
            )

        reader = next((each.model.reader for each in lineages if each.model), None) if method == "model" else None
        return ShownEssay(
            run=readable(run),
            about=readable(about(folder.run)),
            state=state_of(folder, len(folder.done)),
            title=readable(heading_of(self._text(folder, title).text[:SHOWN])),
            title_key=key_of(folder.path, title.id),
            parts=tuple(map(shown, tasks)),
            passages=tuple(_source(passage, own[passage.passage]) for passage in passages),
            by=method,
            reader=reader and readable(reader),
            methods=methods,
        )

    def heard(self, id_: str, text: str | None) -> Heards:
        """What became of a passage in the latest essays; `text` finds the same words under another id."""
        self._runs.find_runs()
        found: list[HeardIn] = []
        for folder in reversed(self._runs.folders):
            if len(found) == MOST_ESSAYS:
                break
            if weave := folder.run.weave:
                passages = _passages(folder.run, weave)
                ids = {each.passage for each in passages if id_ == each.passage or text == each.text}
                if ids:
                    found.append(self._heard_in(folder, weave, ids))
        return Heards(essays=tuple(found))

    def _heard_in(self, folder: RunFolder, weave: Weave, ids: set[str]) -> HeardIn:
        title, *tasks = in_reading_order(folder.run.tasks, weave)
        texts = [(task, self._text(folder, task)) for task in tasks if not task.passages or ids & set(task.passages)]
        heard = (each for task, text in texts if text.lineage for each in _heard(task, text.lineage, ids))
        return HeardIn(
            run=readable(folder.run.name),
            title=readable(heading_of(self._text(folder, title).text[:SHOWN]) or about(folder.run)),
            sentences=tuple(each for _, each in zip(range(MOST_HEARD), heard, strict=False)),
            is_whole=all(text.is_written for _, text in texts),
        )

    def _text(self, folder: RunFolder, task: Task) -> _Text:
        """A text with its lineage, read anew if a file has changed."""
        state = _state_of(folder, task)
        return self._kept.get(
            key_of(folder.path, task.id), state, lambda: _read(folder, task) if state else _UNWRITTEN
        )


def _state_of(folder: RunFolder, task: Task) -> tuple[object, ...]:
    """Times and sizes of a text's files; empty if the text isn't written."""
    state = files_state_of(OpenOutput(folder, (), task))
    lineage = None
    with suppress(OSError):
        lineage = (folder.path / f"{task.id}{LINEAGE}").stat().st_mtime_ns
    return (*state, lineage) if state else ()


def _read(folder: RunFolder, task: Task) -> _Text:
    text, record, broken = read_output(folder, task)
    lineage = lineage_of(folder, task.id, record, text) if record else None
    return _Text(True, text, record, lineage, f"{broken.message} {broken.hint}" if broken else "")


def _by(found: LineageFile, method: Method) -> Lineage:
    return found.model if method == "model" and found.model else found.words


def _passages(run: Run, weave: Weave) -> list[Source]:
    """The passages of an essay, in the order in which its paragraphs read them; those behind texts of earlier runs
    are known from these texts' records."""
    known = {source.passage: source for each in run.earlier for source in each.record.sources}
    known |= {passage.id: source_of(passage) for _, passage in run.corpus}
    ids = dict.fromkeys(id_ for group in weave.groups for id_ in group.passages)
    return [known[id_] for id_ in ids if id_ in known]


def _sentences_of(passages: Sequence[Source]) -> dict[str, list[str]]:
    """The sentences of each passage by id, cut as for the lineage."""
    language = language_of("\n\n".join(each.text for each in passages))
    return {each.passage: sentences(each.text, language) for each in passages}


def _source(passage: Source, own: Sequence[str]) -> ShownSource:
    return ShownSource(
        id=readable(passage.passage),
        title=readable(passage.essay),
        tags=tuple(map(readable, passage.tags)),
        pieces=pieces_of(passage.text, own),
    )


def _heard(task: Task, lineage: LineageFile, ids: set[str]) -> Iterator[Heard]:
    """The sentences of a text in which one of some passages is heard."""
    for number, sentence in enumerate((lineage.model or lineage.words).sentences, 1):
        shares = [each.share for each in sentence.behind if each.passage in ids]
        if shares:
            yield Heard(
                task=readable(task.id),
                kind=readable(task.kind),
                step=task.step,
                sentence=number,
                words=readable(sentence.sentence),
                share=max(shares),
            )
