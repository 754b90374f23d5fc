"""All that the page shows of one output.

In the middle: views of two texts side by side (passage, sentences, previous step, edited version), with alternatives
for each token. On the right: where the text comes from (facts, flags, prompt, candidates). Takes a run's folder and a
task, gives an `OutputDetail` of plain values, safe to show. Knows nothing of HTML.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from pydantic import Field

from remix.analysis.trajectory import passage_of
from remix.errors import RunError
from remix.outputs.facts import facts, lines_in_words
from remix.outputs.form import body_of
from remix.outputs.layout import TEXT
from remix.outputs.run import RunFolder
from remix.outputs.stored_readings import stored_reading
from remix.outputs.uncertain import Word as WrittenWord
from remix.outputs.uncertain import trace_of
from remix.outputs.uncertain import words as written_words
from remix.reader.shown import ShownReading, shown
from remix.records import Candidate, Choice, Frozen, Message, Passage, Record, RecordInput, Task
from remix.studio import measured_sentences
from remix.studio.diff import Difference, Span, difference
from remix.util.names import readable

UNLIKE = 0.1
"""Share of a text's characters: if two texts have less in common, the common words are chance and aren't marked."""

SHOWN = 40_000
"""Characters of a text sent to the page."""

MOST = 100
"""Messages, candidates, tags and flags sent to the page; no run of remix has more."""

MOST_ALTERNATIVES = 5
"""Alternatives of a token sent to the page: as many as a trace records."""

LONGEST_PIECE = 1000
"""Characters of a token's piece sent to the page; no token has more."""


class OutputText(NamedTuple):
    """An output's text, with the record if both files are unchanged since written."""

    text: str
    record: Record | None
    broken: RunError | None
    """Why there is no record."""


class Chunk(NamedTuple):
    """A stretch of a text, to be shown in one style."""

    text: str
    changed: bool
    """Whether dropped (left text) or added (right text)."""
    word: int | None
    """Index into `OutputDetail.words`, if alternatives are known."""


class ShownToken(Frozen):
    """A token of a word."""

    piece: str
    """The token's characters."""
    probability: float
    perplexity: float
    """`Choice.perplexity` with the digits of `Choice.among`: the token was like a choice among so many."""
    alternatives: tuple[tuple[str, float], ...]
    """The most probable tokens and their probabilities; an empty piece is the end of the text."""


class Word(Frozen):
    """A word with known alternatives."""

    shade: int
    """Uncertainty: 0 low … 3 very high (`uncertain.SHADES`)."""
    tokens: tuple[ShownToken, ...]


class View(Frozen):
    """Two texts side by side."""

    name: str
    """`passage`, `sentences`, `before` (the previous step), `reads KIND` (a text of that kind), `edited`, or `pair`
    (any two texts)."""
    left: tuple[Chunk, ...]
    """The source."""
    right: tuple[Chunk, ...]
    """The output."""
    plain: Literal["unlike", "long"] | None
    """Why no differences are marked: hardly a common word, or too long; null if differences are marked."""


class NamedPassage(Frozen):
    """A passage, and where it stands."""

    id: str
    essay: str
    """Title of the essay."""
    section: str | None
    path: str
    lines: str


class OutputDetail(Frozen):
    """All that the page shows of one output."""

    passages: tuple[NamedPassage, ...]
    """The passages that the text was made from, at most `MOST`."""
    task: str
    """Id of the output's task."""
    woven: str | None
    """Name of the run, if the text is part of an essay that the run weaves."""
    output: str | None
    """The record's id; null if the output is broken."""
    tags: tuple[str, ...]
    broken: str | None
    """Error that prevents judging, if any."""
    edit_error: str | None = None
    """Error that prevents showing the edited version, if any."""
    views: tuple[View, ...] = Field(min_length=1)
    """The view with the passage comes first."""
    measured: str | None
    """Facts and sentences kept, dropped and added, in words, if measured."""
    reading: ShownReading | None
    """What a model found in text and passage, if the run was read."""
    words: tuple[Word, ...]
    """Words with known alternatives."""
    cut: int
    """Number of characters left out at the end."""
    flags: tuple[str, ...]
    """Suspected faults of the text."""
    facts: tuple[tuple[str, str], ...]
    """The record in words: term and value."""
    prompt: tuple[Message, ...]
    candidates: tuple[Candidate, ...]
    """All candidates, if the text was chosen among several."""


