"""The runs open in the studio: outputs as the page reads them, and the reviews, edits and undos of a reviewer.

Takes run folders and a reviewer's name, gives values of `listing.py` and `output_detail.py`. Threads may share an
`OpenRuns`. Knows nothing of HTTP.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock, RLock

from remix.errors import RunError
from remix.outputs import reviews
from remix.outputs.find import run_path
from remix.outputs.index import write_index
from remix.outputs.reviews import ReviewError
from remix.outputs.run import RunFolder
from remix.outputs.stored_reviews import StoredReviews
from remix.records import Standing, Verdict
from remix.studio.findings import Findings
from remix.studio.json_http import NotInStudio
from remix.studio.listing import (
    Changes,
    Content,
    Listing,
    ReviewRequest,
    ReviewResult,
    Row,
    first_lines,
    run_row_of,
    shown_standing,
)
from remix.studio.output_detail import OutputDetail, detail_of
from remix.studio.output_files import OpenOutput, ReadOutput, content_of, equal_texts, files_of, state_of
from remix.studio.run_list import PlannedOutputs, RunFinder
from remix.studio.verify_process import findings_of
from remix.util.names import in_json, readable

MOST_FINDINGS = 100
"""Findings sent with each answer about changes."""


class NoSuchOutput(NotInStudio):
    """No open run has the output."""

    def __init__(self) -> None:
        super().__init__("This output isn't in the studio.", "Reload the page.")


class OpenRuns:
    """Some runs, with their outputs and reviews."""

    def __init__(self, outputs: Path, folders: Sequence[RunFolder], reviewer: str) -> None:
        self.reviewer = reviewer
        self._lock = RLock()
        self._finder = RunFinder(outputs, folders)
        self._reviews = StoredReviews(outputs, [folder.path for folder in folders])
        self._planned = PlannedOutputs.of(folders)
        self._rows: dict[str, Row] = {}
        self._listed = 0
        self._last_listing: tuple[tuple[int, int, Collection[str]], Listing] | None = None
        self._read: dict[str, ReadOutput] = {}
        self._reading, self._finding = Lock(), Lock()
        self._findings = Findings()
        self._epoch, self._version = secrets.token_hex(4), 0
        self._changed: dict[str, int] = {}
        self._untidy: set[RunFolder] = set()
        self._find_finished(self._planned, self.folders)

    @classmethod
    def open(cls, outputs: Path, words: Sequence[str], reviewer: str) -> OpenRuns:
        """Open runs by path or by the beginning of their names; by default the latest. Raises `RunError`."""
        paths = dict.fromkeys(run_path(outputs, word) for word in words) or [run_path(outputs, None)]
        return cls(outputs, [RunFolder.open(path) for path in paths], reviewer)

    @property
    def folders(self) -> tuple[RunFolder, ...]:
        """The folders of all open runs."""
        return self._planned.folders

    @property
    def planned(self) -> PlannedOutputs:
        """The outputs of all open runs, finished or not."""
        return self._planned

    # -- reading ---------------------------------------------------------------------------------------------

    def find_runs(self) -> None:
        """Open runs that appeared in the outputs folder, and close those that are gone."""
        with self._finding:
            folders = self._finder.find()
            if folders != self.folders:
                self._find_finished(PlannedOutputs.of(folders), folders)

    def notice(self, run: str) -> None:
        """Notice the finished outputs of the run of a name, also if the run has just begun; reads no other run."""
        with self._finding:
            folders = self._finder.find()
            planned = self._planned if folders == self.folders else PlannedOutputs.of(folders)
            self._find_finished(planned, [folder for folder in folders if folder.path.name == run])

    def listing(self, runs: Collection[str] = frozenset()) -> Listing:
        """All passages, and the outputs of the runs of some names, as of the last `read`; does not wait for the disk.

        Without names, the outputs of all runs. Gives the same object again if nothing has changed.
        """
        with self._lock:
            self._refresh()
            state = (self._version, self._listed, runs)
            if self._last_listing and self._last_listing[0] == state:
                return self._last_listing[1]
            done = Counter(row.run for row in self._rows.values())
            listing = Listing(
                reviewer=readable(self.reviewer),
                runs=tuple(run_row_of(folder, done[number]) for number, folder in enumerate(self.folders)),
                passages=self._planned.passages,
                outputs=tuple(self._rows[key] for key in self._keys(runs)),
                changes=self.changes("", runs),
            )
            self._last_listing = state, listing
            return listing

    def read(self) -> None:
        """Notice added and removed outputs, and read new and changed ones. `changes` gives each output at once."""
        with self._finding:
            self._find_finished(self._planned, self.folders)
        with self._reading:
            for key in tuple(self._rows):
                # A run may be gone meanwhile.
                with suppress(NoSuchOutput):
                    self._content(key)

    def changes(self, since: str, runs: Collection[str] = frozenset()) -> Changes:
        """Outputs read, reviews and findings since a version given before; everything for an unknown version.

        Outputs are those of the runs of some names; without names, of all runs.
        """
        with self._lock:
            self._refresh()
            epoch, _, number = since.partition(".")
            known = int(number) if epoch == self._epoch and number.isdecimal() and len(number) < 10 else -1
            changed = [record_id for record_id, version in self._changed.items() if version > known]
            keys = self._keys(runs)
            read = {key: self._read[key] for key in keys if key in self._read}
            return Changes(
                version=f"{self._epoch}.{self._version}",
                listed=self._listed,
                contents={key: each.content for key, each in read.items() if each.version > known},
                unread=len(keys) - len(read),
                twins=tuple(equal_texts(read)),
                standings={each: shown_standing(self._reviews.standing(each)) for each in changed},
                broken=self._findings.broken,
                findings=first_lines(self._findings.lines, MOST_FINDINGS),
            )

    def finished(self, keys: Sequence[str]) -> list[str]:
        """Those of some planned outputs that are finished now; the files are looked for."""
        planned = self._planned
        found = [key for key in keys if key in planned.outputs and state_of(planned.outputs[key])]
        with self._lock:
            if planned is self._planned and (new := [key for key in found if key not in self._rows]):
                self._rows = {key: row for key, row in planned.rows.items() if key in self._rows or key in new}
                self._listed += 1
        return found

    def standings(self, record_ids: Iterable[str]) -> dict[str, Standing]:
        """The standing of outputs, by record id."""
        with self._lock:
            self._refresh()
            return {each: shown_standing(self._reviews.standing(each)) for each in record_ids}

    def edited(self, record_id: str) -> str | None:
        """The edited version of an output, if any. Raises `RunError` if the file is missing or was changed."""
        with self._lock:
            edit = self._reviews.standing(record_id).edit
            return self._reviews.edited(record_id, edit) if edit else None

    def search(self, words: str) -> list[str]:
        """Keys of outputs, among those read, with `words` in their text or notes."""
        wanted = " ".join(words.casefold().split())
        found = []
        with self._lock:
            read = ((key, self._read[key]) for key in self._rows if key in self._read)
            for key, each in read:
                output = each.content.output
                note = (self._reviews.standing(output).note if output else None) or ""
                if wanted in f"{each.text} {' '.join(note.casefold().split())}":
                    found.append(key)
        return found

    def detail(self, key: str) -> OutputDetail:
        """One output in full."""
        with self._lock:
            output = self._output(key)
            edit_error = edited = None
            try:
                record_id = self._content(key).output
                edited = self.edited(record_id) if record_id else None
            except RunError as error:
                edit_error = readable(f"{error.message} {error.hint}")
        detail = detail_of(output.folder, output.passages, output.task, edited)
        return detail.model_copy(update={"edit_error": edit_error})

    def text(self, key: str) -> str:
        """The text to edit: the edited version, or else the output. Raises `RunError` if neither can be read."""
        with self._lock:
            output, record_id = self._output(key), self._content(key).output
            edited = self.edited(record_id) if record_id else None
        return output.folder.read(output.task.id)[1] if edited is None else edited

    def record(self, key: str) -> bytes:
        """The bytes of an output's record, with JSON escapes for characters that reverse a line's direction.

        Raises `RunError` if the file can't be read.
        """
        with self._lock:
            output = self._output(key)
        path = output.folder.record_path(output.task.id)
        try:
            data = output.folder.read_bytes(output.names[1])
            return in_json(data.decode(errors="replace")).encode()
        except OSError as error:
            raise RunError(f"{path}: can't be read ({error.strerror}).", "Bring it back from a copy.") from error

    # -- reviewing -------------------------------------------------------------------------------------------

    def review(self, key: str, request: ReviewRequest) -> ReviewResult:
        """Store a review of an output. Raises `RunError` if the output has changed, or the review can't be stored."""
        since = self._current_version()
        with self._lock:
            review = self._store_review(key, request)
            return self._result([review], [key], since)

    def choose(self, key: str, record_id: str, runs: Collection[str] = frozenset()) -> ReviewResult:
        """Accept one of the variants of a text, and reject the others: those in the runs of some names, or in all.

        Raises `RunError`.
        """
        since = self._current_version()
        with self._lock:
            self._refresh()
            self._checked(key, record_id)
            ids, keys = [], []
            for variant_id, other in self._variants(key, runs).items():
                wanted: Verdict = "accept" if variant_id == record_id else "reject"
                standing = self._reviews.standing(variant_id)
                # A starred variant is accepted already.
                if standing.verdict != wanted and not (wanted == "accept" and standing.is_accepted):
                    ids.append(self._store_review(other, ReviewRequest(output=variant_id, verdict=wanted)))
                    keys.append(other)
            return self._result(ids, keys, since)

    def edit(self, key: str, record_id: str, text: str) -> ReviewResult:
        """Store an edited version of an output. Raises `RunError`."""
        since = self._current_version()
        with self._lock:
            output = self._checked(key, record_id)
            review = reviews.edit(output.folder, output.task.id, self.reviewer, text)
            self._untidy.add(output.folder)
            return self._result([review.id], [key], since)

    def undo(self, ids: Sequence[str], runs: Collection[str] = frozenset()) -> ReviewResult:
        """Withdraw reviews of the reviewer: the named ones, or else the latest one of an output in the runs of some
        names; without names, in all runs.

        Raises `ReviewError` if there is no such review in force.
        """
        # An output's record id is known only after reading.
        if not self._read.keys() >= self._rows.keys():
            self.read()
        since = self._current_version()
        with self._lock:
            self._refresh()
            keys_by_record = self._keys_by_record(self._keys(() if ids else runs))
            named = [self._reviews.find(each, self.reviewer, keys_by_record) for each in ids]
            found = [each for each in (named or [self._reviews.last_of(self.reviewer, keys_by_record)]) if each]
            if not found:
                raise ReviewError("You have no review to withdraw.", "Only your own reviews can be withdrawn.")
            for each in reversed(found):
                reviews.withdraw(each.folder, each.review)
            keys = [keys_by_record[each.review.output] for each in found]
            self._untidy |= {self._planned.outputs[key].folder for key in keys}
            return self._result([], keys, since)

    def tidy(self) -> None:
        """Write `index.md` anew for runs with new reviews. Errors are ignored: no program reads an index."""
        with self._lock:
            folders, self._untidy = self._untidy, set()
        for folder in folders:
            with suppress(RunError, ValueError):
                write_index(folder)

    def verify(self) -> None:
        """Verify each run once; takes seconds to minutes. `changes` then gives the findings.

        Edited texts that a crash left half-written are removed before.
        """
        for folder in self._findings.unverified(self.folders):
            with suppress(RunError):
                reviews.remove_half_written(folder)
            was_sealed = folder.is_sealed
            found = findings_of(folder.path)
            # Files that were being written meanwhile don't fit together: such a run is verified another time.
            if found and (folder.is_being_written() or folder.is_sealed != was_sealed):
                continue
            with self._lock:
                self._version += 1
                self._findings.add(folder, self._planned, found)

    # -- internals -------------------------------------------------------------------------------------------

    def _current_version(self) -> str:
        with self._lock:
            self._refresh()
            return f"{self._epoch}.{self._version}"

    def _find_finished(self, planned: PlannedOutputs, folders: Sequence[RunFolder]) -> None:
        """Find the finished ones of the planned outputs of some runs by file names; the others stay as they are."""
        there = {folder.path: files_of(folder.path) for folder in folders}

        def is_finished(key: str, output: OpenOutput) -> bool:
            names = there.get(output.folder.path)
            return key in self._rows if names is None else names.issuperset(output.names)

        rows = {key: planned.rows[key] for key, output in planned.outputs.items() if is_finished(key, output)}
        with self._lock:
            self._listed += planned is not self._planned or rows.keys() != self._rows.keys()
            self._planned, self._rows = planned, rows

    def _content(self, key: str) -> Content:
        """Contents of an output's files, read anew after a change."""
        output = self._planned.outputs.get(key)
        if output is None:
            raise NoSuchOutput
        state, read = state_of(output), self._read.get(key)
        if read is None or read.state != state:
            content, text = content_of(output)
            with self._lock:
                self._version += 1
                read = self._read[key] = ReadOutput(state, self._version, content, text)
        return read.content

    def _refresh(self) -> None:
        """Take in new reviews, from this studio or from elsewhere."""
        if changed := self._reviews.refresh():
            self._version += 1
            self._changed |= dict.fromkeys(changed, self._version)

    def _output(self, key: str) -> OpenOutput:
        if key not in self._rows:
            raise NoSuchOutput
        return self._planned.outputs[key]

    def _keys(self, runs: Collection[str]) -> list[str]:
        """Keys of the finished outputs of the runs of some names; without names, of all runs."""
        wanted = {number for number, folder in enumerate(self.folders) if not runs or folder.run.name in runs}
        return [key for key, row in self._rows.items() if row.run in wanted]

    def _checked(self, key: str, record_id: str) -> OpenOutput:
        """The output, if the record's id is still `record_id`; else raises `RunError`."""
        output = self._output(key)
        record, _ = output.folder.read(output.task.id)
        if record.id != record_id:
            raise RunError(f"{output.task.id} was written anew meanwhile.", "Reload the page, and read the new text.")
        return output

    def _store_review(self, key: str, request: ReviewRequest) -> str:
        output = self._checked(key, request.output)
        values = request.model_dump(exclude={"output"}, exclude_none=True)
        review = reviews.say(output.folder, output.task.id, self.reviewer, **values)
        self._untidy.add(output.folder)
        return review.id

    def _result(self, ids: Sequence[str], keys: Sequence[str], since: str) -> ReviewResult:
        return ReviewResult(reviews=tuple(ids), keys=tuple(keys), changes=self.changes(since))

    def _variants(self, key: str, runs: Collection[str]) -> dict[str, str]:
        """Record ids and keys of an output's variants in some runs: the same kind and step of the same passage."""
        row = self._rows[key]
        like = (row.passage, row.kind, row.step)
        rows = ((other, self._rows[other]) for other in self._keys(runs))
        keys = [other for other, each in rows if other == key or (each.passage, each.kind, each.step) == like]
        for other in keys:
            self._content(other)
        return self._keys_by_record(keys)

    def _keys_by_record(self, keys: Iterable[str]) -> dict[str, str]:
        """Keys by record id. Of outputs with the same record the first counts; broken outputs are left out."""
        found: dict[str, str] = {}
        for key in keys:
            each = self._read.get(key)
            if each and each.content.output:
                found.setdefault(each.content.output, key)
        return found
