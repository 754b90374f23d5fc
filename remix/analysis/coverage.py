"""Coverage: which passages are heard in a text of several passages, and which nobody hears.

Takes lineages of texts, gives a `Coverage` for each text and for a woven essay as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from pydantic import Field

from remix.analysis.run_lineages import OutputLineage
from remix.errors import RunError
from remix.outputs.essay import woven
from remix.outputs.run import RunFolder
from remix.records.lineage import Lineage, LineageFile
from remix.records.values import Frozen, is_none


class Coverage(Frozen):
    """Coverage of passages by one or several texts: heard and unheard passages, added sentences."""

    passages: int
    """Number of the passages behind the texts."""
    heard: int
    """Number of passages behind at least one sentence."""
    unheard: tuple[str, ...]
    """Ids of the passages that stand behind no sentence."""
    sentences: int
    """Number of the texts' sentences."""
    added: int
    """Number of the sentences behind which no passage stands."""


class RunCoverage(Frozen):
    """The coverage of a run's texts."""

    essay: Coverage | None = Field(None, exclude_if=is_none)
    """Of the whole woven essay without its title; null if the run weaves none, or if a text isn't written yet."""
    outputs: dict[str, Coverage]
    """Of each text of several passages, by the id of its task."""

    @property
    def rows(self) -> list[tuple[str, str, str, str]]:
        """Rows of a table: text, passages heard, sentences added, passages that nobody hears; last the essay."""
        named = [*self.outputs.items(), *([("the essay", self.essay)] if self.essay else [])]
        return [
            (
                name,
                f"{each.heard} of {each.passages}",
                f"{each.added} of {each.sentences}",
                ", ".join(each.unheard) or "-",
            )
            for name, each in named
        ]


def coverage(lineages: Iterable[Lineage]) -> Coverage:
    """The coverage of texts together."""
    found = list(lineages)
    passages = list(dict.fromkeys(each for one in found for each in one.passages))
    heard = {each for one in found for each in one.heard}
    return Coverage(
        passages=len(passages),
        heard=len(heard),
        unheard=tuple(each for each in passages if each not in heard),
        sentences=sum(len(each.sentences) for each in found),
        added=sum(sentence.added for each in found for sentence in each.sentences),
    )


def by_words(file: LineageFile) -> Lineage | None:
    """The lineage by words."""
    return file.words


def by_model(file: LineageFile) -> Lineage | None:
    """The lineage by a model, if a model read the text."""
    return file.model


def of_run(
    folder: RunFolder, lineages: Sequence[OutputLineage], method: Callable[[LineageFile], Lineage | None] = by_words
) -> RunCoverage | None:
    """The coverage of a run by a method; null if no text has a lineage by that method."""
    found = {each.task.id: lineage for each in lineages if (lineage := method(each.file))}
    if not found:
        return None
    return RunCoverage(
        essay=_of_essay(folder, found), outputs={task: coverage([each]) for task, each in found.items()}
    )


def _of_essay(folder: RunFolder, found: dict[str, Lineage]) -> Coverage | None:
    """The coverage of the woven essay, if there is one and each of its texts has a lineage."""
    if folder.run.weave is None:
        return None
    try:
        parts = [part.task for part in woven(folder).parts]
    except RunError:
        return None
    return coverage([found[task] for task in parts]) if parts and found.keys() >= set(parts) else None
