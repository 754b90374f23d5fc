"""One output laid open: beside the passage, the step before and what a person made of it, with the turns at which its
words were chosen and its record in words.

Takes a run's folder and a task, gives a `Sheet` of plain values that a page may show. Knows nothing of HTML.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from pydantic import Field

from remix.errors import RunError
from remix.outputs.facts import facts
from remix.outputs.form import body_of
from remix.outputs.layout import TEXT, TRACE
from remix.outputs.run import RunFolder
from remix.records import Candidate, Choice, Frozen, Message, Passage, Record, RecordInput, Task, sha256
from remix.studio import measures, turns
from remix.studio.diff import Difference, Span, difference
from remix.util.names import readable

UNLIKE = 0.1
"""Share of a text's letters below which what it has in common with another is chance, and marks nothing."""

SHOWN = 40_000
"""Letters of a text that are shown; the file has the others."""

MOST = 100
"""Messages, candidates, tags and flags that are shown; no run of remix has more."""

MOST_OTHERS = 5
"""Other pieces that are shown of a turn: as many as are recorded."""

LONGEST_PIECE = 1000
"""Letters of a piece that are shown; no token has more."""

FLAGS = {
    "copy": "most of it stands word for word in what it was made from",
    "echo": "five words in a row are the prompt's own",
    "empty": "it has no words",
    "loop": "five words in a row come twice",
    "truncated": "the limit of tokens cut it",
    "unfinished": "it ends as if something were to come",
}


class Text(NamedTuple):
    """An output's words, and its record if the two are what was written."""

    text: str
    record: Record | None
    broken: RunError | None
    """Why there is no record."""


class Chunk(NamedTuple):
    """A stretch of a text whose letters are all alike."""

    text: str
    """Safe to be shown: what would turn a line around is spelt out."""
    changed: bool
    """Whether the other text lacks it."""
    word: int | None
    """Number of the word that it is part of, from 0, where it is known how that came about."""


class Turn(Frozen):
    """How one piece of a word came."""

    piece: str
    """What came."""
    probability: float
    """How likely it was."""
    open: int
    """As open as a choice among so many equally likely pieces: the exponential of the entropy."""
    others: tuple[tuple[str, float], ...]
    """What else stood ready, and how likely it was; nothing for the end of the text."""


class Word(Frozen):
    """How a word came."""

    shade: int
    """How open it was: 0 hardly … 3 very."""
    turns: tuple[Turn, ...]
    """In order."""


class View(Frozen):
    """Two texts beside each other."""

    name: str
    """What it shows: `passage`, `sentences`, `before` (the step before), `reads KIND` (another text that was read) or
    `edited`."""
    left: tuple[Chunk, ...]
    """What it was made from."""
    right: tuple[Chunk, ...]
    """What came of it."""
    plain: Literal["unlike", "long"] | None
    """Why nothing is marked: hardly a word is in both, or they are too long to tell; null where what changed is."""


class Flag(Frozen):
    """What looks wrong."""

    name: str
    about: str
    """In words, where there are any."""


class Sheet(Frozen):
    """An output laid open."""

    passage: str
    """Id of its passage."""
    output: str | None
    """Its record's id; null where it is broken."""
    essay: str
    section: str | None
    path: str
    lines: str
    tags: tuple[str, ...]
    broken: str | None
    """Why it can't be judged, if that is so."""
    lost: str | None = None
    """Why its edited version can't be shown, if that is so."""
    views: tuple[View, ...] = Field(min_length=1)
    """Beside the passage first."""
    measured: str | None
    """What it kept, dropped and added by measure, in words."""
    words: tuple[Word, ...]
    """Those of which it is known how they came about."""
    cut: int
    """Letters of the output that aren't shown."""
    flags: tuple[Flag, ...]
    facts: tuple[tuple[str, str], ...]
    """Its record in words."""
    prompt: tuple[Message, ...]
    candidates: tuple[Candidate, ...]
    """Those among which it was chosen, if there were several."""


def read(folder: RunFolder, task: Task) -> Text:
    """An output; of a broken one, the words that are there."""
    try:
        record, text = folder.read(task.id)
        return Text(text, record, None)
    except RunError as error:
        return Text(_salvaged(folder, task), None, error)
    except ValueError as error:
        path = folder.text_path(task.id)
        return Text(_salvaged(folder, task), None, RunError(f"{path}: not text ({error}).", "It was changed since."))


def _salvaged(folder: RunFolder, task: Task) -> str:
    try:
        return body_of(folder.read_bytes(f"{task.id}{TEXT}")).decode(errors="replace").removesuffix("\n")
    except OSError:
        return ""


