"""The texts of a run that is being written, passage by passage: finished ones from the disk, others as they stand.

Takes a run's folder, gives what the page shows below its form. Knows nothing of queues and processes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from remix.errors import RunError
from remix.outputs import reviews
from remix.outputs.facts import shown_under
from remix.outputs.run import RunFolder
from remix.records import Branch, Frozen, Standing, Task, Verdict
from remix.studio.output_files import key_of
from remix.util.names import readable

MOST_PASSAGES = 60
"""Passages shown at once."""

AHEAD = 10
"""Passages shown after the last with a finished text."""

FIRST_WORDS = 160
"""Characters of a passage that are shown."""


class JobText(Frozen):
    """A text of a run."""

    place: str
    kind: str
    step: int
    variant: int
    key: str
    """The output's key in the studio."""
    branch: Branch | None = None
    """Where the text leaves its original, if it is a branch."""
    text: str | None = None
    """Null until the text is finished."""
    record: str | None = None
    """The record's id, which a review names."""
    flags: tuple[str, ...] = ()
    verdict: Verdict | None = None


class JobPassage(Frozen):
    """A passage with its texts."""

    id: str
    title: str
    first_words: str
    texts: tuple[JobText, ...]


class JobTexts(Frozen):
    """The passages of a run that are shown."""

    run: str
    before: int
    """Passages before the first that is shown."""
    after: int
    """Passages after the last that is shown."""
    passages: tuple[JobPassage, ...]


def texts_of(folder: RunFolder, only: str | None = None) -> JobTexts:
    """The passages that a run is at, or one passage by its id. Raises `RunError` if the run has no such passage."""
    passages, judged = _by_passage(folder), _judged(folder)
    if only is not None:
        if only not in passages:
            raise RunError(f"{folder.run.name}: has no texts of {only}.", "Reload the page.")
        return JobTexts(
            run=folder.run.name, before=0, after=0, passages=(_passage(folder, only, passages[only], judged),)
        )
    names = list(passages)
    begun = [at for at, name in enumerate(names) if any(map(folder.is_done, passages[name]))]
    end = min(len(names), (begun[-1] + 1 if begun else 0) + AHEAD)
    start = max(0, end - MOST_PASSAGES)
    end = min(len(names), start + MOST_PASSAGES)
    shown = tuple(_passage(folder, name, passages[name], judged) for name in names[start:end])
    return JobTexts(run=folder.run.name, before=start, after=len(names) - end, passages=shown)


def _by_passage(folder: RunFolder) -> dict[str, list[Task]]:
    """The tasks of a run by the passage under which each is shown, in the run's order."""
    found: dict[str, list[Task]] = {}
    under = shown_under(folder.run)
    for task in folder.run.tasks:
        found.setdefault(under[task.id], []).append(task)
    return found


def _judged(folder: RunFolder) -> dict[str, Standing]:
    """The standing of each judged output, by its record's id; none if the reviews can't be read."""
    with suppress(RunError):
        return reviews.standings(reviews.read(folder.path).reviews)
    return {}


def _passage(folder: RunFolder, id_: str, tasks: Sequence[Task], judged: Mapping[str, Standing]) -> JobPassage:
    _, passage = folder.run.pairs[id_]
    words = " ".join(passage.text[: 4 * FIRST_WORDS].split())[:FIRST_WORDS]
    texts = tuple(_texts(folder, tasks, judged))
    return JobPassage(id=readable(id_), title=readable(passage.title), first_words=readable(words), texts=texts)


def _texts(folder: RunFolder, tasks: Sequence[Task], judged: Mapping[str, Standing]) -> Iterator[JobText]:
    for task in tasks:
        text = JobText(
            place=task.place,
            kind=readable(task.kind),
            step=task.step,
            variant=task.variant,
            branch=task.branch,
            key=key_of(folder.path, task.id),
        )
        # A text that can't be read is shown as unfinished here; `verify` says what is wrong.
        with suppress(RunError):
            if folder.is_done(task):
                record, words = folder.read(task.id)
                standing = judged.get(record.id)
                text = text.model_copy(
                    update={
                        "text": readable(words),
                        "record": record.id,
                        "flags": tuple(map(readable, record.flags)),
                        "verdict": standing.verdict if standing else None,
                    }
                )
        yield text
