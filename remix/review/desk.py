"""What lies on the desk: the outputs of some runs, a row each, and what is said of them.

Takes the folder of all runs and those to be reviewed; gives rows, sheets and standings, and keeps what is said.
The plan and the names of files tell what there is, so that thousands of outputs are listed at once; what they say is
read meanwhile, and told with the changes. Several threads may ask at once. Knows nothing of HTTP.
"""

from __future__ import annotations

import os
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock, RLock
from typing import NamedTuple

from pydantic import Field

from remix.errors import RunError
from remix.files import entries
from remix.names import in_json, one_line
from remix.outputs import reviews
from remix.outputs.bounds import MOST_ENTRIES, MOST_RECORD
from remix.outputs.facts import about
from remix.outputs.find import run_path
from remix.outputs.index import write_index
from remix.outputs.reviews import ReviewError
from remix.outputs.run import RunFolder
from remix.outputs.verify import LATER_SUFFIXES, Finding
from remix.records import Frozen, Loss, Passage, Sha256, Standing, Task, Verdict, canonical_sha256
from remix.review import sheet
from remix.review.checking import findings_of
from remix.review.sheet import Sheet, shown
from remix.review.verdicts import Verdicts

OPENING = 90
"""Letters of an output that its row shows."""


MOST_FINDINGS = 100
"""Findings that are told with each look at the changes."""

MOST_REVIEWERS = 20
"""Reviewers of a text that are named."""


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
    """An output on the desk, as it was planned."""

    key: str
    """Names it in addresses: a hash, which tells nothing of model, variant and step."""
    run: int
    """Number of its run, from 0."""
    passage: int
    """Number of its passage, from 0."""
    kind: str
    step: int
    variant: int


class Content(Frozen):
    """What an output's files say."""

    output: str | None
    """Its record's id; null where it is broken."""
    model: str | None
    """What wrote it."""
    flags: tuple[str, ...]
    opening: str
    """How its text begins."""


class Changes(Frozen):
    """What is new since a page asked last."""

    version: str
    """To be given when asking the next time."""
    listed: int
    """Grows when outputs come or go: the listing is another then."""
    contents: dict[str, Content]
    """Of outputs that were read since, by rows' keys."""
    unread: int
    """Outputs that are still to be read."""
    twins: tuple[str, ...]
    """Rows whose output is that of a row before them: the same text of the same origin, in two runs, is one."""
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
    """Essay by essay, those without outputs too."""
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


@dataclass(frozen=True)
class _Place:
    """An output of a run."""

    folder: RunFolder
    passage: Passage
    task: Task

    @cached_property
    def names(self) -> tuple[str, str]:
        """Of its files, below the run's folder."""
        return f"{self.task.id}.md", f"{self.task.id}.json"

    @cached_property
    def files(self) -> tuple[Path, Path]:
        """Its text and its record."""
        return self.folder.text_path(self.task.id), self.folder.record_path(self.task.id)


class _Read(NamedTuple):
    """What was read of an output."""

    state: tuple[int, ...]
    """Of its files."""
    version: int
    """As of which it is told."""
    content: Content
    text: str
    """For searching: in lower case."""


