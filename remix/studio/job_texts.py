"""The texts of a run that is being written, passage by passage: finished ones from the disk, others as they stand.

Takes a run's folder, gives what the page shows below its form. Knows nothing of queues and processes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from remix.errors import RunError
from remix.outputs import reviews
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
    """A passage, or a group of passages, with its texts."""

    id: str
    """Of a group, the folder of its texts."""
    title: str
    """The essay's title; empty for a group."""
    group: int
    """Number of a group's passages; 0 for a single passage."""
    is_woven: bool
    """Whether the texts are an essay that the run weaves."""
    first_words: str
    """Empty for a group."""
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
    passages, judged = _by_place(folder), _judged(folder)
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


def _by_place(folder: RunFolder) -> dict[str, list[Task]]:
    """The tasks of a run by place: a passage, or a group of passages; in the run's order."""
    found: dict[str, list[Task]] = {}
    for task in folder.run.tasks:
        found.setdefault(task.place, []).append(task)
    return found


def _judged(folder: RunFolder) -> dict[str, Standing]:
    """The standing of each judged output, by its record's id; none if the reviews can't be read."""
    with suppress(RunError):
        return reviews.standings(reviews.read(folder.path).reviews)
    return {}


def _passage(folder: RunFolder, id_: str, tasks: Sequence[Task], judged: Mapping[str, Standing]) -> JobPassage:
    pair = folder.run.pairs.get(id_)
    words = " ".join(pair[1].text[: 4 * FIRST_WORDS].split())[:FIRST_WORDS] if pair else ""
    return JobPassage(
        id=readable(id_),
        title=readable(pair[1].title) if pair else "",
        group=0 if pair else len({passage for task in tasks for passage in task.passages}),
        is_woven=folder.run.weave is not None and not pair,
        first_words=readable(words),
        texts=tuple(_texts(folder, tasks, judged)),
    )


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
