"""Stale texts: texts of a run whose passage, template or model has changed in the workspace.

Takes a run's request and the present state of a workspace, gives a `Stale` for each stale pair of passage and kind.
Reads no file and no text of the run: a stale first step makes the whole chain stale, and a stale kind makes the kinds
stale that read its texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from remix.corpus.matching import Note, Pair, places_of
from remix.errors import PromptError
from remix.records import Change, Essay, ModelFile, Passage, Run, Stale, TemplateUsed
from remix.templates.reading import Reading
from remix.templates.template import Template


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
    places = places_of(run.essays, now.essays, note)
    for essay in run.essays:
        if essay.slug in now.unread:
            note(f"{essay.path}: can't be read, so its passages aren't compared.")
    before = {used.kind: used for used in run.templates}
    pairs = run.pairs
    is_another = run.model and now.model and run.model.sha256 != now.model.sha256
    model: tuple[Change, ...] = ("model",) if is_another else ()
    found: dict[tuple[str, str], Stale] = {}
    # Tasks are sorted: each kind follows the kinds whose texts the kind reads.
    for (id_, kind), steps in _passages_read(run).items():
        template = now.templates.get(kind)
        if id_ not in pairs:
            changed = {
                step: [change for each in passages for change in _passage(pairs[each][1], places.get(each), now)]
                for step, passages in steps.items()
            }
            whole = (*_template(before[kind], now), *model)
            # Opening and title of an essay read all of its other texts.
            if not any(steps.values()) and any(at == id_ for at, _ in found):
                whole = (*whole, "reads")
            because = tuple(dict.fromkeys((*(each for changes in changed.values() for each in changes), *whole)))
            if because:
                # Each paragraph of an essay reads its own passages, and the paragraph before.
                first = 1 if whole else min(step for step, changes in changed.items() if changes)
                found[id_, kind] = Stale(passage=id_, kind=kind, now=id_, because=because, first=first)
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


def _passages_read(run: Run) -> dict[tuple[str, str], dict[int, tuple[str, ...]]]:
    """The passages that the texts of each place and kind read themselves, by step, in the order of the run."""
    found: dict[tuple[str, str], dict[int, tuple[str, ...]]] = {}
    for task in run.tasks:
        found.setdefault((task.place, task.kind), {})[task.step] = task.passages
    return found


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
    card = run.model.languages if run.model else ()
    # The passage's text is the same, and so is its language, which is found only when a run is planned.
    now = now[0], now[1].model_copy(update={"language": before[1].language})
    steps = run.options.steps
    try:
        for step in range(1, template.steps(steps) + 1):
            previous = "A text." if step > 1 else ""
            texts = dict.fromkeys(template.reads_kinds, "A text.")
            prompts = [
                template.render(Reading((pair,), previous, texts, card), step, steps, labels)
                for pair in (before, now)
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
