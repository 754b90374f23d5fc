"""A passage with all its texts: those of all runs, finished and being written; and the differences between texts.

Takes the garden and the studio's runs, gives frozen values that become JSON; strings are safe to show. Threads may
share a `PassageTexts`. Knows nothing of HTTP.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from remix.errors import RunError
from remix.outputs.run import RunFolder
from remix.records import Branch, Frozen, Passage, Record, Standing, Verdict
from remix.studio.garden import Garden
from remix.studio.json_http import NotInStudio
from remix.studio.kept_texts import KeptTexts
from remix.studio.open_runs import OpenRuns
from remix.studio.output_detail import SHOWN, View, read_output, view_of
from remix.studio.output_files import OpenOutput, state_of
from remix.studio.prose import Block, blocks_of
from remix.util.names import readable

MOST_TEXTS = 1000
"""Texts of a passage that an answer has."""

KEPT = 4000
"""Texts kept in memory."""

MOST_COMPARED = 200
"""Texts whose differences are asked for at once."""

PASSAGE = "passage"
"""Stands for the passage in place of a text's key."""


class ShownText(Frozen):
    """A text of a passage."""

    key: str
    """The output's key, by which the text is judged."""
    output: str | None
    """The record's id, which a review names; null if the output is broken."""
    run: str
    place: str
    kind: str
    step: int
    variant: int
    branch: Branch | None
    text: str
    """The edited version if there is one; at most `SHOWN` characters."""
    is_edited: bool
    cut: int
    """Number of characters left out at the end."""
    standing: Standing
    verdict: Verdict | None
    flags: tuple[str, ...]
    model: str | None
    created: datetime | None
    is_stale: bool
    """Whether the passage has changed since the text was planned."""
    passages: int
    """Number of passages that the text was made from."""
    is_woven: bool
    """Whether the text is part of an essay that the run weaves."""
    problem: str
    """Why the output can't be judged, or its edited version not be shown; else empty."""


class PlannedText(Frozen):
    """A text that a process is going to write, or is writing."""

    key: str
    run: str
    place: str
    kind: str
    step: int
    variant: int
    branch: Branch | None


class ShownPassage(Frozen):
    """A passage with its texts."""

    id: str
    essay: str
    """The essay's slug."""
    title: str
    """The essay's title."""
    section: str | None
    path: str
    lines: tuple[int, int]
    tags: tuple[str, ...]
    blocks: tuple[Block, ...]
    is_gone: bool
    """Whether the essays have no such passage any more."""
    before: str | None
    """Id of the passage before, in the same essay."""
    after: str | None
    """Id of the passage after, in the same essay."""
    texts: tuple[ShownText, ...]
    """The runs as in the studio; of each run kind by kind."""
    all_texts: int
    """Number of all finished texts."""
    writing: tuple[PlannedText, ...]
    """Texts of runs that are being written now."""


class Difference(Frozen):
    """A text beside the text before it."""

    key: str
    chunks: tuple[tuple[str, bool], ...]
    """The text in stretches, each with whether it is new."""
    is_marked: bool
    """Whether differences are marked; not if hardly a word is the same, or the texts are long."""


class Differences(Frozen):
    """Texts, each beside the text before it, the first beside the passage."""

    differences: tuple[Difference, ...]


class _Read(NamedTuple):
    """A text as read from its files."""

    text: str
    record: Record | None
    problem: str


