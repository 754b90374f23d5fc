"""Whether a run's folder is what was written.

Takes the folder, gives a `Report`: each file that isn't what the manifest, its record or `run.json` says, and why.
Reads nothing else, so seeds, templates and models may be gone; changes nothing.
"""

from __future__ import annotations

import functools
import json
import os
import re
import stat
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from remix import choose, frontmatter, json_values
from remix.errors import PromptError, RunError
from remix.files import DEEPEST, TEMPORARY, LeadsOutError, entries, read_bounded
from remix.json_values import JsonError
from remix.measure.ledger import MeasuresFile
from remix.names import leads_out
from remix.outputs import reviews
from remix.outputs.bounds import (
    MOST_ENTRIES,
    MOST_MANIFEST,
    MOST_MEASURES,
    MOST_RECORD,
    MOST_REQUEST,
    MOST_TEXT,
    MOST_TRACE,
    NAMED,
)
from remix.outputs.run import (
    FAILURES,
    HOLDER,
    INDEX,
    LEADS_OUT,
    LOCK,
    MANIFEST,
    REQUEST,
    RESUMED,
    RunFolder,
    body_bytes,
    body_of,
    compose,
    id_of,
    is_outside,
)
from remix.outputs.signature import SIGNATURE
from remix.plan import plan_of
from remix.prompts import Template
from remix.records import Candidate, Edit, Message, Record, Run, Source, Task, TemplateUsed, Trace, sha256, source_of
from remix.rendering import RenderingError

LATER = frozenset({FAILURES, LOCK, HOLDER, SIGNATURE, reviews.REVIEWS, reviews.LOCK, INDEX})
"""Files that may come to lie beside those of the manifest."""

LATER_SUFFIXES = (".trace.json", ".measures.json")
"""The same for each output: its name, and one of these. The names of edited texts are in the reviews."""

SECONDS, SECONDS_EACH = 60.0, 0.02
"""That making a run's prompts anew may take, and for each of its texts: a usual one takes a millisecond."""

KEPT = 16 * 2**20
"""Bytes of outputs that are kept in memory, as files: as Python's values they may take 25 times as many. What goes
beyond is read again when it is asked for."""

MOST_LATE = 3
"""So many templates may take too long before none is asked any more."""

_LINE = re.compile(r"([0-9a-f]{64})  (.+)")


class Finding(NamedTuple):
    """Something that isn't as it was written."""

    file: str
    """Below the run's folder."""
    what: str
    """In words."""


@dataclass(frozen=True, eq=False)
class Found:
    """An output as it lies there. Of large runs it is read again when it is asked for, and must be the same then."""

    task: Task
    id: str
    """The record's id, computed anew."""
    folder: RunFolder
    size: int
    """Bytes of its record and its text's file."""
    sha256s: tuple[str, str]
    """Of these two files."""
    kept: tuple[Record, bytes] | None
    """Record and text's file, if they are kept in memory."""

    @property
    def record(self) -> Record:
        """Its record. Raises `RunError` if it was changed since it was checked."""
        return (self.kept or _again(self))[0]

    @property
    def data(self) -> bytes:
        """Of the text's file. Raises `RunError` if it was changed since it was checked."""
        return (self.kept or _again(self))[1]

    @property
    def text(self) -> str:
        """Without front matter."""
        return body_of(self.data).decode(errors="replace").removesuffix("\n")

    @property
    def text_file(self) -> str:
        """Below the run's folder."""
        return f"{self.task.id}.md"

    @property
    def record_file(self) -> str:
        """Below the run's folder."""
        return f"{self.task.id}.json"


@functools.lru_cache(maxsize=1)
def _again(found: Found) -> tuple[Record, bytes]:
    """An output's record and its text's file, which aren't kept in memory. Raises `RunError`."""
    source, data = found.folder.bytes_of(found.record_file), found.folder.bytes_of(found.text_file, MOST_TEXT)
    if (sha256(source), sha256(data)) != found.sha256s:
        raise RunError(f"{found.folder.path / found.text_file}: was changed while it was looked at.", "Ask again.")
    return json_values.read(Record, source), data


