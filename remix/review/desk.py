"""What lies on the desk: the outputs of some runs, a row each, and what is said of them.

Takes the folder of all runs and those to be reviewed; gives rows, sheets and standings, and keeps what is said.
Several threads may ask at once. Knows nothing of HTTP.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from threading import RLock
from typing import NamedTuple

from pydantic import Field

from remix.errors import RunError
from remix.outputs import reviews
from remix.outputs.find import run_path
from remix.outputs.index import write_index
from remix.outputs.reviews import ReviewError
from remix.outputs.run import RunFolder
from remix.outputs.verify import LATER_SUFFIXES, Finding, verify
from remix.records import Frozen, Loss, Passage, Sha256, Standing, Task, Verdict, canonical_sha256
from remix.review import sheet
from remix.review.sheet import Sheet, shown
from remix.review.verdicts import Verdicts

OPENING = 90
"""Letters of an output that its row shows."""


class NoSuchOutput(RunError):  # noqa: N818
    """An output isn't on the desk."""

    def __init__(self) -> None:
        super().__init__("This output isn't on the desk.", "Reload the page.")


class RunRow(Frozen):
    """A run on the desk."""

    name: str
    about: str
    """What it was asked for."""
    done: int
    """Finished texts."""
    total: int
    """Planned ones."""


class PassageRow(Frozen):
    """A passage with outputs on the desk."""

    id: str
    essay: str
    section: str | None
    tags: tuple[str, ...]


class Row(Frozen):
    """An output on the desk."""

    key: str
    """Names it in addresses: a hash, which tells nothing of model, variant and step."""
    run: int
    """Number of its run, from 0."""
    passage: int
    """Number of its passage, from 0."""
    kind: str
    step: int
    variant: int
    model: str | None
    """What wrote it."""
    output: str | None
    """Its record's id; null where it is broken."""
    flags: tuple[str, ...]
    opening: str
    """How its text begins."""


class Changes(Frozen):
    """What is new since a page asked last."""

    version: str
    """To be given when asking the next time."""
    standings: dict[str, Standing]
    """Of outputs, by their records' ids."""
    broken: dict[str, str]
    """What isn't as it was written, by rows' keys."""
    findings: tuple[str, ...]
    """The same of runs as a whole."""


class Listing(Frozen):
    """All that lies on the desk."""

    reviewer: str
    runs: tuple[RunRow, ...]
    passages: tuple[PassageRow, ...]
    """Essay by essay."""
    outputs: tuple[Row, ...]
    """Passage by passage."""
    changes: Changes
    """What holds of them."""


class Said(Frozen):
    """What came of saying something."""

    reviews: tuple[str, ...]
    """Ids of what was said, for taking it back."""
    keys: tuple[str, ...]
    """Of the outputs that it was said of."""
    changes: Changes


class Words(Frozen):
    """Something to say of an output; what is null isn't said."""

    output: Sha256
    """Id of the record that was looked at: the text may have been written anew since."""
    verdict: Verdict | None = None
    loss: Loss | None = None
    note: str | None = Field(None, max_length=reviews.LONGEST)


class _Place(NamedTuple):
    """An output of a run."""

    folder: RunFolder
    passage: Passage
    task: Task


class _Read(NamedTuple):
    """What was read of an output, and of which state of its files."""

    state: tuple[int, ...]
    row: Row
    text: str
    """For searching: in lower case."""