def read_output(folder: RunFolder, task: Task) -> OutputText:
    """An output; a broken output gives the text found in the file, without a record."""
    try:
        record, text = folder.read(task.id)
        return OutputText(text, record, None)
    except RunError as error:
        return OutputText(_salvaged(folder, task), None, error)
    except ValueError as error:
        path = folder.text_path(task.id)
        return OutputText(
            _salvaged(folder, task), None, RunError(f"{path}: not text ({error}).", "It was changed since.")
        )


def _salvaged(folder: RunFolder, task: Task) -> str:
    try:
        return body_of(folder.read_bytes(f"{task.id}{TEXT}")).decode(errors="replace").removesuffix("\n")
    except OSError:
        return ""


def detail_of(folder: RunFolder, passages: Sequence[Passage], task: Task, edited: str | None) -> OutputDetail:
    """The values to show of an output made from some passages; `edited` is the text of the edited version, if any."""
    text, record, broken = read_output(folder, task)
    words = _words(folder, task, record, text[:SHOWN])
    before = "\n\n".join(passage.text for passage in passages)
    views = [view_of("passage", before, text, words)]
    found = record and measured_sentences.measured(folder, task.id, record.id, before[:SHOWN], text[:SHOWN])
    if found:
        views.append(_marked("sentences", before, text, words, found.sentences))
    views += [view_of(name, each, text, words) for name, each in _read(folder, task)]
    if edited is not None:
        views.append(view_of("edited", text, edited, ()))
    messages = record.derivation.prompt.messages[:MOST] if record else ()
    candidates = ((record and record.candidates) or ())[:MOST]
    return OutputDetail(
        passages=tuple(map(_named, passages[:MOST])),
        task=readable(task.id),
        woven=readable(folder.run.name) if folder.run.weave and task.is_woven else None,
        output=record.id if record else None,
        tags=tuple(dict.fromkeys(readable(tag) for passage in passages for tag in passage.tags))[:MOST],
        broken=readable(f"{broken.message} {broken.hint}") if broken else None,
        views=tuple(views),
        measured=readable(found.line) if found else None,
        reading=_reading(folder, record, task.id, text) if record else None,
        words=tuple(Word(shade=word.shade, tokens=tuple(map(shown_token, word.tokens))) for word in words),
        cut=max(0, len(text) - SHOWN),
        flags=tuple(map(readable, record.flags[:MOST] if record else ())),
        facts=tuple((term, readable(value)) for term, value in (facts(record) if record else ())),
        prompt=tuple(each.model_copy(update={"content": readable(each.content[:SHOWN])}) for each in messages),
        candidates=tuple(
            each.model_copy(update={"text": readable(each.text[:SHOWN]), "token_ids": None, "thoughts": None})
            for each in candidates
        ),
    )


def _named(passage: Passage) -> NamedPassage:
    return NamedPassage(
        id=readable(passage.id),
        essay=readable(passage.title),
        section=passage.section and readable(passage.section),
        path=readable(passage.path),
        lines=lines_in_words(passage.lines),
    )


def _read(folder: RunFolder, task: Task) -> Iterator[tuple[str, str]]:
    """Texts read by a task, with the names of their views; a broken output's text as far as readable."""
    tasks = {each.id: each for each in folder.run.tasks if each.id in task.reads}
    for id_ in task.reads:
        name = "before" if id_ == task.previous else f"reads {readable(tasks[id_].kind)}"
        yield name, read_output(folder, tasks[id_]).text
    records = {each.record for each in task.inputs if isinstance(each, RecordInput)}
    for earlier in folder.run.earlier:
        if earlier.record.id in records:
            yield f"reads {readable(earlier.record.task.kind)}", earlier.text