class Report(NamedTuple):
    """What came of looking."""

    path: Path
    """The run's folder."""
    run: Run | None
    """Its request, where it can be read."""
    finished: bool
    """Whether there is a manifest."""
    found: tuple[Found, ...]
    """The outputs that could be read."""
    total: int
    """How many there should be, of those that were asked about."""
    findings: tuple[Finding, ...]
    """What isn't as it was written."""
    unrecorded: tuple[str, ...] = ()
    """Files of texts without a record, below the run's folder, if it is unfinished: nobody knows what was written. A
    crash may leave one."""


def verify(path: Path, wanted: Collection[str] = ()) -> Report:
    """Check a run's folder, or only those of its tasks that are wanted, with the steps they come from."""
    finished = (path / MANIFEST).is_file()
    if endless := tuple(_endless(path)):
        return Report(path, None, finished, (), 0, endless)
    try:
        folder = RunFolder.open(path)
    except RunError as error:
        what = error.message.removeprefix(f"{path / REQUEST}: ") if (path / REQUEST).exists() else "missing"
        return Report(path, None, finished, (), 0, (Finding(REQUEST, what), *_manifest(path, None)))
    tasks = _chains(folder.run, wanted) if wanted else folder.run.tasks
    findings = [*_strangers(folder, wanted), *_request(folder.run)]
    listed = list(_listed(folder, tasks, finished))
    # Against a request that was changed itself nothing can be held.
    run = None if any(each.file == REQUEST for each in (*findings, *listed)) else folder.run
    found: dict[str, Found] = {}
    unrecorded, left = [], KEPT
    asked, others = _Templates(folder.run), set(_resumed_by(folder))
    for task in {task.id: task for task in tasks}.values():
        output = _read(folder, task)
        if isinstance(output, Finding):
            findings.append(output)
        elif output:
            findings += _look_at(_Look(output, folder, run, asked, others))
            left -= output.size
            found[task.id] = output if left >= 0 else replace(output, kept=None)
        elif os.path.lexists(folder.text_path(task.id)):
            unrecorded.append(f"{task.id}.md")
    bad = {finding.file for finding in (*findings, *listed)}
    findings += [each for output in found.values() for each in _lineage(output, found, bad, asked)]
    findings += asked.findings
    # Where it is known what is wrong with a file, it needn't be said that something is.
    findings += [each for each in listed if each.file not in {finding.file for finding in findings}]
    told = tuple(sorted(set(findings)))
    return Report(path, folder.run, finished, tuple(found.values()), len(tasks), told, tuple(unrecorded))


def verified(path: Path) -> Report:
    """The same of a whole run that is as it was written. Raises `RunError`, naming the first file that isn't."""
    report = verify(path)
    if report.findings:
        first = report.findings[0]
        raise RunError(f"{path / first.file}: {first.what}.", "`remix verify` lists all that is wrong.")
    return report


def _chains(run: Run, wanted: Collection[str]) -> tuple[Task, ...]:
    """The tasks that are wanted, and those whose texts they were made from."""
    last: dict[tuple[str, str, int], int] = {}
    for task in run.tasks:
        if task.id in wanted:
            chain = (task.passage, task.kind, task.variant)
            last[chain] = max(task.step, last.get(chain, 0))
    return tuple(task for task in run.tasks if task.step <= last.get((task.passage, task.kind, task.variant), 0))


# -- the folder ---------------------------------------------------------------------------------------------