class Desk:
    """The outputs of some runs."""

    def __init__(self, outputs: Path, folders: Sequence[RunFolder], reviewer: str) -> None:
        self.reviewer = reviewer
        self.folders = tuple(folders)
        self._lock = RLock()
        self._verdicts = Verdicts(outputs, [folder.path for folder in folders])
        self._read: dict[str, _Read] = {}
        self._places: dict[str, _Place] = {}
        self._passages: list[PassageRow] = []
        self._rows: dict[str, Row] = {}
        self._findings: dict[int, tuple[Finding, ...]] = {}
        self._epoch, self._version = secrets.token_hex(4), 0
        self._changed: dict[str, int] = {}
        self._untidy: set[RunFolder] = set()

    @classmethod
    def open(cls, outputs: Path, words: Sequence[str], reviewer: str) -> Desk:
        """The runs that words mean, or else the latest. Raises `RunError` where one can't be read."""
        paths = dict.fromkeys(run_path(outputs, word) for word in words) or [run_path(outputs, None)]
        return cls(outputs, [RunFolder.open(path) for path in paths], reviewer)

    # -- looking ---------------------------------------------------------------------------------------------

    def listing(self) -> Listing:
        """All that lies on the desk now."""
        with self._lock:
            self._look()
            return Listing(
                reviewer=shown(self.reviewer),
                runs=tuple(map(_run_row, self.folders)),
                passages=tuple(self._passages),
                outputs=tuple(self._rows.values()),
                changes=self.changes(""),
            )

    def changes(self, since: str) -> Changes:
        """What was said and found since a version that was given before; all of it for any other."""
        with self._lock:
            self._refresh()
            epoch, _, number = since.partition(".")
            known = int(number) if epoch == self._epoch and number.isdecimal() and len(number) < 10 else -1
            news = [output for output, version in self._changed.items() if version > known]
            return Changes(
                version=f"{self._epoch}.{self._version}",
                standings={output: _shown_standing(self._verdicts.standing(output)) for output in news},
                broken=dict(self._broken()),
                findings=tuple(self._whole_run_findings()),
            )

    def search(self, words: str) -> list[str]:
        """The keys of outputs whose texts or notes hold some words."""
        wanted = " ".join(words.casefold().split())
        with self._lock:
            return [key for key, row in self._rows.items() if wanted in self._searched(key, row)]

    def sheet(self, key: str) -> Sheet:
        """An output laid open."""
        with self._lock:
            place, row = self._place(key), self._rows[key]
            lost = edited = None
            try:
                edited = self._edited(row)
            except RunError as error:
                lost = shown(f"{error.message} {error.hint}")
        return sheet.lay_open(place.folder, place.passage, place.task, edited).model_copy(update={"lost": lost})

    def _edited(self, row: Row) -> str | None:
        """A person's own version of an output, if there is one. Raises `RunError` where it isn't what was kept."""
        edit = self._verdicts.standing(row.output).edit if row.output else None
        return self._verdicts.edited(row.output, edit) if row.output and edit else None

    def text(self, key: str) -> str:
        """What is to be edited: the edited version, or else the output. Raises `RunError` where there is none."""
        with self._lock:
            place = self._place(key)
            edited = self._edited(self._rows[key])
        return place.folder.read(place.task.id)[1] if edited is None else edited

    def record(self, key: str) -> bytes:
        """An output's record as it stands in its file, but what would turn a line around is spelt out, as JSON may.

        Raises `RunError` where it can't be read.
        """
        with self._lock:
            place = self._place(key)
        path = place.folder.record_path(place.task.id)
        try:
            return shown(path.read_bytes().decode(errors="replace")).encode()
        except OSError as error:
            raise RunError(f"{path}: can't be read ({error.strerror}).", "Bring it back from a copy.") from error

    # -- saying ----------------------------------------------------------------------------------------------

    def say(self, key: str, words: Words) -> Said:
        """Say something of an output. Raises `RunError` where it isn't what was looked at, or can't be kept."""
        since = self._now()
        with self._lock:
            review = self._say(key, words)
            return self._said([review], [key], since)

    def choose(self, key: str, output: str) -> Said:
        """Accept one of the variants of a text, and reject the others. Raises `RunError`."""
        since = self._now()
        with self._lock:
            self._refresh()
            said, keys = [], []
            for other in self._siblings(key):
                row = self._rows[other]
                wanted: Verdict = "accept" if other == key else "reject"
                if row.output and not self._holds(row.output, wanted):
                    looked_at = output if other == key else row.output
                    said.append(self._say(other, Words(output=looked_at, verdict=wanted)))
                    keys.append(other)
            return self._said(said, keys, since)

    def edit(self, key: str, output: str, text: str) -> Said:
        """Keep a person's own version of an output. Raises `RunError`."""
        since = self._now()
        with self._lock:
            place = self._checked(key, output)
            review = reviews.edit(place.folder, place.task.id, self.reviewer, text)
            self._untidy.add(place.folder)
            return self._said([review.id], [key], since)

    def undo(self, ids: Sequence[str]) -> Said:
        """Take back what the reviewer said: these reviews, or else the last one of any output on the desk.

        Raises `RunError` where there is none such that holds still.
        """
        since = self._now()
        with self._lock:
            self._refresh()
            by_output = {row.output: key for key, row in self._rows.items() if row.output}
            named = [self._verdicts.find(each, self.reviewer, by_output) for each in ids]
            found = [each for each in (named or [self._verdicts.last_of(self.reviewer, by_output)]) if each]
            if not found:
                raise ReviewError("There is nothing of yours to take back.", "Others' words are theirs.")
            for each in reversed(found):
                reviews.take_back(each.folder, each.review)
            keys = [by_output[each.review.output] for each in found]
            self._untidy |= {self._places[key].folder for key in keys}
            return self._said([], keys, since)

    def tidy(self) -> None:
        """Write the tables of contents anew, of runs of which something was said. Nothing rests on them."""
        with self._lock:
            folders, self._untidy = self._untidy, set()
        for folder in folders:
            with suppress(RunError, ValueError):
                write_index(folder)

    def verify(self) -> None:
        """Look whether the runs are what was written: takes a while, and is told with the changes."""
        for number, folder in enumerate(self.folders):
            findings = verify(folder.path).findings
            with self._lock:
                self._findings[number] = findings

    # -- within ----------------------------------------------------------------------------------------------

    def _now(self) -> str:
        with self._lock:
            self._refresh()
            return f"{self._epoch}.{self._version}"

    def _look(self) -> None:
        """Find out what is there now: runs may be written, mended and broken while the desk is open."""
        self._passages, self._rows, self._places = [], {}, {}
        seen: set[str] = set()
        for passage, places in _by_passage(self.folders):
            number = len(self._passages)
            for run, place in places:
                read = self._look_at(run, place, number)
                # The same text of the same origin in two runs is one output: what is said of it holds in both.
                if read and read.row.output not in seen:
                    self._rows[read.row.key], self._places[read.row.key] = read.row, place
                    seen |= {read.row.output} if read.row.output else set()
            if self._rows and next(reversed(self._rows.values())).passage == number:
                self._passages.append(_passage_row(passage))

    def _look_at(self, run: int, place: _Place, passage: int) -> _Read | None:
        """An output, read anew if its files changed; nothing where it isn't finished."""
        key = canonical_sha256([place.folder.run.name, place.task.id])[:20]
        state = _state(place)
        if not state:
            return None
        read = self._read.get(key)
        if read is None or read.state != state:
            read = _Read(state, *_row(key, run, place))
        if read.row.passage != passage:
            read = read._replace(row=read.row.model_copy(update={"passage": passage}))
        self._read[key] = read
        return read

    def _refresh(self) -> None:
        """Hear what was said meanwhile, here or elsewhere."""
        if changed := self._verdicts.refresh():
            self._version += 1
            self._changed |= dict.fromkeys(changed, self._version)

    def _place(self, key: str) -> _Place:
        if not self._rows:
            self._look()
        if key not in self._places:
            raise NoSuchOutput
        return self._places[key]

    def _checked(self, key: str, output: str) -> _Place:
        """An output that is still the one that was looked at."""
        place = self._place(key)
        record, _ = place.folder.read(place.task.id)
        if record.id != output:
            raise RunError(f"{place.task.id} was written anew since you looked.", "Reload the page, and read it.")
        return place

    def _say(self, key: str, words: Words) -> str:
        place = self._checked(key, words.output)
        said = words.model_dump(exclude={"output"}, exclude_none=True)
        review = reviews.say(place.folder, place.task.id, self.reviewer, **said)
        self._untidy.add(place.folder)
        return review.id

    def _holds(self, output: str, wanted: Verdict) -> bool:
        """Whether a verdict holds of an output already; to be starred is to be accepted."""
        standing = self._verdicts.standing(output)
        return standing.verdict == wanted or (wanted == "accept" and standing.is_accepted)

    def _said(self, ids: Sequence[str], keys: Sequence[str], since: str) -> Said:
        return Said(reviews=tuple(ids), keys=tuple(keys), changes=self.changes(since))

    def _siblings(self, key: str) -> list[str]:
        """An output and its variants: the same kind and step of the same passage, in whatever run."""
        self._place(key)
        row = self._rows[key]
        like = (row.passage, row.kind, row.step)
        return [other for other, each in self._rows.items() if (each.passage, each.kind, each.step) == like]

    def _searched(self, key: str, row: Row) -> str:
        note = self._verdicts.standing(row.output).note if row.output else None
        return f"{self._read[key].text} {' '.join((note or '').casefold().split())}"

    def _broken(self) -> Iterator[tuple[str, str]]:
        for key, row in self._rows.items():
            task = self._places[key].task.id
            files = {f"{task}{suffix}" for suffix in (".md", ".json", *LATER_SUFFIXES)}
            what = [f"{each.file}: {each.what}" for each in self._findings.get(row.run, ()) if each.file in files]
            if what:
                yield key, shown("; ".join(what))

    def _whole_run_findings(self) -> Iterator[str]:
        for number, findings in self._findings.items():
            folder = self.folders[number]
            for each in findings:
                yield shown(f"{folder.run.name}: {each.file}: {each.what}")