def _reading(folder: RunFolder, record: Record, task_id: str, text: str) -> ShownReading | None:
    """The stored reading of an output; null if there is none, or the texts are too long to be sent whole."""
    passage = passage_of(record)
    if max(len(passage), len(text)) > SHOWN or not (stored := stored_reading(folder, task_id, record.id)):
        return None
    found = shown(stored, passage, text)
    return found and ShownReading(
        line=readable(found.line[:SHOWN]),
        trust=readable(found.trust[:SHOWN]),
        passage=tuple(each._replace(text=readable(each.text)) for each in found.passage),
        text=tuple(each._replace(text=readable(each.text)) for each in found.text),
        sentences=tuple(
            each.model_copy(update={name: readable(getattr(each, name)) for name in ("sentence", "against", "about")})
            for each in found.sentences
        ),
    )


# -- alternatives -------------------------------------------------------------------------------------------


def _words(folder: RunFolder, task: Task, record: Record | None, text: str) -> Sequence[WrittenWord]:
    """Words with known alternatives; empty if there is no trace, or the trace belongs to a different record."""
    trace = trace_of(folder, task.id, record) if record else None
    return written_words(text, trace.choices) if trace else ()


def shown_token(choice: Choice) -> ShownToken:
    """A choice as the page shows it."""
    return ShownToken(
        piece=readable(choice.piece[:LONGEST_PIECE]),
        probability=math.exp(_between(-1e9, choice.logprob, 0.0)),
        perplexity=float(choice.among),
        alternatives=tuple(
            (readable(each.piece[:LONGEST_PIECE]), _between(0.0, each.probability, 1.0))
            for each in choice.alternatives[:MOST_ALTERNATIVES]
        ),
    )


def _between(least: float, value: float, most: float) -> float:
    """A number within bounds; NaN becomes the least."""
    return min(max(least, value), most) if value == value else least


# -- side by side -------------------------------------------------------------------------------------------


def view_of(name: str, before: str, after: str, words: Sequence[WrittenWord]) -> View:
    """Two texts side by side, with different words marked."""
    before, after = before[:SHOWN], after[:SHOWN]
    found = difference(before, after)
    if found is None:
        return _plain(name, before, after, words, "long")
    kept = len(after) - sum(end - start for start, end in found.added)
    if kept < UNLIKE * len(after):
        return _plain(name, before, after, words, "unlike")
    return _marked(name, before, after, words, found)


def _plain(name: str, before: str, after: str, words: Sequence[WrittenWord], why: Literal["unlike", "long"]) -> View:
    return _marked(name, before, after, words, Difference((), ())).model_copy(update={"plain": why})


def _marked(name: str, before: str, after: str, words: Sequence[WrittenWord], found: Difference) -> View:
    left, right = _chunks(before[:SHOWN], found.dropped, ()), _chunks(after[:SHOWN], found.added, words)
    return View(name=name, left=tuple(left), right=tuple(right), plain=None)


def _chunks(text: str, changed: Sequence[Span], words: Sequence[WrittenWord]) -> Iterator[Chunk]:
    """The text, cut wherever a change or a word begins or ends."""
    spans = [(word.start, word.end) for word in words]
    cuts = sorted({0, len(text), *(min(place, len(text)) for span in (*changed, *spans) for place in span)})
    for start, end in pairwise(cuts):
        yield Chunk(readable(text[start:end]), _number(changed, start) is not None, _number(spans, start))


def _number(spans: Sequence[Span], place: int) -> int | None:
    """Index of the span around a position, if any; spans are in order."""
    number = bisect_right(spans, place, key=lambda span: span[0]) - 1
    return number if number >= 0 and place < spans[number][1] else None