def _strangers(folder: RunFolder, wanted: Collection[str]) -> Iterator[Finding]:
    """Files that no run leaves, or outputs that this one wasn't to have."""
    ids = {task.id for task in folder.run.tasks}
    for id_ in wanted:
        if id_ not in ids:
            yield Finding(f"{id_}.json", "not one of the run's outputs")
    if wanted:
        return
    suffixes = (".md", ".json", *LATER_SUFFIXES)
    known = {REQUEST, RESUMED, MANIFEST, *LATER, *(f"{id_}{suffix}" for id_ in ids for suffix in suffixes)}
    known |= {edit.file for edit in _edits(folder)}
    temporary = []
    for entry in entries(folder.path, MOST_ENTRIES):
        path = Path(entry.path)
        name = _name(folder.path, path)
        if entry.is_dir(follow_symlinks=False):
            continue
        if name not in known and path.name.startswith(".") and path.name.endswith(TEMPORARY):
            temporary.append(path)
        elif name not in known and not _is_left_over(folder.path, name, ids):
            yield Finding(name, "not part of the run")
        elif entry.is_symlink() and is_outside(folder.path, path):
            yield Finding(name, LEADS_OUT)
    yield from _temporary(folder, temporary)
    yield from _reviews(folder)
    try:
        folder.failures()
    except RunError:
        yield Finding(FAILURES, "can't be read")
    try:
        folder.resumptions()
    except RunError:
        yield Finding(RESUMED, "can't be read")


def _endless(path: Path) -> Iterator[Finding]:
    """Pipes and devices, links to them, and more folders and files than any run has."""
    count = 0
    for entry in entries(path, MOST_ENTRIES):
        count += 1
        with suppress(OSError):
            mode = entry.stat().st_mode
            if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
                yield Finding(_name(path, Path(entry.path)), "not a regular file; nothing here has been read")
            elif entry.is_dir(follow_symlinks=False) and _name(path, Path(entry.path)).count("/") >= DEEPEST:
                yield Finding(_name(path, Path(entry.path)), f"within {DEEPEST} folders; nothing here has been read")
    if count >= MOST_ENTRIES:
        yield Finding(".", f"more than {MOST_ENTRIES} files and folders; nothing here has been read")


def _temporary(folder: RunFolder, paths: Collection[Path]) -> Iterator[Finding]:
    """Files under the names that files have while they are written: anything could be hidden there.

    Where the run is being written, or its writer crashed, they may well be there.
    """
    if not paths or folder.is_being_written():
        return
    ours = folder.half_written(paths)
    for path in paths:
        name = _name(folder.path, path)
        if path not in ours or path.is_symlink():
            yield Finding(name, "not part of the run: a temporary file, perhaps another program's")
        # What was written meanwhile, an edited text for one, has its own name now.
        elif (folder.path / MANIFEST).is_file() and os.path.lexists(path):
            yield Finding(name, "left half-written by a crash, or hidden there; nothing needs it: delete it")


def _name(folder: Path, path: Path) -> str:
    """Of a file, below its folder. It needn't be UTF-8, and a report must be."""
    return path.relative_to(folder).as_posix().encode(errors="replace").decode()


def _is_left_over(folder: Path, name: str, tasks: Collection[str]) -> bool:
    """Whether a file is an edited text of one of the tasks that was never told of."""
    of_a_task = name.removesuffix(reviews.EDITED).rpartition(".")[0] in tasks
    return of_a_task and reviews.is_left_over(folder, folder / name)


def _reviews(folder: RunFolder) -> Iterator[Finding]:
    """Whether each line of the reviews is one, and each edited text what was kept."""
    try:
        broken = reviews.read(folder.path).broken
    except RunError:
        yield Finding(reviews.REVIEWS, "can't be read")
        return
    yield from (Finding(reviews.REVIEWS, f"line {number} isn't a review") for number in broken)
    # Each file is read once, however many reviews name it.
    kept: dict[str, Edit] = {}
    for edit in _edits(folder):
        if kept.setdefault(edit.file, edit).sha256 != edit.sha256:
            yield Finding(edit.file, "not the text that was kept")
    for edit in kept.values():
        try:
            reviews.edited_text(folder.path, edit)
        except RunError as error:
            yield Finding(edit.file, error.message.removeprefix(f"{folder.path / edit.file}: ").rstrip("."))


def _edits(folder: RunFolder) -> list[Edit]:
    """The edited texts that the reviews speak of, as far as those can be read."""
    with suppress(RunError):
        return [each.edit for each in reviews.read(folder.path).reviews if each.edit]
    return []