# -- rows ---------------------------------------------------------------------------------------------------


def _by_passage(folders: Sequence[RunFolder]) -> Iterator[tuple[Passage, list[tuple[int, _Place]]]]:
    """The outputs of each passage, with the numbers of their runs: essay by essay, kind by kind."""
    essays: dict[tuple[str, str], dict[tuple[str, str], list[tuple[int, _Place]]]] = {}
    for number, folder in enumerate(folders):
        passages = {passage.id: passage for essay in folder.run.essays for passage in essay.passages}
        for task in folder.run.tasks:
            passage = passages[task.passage]
            group = essays.setdefault((passage.essay, passage.title), {})
            group.setdefault((passage.id, passage.sha256), []).append((number, _Place(folder, passage, task)))
    for essay in essays.values():
        for places in essay.values():
            # Runs, variants and steps stay in their order.
            yield places[0][1].passage, sorted(places, key=lambda each: each[1].task.kind)


def _state(place: _Place) -> tuple[int, ...]:
    """By which it shows that an output's files changed; empty where one of them isn't there."""
    task = place.task.id
    try:
        stats = [path.stat() for path in (place.folder.record_path(task), place.folder.text_path(task))]
    except OSError:
        return ()
    return tuple(number for stat in stats for number in (stat.st_mtime_ns, stat.st_size))


