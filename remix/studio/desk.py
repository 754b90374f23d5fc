"""Runs, as the page shows them and a reviewer speaks of them."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock, RLock

from remix.errors import RunError
from remix.outputs import reviews
from remix.outputs.find import run_path
from remix.outputs.index import write_index
from remix.outputs.layout import files_of_output
from remix.outputs.reviews import ReviewError
from remix.outputs.run import RunFolder
from remix.records import Verdict, canonical_sha256
from remix.studio import sheet
from remix.studio.checking import findings_of
from remix.studio.rows import (
    Changes,
    Content,
    Listing,
    PassageRow,
    Place,
    Read,
    Row,
    Said,
    Words,
    content_of,
    equal_texts,
    files_of,
    first_lines,
    outputs_by_passage,
    passage_row_of,
    row_of,
    run_row_of,
    shown_standing,
    state_of,
)
from remix.studio.sheet import Sheet, shown
from remix.studio.verdicts import Verdicts
from remix.util.names import in_json, one_line
from remix.verification.finding import Finding

MOST_FINDINGS = 100
"""Findings that are told with each look at the changes."""


class NoSuchOutput(RunError):  # noqa: N818
    """An output isn't on the desk."""

    def __init__(self) -> None:
        super().__init__("This output isn't on the desk.", "Reload the page.")


class Desk:
    """The outputs of some runs."""

    def __init__(self, outputs: Path, folders: Sequence[RunFolder], reviewer: str) -> None:
        self.reviewer = reviewer
        self.folders = tuple(folders)
        self._lock = RLock()
        self._verdicts = Verdicts(outputs, [folder.path for folder in folders])
        self._passages: list[PassageRow] = []
        self._planned: dict[str, Row] = {}
        self._places: dict[str, Place] = {}
        self._rows: dict[str, Row] = {}
        self._comings = 0
        self._listing: tuple[tuple[int, int], Listing] | None = None
        self._read: dict[str, Read] = {}
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
                runs=tuple(run_row_of(folder, done[number]) for number, folder in enumerate(self.folders)),
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
                twins=tuple(equal_texts(read)),
                standings={output: shown_standing(self._verdicts.standing(output)) for output in said},
                broken=self._broken,
                findings=first_lines(self._findings, MOST_FINDINGS),
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
            data = place.folder.read_bytes(place.names[1])
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
        for passage, places in outputs_by_passage(self.folders):
            for run, place in places:
                key = canonical_sha256([str(place.folder.path.absolute()), place.task.id])[:20]
                self._places[key] = place
                self._planned[key] = row_of(key, run, len(self._passages), place.task)
            self._passages.append(passage_row_of(passage))

    def _look(self) -> None:
        """Find out which outputs are there, by the names of files: runs may be written while the desk is open."""
        there = [files_of(folder.path) for folder in self.folders]
        rows = {key: row for key, row in self._planned.items() if there[row.run].issuperset(self._places[key].names)}
        with self._lock:
            self._comings += rows.keys() != self._rows.keys()
            self._rows = rows

    def _content(self, key: str) -> Content:
        """What an output's files say, read anew if they changed."""
        state, read = state_of(self._places[key]), self._read.get(key)
        if read is None or read.state != state:
            content, text = content_of(self._places[key])
            with self._lock:
                self._version += 1
                read = self._read[key] = Read(state, self._version, content, text)
        return read.content

    def _refresh(self) -> None:
        """Hear what was said meanwhile, here or elsewhere."""
        if changed := self._verdicts.refresh():
            self._version += 1
            self._changed |= dict.fromkeys(changed, self._version)

    def _place(self, key: str) -> Place:
        if key not in self._rows:
            raise NoSuchOutput
        return self._places[key]

    def _checked(self, key: str, output: str) -> Place:
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
            for name in files_of_output(place.task.id)
        }
        wrong: dict[str, list[str]] = {}
        for each in findings:
            if key := keys.get(each.file):
                wrong.setdefault(key, []).append(f"{each.file}: {each.what}")
        return {key: one_line("; ".join(what)) for key, what in wrong.items()}