def _listed(folder: RunFolder, tasks: Collection[Task], finished: bool) -> Iterator[Finding]:
    """What the manifest says, if there is one and if there should be."""
    if finished:
        resumed = [RESUMED] if (folder.path / RESUMED).exists() else []
        names = [REQUEST, *resumed, *(f"{task.id}{suffix}" for task in tasks for suffix in (".md", ".json"))]
        whole = len(tasks) == len(folder.run.tasks)
        yield from _manifest(folder.path, names, whole)
    elif folder.is_complete:
        yield Finding(MANIFEST, "missing, though all texts are there; `remix resume` writes it")
    elif (folder.path / SIGNATURE).exists():
        yield Finding(SIGNATURE, "what it signs isn't there: the run was worked on since, or lost its manifest")


def _manifest(path: Path, names: Collection[str] | None, whole: bool = True) -> Iterator[Finding]:
    """What isn't as the manifest says; `names` are the files it must name, all of them if it is `whole`.

    Where nobody knows what it must name, those it does are looked at.
    """
    try:
        *lines, rest = read_bounded(path / MANIFEST, MOST_MANIFEST, within=path).decode().split("\n")
    except FileNotFoundError:
        return
    except (OSError, UnicodeDecodeError):
        yield Finding(MANIFEST, "can't be read")
        return
    hashes: dict[str, str] = {}
    broken = 0
    for number, line in enumerate([*lines, rest] if rest else lines, 1):
        parts = _LINE.fullmatch(line)
        if not parts or parts[2] in hashes or (rest and number > len(lines)):
            broken += 1
            if broken <= NAMED:
                yield Finding(MANIFEST, f"line {number} isn't a sha256 and the name of another file")
        else:
            hashes[parts[2]] = parts[1]
    if broken > NAMED:
        yield Finding(MANIFEST, f"{broken} lines aren't a sha256 and the name of another file")
    strangers: Collection[str] = ()
    if names is None:
        strangers = {name for name in hashes if leads_out(name)}
        names = [name for name in hashes if name != REQUEST and name not in strangers]
    elif whole:
        strangers = hashes.keys() - set(names)
    yield from (Finding(MANIFEST, f"names {name!r}, no part of the run") for name in sorted(strangers))
    yield from (each for name in names for each in _hashed(path, name, hashes.get(name)))


def _hashed(path: Path, name: str, recorded: str | None) -> Iterator[Finding]:
    """Whether a file is the one that the manifest means."""
    if recorded is None:
        yield Finding(MANIFEST, f"doesn't name {name}")
    try:
        if recorded not in (None, sha256(read_bounded(path / name, MOST_REQUEST, within=path))):
            yield Finding(name, f"not what {MANIFEST} says: one of the two was changed")
    except FileNotFoundError:
        yield Finding(name, "missing")
    except OSError as error:
        yield Finding(name, _unreadable(error))
    except ValueError as error:
        yield Finding(name, f"can't be read ({error})")


def _request(run: Run) -> Iterator[Finding]:
    """Whether `run.json` agrees with itself."""
    passages = [passage for essay in run.essays for passage in essay.passages]
    for passage in passages:
        if sha256(passage.text) != passage.sha256:
            yield Finding(REQUEST, f"the text of {passage.id} isn't the one of its sha256")
    for template in run.templates:
        if sha256(template.source) != template.sha256:
            yield Finding(REQUEST, f"the template {template.name} isn't the one of its sha256")
    try:
        planned, there = Counter(plan_of(run)), Counter(run.tasks)
    except RunError as error:
        yield Finding(REQUEST, f"its passages and options make other tasks ({error.message.rstrip('.')})")
        return
    for task in (planned - there) + (there - planned):
        yield Finding(REQUEST, f"its passages and options make other tasks ({task.id})")


# -- an output ----------------------------------------------------------------------------------------------