def _row(key: str, run: int, place: _Place) -> tuple[Row, str]:
    """An output's row, and what is searched."""
    text, record, _ = sheet.read(place.folder, place.task)
    row = Row(
        key=key,
        run=run,
        passage=0,
        kind=shown(place.task.kind),
        step=place.task.step,
        variant=place.task.variant,
        model=shown(record.circumstances.model) if record else None,
        output=record.id if record else None,
        flags=tuple(map(shown, record.flags)) if record else (),
        opening=shown(" ".join(text[: 2 * OPENING].split())[:OPENING]),
    )
    return row, " ".join(text.casefold().split())


def _run_row(folder: RunFolder) -> RunRow:
    options = folder.run.options
    about = ", ".join(options.tags or options.essays) or "All passages"
    return RunRow(name=shown(folder.run.name), about=shown(about), done=len(folder.done), total=len(folder.run.tasks))


def _passage_row(passage: Passage) -> PassageRow:
    return PassageRow(
        id=shown(passage.id),
        essay=shown(passage.title),
        section=passage.section and shown(passage.section),
        tags=tuple(map(shown, passage.tags)),
    )


def _shown_standing(standing: Standing) -> Standing:
    note = standing.note and shown(standing.note)
    return standing.model_copy(update={"note": note, "reviewers": tuple(map(shown, standing.reviewers))})
