"""What of a run would be made from something else now: of another passage, by another template or model.

Takes a run's request and what a workspace holds now, gives `Stale`s, a passage and kind each. Reads no file, and none
of the run's texts: a chain's later steps are stale with its first, and a kind that reads others with these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import Indel

from remix.errors import PromptError
from remix.records import Change, Essay, ModelFile, Passage, Run, Stale
from remix.templates.template import Reading, Template

Pair = tuple[Essay, Passage]

ALIKE = 0.5
"""Share of their words that two texts must have in common, in the same order, to be taken for one passage before and
after an edit. Paragraphs that say something else have a fifth, in the shipped essays."""

MOST_PAIRS = 10**6
"""Pairs of edited passages of an essay that are compared."""

MOST_COMPARED = 10**11
"""Pairs of their words: 300,000 words before and after, which takes some seconds."""

Note = Callable[[str], None]
"""Is told what was left out."""


class Now(NamedTuple):
    """What a workspace holds."""

    essays: Sequence[Essay]
    templates: Mapping[str, Template]
    """By kind."""
    model: ModelFile | None
    """What the run's model is now; null where that isn't known."""


def stale(run: Run, now: Now, note: Note = lambda message: None) -> list[Stale]:
    """What has become stale, in the order of the run."""
    places = _places(run.essays, now.essays, note)
    before = {used.kind: used for used in run.templates}
    pairs = run.pairs
    model: tuple[Change, ...] = ("model",) if _is_another(run.model, now.model) else ()
    found: dict[tuple[str, str], Stale] = {}
    # A kind stands behind the kinds that it reads.
    for (id_, kind), passages in {(task.place, task.kind): task.passages for task in run.tasks}.items():
        template = now.templates.get(kind)
        if id_ not in pairs:
            changes = (change for each in passages for change in _passage(pairs[each][1], places.get(each)))
            because = tuple(dict.fromkeys((*changes, *_template(before[kind].sha256, template), *model)))
            if because:
                found[id_, kind] = Stale(passage=id_, kind=kind, now=id_, because=because)
            continue
        place = places.get(id_)
        reads = before[kind].reads
        read = [stale for each in reads if (stale := found.get((id_, each)))] if not isinstance(reads, str) else []
        because = (*_passage(pairs[id_][1], place), *_template(before[kind].sha256, template), *model)
        if not because and place and template and _reads_otherwise(run, template, pairs[id_], place):
            because = ("essay",)
        if read:
            because += ("reads",)
        if any("template gone" in each.because for each in read) and "template gone" not in because:
            because += ("template gone",)
        if because:
            now_id = place[1].id if place else None
            found[id_, kind] = Stale(passage=id_, kind=kind, now=now_id, because=because)
    return list(found.values())


def _is_another(before: ModelFile | None, now: ModelFile | None) -> bool:
    return before is not None and now is not None and before.sha256 != now.sha256


def _passage(before: Passage, place: Pair | None) -> Iterator[Change]:
    if place is None:
        yield "passage gone"
    elif place[1].sha256 != before.sha256:
        yield "passage"


def _template(before: str, template: Template | None) -> Iterator[Change]:
    if template is None:
        yield "template gone"
    elif template.sha256 != before:
        yield "template"


def _reads_otherwise(run: Run, template: Template, before: Pair, now: Pair) -> bool:
    """Whether the prompts say something else, though passage and template are the same: templates may show an essay's
    title and the like."""
    if _about(before) == _about(now):
        return False
    labels = run.model.labels if run.model else ((run.options.model or "").lower(),)
    steps = run.options.steps
    try:
        for step in range(1, template.steps(steps) + 1):
            previous = "A text." if step > 1 else ""
            texts = dict.fromkeys(template.reads_kinds, "A text.")
            prompts = [
                template.render(Reading((pair,), previous, texts), step, steps, labels) for pair in (before, now)
            ]
            if prompts[0] != prompts[1]:
                return True
    except PromptError:
        return True
    return False


def _about(pair: Pair) -> tuple[object, ...]:
    """What a template may show beside the passage's text."""
    essay, passage = pair
    return (essay.slug, essay.title, essay.author, essay.date, essay.tags, passage.id, passage.section, passage.tags)


# -- which passage is which ---------------------------------------------------------------------------------


def _places(before: Sequence[Essay], now: Sequence[Essay], note: Note) -> dict[str, Pair]:
    """Where a run's passages are now, by their ids then; those that are gone are left out.

    A passage is where its very text is, even under another number or in another essay; else where a text of the same
    essay is most like it; else the one that has its number. `note` is told of essays in which too much has changed
    to compare texts.
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
            # Of several the one that stayed in its essay.
            at = next((at for at, (_, each) in enumerate(same) if each.essay == passage.essay), 0)
            places[passage.id] = same.pop(at)
            del free[places[passage.id][1].id]


def _take_alike(passages: Sequence[Passage], free: dict[str, Pair], places: dict[str, Pair]) -> bool:
    """The likest first, so that no passage takes what another has more in common with. All are of one essay.

    Whether texts were compared; they aren't if it would take long.
    """
    essays = {passage.essay for passage in passages}
    there = {id_: there.text.split() for id_, (_, there) in free.items() if there.essay in essays}
    words, others, ids = [passage.text.split() for passage in passages], list(there.values()), list(there)
    if len(words) * len(others) > MOST_PAIRS or sum(map(len, words)) * sum(map(len, others)) > MOST_COMPARED:
        return False
    # The longest common subsequence of words: unlike difflib's blocks it is found quickly if all words are the same.
    likeness = process.cdist(words, others, scorer=Indel.normalized_similarity, score_cutoff=ALIKE, dtype=np.float64)
    found = [(likeness[row, column], passages[row].id, ids[column]) for row, column in np.argwhere(likeness >= ALIKE)]
    for _, id_, there_id in sorted(found, key=lambda each: (-each[0], each[1] != each[2])):
        if id_ not in places and there_id in free:
            places[id_] = free.pop(there_id)
    return True
