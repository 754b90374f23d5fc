"""The comparison of two runs, from the runs' folders.

Takes two `RunFolder`s and their ledgers, gives a `Comparison`. Texts are paired by passage, kind, step and variant; a
passage that was edited or moved between the runs is found again as `remix status` finds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from remix.analysis.compare import ComparedNeighbours, Comparison, Difference, TextKey, TextPair, differences
from remix.analysis.neighbours import FEWEST, mutual_knn
from remix.analysis.road_records import TextRoads
from remix.analysis.roads import roads_of
from remix.analysis.run_ledgers import Measured
from remix.analysis.run_survey import chrf
from remix.analysis.trajectory import passage_of, place_of
from remix.corpus.matching import Note, places_of
from remix.errors import RunError
from remix.measure.embedding import Embedder
from remix.outputs.run import RunFolder
from remix.outputs.stored_readings import stored_reading
from remix.records import Reading, Record


class ComparedRun(NamedTuple):
    """One of the two runs of a comparison."""

    folder: RunFolder
    measured: Sequence[Measured]


class _Text(NamedTuple):
    """A text of a run."""

    measured: Measured
    passage: str
    text: str
    reading: Reading | None
    """What a model found in the text, if the run was read."""

    @property
    def record(self) -> Record:
        return self.measured.record


_Texts = Mapping[TextKey, _Text]


def compare(
    one: ComparedRun, other: ComparedRun, embedder: Embedder | None, note: Note = lambda message: None
) -> Comparison:
    """Two runs side by side, text by text. `note` is called for essays whose passages can't be compared.

    Raises `RunError` if the runs have no text in common.
    """
    # The ids of the second run's passages, with the ids of the same passages in the first run.
    places = places_of(one.folder.run.essays, other.folder.run.essays, note)
    renamed = {passage.id: id_ for id_, (_, passage) in places.items()}
    first, second = _paired(one, other, renamed)
    if not first:
        raise RunError(
            f"{one.folder.run.name} and {other.folder.run.name} have no text of the same passage, kind and step.",
            "Two runs are compared text by text: make the second with the same passages and kinds.",
        )
    numbers = [_numbers(side) for side in (first, second)]
    _add_readings(numbers, (first, second))
    if embedder:
        _add_meaning(numbers, (first, second), embedder)
    different = [_pair(first[key], second[key]) for key in first if first[key].text != second[key].text]
    return Comparison(
        one=one.folder.run.name,
        other=other.folder.run.name,
        pairs=len(first),
        left_out=len(one.measured) + len(other.measured) - 2 * len(first),
        edited=sum(_is_edited(first[key], second[key]) for key in first),
        equal=len(first) - len(different),
        different=tuple(sorted(different, key=lambda pair: not pair.is_edited)),
        similarity=one.measured[0].ledger.similarity,
        differences=(*differences(*numbers), *_of_roads(one.folder, other.folder, renamed, embedder)),
        aligned=tuple(_aligned(first, second, embedder)) if embedder else (),
    )


def models_aligned(
    one: ComparedRun, other: ComparedRun, embedders: tuple[Embedder, Embedder]
) -> ComparedNeighbours | None:
    """Mutual k-NN alignment of two models' vectors of the same passages; null for fewer than four passages."""
    sides = [{place_of(each.record): passage_of(each.record) for each in side.measured} for side in (one, other)]
    texts = [text for name, text in sides[0].items() if sides[1].get(name) == text]
    if len(texts) < FEWEST:
        return None
    alignment = mutual_knn(embedders[0].embed(texts), embedders[1].embed(texts))
    what = f"passages, as {embedders[0].name} and {embedders[1].name} see them"
    return ComparedNeighbours(what=what, alignment=alignment) if alignment else None


# -- pairs of texts -----------------------------------------------------------------------------------------


def _paired(one: ComparedRun, other: ComparedRun, renamed: Mapping[str, str]) -> tuple[_Texts, _Texts]:
    """The texts of each run that both runs have, under the same keys and in the order of the first run."""
    own = {id_: id_ for id_ in one.folder.run.pairs}
    first = {key: each for each in one.measured if (key := _key(each.record, own))}
    second = {key: each for each in other.measured if (key := _key(each.record, renamed))}
    shared = [key for key in first if key in second]
    return _read(one.folder, first, shared), _read(other.folder, second, shared)


def _key(record: Record, places: Mapping[str, str]) -> TextKey | None:
    """The key of a text, with the passage's id in the first run; null if the first run hasn't the passage."""
    ids = [places.get(source.passage) for source in record.sources]
    if None in ids:
        return None
    # The texts of a group are compared if the whole group is the same.
    place = " ".join(id_ for id_ in ids if id_)
    return TextKey(place, record.task.kind, record.task.step, record.task.variant)