def _read(folder: RunFolder, task: Task) -> Found | Finding | None:
    """An output; nothing where there is no record: then it isn't finished, or the manifest misses it."""
    name = f"{task.id}.json"
    try:
        source = folder.read_bytes(name, MOST_RECORD)
        record = json_values.read(Record, source)
        id_ = id_of(json.loads(source))
        name = f"{task.id}.md"
        data = folder.read_bytes(name, MOST_TEXT)
        hashes = sha256(source), sha256(data)
        return Found(task, id_, folder, len(source) + len(data), hashes, (record, data))
    except FileNotFoundError:
        return Finding(name, "missing, though its record is there") if name.endswith(".md") else None
    except OSError as error:
        return Finding(name, _unreadable(error))
    except ValueError as error:
        return Finding(name, f"not a record ({' '.join(str(error).split())})")


def _unreadable(error: OSError) -> str:
    return LEADS_OUT if isinstance(error, LeadsOutError) else f"can't be read ({error.strerror})"


@dataclass(frozen=True)
class _Look:
    """What an output's checks go by."""

    found: Found
    folder: RunFolder
    run: Run | None
    """Its request, where that can be trusted."""
    asked: _Templates
    """What makes prompts anew."""
    others: Collection[str | None]
    """Models that went on with the run in place of its own."""

    @property
    def record(self) -> Record:
        return self.found.record

    def in_text(self, what: str) -> Finding:
        return Finding(self.found.text_file, what)

    def in_record(self, what: str) -> Finding:
        return Finding(self.found.record_file, what)


def _look_at(look: _Look) -> Iterator[Finding]:
    for check in _CHECKS:
        yield from check(look)


def _hashes(look: _Look) -> Iterator[Finding]:
    body = body_of(look.found.data)
    if sha256(body) != look.record.output.sha256:
        yield look.in_text("not the text that was recorded")
    elif body.decode(errors="ignore").encode() != body:
        yield look.in_text("not UTF-8")
    if look.found.id != look.record.id:
        yield look.in_record("its id isn't the sha256 of its derivation and text")


def _front_matter(look: _Look) -> Iterator[Finding]:
    """What people read above the text; keys that remix doesn't write are theirs."""
    name, data = look.found.text_file, look.found.data
    source, record = look.record.source, look.record
    words = (source.essay, source.passage, source.kind, record.circumstances.model, *record.flags)
    if sum(map(len, words)) + len(words) > frontmatter.MOST_FRONT_MATTER:
        # Writing a million flags as YAML would take minutes.
        yield look.in_record("says more than front matter may hold")
        return
    try:
        written = frontmatter.split(compose(look.record, "").decode(), name).meta
        meta, body, _ = frontmatter.split(data.decode(errors="replace"), name)
    except frontmatter.FrontMatterError:
        yield look.in_text("its front matter is broken")
        return
    # Other readers of front matter take a line like `--- ` for its end, too.
    if body != body_of(data).decode(errors="replace"):
        yield look.in_text("there are words between its front matter and its text")
    if differing := [key for key, value in written.items() if meta.get(key) != value]:
        yield look.in_text(f"its front matter says otherwise than its record ({', '.join(differing)})")


def _place(look: _Look) -> Iterator[Finding]:
    """Whether it lies where it belongs, and speaks of what `run.json` has there."""
    record = look.record
    if record.output.file != look.found.text_file:
        yield look.in_record(f"belongs to another text ({record.output.file})")
    if look.run is None:
        return
    if record.circumstances.run != look.run.name:
        yield look.in_record(f"belongs to another run ({record.circumstances.run})")
    source = look.asked.source(look.found.task)
    if differing := [name for name in Source.model_fields if getattr(source, name) != getattr(record.source, name)]:
        yield look.in_record(f"its source isn't the one in {REQUEST} ({', '.join(differing)})")


