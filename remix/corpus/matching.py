"""Matching: a passage found again in a later reading of the essays, after edits and moves.

Takes essays of two readings, gives for each earlier passage the later passage with its essay. Reads no file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import Indel

from remix.records import Essay, Passage

Pair = tuple[Essay, Passage]

ALIKE = 0.5
"""Smallest share of common words, in the same order, of two texts taken for a passage before and after an edit. In
the shipped essays, unrelated paragraphs share a fifth of their words."""

MOST_PAIRS = 10**6
"""Most pairs of edited passages to compare for an essay."""

MOST_COMPARED = 10**11
"""Most pairs of words to compare for an essay: 300,000 words before and after the edit take some seconds."""

Note = Callable[[str], None]
"""Called with a message for each essay left out of the comparison."""


def places_of(before: Sequence[Essay], now: Sequence[Essay], note: Note) -> dict[str, Pair]:
    """The present passages of a run's passages, by id in the run; removed passages are left out.

    A passage is found by the exact text, even if its number or essay has changed; or else by the most similar text of
    the same essay; or else by the passage's number. `note` is called for essays with too many changes to compare
    texts.
    """
    free = {passage.id: (essay, passage) for essay in now for passage in essay.passages}
    places: dict[str, Pair] = {}
    _take_same_texts([passage for essay in before for passage in essay.passages], free, places)
    for essay in before:
        left = [passage for passage in essay.passages if passage.id not in places]
        if left and not _take_alike(left, free, places):
            note(
                f"{essay.path}: too much has changed to compare all passages. Those whose text changed are taken for "
                "the ones that have their numbers now."
            )
        for passage in left:
            if passage.id not in places and passage.id in free:
                places[passage.id] = free.pop(passage.id)
    return places


def _take_same_texts(passages: Sequence[Passage], free: dict[str, Pair], places: dict[str, Pair]) -> None:
    for passage in passages:
        if passage.id in free and free[passage.id][1].sha256 == passage.sha256:
            places[passage.id] = free.pop(passage.id)
    elsewhere: dict[str, list[Pair]] = {}
    for pair in free.values():
        elsewhere.setdefault(pair[1].sha256, []).append(pair)
    for passage in passages:
        if passage.id not in places and (same := elsewhere.get(passage.sha256)):
            # Among several passages with the same text, a passage of the same essay comes first.
            at = next((at for at, (_, each) in enumerate(same) if each.essay == passage.essay), 0)
            places[passage.id] = same.pop(at)
            del free[places[passage.id][1].id]


def _take_alike(passages: Sequence[Passage], free: dict[str, Pair], places: dict[str, Pair]) -> bool:
    """Match edited passages of an essay with the most similar free passages, the most similar pair first.

    Gives whether texts were compared: too many words would take too long.
    """
    essays = {passage.essay for passage in passages}
    there = {id_: there.text.split() for id_, (_, there) in free.items() if there.essay in essays}
    words, others, ids = [passage.text.split() for passage in passages], list(there.values()), list(there)
    if len(words) * len(others) > MOST_PAIRS or sum(map(len, words)) * sum(map(len, others)) > MOST_COMPARED:
        return False
    # Indel compares by the longest common subsequence of words; difflib would be slow if all words are the same.
    similarity = process.cdist(
        words, others, scorer=Indel.normalized_similarity, score_cutoff=ALIKE, dtype=np.float64
    )
    found = [
        (similarity[row, column], passages[row].id, ids[column]) for row, column in np.argwhere(similarity >= ALIKE)
    ]
    for _, id_, there_id in sorted(found, key=lambda each: (-each[0], each[1] != each[2])):
        if id_ not in places and there_id in free:
            places[id_] = free.pop(there_id)
    return True