class Desk:
    """The outputs of some runs."""

    def __init__(self, outputs: Path, folders: Sequence[RunFolder], reviewer: str) -> None:
        self.reviewer = reviewer
        self.folders = tuple(folders)
        self._lock = RLock()
        self._verdicts = Verdicts(outputs, [folder.path for folder in folders])
        self._passages: list[PassageRow] = []
        self._planned: dict[str, Row] = {}
        self._places: dict[str, _Place] = {}
        self._rows: dict[str, Row] = {}
        self._comings = 0
        self._listing: tuple[tuple[int, int], Listing] | None = None
        self._read: dict[str, _Read] = {}
        self._reading = Lock()
        self._findings: list[str] = []
        self._broken: dict[str, str] = {}
        self._epoch, self._version = secrets.token_hex(4), 0
        self._changed: dict[str, int] = {}
        self._untidy: set[RunFolder] = set()
        self._lay_out()
        self._look()

    @classmethod
    def open(cls, outputs: Path, words: Sequence[str], reviewer: str) -> Desk:
        """The runs that words mean, or else the latest. Raises `RunError` where one can't be read."""
        paths = dict.fromkeys(run_path(outputs, word) for word in words) or [run_path(outputs, None)]
        return cls(outputs, [RunFolder.open(path) for path in paths], reviewer)

    # -- looking ---------------------------------------------------------------------------------------------

    def listing(self) -> Listing:
        """All that lies on the desk: as of the last reading, so that nobody waits for the disk.

        The same object as before, where nothing is new.
        """
        with self._lock:
            self._refresh()
            state = (self._version, self._comings)
            if self._listing and self._listing[0] == state:
                return self._listing[1]
            done = Counter(row.run for row in self._rows.values())
            listing = Listing(
                reviewer=shown(self.reviewer),
                runs=tuple(_run_row(folder, done[number]) for number, folder in enumerate(self.folders)),
                passages=tuple(self._passages),
                outputs=tuple(self._rows.values()),
                changes=self.changes(""),
            )
            self._listing = state, listing
            return listing

    def read(self) -> None:
        """Find out what came and went, and read what is new or was changed: each is told as soon as it is read."""
        with self._reading:
            self._look()
            for key in tuple(self._rows):
                self._content(key)

    def changes(self, since: str) -> Changes:
        """What was read, said and found since a version that was given before; all of it for any other."""
        with self._lock:
            self._refresh()
            epoch, _, number = since.partition(".")
            known = int(number) if epoch == self._epoch and number.isdecimal() and len(number) < 10 else -1
            said = [output for output, version in self._changed.items() if version > known]
            read = {key: self._read[key] for key in self._rows if key in self._read}
            return Changes(
                version=f"{self._epoch}.{self._version}",
                listed=self._comings,
                contents={key: each.content for key, each in read.items() if each.version > known},
                unread=len(self._rows) - len(read),
                twins=tuple(_twins(read)),
                standings={output: _shown_standing(self._verdicts.standing(output)) for output in said},
                broken=self._broken,
                findings=_first(self._findings, MOST_FINDINGS),
            )

    def search(self, words: str) -> list[str]:
        """The keys of outputs whose texts or notes hold some words, of those that were read."""
        wanted = " ".join(words.casefold().split())
        with self._lock:
            read = ((key, self._read[key]) for key in self._rows if key in self._read)
            return [key for key, each in read if wanted in f"{each.text} {self._note(each.content)}"]

    def sheet(self, key: str) -> Sheet:
        """An output laid open."""
        with self._lock:
            place = self._place(key)
            lost = edited = None
            try:
                edited = self._edited(key)
            except RunError as error:
                lost = shown(f"{error.message} {error.hint}")
        return sheet.lay_open(place.folder, place.passage, place.task, edited).model_copy(update={"lost": lost})

    def text(self, key: str) -> str:
        """What is to be edited: the edited version, or else the output. Raises `RunError` where there is none."""
        with self._lock:
            place, edited = self._place(key), self._edited(key)
        return place.folder.read(place.task.id)[1] if edited is None else edited

    def record(self, key: str) -> bytes:
        """An output's record as it stands in its file, but what would turn a line around is spelt out, as JSON may.

        Raises `RunError` where it can't be read.
        """
        with self._lock:
            place = self._place(key)
        path = place.folder.record_path(place.task.id)
        try:
            data = place.folder.read_bytes(place.names[1], MOST_RECORD)
            return in_json(data.decode(errors="replace")).encode()
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
            self._checked(key, output)
            said, keys = [], []
            for theirs, other in self._variants(key).items():
                wanted: Verdict = "accept" if theirs == output else "reject"
                if not self._holds(theirs, wanted):
                    said.append(self._say(other, Words(output=theirs, verdict=wanted)))
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
        # Which reviews are of outputs on the desk is known when all were read.
        if not self._read.keys() >= self._rows.keys():
            self.read()
        since = self._now()
        with self._lock:
            self._refresh()
            by_output = self._by_output(self._rows)
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
            found = findings_of(folder.path)
            with self._lock:
                self._version += 1
                self._broken |= self._wrong(number, found)
                self._findings += [one_line(f"{folder.run.name}: {each.file}: {each.what}") for each in found]

    # -- within ----------------------------------------------------------------------------------------------

    def _now(self) -> str:
        with self._lock:
            self._refresh()
            return f"{self._epoch}.{self._version}"

    def _lay_out(self) -> None:
        """Give all that is planned its place and a key: passages essay by essay, outputs passage by passage."""
        for passage, places in _by_passage(self.folders):
            for run, place in places:
                key = canonical_sha256([str(place.folder.path.absolute()), place.task.id])[:20]
                self._places[key] = place
                self._planned[key] = _row(key, run, len(self._passages), place.task)
            self._passages.append(_passage_row(passage))

    def _look(self) -> None:
        """Find out which outputs are there, by the names of files: runs may be written while the desk is open."""
        there = [_files(folder.path) for folder in self.folders]
        rows = {key: row for key, row in self._planned.items() if there[row.run].issuperset(self._places[key].names)}
        with self._lock:
            self._comings += rows.keys() != self._rows.keys()
            self._rows = rows

    def _content(self, key: str) -> Content:
        """What an output's files say, read anew if they changed."""
        state, read = _state(self._places[key]), self._read.get(key)
        if read is None or read.state != state:
            content, text = _content(self._places[key])
            with self._lock:
                self._version += 1
                read = self._read[key] = _Read(state, self._version, content, text)
        return read.content

    def _refresh(self) -> None:
        """Hear what was said meanwhile, here or elsewhere."""
        if changed := self._verdicts.refresh():
            self._version += 1
            self._changed |= dict.fromkeys(changed, self._version)

    def _place(self, key: str) -> _Place:
        if key not in self._rows:
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

    def _edited(self, key: str) -> str | None:
        """A person's own version of an output, if there is one. Raises `RunError` where it isn't what was kept."""
        output = self._content(key).output
        edit = self._verdicts.standing(output).edit if output else None
        return self._verdicts.edited(output, edit) if output and edit else None

    def _note(self, content: Content) -> str:
        """What people noted of an output, for searching."""
        note = self._verdicts.standing(content.output).note if content.output else None
        return " ".join((note or "").casefold().split())

    def _variants(self, key: str) -> dict[str, str]:
        """The ids and keys of an output and its variants: same kind and step of the same passage, in whatever run."""
        row = self._rows[key]
        like = (row.passage, row.kind, row.step)
        keys = [other for other, each in self._rows.items() if (each.passage, each.kind, each.step) == like]
        for other in keys:
            self._content(other)
        return self._by_output(keys)

    def _by_output(self, keys: Iterable[str]) -> dict[str, str]:
        """Keys by the ids of their outputs, as read: of twins the first, and none of what is broken."""
        found: dict[str, str] = {}
        for key in keys:
            each = self._read.get(key)
            if each and each.content.output:
                found.setdefault(each.content.output, key)
        return found

    def _wrong(self, run: int, findings: Sequence[Finding]) -> dict[str, str]:
        """What of a run isn't as it was written, by rows' keys."""
        keys = {
            name: key
            for key, place in self._places.items()
            if self._planned[key].run == run
            for name in (*place.names, *(f"{place.task.id}{suffix}" for suffix in LATER_SUFFIXES))
        }
        wrong: dict[str, list[str]] = {}
        for each in findings:
            if key := keys.get(each.file):
                wrong.setdefault(key, []).append(f"{each.file}: {each.what}")
        return {key: one_line("; ".join(what)) for key, what in wrong.items()}


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