class PassageTexts:
    """Passages with their texts."""

    def __init__(self, garden: Garden, runs: OpenRuns) -> None:
        self._garden, self._runs = garden, runs
        self._kept = KeptTexts[_Read](KEPT)

    def of(self, id_: str) -> ShownPassage:
        """A passage with its texts. Raises `NotInStudio` if neither the essays nor a run has the passage."""
        self._runs.find_runs()
        here = self._garden.passage(id_)
        keys = self._keys(id_, here)
        outputs = self._runs.planned.outputs
        behind = (each for key in keys for each in outputs[key].passages)
        passage = here or next((each for each in behind if each.id == id_), None)
        if passage is None:
            raise NotInStudio(f"There is no passage {readable(id_)}.", "The home page lists all essays.")
        finished = self._runs.finished(keys)
        shown = {key: self._read_output(key, outputs[key]) for key in finished[:MOST_TEXTS]}
        standings = self._runs.standings(read.record.id for read in shown.values() if read.record)
        texts = [
            self._text(key, outputs[key], passage, standings.get(read.record.id) if read.record else None)
            for key, read in shown.items()
        ]
        before, after = self._garden.neighbours(id_)
        return ShownPassage(
            id=readable(passage.id),
            essay=readable(passage.essay),
            title=readable(passage.title),
            section=passage.section and readable(passage.section),
            path=readable(passage.path),
            lines=passage.lines,
            tags=tuple(map(readable, passage.tags)),
            blocks=tuple(
                each.model_copy(update={"text": readable(each.text)}) for each in blocks_of(passage.text[:SHOWN])
            ),
            is_gone=here is None,
            before=before,
            after=after,
            texts=tuple(texts),
            all_texts=len(finished),
            writing=tuple(self._writing(set(keys).difference(finished))),
        )

    def compare(self, left: str, right: str) -> View:
        """Two texts side by side, given by key; the left one may be `PASSAGE`. Raises `NotInStudio`."""
        return view_of("pair", self._words(left, right), self._words(right, left), ())

    def differences(self, id_: str, keys: Sequence[str]) -> Differences:
        """Texts of a passage, each with its differences from the text before it. Raises `NotInStudio`."""
        found = []
        before = PASSAGE
        for key in keys[:MOST_COMPARED]:
            view = self.compare(before, key)
            chunks = tuple((text, changed) for text, changed, _ in view.right)
            found.append(Difference(key=key, chunks=chunks, is_marked=view.plain is None))
            before = key
        return Differences(differences=tuple(found))

    # -- internals -------------------------------------------------------------------------------------------

    def _keys(self, id_: str, here: Passage | None) -> list[str]:
        """Keys of all planned texts of a passage: under the same id, or of the same words under another."""
        planned = self._runs.planned.of_passage
        keys = [*planned.get(id_, ()), *(planned.get(here.sha256, ()) if here else ())]
        return sorted(dict.fromkeys(keys), key=self._runs.planned.order)

    def _words(self, key: str, other: str) -> str:
        """A text as shown; `PASSAGE` means the passage of the other text."""
        outputs = self._runs.planned.outputs
        output = outputs.get(other if key == PASSAGE else key)
        if output is None:
            raise NotInStudio("This text isn't in the studio.", "Reload the page.")
        return output.text_before if key == PASSAGE else self._shown(key, output)[0]

    def _shown(self, key: str, output: OpenOutput) -> tuple[str, str]:
        """The edited version of a text, or else the text; and a problem, or an empty text."""
        read = self._read_output(key, output)
        try:
            edited = self._runs.edited(read.record.id) if read.record else None
        except RunError as error:
            return read.text, f"{error.message} {error.hint}"
        return (read.text if edited is None else edited), read.problem

    def _text(self, key: str, output: OpenOutput, passage: Passage, standing: Standing | None) -> ShownText:
        record = self._read_output(key, output).record
        text, problem = self._shown(key, output)
        standing = standing or Standing()
        task = output.task
        return ShownText(
            key=key,
            output=record.id if record else None,
            run=readable(output.folder.run.name),
            place=readable(task.place),
            kind=readable(task.kind),
            step=task.step,
            variant=task.variant,
            branch=task.branch,
            text=readable(text[:SHOWN]),
            is_edited=standing.edit is not None and not problem,
            cut=max(0, len(text) - SHOWN),
            standing=standing,
            verdict=standing.verdict,
            flags=tuple(map(readable, record.flags)) if record else (),
            model=readable(record.circumstances.model) if record else None,
            created=record.circumstances.finished if record else None,
            is_stale=passage.sha256 not in [each.sha256 for each in output.passages],
            passages=len(output.passages),
            is_woven=output.is_woven,
            problem=readable(problem),
        )

    def _read_output(self, key: str, output: OpenOutput) -> _Read:
        """A text and its record, read anew if a file has changed."""

        def read() -> _Read:
            text, record, broken = read_output(output.folder, output.task)
            return _Read(text, record, f"{broken.message} {broken.hint}" if broken else "")

        return self._kept.get(key, state_of(output), read)

    def _writing(self, keys: set[str]) -> list[PlannedText]:
        """The planned texts whose run is being written now."""
        outputs = self._runs.planned.outputs
        written: dict[RunFolder, bool] = {}
        found = []
        for key in sorted(keys, key=self._runs.planned.order):
            folder, task = outputs[key].folder, outputs[key].task
            if folder not in written:
                written[folder] = folder.is_being_written()
            if written[folder]:
                found.append(
                    PlannedText(
                        key=key,
                        run=readable(folder.run.name),
                        place=readable(task.place),
                        kind=readable(task.kind),
                        step=task.step,
                        variant=task.variant,
                        branch=task.branch,
                    )
                )
        return found
