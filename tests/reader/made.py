"""Readings made by hand: bits by word, labels by sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from remix.analysis.trajectory import passage_of
from remix.measure.sentences import sentences
from remix.outputs import RunFolder
from remix.outputs.form import dump
from remix.outputs.layout import READING
from remix.reader import reader
from remix.records import Features, Label, Reading, ReadingFile, SentenceReading, Span
from remix.util.files import write_whole
from tests.conftest import FILE

ODDS: Mapping[Label, tuple[float, float]] = {
    "said": (0.8, 0.1),
    "not said": (0.1, 0.3),
    "turned round": (0.2, 0.7),
    "unsure": (0.4, 0.3),
}
"""Probabilities of *said* and *turned round* by label."""


def made(
    passage: str,
    text: str,
    kept: Mapping[str, float] | None = None,
    against: Mapping[str, float] | None = None,
    labels: Sequence[Label] = (),
) -> Reading:
    """A reading in which the words named have bits, and all others none; sentences beyond `labels` are *unsure*."""
    sides = [
        tuple(Span(text=word, bits=bits.get(word.strip(), 0.0)) for word in re.findall(r"\s*\S+", side))
        for side, bits in ((passage, kept or {}), (text, against or {}))
    ]
    own = sentences(text)
    return Reading(
        reader=FILE.name,
        reader_sha256=FILE.sha256,
        calibration="a larger model",
        calibrated=False,
        passage_bits=40.0,
        kept_bits=sum(each.bits for each in sides[0]),
        passage=sides[0],
        text=sides[1],
        sentences=tuple(
            _sentence(each, label)
            for each, label in zip(own, [*labels, *("unsure" for _ in own)][: len(own)], strict=True)
        ),
    )


def _sentence(sentence: str, label: Label) -> SentenceReading:
    """A sentence whose measurements are all 0: what is shown has no part of them."""
    said, turned_round = ODDS[label]
    known = {
        "sentence": sentence,
        "label": label,
        "said": said,
        "turned_round": turned_round,
        "features": dict.fromkeys(Features.model_fields, 0.0),
        "against": sentence.split()[-1].strip("."),
    }
    return SentenceReading.model_validate(dict.fromkeys(SentenceReading.model_fields, 0.0) | known)


def store(folder: RunFolder, task: str, reading: Reading) -> None:
    """Store a reading beside the record of a task's output."""
    data = dump(ReadingFile(version=reader.VERSION, record=folder.read(task)[0].id, reading=reading))
    write_whole(folder.path / f"{task}{READING}", data)


def store_made(folder: RunFolder, task: str, labels: Sequence[Label] = ("turned round",)) -> Reading:
    """Store a reading of a task's output in which the first word of the passage keeps 10 bits, the last of the text
    has -2.5."""
    record, text = folder.read(task)
    passage = passage_of(record)
    found = made(passage, text, {passage.split()[0]: 10.0}, {text.split()[-1]: -2.5}, labels)
    store(folder, task, found)
    return found
