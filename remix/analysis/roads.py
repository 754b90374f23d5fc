"""Roads: where the branches of a text lead, and whether they come back to the text's words.

Takes the folder of a run of branches, finished or not, gives a `TextRoads` for each text that the branches leave. The
texts themselves are in the run's request, so they may be gone. Loads no model but the embedder that is handed in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

import numpy as np

from remix.analysis.road_endings import Ending, back, ending, place_of_word, tokens_before
from remix.analysis.road_records import Return, Road, TextRoads
from remix.analysis.trajectory import place_of
from remix.errors import RunError
from remix.measure.chrf import CHRF
from remix.measure.embedding import Embedder
from remix.outputs.run import RunFolder
from remix.records import Branch, EarlierOutput, Record, Task

NEAR = 0.5
"""Distance up to which a road counts as ending like the original: at least half of the wording is the original's.
docs/measures.md has the reason."""


class _Pair(NamedTuple):
    """A finished branch with its text's ending and the original's."""

    task: Task
    branch: Branch
    record: Record
    text: str
    original: Ending
    road: Ending


def roads_of(folder: RunFolder, embedder: Embedder | None = None) -> tuple[TextRoads, ...]:
    """The texts that a run's branches leave, in the order of the plan, with the finished branches; empty for a run
    without branches. With an embedder, all endings are embedded in one call.

    Raises `RunError` if a text can't be read.
    """
    earlier = {each.record.id: each for each in folder.run.earlier}
    planned: dict[str, list[Task]] = {}
    for task in folder.run.tasks:
        if task.branch and task.branch.original in earlier:
            planned.setdefault(task.branch.original, []).append(task)
    pairs = {id_: list(_pairs(folder, earlier[id_], tasks)) for id_, tasks in planned.items()}
    meaning = _by_meaning([pair for own in pairs.values() for pair in own], embedder)
    return tuple(_text(folder, earlier[id_], own, len(planned[id_]), meaning) for id_, own in pairs.items())


def _pairs(folder: RunFolder, original: EarlierOutput, tasks: Sequence[Task]) -> Iterator[_Pair]:
    for task in tasks:
        branch = task.branch
        if branch and folder.is_done(task):
            record, text = folder.read(task.id)
            start = max(0, branch.character - 1)
            yield _Pair(
                *(task, branch, record, text),
                ending(original.text, start, branch.was),
                ending(text, start, branch.put),
            )


def _by_meaning(pairs: Sequence[_Pair], embedder: Embedder | None) -> dict[tuple[str, str], float]:
    """The distance of each pair of endings by meaning; empty without an embedder."""
    asked = [(pair.original.text, pair.road.text) for pair in pairs if pair.original.words and pair.road.words]
    if not embedder or not asked:
        return {}
    texts = list(dict.fromkeys(text for both in asked for text in both))
    rows = dict(zip(texts, embedder.embed(texts), strict=True))
    return {(one, other): 1 - float(rows[one] @ rows[other]) for one, other in asked}


def _text(
    folder: RunFolder,
    original: EarlierOutput,
    pairs: Sequence[_Pair],
    planned: int,
    meaning: dict[tuple[str, str], float],
) -> TextRoads:
    record = original.record
    roads = tuple(_road(folder, pair, meaning.get((pair.original.text, pair.road.text))) for pair in pairs)
    distances = [road.distance for road in roads if road.distance is not None]
    return TextRoads(
        original=record.id,
        run=record.circumstances.run,
        task=record.output.task_id,
        passage=place_of(record),
        kind=record.task.kind,
        step=record.task.step,
        variant=record.task.variant,
        model=record.circumstances.model,
        planned=planned,
        roads=roads,
        turns=len({road.token for road in roads}),
        firmness=float(np.mean([distance <= NEAR for distance in distances])) if distances else None,
        distance=float(np.mean(distances)) if distances else None,
    )


def _road(folder: RunFolder, pair: _Pair, by_meaning: float | None) -> Road:
    before, after = pair.original.words, pair.road.words
    found = back(before, after)
    score = float(CHRF.scores([pair.original.text], [pair.road.text])[0, 0]) if before else None
    return Road(
        task=pair.task.id,
        token=pair.branch.token,
        character=pair.branch.character,
        was=pair.branch.was,
        put=pair.branch.put,
        words_left=len(before),
        distance=None if score is None else 1 - score / 100,
        by_meaning=by_meaning,
        same_ending=None if found.same_ending is None else _return(folder, pair, found.same_ending),
        rejoins=None if found.rejoins is None else _return(folder, pair, found.rejoins),
    )


def _return(folder: RunFolder, pair: _Pair, number: int) -> Return:
    """The return at the word with a number, from 0, of a road's ending."""
    tokens = None
    with suppress(RunError):
        # Given tokens end with the words that were put there; of thoughts no trace is kept.
        thoughts = pair.record.output.thoughts
        given = len(pair.branch.fork.token_ids) - len((thoughts and thoughts.token_ids) or ())
        pieces = [choice.piece for choice in folder.read_trace(pair.task.id).choices[given:]]
        place = len(pair.text) - len(pair.road.text) + place_of_word(pair.road.text, number)
        tokens = tokens_before(pair.text, pair.road.after, place, pieces)
    return Return(words=number, tokens=tokens)


def roads_in_words(text: TextRoads) -> str:
    """Where roads lead: `8 turns, 24 roads: 5 come back to the same ending, 10 end near it (firmness 0.42)`."""
    roads = len(text.roads)
    if not roads:
        return f"{_count(text.planned, 'road')}, none of them finished"
    same = sum(road.same_ending is not None for road in text.roads)
    all_ = _count(roads, "road") if roads == text.planned else f"{roads} of {_count(text.planned, 'road')}"
    near = sum(road.distance is not None and road.distance <= NEAR for road in text.roads)
    end = "ends" if near == 1 else "end"
    firm = "" if text.firmness is None else f", {near} {end} near it (firmness {text.firmness:.2f})"
    come = "comes" if same == 1 else "come"
    return f"{_count(text.turns, 'turn')}, {all_}: {same} {come} back to the same ending{firm}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