def lay_open(folder: RunFolder, passage: Passage, task: Task, edited: str | None) -> Sheet:
    """All there is to know of an output; `edited` is a person's own version of it."""
    text, record, broken = read(folder, task)
    words = _words(folder, task, record, text[:SHOWN])
    views = [_view("passage", passage.text, text, words)]
    found = record and measures.measured(folder, task.id, record.id, passage.text[:SHOWN], text[:SHOWN])
    if found:
        views.append(_marked("sentences", passage.text, text, words, found.sentences))
    views += [_view(name, each, text, words) for name, each in _read(folder, task)]
    if edited is not None:
        views.append(_view("edited", text, edited, ()))
    return Sheet(
        passage=shown(passage.id),
        output=record.id if record else None,
        essay=shown(passage.title),
        section=passage.section and shown(passage.section),
        path=shown(passage.path),
        lines=_lines(passage),
        tags=tuple(map(shown, passage.tags[:MOST])),
        broken=shown(f"{broken.message} {broken.hint}") if broken else None,
        views=tuple(views),
        measured=shown(found.line) if found else None,
        words=tuple(map(_word, words)),
        cut=max(0, len(text) - SHOWN),
        flags=tuple(
            Flag(name=shown(each), about=FLAGS.get(each, "")) for each in (record.flags[:MOST] if record else ())
        ),
        facts=tuple((term, shown(value)) for term, value in (facts(record) if record else ())),
        prompt=tuple(map(_message, record.derivation.prompt.messages[:MOST] if record else ())),
        candidates=tuple(map(_candidate, ((record and record.candidates) or ())[:MOST])),
    )


def shown(text: str) -> str:
    """A text as a page may show it: half letters and what would turn a line around are spelt out."""
    return readable(text)


def _lines(passage: Passage) -> str:
    first, last = passage.lines
    return f"line {first}" if first == last else f"lines {first} to {last}"


def _read(folder: RunFolder, task: Task) -> Iterator[tuple[str, str]]:
    """The texts that a task read, with the names of their views; those of broken outputs as far as they are there."""
    tasks = {each.id: each for each in folder.run.tasks if each.id in task.reads}
    for id_ in task.reads:
        name = "before" if id_ == task.previous else f"reads {shown(tasks[id_].kind)}"
        yield name, read(folder, tasks[id_]).text
    records = {each.record for each in task.inputs if isinstance(each, RecordInput)}
    for earlier in folder.run.earlier:
        if earlier.record.id in records:
            yield f"reads {shown(earlier.record.task.kind)}", earlier.text


def _message(message: Message) -> Message:
    return message.model_copy(update={"content": shown(message.content[:SHOWN])})


def _candidate(candidate: Candidate) -> Candidate:
    return candidate.model_copy(update={"text": shown(candidate.text[:SHOWN]), "token_ids": None})


# -- how it came about --------------------------------------------------------------------------------------


def _words(folder: RunFolder, task: Task, record: Record | None, text: str) -> Sequence[turns.Word]:
    """The words of which it is known how they came about: none where no trace was kept, or another one is there."""
    try:
        data = folder.read_bytes(f"{task.id}{TRACE}")
        trace = folder.read_trace(task.id)
    except (OSError, RunError):
        return ()
    kept = record is not None and trace.record == record.id and record.trace in (None, sha256(data))
    return turns.words(text, trace.choices) if kept else ()


def _word(word: turns.Word) -> Word:
    return Word(shade=word.shade, turns=tuple(map(_turn, word.turns)))


def _turn(choice: Choice) -> Turn:
    return Turn(
        piece=shown(choice.piece[:LONGEST_PIECE]),
        probability=math.exp(_between(-1e9, choice.logprob, 0.0)),
        open=round(math.exp(_between(0.0, choice.entropy, 20.0))),
        others=tuple(
            (shown(each.piece[:LONGEST_PIECE]), _between(0.0, each.probability, 1.0))
            for each in choice.alternatives[:MOST_OTHERS]
        ),
    )


def _between(least: float, value: float, most: float) -> float:
    """A number within bounds; what is none at all is the least."""
    return min(max(least, value), most) if value == value else least


# -- side by side -------------------------------------------------------------------------------------------


def _view(name: str, before: str, after: str, words: Sequence[turns.Word]) -> View:
    """Two texts beside each other, with the words marked that changed."""
    before, after = before[:SHOWN], after[:SHOWN]
    found = difference(before, after)
    if found is None:
        return _plain(name, before, after, words, "long")
    kept = len(after) - sum(end - start for start, end in found.added)
    if kept < UNLIKE * len(after):
        return _plain(name, before, after, words, "unlike")
    return _marked(name, before, after, words, found)


def _plain(name: str, before: str, after: str, words: Sequence[turns.Word], why: Literal["unlike", "long"]) -> View:
    return _marked(name, before, after, words, Difference((), ())).model_copy(update={"plain": why})


def _marked(name: str, before: str, after: str, words: Sequence[turns.Word], found: Difference) -> View:
    left, right = _chunks(before[:SHOWN], found.dropped, ()), _chunks(after[:SHOWN], found.added, words)
    return View(name=name, left=tuple(left), right=tuple(right), plain=None)


def _chunks(text: str, changed: Sequence[Span], words: Sequence[turns.Word]) -> Iterator[Chunk]:
    """The text, cut wherever a change or a word begins or ends."""
    spans = [(word.start, word.end) for word in words]
    cuts = sorted({0, len(text), *(min(place, len(text)) for span in (*changed, *spans) for place in span)})
    for start, end in pairwise(cuts):
        yield Chunk(shown(text[start:end]), _number(changed, start) is not None, _number(spans, start))


def _number(spans: Sequence[Span], place: int) -> int | None:
    """Which of some spans, in order, a place is in."""
    number = bisect_right(spans, place, key=lambda span: span[0]) - 1
    return number if number >= 0 and place < spans[number][1] else None
