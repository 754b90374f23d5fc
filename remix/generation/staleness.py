"""Stale texts: texts of a run whose passage, template or model has changed in the workspace.

Takes a run's request and the present state of a workspace, gives a `Stale` for each stale pair of passage and kind.
Reads no file and no text of the run: a stale first step makes the whole chain stale, and a stale kind makes the kinds
stale that read its texts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import Indel

from remix.errors import PromptError
from remix.records import Change, Essay, ModelFile, Passage, Run, Stale, TemplateUsed
from remix.templates.template import Reading, Template

Pair = tuple[Essay, Passage]

ALIKE = 0.5
"""Smallest share of common words, in the same order, of two texts taken for a passage before and after an edit. In
the shipped essays, unrelated paragraphs share a fifth of their words."""

MOST_PAIRS = 10**6
"""Most pairs of edited passages to compare for an essay."""

MOST_COMPARED = 10**11
"""Most pairs of words to compare for an essay: 300,000 words before and after the edit take some seconds."""

Note = Callable[[str], None]
"""Called with a message for each essay that isn't compared."""


class WorkspaceState(NamedTuple):
    """The present essays, templates and model of a workspace."""

    essays: Sequence[Essay]
    templates: Mapping[str, Template]
    """Templates by kind."""
    model: ModelFile | None
    """The model that now has the name of the run's model; null if unknown."""
    broken: frozenset[str] = frozenset()
    """Kinds whose templates can't be read."""
    unread: frozenset[str] = frozenset()
    """Slugs of the run's essays whose files can't be read."""


def stale(run: Run, now: WorkspaceState, note: Note = lambda message: None) -> list[Stale]:
    """All stale pairs of passage and kind, in the order of the run."""
    places = _places(run.essays, now.essays, note)
    for essay in run.essays:
        if essay.slug in now.unread:
            note(f"{essay.path}: can't be read, so its passages aren't compared.")
    before = {used.kind: used for used in run.templates}
    pairs = run.pairs
    is_another = run.model and now.model and run.model.sha256 != now.model.sha256
    model: tuple[Change, ...] = ("model",) if is_another else ()
    found: dict[tuple[str, str], Stale] = {}
    # Tasks are sorted: each kind follows the kinds whose texts the kind reads.
    for (id_, kind), passages in {(task.place, task.kind): task.passages for task in run.tasks}.items():
        template = now.templates.get(kind)
        if id_ not in pairs:
            changes = (change for each in passages for change in _passage(pairs[each][1], places.get(each), now))
            because = tuple(dict.fromkeys((*changes, *_template(before[kind], now), *model)))
            if because:
                found[id_, kind] = Stale(passage=id_, kind=kind, now=id_, because=because)
            continue
        place = places.get(id_)
        reads = before[kind].reads
        read = [stale for each in reads if (stale := found.get((id_, each)))] if not isinstance(reads, str) else []
        because = (*_passage(pairs[id_][1], place, now), *_template(before[kind], now), *model)
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


def _passage(before: Passage, place: Pair | None, now: WorkspaceState) -> Iterator[Change]:
    """The change of a passage; none for a passage of an essay that can't be read."""
    if place is None:
        if before.essay not in now.unread:
            yield "passage gone"
    elif place[1].sha256 != before.sha256:
        yield "passage"


def _template(before: TemplateUsed, now: WorkspaceState) -> Iterator[Change]:
    """The change of a template; none for a template that can't be read."""
    template = now.templates.get(before.kind)
    if template is None:
        if before.kind not in now.broken:
            yield "template gone"
    elif template.sha256 != before.sha256:
        yield "template"


def _reads_otherwise(run: Run, template: Template, before: Pair, now: Pair) -> bool:
    """Whether the prompts differ, although passage and template are the same: a template may show an essay's title,
    author, date or tags."""
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
    """All values beside the passage's text that a template may show."""
    essay, passage = pair
    return (essay.slug, essay.title, essay.author, essay.date, essay.tags, passage.id, passage.section, passage.tags)


# -- which passage is which ---------------------------------------------------------------------------------


def _places(before: Sequence[Essay], now: Sequence[Essay], note: Note) -> dict[str, Pair]:
    """The present passages of a run's passages, by id in the run; removed passages are left out.

    A passage is found by its exact text, even with another number or in another essay; or else by the most similar
    text of the same essay; or else by its number. `note` is called for essays with too many changes to compare texts.
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