def _derivation(look: _Look) -> Iterator[Finding]:
    """Whether it was derived from what it shows, and from what `run.json` planned."""
    record, task, run = look.record, look.found.task, look.run
    derivation = record.derivation
    if sha256(record.source.text) != derivation.passage:
        yield look.in_record("its passage isn't the one it was derived from")
    if run is None:
        return
    if derivation.prompt.template not in {each.sha256 for each in run.templates if each.kind == task.kind}:
        yield look.in_record(f"its prompt is by another template than the one in {REQUEST}")
    if run.model and derivation.model.sha256 not in {run.model.sha256, *look.others}:
        yield look.in_record(f"was written by another model than {REQUEST} or {RESUMED} names")
    seed = record.candidates[0].seed if record.candidates else derivation.sampling and derivation.sampling.seed
    if seed not in (None, task.seed):
        yield look.in_record(f"its seed isn't the one in {REQUEST}")
    if task.step == 1 and not look.asked.holds(record, "", task):
        yield look.in_record("its prompt doesn't hold the passage")


def _candidates(look: _Look) -> Iterator[Finding]:
    """Whether the one that was kept is the best of them by their own numbers, and the output."""
    selection, candidates = look.record.derivation.selection, look.record.candidates or ()
    count = selection.candidates if selection else 0
    kept = [each for each in candidates if each.chosen]
    numbers = [each.number for each in candidates]
    if len(numbers) != count or numbers != list(range(1, count + 1)) or len(kept) != min(count, 1):
        yield look.in_record("its candidates aren't all here, or not one of them was kept")
        return
    for each in candidates:
        if sha256(body_bytes(each.text)) != each.sha256:
            yield look.in_record(f"the text of candidate {each.number} isn't the one of its sha256")
    if selection and kept:
        yield from _kept(look, kept[0])
        # Another rule, or another version of one, can't be asked here.
        again = choose.choose_again(candidates, selection.chooser)
        if again and again != (kept[0], selection.chooser):
            yield look.in_record(
                f"by its own numbers candidate {again.candidate.number} was to be kept ({again.rule.name})"
            )


def _kept(look: _Look, kept: Candidate) -> Iterator[Finding]:
    record = look.record
    sampling = record.derivation.sampling
    there = (*(getattr(record.output, name) for name in _SHARED), record.flags, sampling and sampling.seed)
    if there != (*(getattr(kept, name) for name in _SHARED), kept.flags, kept.seed):
        yield look.in_record(f"candidate {kept.number}, which was kept, isn't the output")


_SHARED = ("sha256", "finish", "token_ids", "trimmed")


def _trace(look: _Look) -> Iterator[Finding]:
    name = f"{look.found.task.id}.trace.json"
    try:
        data = look.folder.read_bytes(name, MOST_TRACE)
    except FileNotFoundError:
        if look.record.trace:
            yield Finding(name, "missing")
        return
    except OSError as error:
        yield Finding(name, _unreadable(error))
        return
    if look.record.trace not in (None, sha256(data)):
        yield Finding(name, "not the trace that was recorded")
        return
    try:
        trace = json_values.read(Trace, data)
    except JsonError:
        yield Finding(name, "not a trace")
        return
    tokens = look.record.output.token_ids
    if trace.record != look.record.id:
        yield Finding(name, "tells of another record")
    elif tokens is not None and len(tokens) != len(trace.choices):
        yield Finding(name, f"tells of {len(trace.choices)} tokens, and there are {len(tokens)}")
    kept = [each.logprob for each in look.record.candidates or () if each.chosen]
    if kept not in ([], [choose.mean_logprob(trace.choices)]):
        yield Finding(name, "tells of other probabilities than the record")


def _measures(look: _Look) -> Iterator[Finding]:
    """Whether measures, which may be taken anew at any time, are of this record."""
    name = f"{look.found.task.id}.measures.json"
    try:
        measures = json_values.read(MeasuresFile, look.folder.read_bytes(name, MOST_MEASURES))
    except FileNotFoundError:
        return
    except OSError as error:
        yield Finding(name, _unreadable(error))
        return
    except JsonError:
        yield Finding(name, "not the measures of a text; `remix measure` takes them anew")
        return
    if measures.record != look.record.id:
        yield Finding(name, "tells of another record; `remix measure` takes them anew")


_CHECKS: tuple[Callable[[_Look], Iterator[Finding]], ...] = (
    _hashes,
    _front_matter,
    _place,
    _derivation,
    _candidates,
    _trace,
    _measures,
)