def _twins(read: Mapping[str, _Read]) -> Iterator[str]:
    """The keys of those whose record was there before, in their order."""
    seen: set[str] = set()
    for key, each in read.items():
        if each.content.output in seen:
            yield key
        elif each.content.output:
            seen.add(each.content.output)


def _files(folder: Path) -> set[str]:
    """The names of all files below a folder, as runs write them: with forward slashes."""
    start = len(os.path.join(folder, ""))  # noqa: PTH118 (what `entries` begins each path with)
    below = (entry.path[start:] for entry in entries(folder, MOST_ENTRIES) if not entry.is_dir(follow_symlinks=False))
    return {name.replace(os.sep, "/") for name in below}


def _state(place: _Place) -> tuple[int, ...]:
    """By which it shows that an output's files changed; empty where one of them isn't there."""
    try:
        stats = [path.stat() for path in place.files]
    except OSError:
        return ()
    return tuple(number for stat in stats for number in (stat.st_mtime_ns, stat.st_size))


def _row(key: str, run: int, passage: int, task: Task) -> Row:
    return Row(key=key, run=run, passage=passage, kind=shown(task.kind), step=task.step, variant=task.variant)


def _content(place: _Place) -> tuple[Content, str]:
    """What an output's files say, and what is searched."""
    text, record, _ = sheet.read(place.folder, place.task)
    content = Content(
        output=record.id if record else None,
        model=shown(record.circumstances.model) if record else None,
        flags=tuple(map(shown, record.flags)) if record else (),
        opening=shown(" ".join(text[: 2 * OPENING].split())[:OPENING]),
    )
    return content, " ".join(text.casefold().split())


def _run_row(folder: RunFolder, done: int) -> RunRow:
    run = folder.run
    return RunRow(name=shown(run.name), about=shown(about(run)), done=done, total=len(run.tasks))


def _passage_row(passage: Passage) -> PassageRow:
    return PassageRow(
        id=shown(passage.id),
        essay=shown(passage.title),
        section=passage.section and shown(passage.section),
        tags=tuple(map(shown, passage.tags)),
    )


def _first(lines: Sequence[str], most: int) -> tuple[str, ...]:
    """Of very many lines the first, and how many more there are."""
    more = len(lines) - most
    return (*lines[:most], *([f"{more:,} more"] if more > 0 else []))


def _shown_standing(standing: Standing) -> Standing:
    note = standing.note and shown(standing.note[: reviews.LONGEST])
    return standing.model_copy(
        update={"note": note, "reviewers": tuple(map(shown, _first(standing.reviewers, MOST_REVIEWERS)))}
    )