def _read(folder: RunFolder, measured: Mapping[TextKey, Measured], keys: Iterable[TextKey]) -> _Texts:
    found = {key: measured[key] for key in keys}
    return {
        key: _Text(
            each,
            passage_of(each.record),
            folder.read(each.task.id)[1],
            stored_reading(folder, each.task.id, each.record.id),
        )
        for key, each in found.items()
    }


def _is_edited(one: _Text, other: _Text) -> bool:
    return one.record.derivation.passages != other.record.derivation.passages


def _pair(one: _Text, other: _Text) -> TextPair:
    return TextPair(
        one=one.measured.task.id,
        other=other.measured.task.id,
        is_edited=_is_edited(one, other),
        passages=(one.passage, other.passage),
        texts=(one.text, other.text),
    )


# -- numbers ------------------------------------------------------------------------------------------------


def _numbers(texts: _Texts) -> dict[TextKey, dict[str, float]]:
    """The measures to compare, of each text."""
    numbers: dict[TextKey, dict[str, float]] = {}
    for key, each in texts.items():
        found = each.measured.ledger
        numbers[key] = {
            "words": float(found.length.words),
            "sentences kept": found.kept,
            **({} if found.facts.kept_share is None else {"facts kept": found.facts.kept_share}),
            "facts invented": float(len(found.facts.invented)),
            "claims turned round": float(len(found.reversals)),
            "flags": float(len(found.flags)),
            "words copied": found.extractive.coverage,
            "like its passage, by words": float(chrf([each.passage], [each.text])[0, 0]),
        }
    return numbers


def _add_readings(numbers: Sequence[dict[TextKey, dict[str, float]]], sides: Sequence[_Texts]) -> None:
    """Add what a model found in both texts of a pair. Numbers of two models can't be compared."""
    for key, one in sides[0].items():
        pair = (one.reading, sides[1][key].reading)
        if not all(pair) or len({each.reader_sha256 for each in pair if each}) > 1:
            continue
        for own, reading in zip(numbers, pair, strict=True):
            if reading:
                turned = sum(each.label == "turned round" for each in reading.sentences)
                own[key] |= {"bits kept": reading.kept, "sentences turned round": float(turned)}


def _add_meaning(
    numbers: Sequence[dict[TextKey, dict[str, float]]], sides: Sequence[_Texts], embedder: Embedder
) -> None:
    """Add the cosine of each text and its passage. Both runs are embedded in one call, see `Embedder.embed`."""
    every = list(
        dict.fromkeys(words for side in sides for each in side.values() for words in (each.passage, each.text))
    )
    rows = dict(zip(every, embedder.embed(every), strict=True))
    for own, side in zip(numbers, sides, strict=True):
        for key, each in side.items():
            own[key]["like its passage, by meaning"] = float(rows[each.passage] @ rows[each.text])


def _of_roads(
    one: RunFolder, other: RunFolder, renamed: Mapping[str, str], embedder: Embedder | None
) -> Iterable[Difference]:
    """The differences between the roads of the texts that the branches of both runs leave."""
    sides = []
    for folder, places in ((one, {id_: id_ for id_ in one.run.pairs}), (other, renamed)):
        records = {each.record.id: each.record for each in folder.run.earlier}
        found = ((_key(records[each.original], places), each) for each in roads_of(folder, embedder))
        sides.append({key: _road_numbers(each) for key, each in found if key})
    return differences(*sides)


def _road_numbers(text: TextRoads) -> dict[str, float]:
    """The measures to compare, of a text's roads; none if no road has a distance."""
    roads = [each for each in text.roads if each.distance is not None]
    if text.firmness is None or text.distance is None:
        return {}
    meant = [each.by_meaning for each in roads if each.by_meaning is not None]
    return {
        "roads: firmness": text.firmness,
        "roads: distance": text.distance,
        **({"roads: distance by meaning": sum(meant) / len(meant)} if meant else {}),
        "roads: same ending": sum(each.same_ending is not None for each in roads) / len(roads),
        "roads: rejoin": sum(each.rejoins is not None for each in roads) / len(roads),
    }


def _aligned(one: _Texts, other: _Texts, embedder: Embedder) -> Iterable[ComparedNeighbours]:
    """Per kind, the mutual k-NN alignment of the passages' last texts in both runs."""
    for kind in dict.fromkeys(key.kind for key in one):
        last: dict[str, TextKey] = {}
        for key in (key for key in one if key.kind == kind):
            held = last.setdefault(key.passage, key)
            if (key.step, -key.variant) > (held.step, -held.variant):
                last[key.passage] = key
        texts = [[side[key].text for key in last.values()] for side in (one, other)]
        if len(last) >= FEWEST and (alignment := mutual_knn(embedder.embed(texts[0]), embedder.embed(texts[1]))):
            yield ComparedNeighbours(what=f"last texts of each passage, {kind}", alignment=alignment)