# -- where it comes from ------------------------------------------------------------------------------------


def _lineage(output: Found, all_: dict[str, Found], bad: Collection[str], asked: _Templates) -> Iterator[Finding]:
    """Whether the step before is there, and is what was read. What is wrong with that itself is said there."""
    task, derivation = output.task, output.record.derivation
    if task.parent is None:
        if derivation.parent is not None:
            yield Finding(output.record_file, "is a first step, and names a step before")
        return
    if f"{task.parent}.md" in bad or f"{task.parent}.json" in bad:
        return
    parent = all_.get(task.parent)
    if parent is None:
        yield Finding(output.record_file, f"was made from {task.parent}, which isn't here")
    elif derivation.parent != parent.id:
        yield Finding(output.record_file, f"was made from another {task.parent} than is here")
    elif not asked.holds(output.record, parent.text, task):
        yield Finding(output.record_file, f"its prompt doesn't hold the text of {task.parent}")


def _resumed_by(folder: RunFolder) -> Iterator[str | None]:
    """The models that went on with a run in place of its own."""
    with suppress(RunError):
        yield from (each.model.sha256 for each in folder.resumptions())


class _Templates:
    """Makes prompts by a run's templates anew, and stops asking one that takes too long."""

    def __init__(self, run: Run) -> None:
        self.findings: list[Finding] = []
        self._run = run
        # A run whose tasks speak of what it doesn't hold isn't opened.
        self._passages = {passage.id: (essay, passage) for essay in run.essays for passage in essay.passages}
        self._used = {each.kind: each for each in run.templates}
        self._made: dict[str, Template | None] = {}
        self._late = 0
        self._left = SECONDS + SECONDS_EACH * len(run.tasks)

    def source(self, task: Task) -> Source:
        """Where a task's text comes from, by `run.json`."""
        _, passage = self._passages[task.passage]
        return source_of(passage, task, self._used[task.kind].name, self._run.rankings.get(passage.id))

    def holds(self, record: Record, previous: str, task: Task) -> bool:
        """Whether a prompt holds what its step read, or is what the template makes of that: it may well shorten it.

        `previous` is the text of the step before, empty for the first, which reads the passage. What can't be told
        is taken for true, and told among the findings.
        """
        run, messages = self._run, record.derivation.prompt.messages
        if any((previous if task.step > 1 else record.source.text) in message.content for message in messages):
            return True
        if run.model and record.derivation.model.sha256 != run.model.sha256:
            # Templates go by a model's labels, and of another one than the run's they aren't known.
            return True
        used = self._used[task.kind]
        if self._late >= MOST_LATE or (used.kind in self._made and self._made[used.kind] is None):
            return True
        begun = time.monotonic()
        try:
            return self._messages(record, previous, task) == messages
        except PromptError as error:
            cause = error.__cause__
            if isinstance(cause, RenderingError) and cause.trouble in ("time", "memory", "died"):
                self._give_up(used, cause.reason)
                return True
            return False
        finally:
            self._left -= time.monotonic() - begun
            if self._left < 0 and self._late < MOST_LATE:
                self._late = MOST_LATE
                self.findings.append(Finding(REQUEST, "making its prompts anew takes too long; not all were made"))

    def _give_up(self, used: TemplateUsed, reason: str) -> None:
        self._made[used.kind] = None
        self._late += 1
        what = f"the template {used.name} takes too long or too much ({reason}); its prompts weren't made anew"
        self.findings.append(Finding(REQUEST, what))

    def _messages(self, record: Record, previous: str, task: Task) -> tuple[Message, ...]:
        """What the run's template makes of a step. Raises `PromptError`."""
        run = self._run
        labels = run.model.labels if run.model else (record.circumstances.model.lower(),)
        (essay, passage), used = self._passages[task.passage], self._used[task.kind]
        template = self._made.get(used.kind)
        if template is None:
            template = self._made[used.kind] = Template(task.kind, used.source.encode(), used.name)
        return template.render(passage, essay, previous, task.step, run.options.steps, labels).messages
